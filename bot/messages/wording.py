"""The words of a message: parts questions from orders, and finds what the message is about."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from bot.language import orders, phrases
from bot.language.foreign import is_foreign
from bot.language.vocabulary import Word
from bot.messages.spelling import Spelling
from ingest.lexicon import QUESTION_WORDS, STOPWORDS, content_stems, fold, sentence_spans, stem, tokens
from ingest.naming import Namer, PhrasePattern, PhraseTable, phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Collection

    from ingest.index.library import Library
    from ingest.pack import Pack
    from ingest.types import Source

__all__ = ["Wording", "asks", "questions", "visible"]

_BLANKS = re.compile(r"\s+")
_HIDDEN = re.compile(r"<!--.*?-->|[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u00ad]", re.DOTALL)
# Taken out of a message to see what it is about.
_ASKING = ("PROS", "CONS", "COMPARE", "FIT", "DESCRIBE", "RECOMMEND", "RETURN", "MENDING", "PRONOUNS")
# Cues that count only in what a message asks, where it asks anything.
_ASKED = ("PROS", "CONS", "COMPARE", "CONTRAST", "FIT", "DESCRIBE", "CALLED", "DEFINITION")
# What can be asked without naming anything.
_REAL = ("PROS", "CONS", "COMPARE", "FIT", "RECOMMEND", "ADVICE", "OVERVIEW")
# A capital within a sentence shows a name.
_NAME = re.compile(r"(?<=[a-z,;:)] )[A-Z][A-Za-z0-9]+")
_INTERROGATIVE = re.compile(
    r"^\W*(?:(?:and|but|so|ok|okay|hi|hey|hello|please|now|well|then|also)\W+)*"
    r"(?:what|what's|whats|which|who|who's|whose|whom|how|how's|when|where|why|is|are|am|was|were|do|does|did|"
    r"can|could|should|shall|would|will|may|might|has|have|tell|give|list|name|explain|compare|describe|define|show|"
    r"summarise|write)\b"
)
# What asks about a person or a firm and not about what they write.
_WHERE = re.compile(r"\W*(?:and |so )?(?:where|who|whose|whom)\b")
_BEING_SOMEWHERE = frozenset({"based", "live", "lives", "located", "headquartered", "situated", "seat", "office"})
_NO_SUBJECT = STOPWORDS | QUESTION_WORDS | _BEING_SOMEWHERE
# Words of a message that count as its topic: a question has a handful; a wall of text must not cost a minute.
MAX_TOPIC = 60
# Messages, or parts of them, whose clauses, topics and words without sources are remembered while they are read.
MESSAGES_KEPT = 32
# Nouns for the options of any decision, beside those that the pack gives.
_GENERAL_NOUNS = (
    "model",
    "models",
    "structure",
    "structures",
    "approach",
    "setup",
    "option",
    "options",
    "team",
    "teams",
)


class Wording:
    """Reads the words of messages about one pack and library.

    Args:
        pack: Names of options and many-meaning words.
        library: Names of sources, and the words they use.
    """

    def __init__(self, pack: Pack, library: Library) -> None:
        self._pack = pack
        self._library = library
        self.namer = Namer(pack)
        self.spelling = Spelling(pack, self.namer, library.words)
        self.cues = {
            name: phrase_pattern(getattr(phrases, name))
            for name in (
                *_ASKING,
                "ADVICE",
                "AUTHORSHIP",
                "CALLED",
                "CONTRAST",
                "DEFINITION",
                "MEANING",
                "OVERVIEW",
                "PERSONAL",
            )
        }
        documents = library.documents.items()
        self._sources = PhraseTable({id_: _names(document.source, library.words.plain) for id_, document in documents})
        self._decisions = {
            decision.id: phrase_pattern([name for name in (decision.noun + "s", *decision.aliases) if _is_plural(name)])
            for decision in pack.decisions
        }
        self._terms = [phrase_pattern(term.words) for term in pack.terms]
        self._topic = lru_cache(maxsize=MESSAGES_KEPT)(self._find_topic)
        self._unsourced = lru_cache(maxsize=MESSAGES_KEPT)(self._cut_sources)

    def asked(self, text: str) -> dict[str, bool]:
        """Which cues a message holds: what is asked for in its questions, all else in the whole.

        What tells of somebody's troubles before a question is no question for troubles.
        """
        # The title of an article may hold "vs" and "why".
        asking = self.without_sources(" ".join(questions(text)))
        folded = self.without_sources(text)
        for_itself = [name for name in _ASKED if self.cues[name].search(asking)]
        # "Can you list them?" asks for what stands before it.
        stands_alone = bool(asking) and (bool(for_itself) or not self.cues["PRONOUNS"].search(asking))
        return {
            name: name in for_itself if stands_alone and name in _ASKED else bool(pattern.search(folded))
            for name, pattern in self.cues.items()
        }

    def decisions(self, text: str) -> tuple[str, ...]:
        """Ids of the decisions whose options are asked for as a whole: "which operating models are there?"."""
        folded = fold(text)
        return tuple(id_ for id_, pattern in self._decisions.items() if pattern.search(folded))

    def without_directives(self, text: str) -> str:
        """The clauses that ask or tell something; those that give the bot orders are left out, unless all do."""
        parts, kept = _without_orders(text)
        # Nothing here is read in another language: it would only stand in the way of what is asked in English.
        english = tuple(clause for clause in kept if not is_foreign(clause))
        kept = english if any(map(asks, english)) else kept
        return text if len(kept) == len(parts) or not kept else " ".join(kept)

    def only_orders(self, text: str) -> bool:
        """Whether the message gives the bot orders, and asks nothing and names nothing beside them."""
        parts, kept = _without_orders(text)
        if len(kept) == len(parts):
            return False
        return not any(self._says_something(clause) for clause in kept)

    def _says_something(self, clause: str) -> bool:
        """Whether a clause names an option, or asks for something."""
        folded = fold(clause)
        real = any(self.cues[name].search(folded) for name in _REAL)
        return bool(self.namer.options(folded)) or (asks(clause) and (real or bool(self.topic(clause))))

    def sources(self, text: str) -> tuple[str, ...]:
        """Ids of the sources named in a text."""
        folded = fold(text)
        return tuple(id_ for id_, pattern in self._sources.possible(folded) if pattern.search(folded))

    def reports(self, text: str) -> tuple[str, ...]:
        """The statements of a message that tell what a source says, and nothing of whoever asks."""
        sentences = [text[start:end] for start, end in sentence_spans(text)]
        return tuple(
            s for s in sentences if not asks(s) and self.sources(s) and not self.cues["PERSONAL"].search(fold(s))
        )

    def without_sources(self, text: str) -> str:
        """The text, folded, without the names of sources: a title may name an option that the question does not."""
        return self._unsourced(fold(text))

    def _cut_sources(self, folded: str) -> str:
        for id_, pattern in self._sources.possible(folded):
            if pattern.search(folded):
                title = phrase_pattern(_openings(self._library.documents[id_].source.title))
                folded = pattern.sub(" ", title.sub(" ", folded))
        return folded

    def searchable(self, text: str) -> str:
        """The text for searching: what it is about, not in whose article, unless it is about the author."""
        if self.cues["AUTHORSHIP"].search(fold(text)) or self._asks_about_source(text):
            return text
        return _BLANKS.sub(" ", self.without_sources(text)).strip(" ,.?!:;") or text

    def _asks_about_source(self, text: str) -> bool:
        """Whether a question names a source and nothing else: "where does she work?" asks about the author."""
        if not _WHERE.match(fold(text)):
            return False
        return _NO_SUBJECT.issuperset(tokens(self.without_sources(text))) and bool(self.sources(text))

    def without_options(self, text: str) -> str:
        """The text, folded, without the names of options; the text itself when nothing else is in it."""
        folded = self._cut_options(fold(text))
        return folded if tokens(folded) else text

    def _cut_options(self, folded: str) -> str:
        for mention in reversed(self.namer.options(folded)):
            folded = folded[: mention.start] + " " + folded[mention.end :]
        return folded

    def asked_topic(self, text: str) -> tuple[Word, ...]:
        """The topic of the sentences that ask; of the whole message when those name none."""
        asking = " ".join(questions(text))
        # "How do I fix this?" asks about what stands before it.
        return (not self.cues["PRONOUNS"].search(fold(asking)) and self.topic(asking)) or self.topic(text)

    def topic(self, text: str) -> tuple[Word, ...]:
        """The words that are neither a name the pack knows, nor a word of asking, nor the decision's own noun."""
        return self._topic(text)

    def _find_topic(self, text: str) -> tuple[Word, ...]:
        folded = fold(text)
        patterns: list[PhrasePattern | re.Pattern[str]]
        named = [pattern for _, pattern in self._sources.possible(folded)]
        patterns = [*named, self._own_nouns, *(self.cues[name] for name in _ASKING)]
        for pattern in patterns:
            folded = pattern.sub(" ", folded)
        folded = self._cut_options(folded)
        for pattern in self._terms:
            folded = pattern.sub(" ", folded)
        names = {fold(name) for name in _NAME.findall(text)}
        words: dict[str, Word] = {}
        for token in self._known_parts([token.removesuffix("'s") for token in tokens(folded)]):
            for root in content_stems(token)[:1]:
                if len(token) > 1 and token not in QUESTION_WORDS and not token.isdigit():
                    words.setdefault(root, Word(token, root, token in names))
        return tuple(words.values())[:MAX_TOPIC]

    def _known_parts(self, found: list[str]) -> list[str]:
        """The words, with a compound that the library does not have replaced by its parts."""
        return [
            part
            for token in found
            for part in ([token] if "-" not in token or stem(token) in self._library.words.place else token.split("-"))
        ]

    @cached_property
    def _own_nouns(self) -> PhrasePattern:
        nouns = [noun for decision in self._pack.decisions for noun in (decision.noun, *decision.aliases)]
        plurals = [noun + "s" for noun in nouns]
        return phrase_pattern([*nouns, *plurals, *self._pack.title.split(), *_GENERAL_NOUNS])


def visible(text: str) -> str:
    """The text as a reader sees it: no comments, no characters without a shape, blanks folded."""
    return _BLANKS.sub(" ", _HIDDEN.sub(" ", text)).strip()


def questions(text: str) -> list[str]:
    """The sentences that ask something."""
    return [text[start:end] for start, end in sentence_spans(text) if asks(text[start:end])]


def asks(sentence: str) -> bool:
    """Whether a sentence asks or requests, by its mark or by its first words."""
    return sentence.rstrip(" \"')").endswith("?") or bool(_INTERROGATIVE.match(fold(sentence)))


# Asked twice of a message: for what is left of it, and for whether anything is.
@lru_cache(maxsize=MESSAGES_KEPT)
def _without_orders(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The clauses of a message, and those that give the bot no orders."""
    parts = tuple(orders.clauses(text))
    return parts, tuple(clause for clause in parts if not orders.is_order(clause))


def _names(source: Source, words: Collection[str]) -> list[str]:
    """What a source is called: its aliases, its author by full name, surname and first name, its publisher.

    Args:
        source: The source.
        words: Words of the library that are written small: a first name that is one of them says nothing of an author.
    """
    people = [source.author, source.author.split()[-1]] if source.author else []
    first = source.author.split()[0] if source.author else ""
    people += [first] if len(first) > 2 and first.lower() not in words else []
    return [*source.aliases, *people, *([source.publisher] if source.publisher else [])]


def _is_plural(name: str) -> bool:
    """Whether one of the words of a noun phrase, other than its last resort "of ...", ends like a plural."""
    return name.split(" of ")[0].endswith("s")


def _openings(title: str) -> list[str]:
    """A title and what people leave of it: at least its first three words."""
    words = tokens(title)
    return [" ".join(words[:count]) for count in range(min(3, len(words)), len(words) + 1)]
