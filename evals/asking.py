"""Puts the cases to a system and notes its last answers, also to other wordings of the same question."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict

from evals.metrics.consistency import other_order
from evals.reply import Reply, reply_of
from evals.runner import run_each
from ingest.naming import Namer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.assistant import Assistant
    from evals.cases import Case
    from evals.runner import Ledger
    from ingest.gather import Progress

__all__ = ["Asked", "Groundrule", "Respondent", "ask_all", "case_key"]


class Asked(BaseModel):
    """What came of one case.

    Attributes:
        id: The case.
        reply: The last answer; None when there was none.
        failure: Why there was none.
        earlier: The answers before it, as Markdown.
        paraphrased: The last answers to the other wordings.
        swapped_question: The question with its two options in the other order; "" when there are not two.
        swapped: The answer to that.
        failed_beside: Why there was no answer to another wording or to the swapped question, once for each.
        milliseconds: How long each answer of the conversation took.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    reply: Reply | None = None
    failure: str = ""
    earlier: tuple[str, ...] = ()
    paraphrased: tuple[Reply | None, ...] = ()
    swapped_question: str = ""
    swapped: Reply | None = None
    failed_beside: tuple[str, ...] = ()
    milliseconds: tuple[float, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the system failed at the case, or at another wording of it."""
        return bool(self.failure or self.failed_beside)


class Respondent(Protocol):
    """A system that is asked."""

    def converse(self, turns: Sequence[str]) -> tuple[Sequence[Reply], Sequence[float]]:
        """The answers of a new conversation, and how many milliseconds each took."""
        ...

    def other_order(self, question: str) -> str | None:
        """The question with the two options it names in the other order; None when it does not name two."""
        ...


class Groundrule:
    """The product, as every door uses it.

    Args:
        assistant: The product.
    """

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._namer = Namer(assistant.pack)

    def converse(self, turns: Sequence[str]) -> tuple[list[Reply], list[float]]:
        """The answers of a new conversation, and how many milliseconds each took."""
        replies, times, session = [], [], None
        try:
            for turn in turns:
                began = time.perf_counter()
                answer = self._assistant.ask(turn, session)
                times.append((time.perf_counter() - began) * 1000)
                session = answer.session
                replies.append(reply_of(answer, self._assistant))
        finally:
            if session is not None:
                # Nobody goes on with it.
                self._assistant.forget(session)
        return replies, times

    def other_order(self, question: str) -> str | None:
        """The question with the two options it names in the other order; None when it does not name two."""
        return other_order(question, self._namer)


def case_key(case: Case) -> str:
    """Names what a result of the case depends on: the case itself."""
    return f"{case.id}:{hashlib.sha256(case.model_dump_json().encode()).hexdigest()[:16]}"


def ask_all(
    cases: Sequence[Case], system: Respondent, *, workers: int, told: Progress, ledger: Ledger | None = None
) -> list[Asked]:
    """Puts all cases to a system.

    A case at which the system fails is marked as one without an answer; the others go on.

    Args:
        cases: The cases.
        system: Who is asked.
        workers: How many cases are asked at a time.
        told: Told how far it is.
        ledger: Where results are kept as they come, and found again.
    """
    found = {key: Asked.model_validate(value) for key, value in ledger.kept.items()} if ledger else {}
    todo = [case for case in cases if case_key(case) not in found]

    def keep(case: Case, asked: Asked) -> None:
        if ledger is not None:
            ledger.add(case_key(case), asked.model_dump(mode="json", by_alias=True))

    fresh = run_each(todo, lambda case: _ask(case, system), told=told, stage="asking", workers=workers, kept=keep)
    found |= {case_key(case): asked for case, asked in zip(todo, fresh, strict=True)}
    return [found[case_key(case)] for case in cases]


def _ask(case: Case, system: Respondent) -> Asked:
    *before, question = case.turns
    try:
        replies, times = system.converse(case.turns)
        last = replies[-1]
        swapped = system.other_order(question)
    except Exception as error:  # noqa: BLE001 - whatever a system does, its case is scored and the others go on
        return Asked(id=case.id, failure=_told(error))
    failures: list[str] = []
    return Asked(
        id=case.id,
        reply=last,
        earlier=tuple(reply.answer for reply in replies[:-1]),
        paraphrased=tuple(_last(system, [*before, other], failures) for other in case.paraphrases),
        swapped_question=swapped or "",
        swapped=_last(system, [*before, swapped], failures) if swapped else None,
        failed_beside=tuple(failures),
        milliseconds=tuple(round(one, 2) for one in times),
    )


def _last(system: Respondent, turns: Sequence[str], failures: list[str]) -> Reply | None:
    try:
        return system.converse(turns)[0][-1]
    except Exception as error:  # noqa: BLE001 - as above: no answer
        failures.append(f"{turns[-1]!r}: {_told(error)}")
        return None


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
