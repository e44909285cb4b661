"""What a language model is asked to write, and what came of it, sentence by sentence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bot.llm.prompt import Exchange
    from ingest.types import Passage

__all__ = ["Brief", "Reason", "Shown", "Written"]

Reason = Literal["unsupported", "other option", "address", "repeated", "no claim"]
"""Why a sentence is not shown."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What is to be written.

    Attributes:
        question: The user's words.
        passages: What may be used; the model numbers them from 1.
        conversation: What was said before, oldest first.
        decision: What is decided already, as a sentence; "" where nothing is.
        barred: Ids of options that may not be named, for they were not chosen.
    """

    question: str
    passages: tuple[Passage, ...]
    conversation: tuple[Exchange, ...] = ()
    decision: str = ""
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence that its passages support.

    Attributes:
        text: Its words.
        passages: What it cites: at least one.
        score: How well they support it.
        markdown: The sentence as shown, safe in Markdown, with its numbers.
        line: Which line of the model's text it stands in.
        bullet: Whether that line is an item of a list.
    """

    text: str
    passages: tuple[Passage, ...]
    score: float
    markdown: str
    line: int
    bullet: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a brief.

    Attributes:
        model: Name of the model.
        shown: The sentences that hold, in order.
        dropped: The others, each with the reason.
        failure: Why nothing of it is to be used: "timed out", "failed", "too little was supported"; "" when it is.
    """

    model: str
    shown: tuple[Shown, ...]
    dropped: tuple[tuple[Reason, str], ...]
    failure: str = ""

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The passages cited, in order of first citation."""
        return tuple(dict.fromkeys(passage for sentence in self.shown for passage in sentence.passages))

    @property
    def reasons(self) -> dict[Reason, int]:
        """How many sentences were dropped for each reason."""
        return dict(Counter(reason for reason, _ in self.dropped))

    @property
    def claims(self) -> int:
        """How many sentences claimed something, repetitions left out."""
        return len(self.shown) + sum(reason not in ("repeated", "no claim") for reason, _ in self.dropped)

    @property
    def markdown(self) -> str:
        """The sentences that hold, in the model's lines and lists."""
        blocks: list[str] = []
        was_bullet = False
        for (_, bullet), sentences in groupby(self.shown, key=lambda s: (s.line, s.bullet)):
            text = " ".join(sentence.markdown for sentence in sentences)
            item = f"- {text}" if bullet else text
            if bullet and was_bullet:
                blocks[-1] += f"\n{item}"
            else:
                blocks.append(item)
            was_bullet = bullet
        return "\n\n".join(blocks)
