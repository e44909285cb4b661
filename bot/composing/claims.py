"""The claims of a library by what they are about: option, stance, source. Complete by metadata, never a top few."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from bot.composing.draft import escape
from bot.language.vocabulary import stems_of_names
from ingest.lexicon import content_stems
from ingest.naming import Namer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from bot.finding.retrieve import Retriever
    from ingest.index.library import Library
    from ingest.pack import Pack, Sense
    from ingest.types import Document, Passage, Stance

__all__ = ["Claims", "in_turn"]

SENSE_HITS = 8
MAX_SENSE_PASSAGES = 2


@dataclass(frozen=True)
class Claims:
    """Gives claims out.

    Attributes:
        library: Where they are.
        pack: How options are called.
        retriever: Finds where a source says what it means by a word.
    """

    library: Library
    pack: Pack
    retriever: Retriever

    def about(self, option: str, sources: Collection[str]) -> list[Passage]:
        """All claims about an option in the given sources (all sources when none is given), in order."""
        return [
            p
            for p in self.library.of_option(option)
            if (p.document_id in sources if sources else p.id not in self.library.echoes)
        ]

    def taking(self, stance: Stance, option: str, sources: Collection[str]) -> list[Passage]:
        """All claims of one stance about an option."""
        return [p for p in self.about(option, sources) if p.stance == stance]

    def definition(self, option: str, sources: Collection[str], limit: int = 2) -> list[Passage]:
        """The neutral claims that stand first under the option's own heading: at most `limit` a source."""
        own = [
            p
            for p in self.taking("neutral", option, sources)
            # A passage that only its text ties to the option is a remark, not a definition.
            if p.options == (option,) and self._heading_names(option, p)
        ]
        # What stands under a further heading of its own (advice, examples) says less of what it is.
        own = [p for p in own if option in self._namer.option_ids(p.heading, p.document_id)] or own
        rank: Counter[str] = Counter()
        first = []
        for p in own:  # in the order of the library, so those of a document together
            rank[p.document_id] += 1
            first += [p] if rank[p.document_id] <= limit else []
        return first

    def describing(self, options: Sequence[str]) -> frozenset[str]:
        """Stems of the words that say what the options are and how they are called."""
        return stems_of_names(map(self.pack.option, options)).union(*map(self._defining, options))

    def documents(self, passages: Iterable[Passage]) -> list[Document]:
        """The documents of the passages, the one with most first."""
        count = Counter(p.document_id for p in passages)
        return [self.library.documents[id_] for id_, _ in count.most_common()]

    def searched(self, sources: Collection[str]) -> list[Document]:
        """The documents that a question is limited to."""
        return [document for id_, document in self.library.documents.items() if not sources or id_ in sources]

    def in_sense(self, sense: Sense, words: Sequence[str]) -> list[Passage]:
        """The passages in which a source says what it means by a word."""
        options = (sense.option,) if sense.option else ()
        query = f"{words[0]}: {sense.label}"
        hits = self.retriever.search(query, SENSE_HITS, sources=(sense.source,), options=options, alone=True)
        stems = set(content_stems(words[0]))
        with_word = [h.passage for h in hits if stems & set(content_stems(f"{h.passage.heading} {h.passage.text}"))]
        return [p for p in with_word if p.stance in ("neutral", "fit")][:MAX_SENSE_PASSAGES]

    def name(self, option: str) -> str:
        """What people read for an option, safe in Markdown."""
        return escape(self.pack.option(option).name)

    def place(self, passage: Passage) -> tuple[int, int]:
        """Where a passage stands in the library."""
        return self.library.spans[passage.document_id].start, passage.position

    @cached_property
    def _defining(self) -> Callable[[str], frozenset[str]]:
        # The same for every question, and an answer asks for it several times; a pack has a few options.
        def stems(option: str) -> frozenset[str]:
            return frozenset(root for p in self.definition(option, ()) for root in content_stems(p.text))

        return cache(stems)

    def _heading_names(self, option: str, passage: Passage) -> bool:
        return any(option in self._namer.option_ids(h, passage.document_id) for h in passage.heading_path[1:])

    @cached_property
    def _namer(self) -> Namer:
        return Namer(self.pack)


def in_turn(passages: Sequence[Passage]) -> list[Passage]:
    """The passages, a source's best before another's second best, so that a cut leaves every source a voice."""
    rank: Counter[str] = Counter()
    turns = []
    for passage in passages:
        turns.append((rank[passage.document_id], passage))
        rank[passage.document_id] += 1
    return [passage for _, passage in sorted(turns, key=lambda turn: turn[0])]
