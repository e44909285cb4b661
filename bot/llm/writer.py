"""Lets a language model write from numbered passages, and shows of it only what they are found to say.

Every sentence is verified before anybody sees it. The model decides nothing: whether there is an answer and which
option comes first are settled before it is asked, and a sentence that speaks of another option is dropped.
"""

from __future__ import annotations

import logging
import re
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from bot.composing.draft import escape
from bot.llm.copying import changed_words
from bot.llm.prompt import messages
from bot.llm.sentences import SentenceCutter
from bot.llm.written import Shown, Written
from ingest.errors import ModelError, ModelTimeoutError
from ingest.lexicon import content_stems

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence

    from bot.llm.generate import Message
    from bot.llm.sentences import Sentence
    from bot.llm.written import Brief, Reason
    from ingest.types import Passage

__all__ = ["Judgement", "TextModel", "Verifier", "Writer"]

# A model most of whose sentences fail has not understood the passages; what of it happens to hold is a poor answer.
MIN_SHARE = 0.5
# What a model wrote is trusted less than what was composed from passages. Judged by hand, the sentences of SmolLM2 from
# 0.9 on were right (94 of 94; then, on other questions, 66 of 67), those from 0.7 to 0.9 in three cases of seven.
MIN_SCORE = 0.9
# A small model that has begun to repeat itself does not stop by itself.
MAX_REPEATS = 2
# Two sentences that share so much of their words say the same.
SAME_WORDS = 0.8
# Fewer words that carry a subject make no claim that could be checked: "Here are the benefits:".
MIN_WORDS = 2
# Nor does a line that is no sentence by its full stop, unless it is long: "Dispersed team".
MIN_LABEL = 5
# No sentence for a reader is longer, in characters; a model that writes one is running on.
MAX_SENTENCE = 600
# Some servers ignore the bound on tokens, so characters are bounded too.
MAX_TOKENS = 400
MAX_CHARS = 6 * MAX_TOKENS
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://|\bwww\.|\bmailto:|\b(?:data|javascript):\S|\S@\S+\.\S", re.IGNORECASE)

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
        self._asked = frozenset(content_stems(brief.question))
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
        if any(len(words & seen) >= SAME_WORDS * len(words | seen) for seen in self._seen):
            self.repeats += 1
            return "repeated"
        self._seen.append(words)
        # What only repeats the asker's words tells them nothing, and may be true of them alone.
        label = not sentence.text.endswith((".", "!", "…")) and len(words) < MIN_LABEL
        if len(words) < MIN_WORDS or label or words <= self._asked or sentence.text.endswith((":", "?")):
            return "no claim"
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
        alone = [(score, passage) for passage in passages if (score := self._score(sentence, [passage])) >= MIN_SCORE]
        if alone:
            best, first = max(alone, key=lambda one: one[0])
            return (tuple(passage for _, passage in alone) if several else (first,)), best
        if several and len(passages) > 1 and (together := self._score(sentence, passages)) >= MIN_SCORE:
            return tuple(passages), together
        return None

    def _score(self, sentence: Sentence, passages: Sequence[Passage]) -> float:
        """How well passages support a sentence; 0 where the verifier, an option's name or a changed word objects."""
        texts = [passage.embedding_text for passage in passages]
        spoken_of = {id_ for passage in passages for id_ in passage.options} | set(self._named(" ".join(texts)))
        # Shared words do not make up for a sentence that says of one option what the passage says of another.
        if not set(self._named(sentence.text)) <= spoken_of:
            return 0.0
        if len(passages) == 1 and changed_words(sentence.text, passages[0].text, texts[0]):
            return 0.0
        judged = self._verifier.sentence(sentence.text, texts)
        return judged.score if judged.supported else 0.0

    def _show(self, sentence: Sentence, passages: tuple[Passage, ...], score: float) -> None:
        markdown = " ".join([escape(sentence.text), *map(self._marker, passages)])
        self.shown.append(Shown(sentence.text, passages, score, markdown, sentence.line, sentence.bullet))
        self._on_sentence(markdown)
