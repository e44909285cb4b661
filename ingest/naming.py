"""Finds the options, sources and many-meaning words that a text names. Knows only what the pack tells it."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Generic, TypeVar

from ingest.lexicon import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ingest.pack import Pack, Term

__all__ = ["Mention", "Namer", "PhrasePattern", "PhraseTable", "phrase_pattern"]

_Key = TypeVar("_Key")
_RUN = re.compile(r"\w+")
# An expression of so many phrases takes a hundredth of a second to compile.
MANY_PHRASES = 200
# Texts whose options are remembered while a message is read, and patterns of things that texts have been held against.
TEXTS_KEPT, PATTERNS_KEPT = 64, 1024
# Texts whose words are remembered: each is held against many patterns. As few words are looked for one by one.
RUNS_KEPT, FEW_WORDS = 256, 3


@dataclass(frozen=True, slots=True)
class Mention:
    """An option named in a text.

    Attributes:
        option: Its id.
        alias: The folded words that name it.
        start: Offset of the words in the folded text.
        end: Offset past them.
    """

    option: str
    alias: str
    start: int
    end: int


class PhrasePattern:
    """Finds any of many phrases as whole words in folded text; used as a compiled regular expression is.

    Most texts hold no word of most phrases: that is looked up first, and an expression is compiled when one does. To
    compile a thousand phrases would take long, so of many only those are taken whose words a text has.

    Args:
        phrases: The phrases, folded, those first that are tried first.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        self._phrases = [tuple(re.split(r"[\s\-/]+", one.replace("+", " + ").strip())) for one in phrases]
        # Of each phrase one word, unless another's is within it.
        needed = sorted({max(words, key=len) for words in self._phrases}, key=len)
        self._needed = tuple(w for n, w in enumerate(needed) if not any(short in w for short in needed[:n]))
        # Its longest run of letters is one in every text that has the phrase; one without any may be in any text.
        runs = {max(_RUN.findall(word), key=len, default="") for word in needed}
        self._runs = frozenset(runs) if len(self._needed) > FEW_WORDS and "" not in runs else None
        # By the last word, which tells most phrases apart: many begin alike. Of it by its longest run.
        self._by_last: dict[str, list[int]] = {}
        if len(self._phrases) > MANY_PHRASES:
            for place, words in enumerate(self._phrases):
                self._by_last.setdefault(max(_RUN.findall(words[-1]), key=len, default=""), []).append(place)

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(_expression(self._phrases))

    def _for(self, text: str) -> re.Pattern[str] | None:
        """An expression that finds what there is in a text; None when there is nothing."""
        if self._runs is not None:
            if self._runs.isdisjoint(_runs_of(text)):
                return None
        else:
            # Not by `any`: a message is held against hundreds of patterns, and most end here.
            for word in self._needed:
                if word in text:
                    break
            else:
                return None
        if not self._by_last:
            return self._whole
        runs = {"", *_runs_of(text)}
        places = sorted(place for run in runs for place in self._by_last.get(run, ()))
        possible = tuple(
            words for words in map(self._phrases.__getitem__, places) if all(word in text for word in words)
        )
        return _compiled(possible) if possible else None

    def search(self, text: str, start: int = 0) -> re.Match[str] | None:
        """As of `re.Pattern`."""
        return found.search(text, start) if (found := self._for(text)) else None

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        """As of `re.Pattern`."""
        return found.match(text, start) if (found := self._for(text)) else None

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """As of `re.Pattern`."""
        return found.fullmatch(text) if (found := self._for(text)) else None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """As of `re.Pattern`."""
        return found.finditer(text) if (found := self._for(text)) else iter(())

    def findall(self, text: str) -> list[str]:
        """As of `re.Pattern`."""
        return found.findall(text) if (found := self._for(text)) else []

    def sub(self, replacement: str, text: str) -> str:
        """As of `re.Pattern`."""
        return found.sub(replacement, text) if (found := self._for(text)) else text


def _expression(phrases: Iterable[Sequence[str]]) -> str:
    parts = []
    for words in phrases:
        pattern = re.escape(words[0])
        for before, word in itertools.pairwise(words):
            pattern += (r"\s*" if "+" in (before, word) else r"[\s\-/]+") + re.escape(word)
        parts.append(pattern)
    return r"(?<![\w-])(?:" + "|".join(parts) + r")(?:'s)?(?!\w)"


@lru_cache(maxsize=RUNS_KEPT)
def _runs_of(text: str) -> frozenset[str]:
    return frozenset(_RUN.findall(text))


@lru_cache(maxsize=1024)
def _compiled(phrases: tuple[tuple[str, ...], ...]) -> re.Pattern[str]:
    return re.compile(_expression(phrases))


def phrase_pattern(phrases: Iterable[str]) -> PhrasePattern:
    """A pattern that finds any of the phrases as whole words in folded text, the longest first.

    Words of a phrase may be parted by blanks, hyphens or slashes. A match never begins behind a letter or hyphen, so
    "centralised" is not found in "de-centralised".
    """
    return _pattern_of(tuple(sorted({fold(phrase) for phrase in phrases}, key=lambda p: (-len(p), p))))


# An assistant is made anew whenever its documents change, and its pack's hundreds of patterns stay the same.
@lru_cache(maxsize=4096)
def _pattern_of(phrases: tuple[str, ...]) -> PhrasePattern:
    return PhrasePattern(phrases)


class PhraseTable(Generic[_Key]):
    """Phrases of very many things, such as the names of sources: a text is held against few of them.

    Args:
        phrases: The phrases of each thing, by what it is known by.
    """

    def __init__(self, phrases: Mapping[_Key, Sequence[str]]) -> None:
        self._phrases = phrases
        # Each phrase has its longest run of letters in every text that has the phrase.
        self._with: dict[str, list[int]] = {}
        self._ids = list(phrases)
        for place, id_ in enumerate(self._ids):
            for longest in {max(_RUN.findall(fold(one)), key=len, default="") for one in phrases[id_]} - {""}:
                self._with.setdefault(longest, []).append(place)
        self._pattern = lru_cache(maxsize=PATTERNS_KEPT)(self._find_pattern)

    def possible(self, folded: str) -> list[tuple[_Key, PhrasePattern]]:
        """The things of which a folded text may have a phrase, in their order, each with the pattern of its phrases."""
        places = {place for run in _runs_of(folded) for place in self._with.get(run, ())}
        return [(self._ids[place], self._pattern(place)) for place in sorted(places)]

    def _find_pattern(self, place: int) -> PhrasePattern:
        return phrase_pattern(self._phrases[self._ids[place]])


class Namer:
    """Finds options by their names.

    Args:
        pack: Where the names come from.
    """

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._scoped: dict[str | None, tuple[PhrasePattern, dict[str, str]]] = {}
        self._named = lru_cache(maxsize=TEXTS_KEPT)(self._find_named)

    @cached_property
    def _terms(self) -> list[tuple[Term, PhrasePattern]]:
        return [(term, phrase_pattern(term.words)) for term in self._pack.terms]

    def options(self, text: str, source: str | None = None) -> list[Mention]:
        """Options named in `text`, in order of appearance; overlapping names go to the longest.

        Args:
            text: Any text; it is folded here.
            source: Id of the source whose own use of words holds, if any.
        """
        return list(self._named(fold(text), source))

    def _find_named(self, folded: str, source: str | None) -> list[Mention]:
        pattern, owner = self._table(source)
        return [
            Mention(owner[_key(match[0])], match[0], match.start(), match.end()) for match in pattern.finditer(folded)
        ]

    def option_ids(self, text: str, source: str | None = None) -> tuple[str, ...]:
        """Ids of the options named in `text`, each once, in order of appearance."""
        return tuple(dict.fromkeys(mention.option for mention in self.options(text, source)))

    def terms(self, text: str) -> tuple[Term, ...]:
        """The many-meaning words that `text` uses outside the name of an option."""
        folded = fold(text)
        named = [(mention.start, mention.end) for mention in self.options(text) if not self._is_bare_term(mention)]
        found = []
        for term, pattern in self._terms:
            for match in pattern.finditer(folded):
                if not any(start <= match.start() and match.end() <= end for start, end in named):
                    found.append(term)
                    break
        return tuple(found)

    def _is_bare_term(self, mention: Mention) -> bool:
        return any(pattern.fullmatch(mention.alias) for _, pattern in self._terms)

    @cached_property
    def alias_words(self) -> frozenset[str]:
        """Every word that occurs in a name: what a misspelt word may have meant."""
        phrases = [*(word for term in self._pack.terms for word in term.words)]
        for option in self._pack.options:
            phrases += [option.name, *option.aliases, *(a for names in option.source_aliases.values() for a in names)]
        return frozenset(word for phrase in phrases for word in re.findall(r"[a-z]{4,}", fold(phrase)))

    def _table(self, source: str | None) -> tuple[PhrasePattern, dict[str, str]]:
        if source not in self._scoped:
            owner: dict[str, str] = {}
            for option in self._pack.options:
                for name in (option.name, *option.aliases):
                    owner.setdefault(_key(fold(name)), option.id)
            if source is not None:
                for option in self._pack.options:
                    for name in option.source_aliases.get(source, ()):
                        owner[_key(fold(name))] = option.id
            self._scoped[source] = (phrase_pattern(owner), owner)
        return self._scoped[source]


def _key(folded: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[\s\-/]+", " ", folded.removesuffix("'s")).replace("+", " + ")).strip()
