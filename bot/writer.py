"""Lets a language model write from numbered passages, and shows of it only what they are found to say.

Every sentence is verified before anybody sees it. The model decides nothing: whether there is an answer and which
option comes first are settled before it is asked, and a sentence that speaks of another option is dropped.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal, Protocol

from bot.draft import escape
from bot.prompt import messages
from bot.sentences import SentenceCutter
from ingest.errors import ModelError, ModelTimeoutError
from ingest.lexicon import content_stems

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence

    from bot.generate import Message
    from bot.prompt import Exchange
    from bot.sentences import Sentence
    from ingest.types import Passage

__all__ = ["Brief", "Judgement", "Reason", "Shown", "TextModel", "Verifier", "Writer", "Written"]

# A model most of whose sentences fail has not understood the passages; what of it happens to hold is a poor answer.
MIN_SHARE = 0.5
# A small model that has begun to repeat itself does not stop by itself.
MAX_REPEATS = 2
# Two sentences that share so much of their words say the same.
SAME_WORDS = 0.8
# Fewer words that carry a subject make no claim that could be checked: "Here are the benefits:".
MIN_WORDS = 2
# No sentence for a reader is longer, in characters; a model that writes one is running on.
MAX_SENTENCE = 600
# Some servers ignore the bound on tokens, so characters are bounded too.
MAX_TOKENS = 400
MAX_CHARS = 6 * MAX_TOKENS
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://|\bwww\.|\bmailto:|\b(?:data|javascript):\S|\S@\S+\.\S", re.IGNORECASE)

Reason = Literal["unsupported", "other option", "address", "repeated", "no claim"]

_log = logging.getLogger(__name__)


class TextModel(Protocol):
    """A language model that writes."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Generator[str, None, None]:
        """Its reply in pieces; raises `ModelError`. Closing it ends the reply."""
        ...


class Judgement(Protocol):
    """Whether passages say what a sentence says."""

    @property
    def score(self) -> float:
        """How well they do; higher is better."""
        ...

    @property
    def supported(self) -> bool:
        """Whether they do."""
        ...


class Verifier(Protocol):
    """Compares sentences with passages."""

    def sentence(self, sentence: str, passages: Sequence[str]) -> Judgement:
        """Whether the passages, taken together, say what the sentence says."""
        ...


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


class Writer:
    """Has a model write, and keeps what holds.

    Args:
        model: The language model.
        verifier: Compares each sentence with the passages it cites.
        named: Finds the ids of the options that a text names.
    """

    def __init__(self, model: TextModel, verifier: Verifier, named: Callable[[str], Collection[str]]) -> None:
        self._model = model
        self._verifier = verifier
        self._named = named

    @property
    def model(self) -> str:
        """Name of the language model."""
        return self._model.name

    def write(
        self, brief: Brief, marker: Callable[[Passage], str], on_sentence: Callable[[str], None] | None = None
    ) -> Written:
        """Has the model write, verifying each sentence when it is complete.

        Args:
            brief: What is to be written.
            marker: The number of a passage in brackets, as the answer shows it.
            on_sentence: Told each sentence, as Markdown, once it is verified. The result may still be that nothing is
                to be used; an error that it raises ends the model's reply.
        """
        work = _Work(brief, self._verifier, self._named, marker, on_sentence or (lambda _: None))
        failure = ""
        try:
            self._stream(brief, work)
        except ModelTimeoutError as error:
            failure = "timed out"
            _log.warning("%s The answer is written without it.", error)
        except ModelError as error:
            failure = "failed"
            _log.warning("%s The answer is written without it.", error)
        written = Written(self._model.name, tuple(work.shown), tuple(work.dropped), failure)
        if not failure and len(written.shown) < max(MIN_SHARE * written.claims, 1):
            return Written(written.model, written.shown, written.dropped, "too little was supported")
        return written

    def _stream(self, brief: Brief, work: _Work) -> None:
        cutter = SentenceCutter()
        length = 0
        told = messages(
            brief.question, [(p.section, p.text) for p in brief.passages], brief.conversation, brief.decision
        )
        with closing(self._model.stream(told, MAX_TOKENS)) as reply:
            for piece in reply:
                for sentence in cutter.feed(piece):
                    work.take(sentence)
                length += len(piece)
                if work.repeats > MAX_REPEATS or cutter.pending > MAX_SENTENCE or length > MAX_CHARS:
                    return
        for sentence in cutter.end():
            work.take(sentence)


class _Work:
    """One brief in the making."""

    def __init__(
        self,
        brief: Brief,
        verifier: Verifier,
        named: Callable[[str], Collection[str]],
        marker: Callable[[Passage], str],
        on_sentence: Callable[[str], None],
    ) -> None:
        self._brief = brief
        self._verifier = verifier
        self._named = named
        self._marker = marker
        self._on_sentence = on_sentence
        self._seen: list[frozenset[str]] = []
        self.shown: list[Shown] = []
        self.dropped: list[tuple[Reason, str]] = []
        self.repeats = 0

    def take(self, sentence: Sentence) -> None:
        """Shows a sentence, or notes why not."""
        reason = self._fault(sentence)
        if reason is None:
            found = self._support(sentence)
            if found:
                self._show(sentence, *found)
                return
            reason = "unsupported"
        self.dropped.append((reason, sentence.text))

    def _fault(self, sentence: Sentence) -> Reason | None:
        """What is wrong with a sentence whatever the passages say."""
        words = frozenset(content_stems(sentence.text))
        if len(words) < MIN_WORDS or sentence.text.endswith((":", "?")):
            return "no claim"
        if any(len(words & seen) >= SAME_WORDS * len(words | seen) for seen in self._seen):
            self.repeats += 1
            return "repeated"
        self._seen.append(words)
        if _ADDRESS.search(sentence.text):
            return "address"
        if self._brief.barred & set(self._named(sentence.text)):
            return "other option"
        return None

    def _support(self, sentence: Sentence) -> tuple[tuple[Passage, ...], float] | None:
        """The passages that support a sentence: of those it cites, else of all. None where none do."""
        passages = self._brief.passages
        # Both bounds count: [0] is no passage, and least of all the last one.
        cited = [passages[n - 1] for n in sentence.cited if 1 <= n <= len(passages)]
        others = [passage for passage in passages if passage not in cited]
        return (self._best(sentence, cited) if cited else None) or self._best(sentence, others, several=False)

    def _best(
        self, sentence: Sentence, passages: Sequence[Passage], *, several: bool = True
    ) -> tuple[tuple[Passage, ...], float] | None:
        """Each passage that supports the sentence by itself; where none does, all of them if they do together.

        Args:
            sentence: The sentence.
            passages: Where support may stand.
            several: Whether more than one may be cited: true of what the model chose itself.
        """
        alone = [
            (judged.score, passage) for passage in passages if (judged := self._judged(sentence, [passage])).supported
        ]
        if alone:
            best, first = max(alone, key=lambda one: one[0])
            return (tuple(passage for _, passage in alone) if several else (first,)), best
        if several and len(passages) > 1 and (together := self._judged(sentence, passages)).supported:
            return tuple(passages), together.score
        return None

    def _judged(self, sentence: Sentence, passages: Sequence[Passage]) -> Judgement:
        texts = [passage.embedding_text for passage in passages]
        judged = self._verifier.sentence(sentence.text, texts)
        named = set(self._named(sentence.text))
        spoken_of = {id_ for passage in passages for id_ in passage.options} | set(self._named(" ".join(texts)))
        # Shared words do not make up for a sentence that says of one option what the passage says of another.
        return judged if named <= spoken_of else _Unsupported()

    def _show(self, sentence: Sentence, passages: tuple[Passage, ...], score: float) -> None:
        markdown = " ".join([escape(sentence.text), *map(self._marker, passages)])
        self.shown.append(Shown(sentence.text, passages, score, markdown, sentence.line, sentence.bullet))
        self._on_sentence(markdown)


@dataclass(frozen=True, slots=True)
class _Unsupported:
    score: float = 0.0
    supported: bool = False
