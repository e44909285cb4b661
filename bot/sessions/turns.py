"""Turns and exchanges as stored text, and what of a stored turn still means something.

What is stored outlives a release, a pack and a rubric. Text that cannot be read is no turn; ids that are no longer
known are dropped. Neither is an error: the conversation goes on with less to refer back to.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from bot.sessions.session import Turn

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.deciding.facts import Profile
    from bot.deciding.rubric_model import Rubric
    from ingest.pack import Pack

__all__ = ["TURN_VERSION", "Known", "answer_from_text", "text_of_answer", "text_of_turn", "turn_from_text"]

TURN_VERSION = 1
"""Raised when a field of `Turn` changes its meaning; a field more or less does not need it."""
# A follow-up reads no more of the message before, and an explanation quotes no more of a user's words.
MAX_QUESTION = 4000
MAX_SAID = 500


def text_of_turn(turn: Turn) -> str:
    """A turn as JSON of bounded length: overlong words of the user are cut, nothing else."""
    return _nothing_said() if turn == Turn() else _text_of_turn(turn)


@cache
def _nothing_said() -> str:
    """What every conversation begins with."""
    return _text_of_turn(Turn())


def _text_of_turn(turn: Turn) -> str:
    facts = {key: replace(fact, said=fact.said[:MAX_SAID]) for key, fact in turn.profile.facts.items()}
    present = {key: (option, said[:MAX_SAID]) for key, (option, said) in turn.profile.present.items()}
    bounded = replace(
        turn, question=turn.question[-MAX_QUESTION:], profile=replace(turn.profile, facts=facts, present=present)
    )
    return _compact({"version": TURN_VERSION, "turn": _turns().dump_python(bounded, mode="json")})


def turn_from_text(text: str) -> Turn | None:
    """The turn that `text_of_turn` wrote; None when it is of another version or no turn at all."""
    try:
        stored = json.loads(text)
        if stored["version"] != TURN_VERSION:
            return None
        return _turns().validate_python(stored["turn"])
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError):
        return None


def text_of_answer(answer: Mapping[str, Any]) -> str:
    """An answer's public JSON as text."""
    return _compact(answer)


def answer_from_text(text: str) -> dict[str, Any] | None:
    """The answer that `text_of_answer` wrote; None when it is none."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


class Known:
    """What the documents, the pack and the rubric of today know.

    Args:
        pack: Options, decisions and many-meaning terms.
        rubric: Criteria and their levels; None when the pack brings none.
        documents: Ids of what may be cited.
        passages: Ids of the passages that may be cited.
    """

    def __init__(
        self, pack: Pack, rubric: Rubric | None, documents: Collection[str], passages: Collection[str]
    ) -> None:
        self._options = {decision.id: {option.id for option in decision.options} for decision in pack.decisions}
        self._all_options = {option.id for option in pack.options}
        self._terms = {term.words[0] for term in pack.terms}
        self._levels = {id_: set(c.levels) for id_, c in rubric.criteria.items()} if rubric else {}
        self._documents = documents
        self._passages = passages

    def only(self, turn: Turn) -> Turn:
        """The turn without what nobody knows any more."""
        return replace(
            turn,
            options=_those(turn.options, self._all_options),
            discussed=_those(turn.discussed, self._all_options),
            sources=_those(turn.sources, self._documents),
            terms=_those(turn.terms, self._terms),
            cited=_those(turn.cited, self._passages),
            profile=self._profile(turn.profile),
        )

    def _profile(self, profile: Profile) -> Profile:
        return replace(
            profile,
            facts={
                criterion: fact
                for criterion, fact in profile.facts.items()
                if criterion == fact.criterion and fact.level in self._levels.get(criterion, ())
            },
            present={
                decision: (option, said)
                for decision, (option, said) in profile.present.items()
                if option in self._options.get(decision, ())
            },
            asked=profile.asked if profile.asked in self._levels else None,
            last_number=profile.last_number if profile.last_number in self._levels else None,
            decision=profile.decision if profile.decision in self._options else None,
            skipped=_those(dict.fromkeys(profile.skipped), self._levels),
        )


def _those(ids: Collection[str], known: Collection[str]) -> tuple[str, ...]:
    return tuple(id_ for id_ in ids if id_ in known)


@cache
def _turns() -> TypeAdapter[Turn]:
    return TypeAdapter(Turn)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
