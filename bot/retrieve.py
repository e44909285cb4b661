"""Finds the passages that bear on a question: dense and lexical search, fused. Owns bm25s."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import bm25s
import numpy as np

from bot import phrases
from bot.vocabulary import RARE_IDF, Vocabulary
from ingest.lexicon import QUESTION_WORDS, STANCE_CUES, content_stems, fold, tokens
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.vocabulary import Word
    from ingest.library import Library
    from ingest.pack import Pack
    from ingest.types import Encoder, Passage

__all__ = ["Hit", "Retriever", "Support"]

# Weight of the dense score in the convex combination with the lexical one (Bruch et al., "An Analysis of Fusion
# Functions for Hybrid Retrieval", arXiv 2210.11934, section 4). Half and half until it is measured.
DENSE_WEIGHT = 0.5
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
# Passages asked of the index: more where a filter will drop many of them.
CANDIDATES = 100
FILTERED_CANDIDATES = 1000
# A thing whose definition is asked for has few words; more are a question of another kind.
MAX_DEFINED_WORDS = 5
# Tokens of a word that the model knows whole: itself between the two that open and close every text.
ONE_PIECE = 3
# Words of headings that tell what stands there, not what it is about.
_SLASH = re.compile(r"(\w+)\s*/\s*(\w+)")
_ROLES = frozenset(content_stems("example examples introduction conclusion conclusions advice about author"))
_STRUCTURAL = _ROLES | frozenset(root for cues in STANCE_CUES.values() for cue in cues for root in content_stems(cue))


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question.

    Attributes:
        passage: The passage.
        score: Fused score, 0 to 1, comparable within one search.
        cosine: Cosine similarity of question and passage.
        lexical: BM25 score over the best BM25 score of the search, 0 to 1.
    """

    passage: Passage
    score: float
    cosine: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Support:
    """How well the found passages bear the question out.

    Attributes:
        cosine: Best cosine similarity.
        missing_share: Share of the question's content words, weighted by rarity, that `missing` makes up, 0 to 1.
        missing: Content words of the question that the library never speaks of.
    """

    cosine: float
    missing_share: float
    missing: tuple[Word, ...]


class Retriever:
    """Hybrid search over one library.

    Args:
        library: What is searched.
        encoder: Embeds the query; must be the model the library was built with.
        pack: Names words that mean the same.
    """

    def __init__(self, library: Library, encoder: Encoder, pack: Pack) -> None:
        self._library = library
        self._encoder = encoder
        self.vocabulary = Vocabulary(library, pack)
        self._plain = {passage.id: fold(passage.text) for passage in library.passages}
        self._roles = {passage.id: _roles(passage) for passage in library.passages}
        self._about = {p.id for p in library.passages if _ABOUT.search(fold(" / ".join(p.heading_path[1:])))}
        self._rank = {passage.id: rank for rank, passage in enumerate(library.passages)}
        self._option_stems = frozenset(
            root for o in pack.options for name in (o.name, *o.aliases) for root in content_stems(name)
        )
        self._titles = {passage.id: self._naming_titles(passage) for passage in library.passages}
        self._bm25 = bm25s.BM25(method="lucene")
        self._bm25.index(self.vocabulary.stems or [[""]], show_progress=False)

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        sources: Collection[str] = (),
        options: Collection[str] = (),
        stances: Collection[str] = (),
        exclude: Collection[str] = (),
    ) -> list[Hit]:
        """The best passages for a query.

        Args:
            query: The question, with what it refers to written out.
            k: How many at most.
            sources: When given, only passages of these documents.
            options: When given, no passage that speaks of other options only.
            stances: When given, only passages of these stances.
            exclude: Ids of passages not wanted.
        """
        passages = self._library.passages
        if not passages:
            return []
        words = self.vocabulary.expanded(query)
        lexical = self._bm25.get_scores(words) if words else np.zeros(len(passages), dtype=np.float32)
        best = float(lexical.max()) or 1.0
        vector = self._encoder.encode([query])[0]
        wanted = FILTERED_CANDIDATES if sources or options or stances else CANDIDATES
        dense = {
            passage.id: score for passage, score in self._library.search(vector, min(wanted, len(passages)), sources)
        }

        def allowed(passage: Passage) -> bool:
            return (
                (not sources or passage.document_id in sources)
                and (not options or not passage.options or bool(set(options) & set(passage.options)))
                and (not stances or passage.stance in stances)
                and passage.id not in exclude
            )

        pool = {id_ for id_ in dense if allowed(self._library.by_id[id_])}
        # Filtered before they are cut off, lest a large document crowd out the one that was asked for.
        worded = (passages[i] for i in np.argsort(-lexical, kind="stable") if lexical[i] > 0)
        pool |= {passage.id for passage in islice(filter(allowed, worded), CANDIDATES)}
        roots = frozenset(content_stems(query))
        asked = {root for word in tokens(query) if word not in QUESTION_WORDS for root in content_stems(word)[:1]}
        defined = _definition_of(query)
        about = bool(_ASKS_ABOUT.search(fold(query)))
        hits = []
        for id_ in pool:
            cosine = dense.get(id_, 0.0)
            share = float(lexical[self._rank[id_]]) / best
            score = DENSE_WEIGHT * max(cosine, 0.0) + (1 - DENSE_WEIGHT) * share
            named = max((len(title) for title in self._titles[id_] if title <= roots), default=0)
            score += TITLE_BONUS * named / max(len(asked), 1)
            if set(options) & set(self._library.by_id[id_].options):
                score += OPTION_BONUS
            if defined and defined.match(self._plain[id_]):
                score += DEFINITION_BONUS
            if self._roles[id_] & roots:
                score += ROLE_BONUS
            if id_ in self._about and not about:
                score *= ABOUT_WEIGHT
            hits.append(Hit(self._library.by_id[id_], score, cosine, share))
        return sorted(hits, key=lambda hit: (-hit.score, self._rank[hit.passage.id]))[:k]

    def support(self, words: Sequence[Word], question: str, hits: Sequence[Hit]) -> Support:
        """How well the library bears out what was asked.

        Args:
            words: The content words that the answer must speak of.
            question: The user's own words, in which synonyms are looked for.
            hits: What was found for the question without the names of options.
        """
        missing = [self._judged(word) for word in words if not self.vocabulary.knows(word, question)]
        total = sum(self.vocabulary.idf(word.root) for word in words)
        return Support(
            cosine=max((hit.cosine for hit in hits), default=0.0),
            missing_share=sum(self.vocabulary.idf(word.root) for word in missing) / total if total else 0.0,
            missing=tuple(missing),
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
    heading = passage.heading_path[-1]
    sides = [_SLASH.sub(rf"\{side}", heading) for side in (1, 2)] if _SLASH.search(heading) else [heading]
    stems = (frozenset(found for found in content_stems(side) if found not in _STRUCTURAL) for side in sides)
    return tuple(found for found in stems if found)


def _roles(passage: Passage) -> frozenset[str]:
    """What the nearest heading says the passage is: an example, advice ..."""
    return frozenset(content_stems(passage.heading_path[-1])) & _ROLES if len(passage.heading_path) > 1 else frozenset()
