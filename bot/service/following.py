"""What can be said after an answer: the next question with its answers, and questions worth asking.

A suggestion is asked as it stands, in words, in the answer's conversation. Nothing here is computed by a model: the
names are the pack's, and what a refusal or a question back offers is read from its own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel, ConfigDict

from bot.composing.draft import escape
from bot.composing.replies import offered
from bot.language import phrases
from bot.types import Wanted
from ingest.lexicon import fold
from ingest.naming import Namer, PhrasePattern, phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.advising.advisor import Advisor
    from bot.types import Answer, Recommendation
    from ingest.pack import Pack

__all__ = ["MAX_SUGGESTIONS", "FollowUps", "OpenLevel", "OpenQuestion", "follow_ups"]

MAX_SUGGESTIONS = 4
"""More to click than that nobody reads."""
_CONS: tuple[Wanted, ...] = ("con",)
CHANGES = "What would change this?"
_HEADING = re.compile(r"^(?:Yes[^*]*)?\*\*(.+?)\*\*", re.MULTILINE)
_TABLE = re.compile(r"^\|\s*\|(.+)\|\s*$", re.MULTILINE)
_ASKED: dict[Wanted, PhrasePattern] = {"pro": phrase_pattern(phrases.PROS), "con": phrase_pattern(phrases.CONS)}
_SHOWN: dict[Wanted, PhrasePattern] = {"pro": phrase_pattern(["pros"]), "con": phrase_pattern(["cons"])}


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenLevel(_View):
    """A possible answer to a question of the rubric.

    Attributes:
        id: The level's id.
        label: The answer in a few words; said as a reply, it is understood.
        meaning: What it means, in plain English.
    """

    id: str
    label: str
    meaning: str


class OpenQuestion(_View):
    """The question of the rubric that helps most next.

    Attributes:
        criterion: Id of the criterion it is about.
        question: How it is asked.
        levels: The possible answers, in the rubric's order.
        skippable: Whether the conversation has just asked it, so that "I don't know" is understood as a reply to it.
    """

    criterion: str
    question: str
    levels: tuple[OpenLevel, ...]
    skippable: bool


class FollowUps(_View):
    """What can be said after an answer.

    Attributes:
        question: The rubric's next question; null when there is none.
        suggestions: Questions and choices that can be said as they stand, at most `MAX_SUGGESTIONS`.
    """

    question: OpenQuestion | None
    suggestions: tuple[str, ...]


def follow_ups(answer: Answer, advisor: Advisor | None, pack: Pack) -> FollowUps:
    """What can be said after an answer.

    Args:
        answer: The answer, also one of an earlier release.
        advisor: Decides by the pack's rubric; None without one.
        pack: Names and examples.
    """
    said = fold(answer.question).strip(" ?.!")
    found = [one for one in _Asker(advisor, pack).suggestions(answer) if fold(one).strip(" ?.!") != said]
    question = _open_question(answer, advisor) if advisor else None
    return FollowUps(question=question, suggestions=tuple(dict.fromkeys(found))[:MAX_SUGGESTIONS])


def _open_question(answer: Answer, advisor: Advisor) -> OpenQuestion | None:
    """The question that the answer asks, or leaves open."""
    criterion = _open_criterion(answer, advisor)
    if criterion is None:
        return None
    known = advisor.book.rubric.criteria[criterion]
    levels = tuple(OpenLevel(id=id_, label=one.label, meaning=one.meaning) for id_, one in known.levels.items())
    asked = bool(answer.session) and escape(known.question) in answer.answer
    return OpenQuestion(criterion=criterion, question=known.question, levels=levels, skippable=asked)


def _open_criterion(answer: Answer, advisor: Advisor) -> str | None:
    """The criterion that the answer asks about.

    Its own words come first: what a fresh decision would ask may be what the user has just said not to know.
    """
    criteria, made = advisor.book.rubric.criteria, answer.recommendation
    if made is None:
        if answer.kind != "clarification":
            return None
        return next((id_ for id_, one in criteria.items() if escape(one.question) in answer.answer), None)
    # After "what if ...?" the question would be about what is only supposed.
    if made.next_question is None or made.supposed:
        return None
    asked = next((id_ for id_, one in criteria.items() if one.question == made.next_question), None)
    return asked or _decided_anew(made, advisor)


def _decided_anew(made: Recommendation, advisor: Advisor) -> str | None:
    """What would be asked next by today's rubric: that of the answer worded its question otherwise."""
    card = advisor.cards.get(made.decision)
    if card is None:
        return None
    levels = {fact.criterion: fact.level for fact in made.facts if fact.level in card.levels.get(fact.criterion, ())}
    following = card.decide(levels).next_question
    return following.criterion if following else None


@dataclass(frozen=True)
class _Asker:
    """Words questions about options.

    Attributes:
        advisor: Knows which pros and cons there are, and what can be decided.
        pack: Names.
    """

    advisor: Advisor | None
    pack: Pack

    def suggestions(self, answer: Answer) -> Sequence[str]:
        """What may be asked after an answer, the best first."""
        match answer.kind:
            case "recommendation" if answer.recommendation and not answer.recommendation.supposed:
                return self._after_advice(answer, answer.recommendation)
            case "pros_cons":
                options = _spoken_of(answer, self.pack)
                return [*self._after_sides(answer, options), *self.which(options)]
            case "comparison":
                options = _compared(answer, self.pack)
                fits = [self.fit(option) for option in options[:2]]
                return [*self.which(options), *fits, *(q for o in options for q in self.sides(o, _CONS))]
            case "fact":
                options = _spoken_of(answer, self.pack)
                return [*(q for o in options[:1] for q in self.sides(o)), *self.which(options)]
            case "refusal" | "clarification" | "smalltalk":
                return self._offers(answer)
            case _:
                return ()

    def sides(self, option: str, sides: Collection[Wanted] = ("pro", "con")) -> list[str]:
        """Asks for the pros or cons of an option, where the documents have any."""
        claims = self.advisor.writer.parts.claims if self.advisor else None
        there = [one for one in sides if claims is None or claims.taking(one, option, ())]
        return [f"What are the {one}s of {self.pack.option(option).name}?" for one in there]

    def fit(self, option: str) -> str:
        """Asks when an option makes sense."""
        return f"When does {self.pack.option(option).name} make sense?"

    def which(self, options: Sequence[str]) -> list[str]:
        """Asks for a recommendation on the decision that was spoken of, where one can be made."""
        decision = self.pack.decision_of(options[0]) if options else self.pack.decisions[0]
        ranked = self.advisor and decision.id in self.advisor.cards
        return [f"Which {decision.noun} should we choose?"] if ranked else []

    def _after_advice(self, answer: Answer, made: Recommendation) -> list[str]:
        """What is asked of a recommendation: of the best rival not just asked about, what it hangs on, its price."""
        said = fold(answer.question)
        first, *others = (one for one in made.ranking if one.option in {option.id for option in self.pack.options})
        rivals = [one.name for one in others if fold(one.name) not in said]
        return [*(f"Why not {name}?" for name in rivals[:1]), CHANGES, *self.sides(first.option, _CONS)]

    def _after_sides(self, answer: Answer, options: Sequence[str]) -> list[str]:
        """The side that was not told, where an option makes sense, and one of the others beside it."""
        if not options:
            return []
        option, told = options[0], _sides(answer)
        untold: list[Wanted] = [one for one in get_args(Wanted) if one not in told]
        other = next((one.name for one in self.pack.decision_of(option).options if one.id not in options), None)
        compared = [f"Compare {self.pack.option(option).name} and {other}"] if other else []
        return [*self.sides(option, untold), self.fit(option), *compared]

    def _offers(self, answer: Answer) -> list[str]:
        """What a reply without passages offers; of an option to choose, what was asked of all."""
        asked = _asked_sides(answer)
        ids = {one.name: one.id for one in self.pack.options}
        offers = offered(answer.answer, self.pack)
        return [q for one in offers for q in (self.sides(ids[one], asked) if asked and one in ids else [one])]


def _sides(answer: Answer) -> set[Wanted]:
    """Which of pros and cons an answer holds: by its headings, else by what was asked for."""
    headings = fold(" ; ".join(_HEADING.findall(answer.answer)))
    return {side for side, pattern in _SHOWN.items() if pattern.search(headings)} or _asked_sides(answer)


def _asked_sides(answer: Answer) -> set[Wanted]:
    said = fold(answer.question)
    return {side for side, pattern in _ASKED.items() if pattern.search(said)}


def _spoken_of(answer: Answer, pack: Pack) -> tuple[str, ...]:
    """The options that an answer is about: by its first heading, by the question, or by its first line."""
    namer, heading = Namer(pack), _HEADING.search(answer.answer)
    texts = (heading[1] if heading else "", answer.question, answer.answer.partition("\n")[0])
    return next((found for text in texts if (found := namer.option_ids(text))), ())


def _compared(answer: Answer, pack: Pack) -> tuple[str, ...]:
    """The options of a comparison, by the head of its table."""
    head = _TABLE.search(answer.answer)
    cells = [cell.strip() for cell in head[1].split(" | ")] if head else []
    return tuple(one.id for one in pack.options if escape(one.name) in cells) or _spoken_of(answer, pack)
