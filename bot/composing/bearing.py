"""What of a list of claims bears on the words that narrow a question: "at the start", "on cost", "for a startup".

Words that only say what the option is ("one team for all data scientists") narrow nothing, and neither do words that
most of the claims have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.messages.wording import questions
from ingest.lexicon import content_stems, fold, stem

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.finding.retrieve import Retriever
    from bot.language.vocabulary import Word
    from bot.messages.request import Request
    from ingest.types import Passage

__all__ = ["Bearing", "aspects", "wants_all"]

# A word that more than this share of the claims have does not tell one from another.
COMMON_SHARE = 0.6
# A claim whose rarest word of the question is less than this share as rare as that of the best one is off the point.
NEAR_BEST = 0.5
_ALL = re.compile(r"\b(?:all|every|each|complete|full list|whole list|list of|list the|bullet points?|everything)\b")
# "What problems does it face?": a bare verb at the end asks, and narrows nothing.
_LEADING = r"for|on|at|in|with|about|of|to|by|when|while"
_BEFORE_BARE_VERB = re.compile(
    r"\b(?:do|does|did|can|could|may|might|will|would)\b"
    rf"(?:(?!\b(?:{_LEADING})\b)[^.?!])*\b(?!(?:a|an|the|and|or|{_LEADING})\b)[a-z-]+ \Z"
)
_PAST_LAST_WORD = re.compile(r"\W*\Z")
# Words for having an option at all ("what speaks against running ML as ..."): they narrow nothing.
_HAVING = frozenset(
    map(stem, ("run", "go", "do", "have", "adopt", "operate", "organise", "arrange", "set", "opt", "pick", "implement"))
)
# "Good at research", "bad for morale": what of an option is asked about.
_ABOUT = re.compile(
    r"\b(?:for|at|on|about|regarding|concerning|in terms of|when it comes to|as to|with respect to)"
    r"((?: [\w&/'-]+){1,3})"
)
# A further question of a message: its words do not narrow the first.
_SECOND = re.compile(
    r"(?:\S+\s+){4}(?:and|or|but|also|plus)\s+(?:what|who|which|how|why|when|where|does|do|did|is|are|can|should)\b"
)
_BETWEEN_ASPECTS = re.compile(r",|;|\band\b|\bor\b|&|\bas well as\b|\bplus\b|\bfor\b|\bon\b|\bin\b|:|\?")


@dataclass(frozen=True, slots=True)
class Bearing:
    """Weighs claims against a question's own words.

    Attributes:
        retriever: Knows the words of the library.
    """

    retriever: Retriever

    def narrowing(self, request: Request, claims: Sequence[Passage], described: Collection[str]) -> list[Word]:
        """The words of the question that tell some of the claims from the others.

        Args:
            request: The question.
            claims: What could be shown.
            described: Stems of words that only say which options are meant.
        """
        if wants_all(request.message) or len(request.parts) > 1 or _SECOND.search(fold(request.message)):
            return []
        words = []
        asked = _PAST_LAST_WORD.sub("", fold(request.message))
        for word in request.topic:
            having = sum(self.covers(claim, word, request) for claim in claims)
            verb = asked.endswith(word.text) and _BEFORE_BARE_VERB.search(asked.removesuffix(word.text))
            if word.root in described or word.root in _HAVING or verb or not having:
                continue
            if having <= COMMON_SHARE * len(claims):
                words.append(word)
            elif self.retriever.vocabulary.is_rare(word):
                # The whole list is of what the question asks about; its other words narrow it no further.
                return []
        return words

    def is_told_by_other_side(self, request: Request, own: Sequence[Passage], other: Sequence[Passage]) -> bool:
        """Whether what a question asks of one side of an option is told by the claims of the other side alone.

        Args:
            request: The question.
            own: The claims of the side asked for.
            other: Those of the other.
        """
        rare = self.retriever.vocabulary.is_rare
        asked = fold(" ".join(questions(request.message)))
        about = {root for found in _ABOUT.finditer(asked) for root in content_stems(found[1])}
        words = [w for w in request.topic if rare(w) and w.root in about and w.root not in _HAVING]
        told = any(self.covers(claim, word, request) for claim in own for word in words)
        return not told and any(self.covers(claim, word, request) for claim in other for word in words)

    def bearing(self, request: Request, claims: Sequence[Passage], words: Sequence[Word]) -> list[Passage]:
        """The claims that have one of the words, or one nearly as rare as the rarest that any has; in their order."""
        idf = self.retriever.vocabulary.idf
        weights = [max((idf(w.root) for w in words if self.covers(claim, w, request)), default=0.0) for claim in claims]
        best = max(weights, default=0.0)
        return [c for c, weight in zip(claims, weights, strict=True) if best and weight > NEAR_BEST * best]

    def weight(self, request: Request, claim: Passage, words: Sequence[Word]) -> float:
        """How much of the words a claim has, each counting by its rarity."""
        return sum(self.retriever.vocabulary.idf(word.root) for word in words if self.covers(claim, word, request))

    def covers(self, claim: Passage, word: Word, request: Request) -> bool:
        """Whether a claim has a word, a relative or a synonym of it."""
        return self.retriever.vocabulary.covers(claim, word, request.message)


def wants_all(message: str) -> bool:
    """Whether a message asks for a list to be complete."""
    return bool(_ALL.search(fold(message)))


def aspects(request: Request) -> list[tuple[str, list[Word]]]:
    """What the question names, each in its own words, with the topic's words in it: "speed", "knowledge sharing"."""
    found = []
    left = list(request.topic)
    for part in _BETWEEN_ASPECTS.split(fold(request.message)):
        words = part.split()
        at = [k for k, word in enumerate(words) if any(w.root in content_stems(word) for w in left)]
        if at:
            roots = {root for k in at for root in content_stems(words[k])}
            found.append((" ".join(words[at[0] : at[-1] + 1]), [w for w in left if w.root in roots]))
            left = [w for w in left if w.root not in roots]
    return found
