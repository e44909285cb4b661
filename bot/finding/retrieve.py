"""Finds the passages that bear on a question: dense and lexical search, fused, each passage with its surroundings."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from bot.finding.lexical import LexicalIndex
from bot.finding.rerank import RERANKED, reranked
from bot.finding.surroundings import Surroundings
from bot.language import phrases
from bot.language.vocabulary import RARE_IDF, Vocabulary, stems_of_names
from ingest.lexicon import QUESTION_WORDS, STANCE_CUES, content_stems, fold, tokens
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from bot.finding.rerank import Relevance
    from bot.language.vocabulary import Word
    from ingest.index.library import Library
    from ingest.pack import Pack
    from ingest.types import Encoder, Passage

__all__ = ["Fusion", "Hit", "Retriever"]

# Questions whose vectors are remembered: a message is searched for in several ways, and its words stay the same.
VECTORS_KEPT = 256
# Added when the question names the heading a passage stands under, word for word: who asks for "the MLOps engineer"
# wants that section before a better-sounding sentence of another.
TITLE_BONUS = 0.25
# Added when a passage speaks of the option asked about, and not merely of none.
OPTION_BONUS = 0.2
# Added to a passage that opens by saying what the thing is whose meaning is asked.
DEFINITION_BONUS = 0.25
_DEFINED = re.compile(
    r"\b(?:what(?: is|'s|s| are| does| do)|define|definition of|meaning of|explain)\s+(?:an? |the )?(.+?)"
    r"(?:\s+(?:mean|means|stand for|all about|exactly|please|in|according|per|to|by|for|like)\b.*)?[?.!\s]*$"
)
# Added when the question asks for what the heading says stands there: an example, advice.
ROLE_BONUS = 0.15
# What is said of an author bears on questions about the author, and otherwise repeats words of the title.
ABOUT_WEIGHT = 0.6
_ABOUT = phrase_pattern(["about the author", "about the authors", "about this source", "about the publisher"])
_ASKS_ABOUT = phrase_pattern(phrases.AUTHORSHIP)
# Passages looked at more closely than by their scores.
CANDIDATES = 200
# Better hits that a hit is compared with, lest it repeat one: those that a reader could still have in view.
COMPARED = 20
# A thing whose definition is asked for has few words; more are a question of another kind.
MAX_DEFINED_WORDS = 5
# Tokens of a word that the model knows whole: itself between the two that open and close every text.
ONE_PIECE = 3
# Words of headings that tell what stands there, not what it is about.
_SLASH = re.compile(r"(\w+)\s*/\s*(\w+)")
_ROLES = frozenset(content_stems("example examples introduction conclusion conclusions advice about author"))
_STRUCTURAL = _ROLES | frozenset(root for cues in STANCE_CUES.values() for cue in cues for root in content_stems(cue))


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the parts of a score are weighed; the defaults were measured by `groundrule bench retrieval`.

    Attributes:
        dense: Weight of the dense score in the convex combination with the lexical one (Bruch et al., "An Analysis of
            Fusion Functions for Hybrid Retrieval", arXiv 2210.11934, section 4), 0 to 1.
        dense_around: What the surroundings of a passage count beside the passage itself, by meaning, 0 to 1.
        lexical_around: The same by words.
        context: What words of the earlier messages count, the latest first; the message's own count 1.
        alone: By meaning, a message is searched for by itself with this weight, and joined to the one before it.
        diversity: How much likeness to a better passage takes from a score (maximal marginal relevance, Carbonell and
            Goldstein, SIGIR 1998). None by default: it only lost.
        same: Passages that share this part of their stems are one claim told twice, and the better stands for both.
        same_place: The same where places to look at are sought, not claims to tell. Above 1 none is left out: leaving
            them out lost what only the other document says.
    """

    dense: float = 0.4
    dense_around: float = 0.7
    lexical_around: float = 0.8
    context: tuple[float, ...] = (0.7, 0.3)
    alone: float = 0.3
    diversity: float = 0.0
    same: float = 0.9
    same_place: float = 1.1


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
        self._plain = {passage.id: fold(passage.text) for passage in library.passages}
        self._roles = {passage.id: _roles(passage) for passage in library.passages}
        self._about = {p.id for p in library.passages if _ABOUT.search(fold(" / ".join(p.heading_path[1:])))}
        self._vector = lru_cache(maxsize=VECTORS_KEPT)(lambda text: encoder.encode([text])[0])
        self._option_stems = stems_of_names(pack.options)
        self._titles = {passage.id: self._naming_titles(passage) for passage in library.passages}
        # Each title under one of its words, so that a question is held against few of them.
        self._titles_with: dict[str, set[frozenset[str]]] = {}
        for title in {title for titles in self._titles.values() for title in titles}:
            self._titles_with.setdefault(min(title), set()).add(title)
        stems = self.vocabulary.stems
        self._lexical = LexicalIndex(stems)
        self._surroundings = Surroundings(library.passages)
        spans = map(self._surroundings.span, range(len(stems)))
        self._lexical_around = LexicalIndex([[w for near in stems[a:b] for w in near] for a, b in spans])

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
        passages = self._library.passages
        if not passages:
            return []
        cosines = self._cosines(query, context, sources)
        words = self._words(query, context)
        own = self._lexical.shares(*words)
        fusion = self._fusion
        dense, lexical = cosines, own
        if not alone:
            dense = _mixed(cosines, self._surroundings.mean(cosines), fusion.dense_around)
            lexical = _mixed(own, self._lexical_around.shares(*words), fusion.lexical_around)
        scores = fusion.dense * dense + (1 - fusion.dense) * lexical

        wanted = frozenset(options)

        def allowed(passage: Passage) -> bool:
            return (
                (not sources or passage.document_id in sources)
                and (not wanted or not passage.options or not wanted.isdisjoint(passage.options))
                and (not stances or passage.stance in stances)
                and passage.id not in exclude
            )

        # Filtered before they are cut off, lest a large document crowd out the one that was asked for.
        ranked = np.argsort(-scores, kind="stable").tolist()
        pool = islice((rank for rank in ranked if allowed(passages[rank])), max(CANDIDATES, k))
        bonus = self._bonus(" ".join([*reversed(context), query]), wanted)
        scored = []
        for rank in pool:
            factor, extra = bonus(passages[rank])
            scored.append((-factor * (float(scores[rank]) + extra), rank))
        scored.sort()
        hits = (Hit(passages[rank], -less, float(cosines[rank]), float(own[rank])) for less, rank in scored)
        return self._distinct(self._reranked(hits, query, context), k, fusion.same if alone else fusion.same_place)

    def _distinct(self, hits: Iterable[Hit], k: int, same: float) -> list[Hit]:
        """The best hits, none that only repeats a better one."""
        diversity = self._fusion.diversity
        if same > 1 and not diversity:
            return list(islice(hits, k))
        kept: list[Hit] = []
        for hit in hits:
            if len(kept) == k:
                break
            likest = max((self.vocabulary.likeness(hit.passage, other.passage) for other in kept[:COMPARED]), default=0)
            if likest < same:
                kept.append(replace(hit, score=hit.score * (1 - diversity * likest)))
        return sorted(kept, key=lambda hit: -hit.score) if diversity else kept

    def _reranked(self, hits: Iterable[Hit], query: str, context: Sequence[str]) -> Iterable[Hit]:
        """The hits with the best of them in the cross-encoder's order; as they are without one."""
        if self._relevance is None:
            return hits
        all_hits = list(hits)
        best, rest = all_hits[:RERANKED], all_hits[RERANKED:]
        # Read with the message before it, as the encoder reads it: "and the costs?" alone asks for nothing.
        asked = f"{context[0]} {query}" if context else query
        texts = [hit.passage.embedding_text for hit in best]
        order = reranked(asked, texts, [hit.score for hit in best], self._relevance)
        return [replace(best[place], score=score) for place, score in order] + rest

    def _cosines(self, query: str, context: Sequence[str], sources: Collection[str]) -> NDArray[np.float32]:
        vector = self._vector(query)
        if context:
            joined = self._vector(f"{context[0]} {query}")
            vector = self._fusion.alone * vector + (1 - self._fusion.alone) * joined
        return self._library.cosines(vector, sources)

    def _words(self, query: str, context: Sequence[str]) -> tuple[dict[str, float], dict[str, list[str]]]:
        """The stems that are searched for, each with what it counts, and what stands for them as well."""
        weights: dict[str, float] = {}
        for text, weight in zip((query, *context), (1.0, *self._fusion.context), strict=False):
            for root in content_stems(text):
                weights.setdefault(root, weight)
        return weights, self.vocabulary.kin(" ".join((query, *context)))

    def _bonus(self, query: str, options: frozenset[str]) -> Callable[[Passage], tuple[float, float]]:
        """What a passage's score is multiplied by, and what is added before, for what it is rather than says."""
        roots = frozenset(content_stems(query))
        asked = {root for word in tokens(query) if word not in QUESTION_WORDS for root in content_stems(word)[:1]}
        defined = _definition_of(query)
        about = bool(_ASKS_ABOUT.search(fold(query)))
        titles = {title for root in roots for title in self._titles_with.get(root, ()) if title <= roots}

        def of(passage: Passage) -> tuple[float, float]:
            named = max((len(title) for title in self._titles[passage.id] if title in titles), default=0)
            extra = TITLE_BONUS * named / max(len(asked), 1)
            if not options.isdisjoint(passage.options):
                extra += OPTION_BONUS
            if defined and defined.match(self._plain[passage.id]):
                extra += DEFINITION_BONUS
            if self._roles[passage.id] & roots:
                extra += ROLE_BONUS
            return (ABOUT_WEIGHT if passage.id in self._about and not about else 1.0), extra

        return of

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

    def _naming_titles(self, passage: Passage) -> tuple[frozenset[str], ...]:
        """Headings by which a question can name the passage's section: not an option's, nor one common word."""
        return tuple(
            title
            for title in _titles(passage)
            if not title <= self._option_stems
            and (len(title) > 1 or self.vocabulary.idf(next(iter(title))) >= RARE_IDF)
        )

    def defines(self, passage: Passage, question: str) -> bool:
        """Whether the question asks what something is, and the passage opens by saying so."""
        defined = _definition_of(question)
        return bool(defined and defined.match(self._plain[passage.id]))

    def title(self, passage: Passage) -> frozenset[str]:
        """Stems of the heading the passage stands under, words that only tell its role left out."""
        return frozenset().union(*self._titles[passage.id])

    def named_section(self, passage: Passage, question: str) -> list[Passage]:
        """The passage's whole section in order, when the question names its heading; nothing otherwise."""
        roots = set(content_stems(question))
        if not any(title <= roots for title in self._titles[passage.id]):
            return []
        return [
            other
            for other in self._library.passages
            if other.document_id == passage.document_id and other.heading_path == passage.heading_path
        ]

    def _judged(self, word: Word) -> Word:
        """The word, with whether it is an everyday one: written small, and known whole to the model."""
        return replace(word, everyday=not word.name and self._encoder.count_tokens(word.text) <= ONE_PIECE)


def _mixed(own: NDArray[np.float32], around: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    return (1 - share) * own + share * around


def _definition_of(query: str) -> re.Pattern[str] | None:
    """A pattern for the opening of a passage that says what the query wants defined, if it wants that."""
    asked = _DEFINED.search(fold(query))
    if not asked or len(tokens(asked[1])) > MAX_DEFINED_WORDS:
        return None
    thing = re.escape(asked[1].strip(" ?.!,\"'"))
    return re.compile(rf"(?:an? |the )?{thing}\b.{{0,60}}?\b(?:is|are|means?|consists?|brings|structures)\b")


def _titles(passage: Passage) -> tuple[frozenset[str], ...]:
    """The stems of a passage's heading, once for each side of a slash: "A / B team" is an A team or a B team."""
    if len(passage.heading_path) < 2:
        return ()
    heading = passage.heading
    sides = [_SLASH.sub(rf"\{side}", heading) for side in (1, 2)] if _SLASH.search(heading) else [heading]
    stems = (frozenset(found for found in content_stems(side) if found not in _STRUCTURAL) for side in sides)
    return tuple(found for found in stems if found)


def _roles(passage: Passage) -> frozenset[str]:
    """What the nearest heading says the passage is: an example, advice ..."""
    return frozenset(content_stems(passage.heading)) & _ROLES if len(passage.heading_path) > 1 else frozenset()
