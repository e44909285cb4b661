"""Finds the passages that bear on a question: dense and lexical search, fused, each passage with its surroundings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from bot.finding.fusion import Fusion, mixed
from bot.finding.headings import Headings
from bot.finding.lexical import LexicalIndex
from bot.finding.rerank import RERANKED, reranked
from bot.finding.vectors import Vectors
from bot.language.vocabulary import Vocabulary, likeness, own_stems
from ingest.index.library import FEW
from ingest.index.words import distinct
from ingest.lexicon import content_stems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from bot.finding.rerank import Relevance
    from bot.language.vocabulary import Word
    from ingest.index.library import Library
    from ingest.index.near import Near
    from ingest.pack import Pack
    from ingest.types import Encoder, Passage

    # The stems that are searched for, each with what it counts, and what stands for them as well.
    _Words = tuple[dict[str, float], dict[str, list[str]]]

__all__ = ["Hit", "Retriever"]

# Questions whose vectors are remembered: a message is searched for in several ways, and its words stay the same.
VECTORS_KEPT = 256
# Passages looked at more closely than by their scores.
CANDIDATES = 200
# Of a library of more passages only those are scored that are nearest by meaning, or hold most of the question's words.
SCORED_UP_TO = 5000
NEAR_CANDIDATES, LEXICAL_CANDIDATES = 200, 200
# Searches whose hits are remembered, as are what is found by the vectors and the words that are looked for: an answer
# is sought, judged and put in order by a few, some of them the same.
SEARCHES_KEPT = 32
# Words of questions of which it is known in how many pieces the model reads them.
WORDS_KEPT = 4096
# Better hits that a hit is compared with, lest it repeat one: those that a reader could still have in view.
COMPARED = 20
# Tokens of a word that the model knows whole: itself between the two that open and close every text.
ONE_PIECE = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question.

    Attributes:
        passage: The passage.
        score: Fused score, mixed with the reranker's where there is one; comparable within one search.
        cosine: Cosine similarity of question and passage.
        lexical: Share of the question's words that the passage holds, by BM25, 0 to 1.
    """

    passage: Passage
    score: float
    cosine: float
    lexical: float


class Retriever:
    """Hybrid search over one library.

    Args:
        library: What is searched.
        encoder: Embeds the query; must be the model the library was built with.
        pack: Names words that mean the same.
        fusion: How scores are weighed; as measured best when None.
        relevance: A cross-encoder that orders the best hits anew; none when None.
    """

    def __init__(
        self,
        library: Library,
        encoder: Encoder,
        pack: Pack,
        *,
        fusion: Fusion | None = None,
        relevance: Relevance | None = None,
    ) -> None:
        self._fusion = fusion or Fusion()
        self._library = library
        self._encoder = encoder
        self._relevance = relevance
        self.vocabulary = Vocabulary(library, pack)
        self._vectors = Vectors(encoder, VECTORS_KEPT)
        self._hits = lru_cache(maxsize=SEARCHES_KEPT)(self._find_hits)
        self._near = lru_cache(maxsize=SEARCHES_KEPT)(self._find_near)
        self._words = lru_cache(maxsize=SEARCHES_KEPT)(self._find_words)
        self._pieces = lru_cache(maxsize=WORDS_KEPT)(encoder.count_tokens)
        self.headings = Headings(self.vocabulary, pack)
        self._lexical = LexicalIndex(library.words)
        self._lexical_around = LexicalIndex(library.words, around=True)

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        context: Sequence[str] = (),
        sources: Collection[str] = (),
        options: Collection[str] = (),
        stances: Collection[str] = (),
        exclude: Collection[str] = (),
        alone: bool = False,
    ) -> list[Hit]:
        """The best passages for a query.

        Args:
            query: The question.
            k: How many at most.
            context: Earlier messages that it refers back to, the latest first.
            sources: When given, only passages of these documents.
            options: When given, no passage that speaks of other options only.
            stances: When given, only passages of these stances.
            exclude: Ids of passages not wanted.
            alone: Score each passage by itself: for what to say of a place. Otherwise its surroundings count as well:
                for where to look.
        """
        asked = (tuple(context), tuple(sources), frozenset(options), frozenset(stances), frozenset(exclude))
        return list(self._hits(query, k, *asked, alone))

    def _find_hits(
        self,
        query: str,
        k: int,
        context: tuple[str, ...],
        sources: tuple[str, ...],
        options: frozenset[str],
        stances: frozenset[str],
        exclude: frozenset[str],
        alone: bool,
    ) -> list[Hit]:
        passages = self._library.passages
        if not passages:
            return []
        # Where every passage is compared, the sources asked about make no difference to that.
        among = () if self._library.exact else tuple(sorted(sources))
        near = self._near(query, context[:1], among)
        words = self._words(query, context)
        ranks = self._considered(near, words, sources)
        scored_ranks = None if len(ranks) == len(passages) else ranks
        cosines = near.of(ranks)
        own = self._lexical.shares(*words, scored_ranks)
        fusion = self._fusion
        dense, lexical = cosines, own
        if not alone:
            around = self._lexical_around.shares(*words, scored_ranks)
            lexical = mixed(own, around, fusion.lexical_around)
            dense = mixed(cosines, near.around(ranks, self._library.words.surroundings), fusion.dense_around)
        scores = fusion.dense * dense + (1 - fusion.dense) * lexical

        def allowed(passage: Passage) -> bool:
            return (
                (not sources or passage.document_id in sources)
                and (not options or not passage.options or not options.isdisjoint(passage.options))
                and (not stances or passage.stance in stances)
                and passage.id not in exclude
            )

        # Filtered before they are cut off, lest a large document crowd out the one that was asked for.
        order: Iterable[int] = np.argsort(-scores, kind="stable").tolist()
        if sources or options or stances or exclude:
            order = (at for at in order if allowed(passages[ranks[at]]))
        best = list(islice(order, max(CANDIDATES, k)))
        looked_at = [passages[rank] for rank in ranks[best].tolist()]
        bonuses = self.headings.bonuses(" ".join([*reversed(context), query]), options, looked_at)
        scored = [
            (-factor * (score + extra), at)
            for at, score, (factor, extra) in zip(best, scores[best].tolist(), bonuses, strict=True)
        ]
        scored.sort()
        hits = (Hit(passages[ranks[at]], -less, float(cosines[at]), float(own[at])) for less, at in scored)
        return self._distinct(self._reranked(hits, query, context), k, fusion.same if alone else fusion.same_place)

    def _considered(self, near: Near, words: _Words, sources: Collection[str]) -> NDArray[np.int32]:
        """Ranks, rising, of the passages that are scored: all of a small library or a few documents, else those that
        are near by meaning or hold much of the question's words."""
        if len(self._library.passages) <= SCORED_UP_TO:
            return near.ranks
        spans = [self._library.spans.get(id_, range(0)) for id_ in sources]
        if sources and sum(map(len, spans)) <= FEW:
            return np.concatenate([np.arange(span.start, span.stop, dtype=np.int32) for span in spans])
        by_words = self._lexical.candidates(*words, LEXICAL_CANDIDATES, spans)
        return distinct(np.concatenate([near.nearest(NEAR_CANDIDATES), by_words]))

    def prepare(self, queries: Iterable[tuple[str, str]]) -> None:
        """Embeds together what will be searched for: queries, each with the message that it refers back to, or ""."""
        self._vectors.prepare(
            text for query, before in queries for text in ((query, _joined(query, (before,))) if before else (query,))
        )

    def _distinct(self, hits: Iterable[Hit], k: int, same: float) -> list[Hit]:
        """The best hits, none that only repeats a better one."""
        diversity = self._fusion.diversity
        if same > 1 and not diversity:
            return list(islice(hits, k))
        kept: list[Hit] = []
        better: list[frozenset[str]] = []
        for hit in hits:
            if len(kept) == k:
                break
            stems = own_stems(hit.passage.text)
            # Of sets so unequal, not even all of the smaller one would do.
            size = len(stems)
            if any(
                same * size <= len(other) and same * len(other) <= size and likeness(stems, other) >= same
                for other in better
            ):
                continue
            if diversity:
                likest = max((likeness(stems, other) for other in better), default=0)
                hit = replace(hit, score=hit.score * (1 - diversity * likest))
            kept.append(hit)
            if len(better) < COMPARED:
                better.append(stems)
        return sorted(kept, key=lambda hit: -hit.score) if diversity else kept

    def _reranked(self, hits: Iterable[Hit], query: str, context: Sequence[str]) -> Iterable[Hit]:
        """The hits with the best of them in the cross-encoder's order; as they are without one."""
        if self._relevance is None:
            return hits
        all_hits = list(hits)
        best, rest = all_hits[:RERANKED], all_hits[RERANKED:]
        # Read with the message before it, as the encoder reads it: "and the costs?" alone asks for nothing.
        asked = _joined(query, context)
        texts = [hit.passage.embedding_text for hit in best]
        order = reranked(asked, texts, [hit.score for hit in best], self._relevance)
        return [replace(best[place], score=score) for place, score in order] + rest

    def _find_near(self, query: str, before: tuple[str, ...], sources: tuple[str, ...]) -> Near:
        """How near the passages are to a query, and to the query joined to the message before it."""
        vector = self._vectors.of(query)
        if before:
            joined = self._vectors.of(_joined(query, before))
            vector = self._fusion.alone * vector + (1 - self._fusion.alone) * joined
        return self._library.near(vector, sources)

    def _find_words(self, query: str, context: tuple[str, ...]) -> _Words:
        """The stems that are searched for, each with what it counts, and what stands for them as well."""
        weights: dict[str, float] = {}
        for text, weight in zip((query, *context), (1.0, *self._fusion.context), strict=False):
            for root in content_stems(text):
                weights.setdefault(root, weight)
        return weights, self.vocabulary.kin(" ".join((query, *context)))

    def missing(self, words: Sequence[Word], question: str, sources: Collection[str] = ()) -> tuple[Word, ...]:
        """The words that the library, or some sources of it, never speaks of, with whether each is an everyday one.

        Args:
            words: Content words of the question.
            question: The user's own words, in which synonyms are looked for.
            sources: The documents asked about; all when none is given.
        """
        judged = [self._judged(word) for word in words]
        return tuple(
            word
            for word in judged
            # An everyday word that only other sources use says nothing against the ones asked about.
            if not self.vocabulary.knows(
                word, question, () if word.everyday and not self.vocabulary.is_name(word) else sources
            )
        )

    def named_section(self, passage: Passage, question: str) -> list[Passage]:
        """The passage's whole section in order, when the question names its heading; nothing otherwise."""
        if not self.headings.named(passage, question):
            return []
        own = self._library.of_document(passage.document_id)
        return [other for other in own if other.heading_path == passage.heading_path]

    def _judged(self, word: Word) -> Word:
        """The word, with whether it is an everyday one: written small, and known whole to the model."""
        return replace(word, everyday=not word.name and self._pieces(word.text) <= ONE_PIECE)


def _joined(query: str, before: Sequence[str]) -> str:
    """A query behind the message that it refers back to, the latest of those before it."""
    return f"{before[0]} {query}" if before else query
