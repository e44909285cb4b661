"""Which of the passages that were found to show: the best, and what completes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.finding.answer_type import wants_somebody
from bot.finding.headings import defines
from ingest.lexicon import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.finding.retrieve import Hit, Retriever
    from bot.language.vocabulary import Word
    from bot.messages.request import Request
    from ingest.types import Passage

__all__ = ["COMPLETE_WITHIN", "Selection"]

MAX_PASSAGES = 5
MAX_SECTION_PASSAGES = 10
MAX_SECTIONS = 3
MAX_DEFINITIONS = 3
# A further passage joins the best one only when it is nearly as good ...
KEEP_WITHIN = 0.8
# ... or stands next to it in the same section, for a claim often goes on from the one before ...
NEIGHBOUR_WITHIN = 0.6
# ... or completes it by a word of the question that nothing shown yet has.
COMPLETE_WITHIN = 0.5
# Words of a question that turns on them alone.
MAX_TURNING = 2
_WHAT_ONE_DOES = re.compile(r"\b(?:does|do|would)\b.{1,40}\bdo\b|\b(?:job|role|duties|responsible|responsibilities)\b")


@dataclass(frozen=True, slots=True)
class Selection:
    """Chooses passages.

    Attributes:
        retriever: Found them, and knows their words and headings.
    """

    retriever: Retriever

    def chosen(self, request: Request, hits: Sequence[Hit]) -> list[Passage]:
        """The passages to show: a whole section when the question names it, else the best and what completes it."""
        top = hits[0].passage
        # What kind of thing is asked for no passage has to say: LinkedIn is a company without being called one.
        topic = () if wants_somebody(request.message) else request.topic
        if defining := [hit.passage for hit in hits if defines(hit.passage, request.own)]:
            return defining[:MAX_DEFINITIONS]
        if sections := self._named_sections(request, hits):
            shown = [p for section in sections for p in section]
            rare = [word for word in request.topic if self.retriever.vocabulary.is_rare(word)]
            return shown + self._completing(rare, request, shown, hits)
        kept = [
            hit.passage
            for hit in hits[:MAX_PASSAGES]
            if hit.score >= (NEIGHBOUR_WITHIN if _neighbours(hit.passage, top) else KEEP_WITHIN) * hits[0].score
        ]
        kept += self._completing(topic, request, kept, hits)
        # Of a question that turns on one or two words, passages without the rarer of them only sound alike, and all
        # that have it count.
        turning = topic if len(topic) <= MAX_TURNING else ()
        rare = [word for word in turning if self.retriever.vocabulary.is_rare(word)]
        kept = [
            hit.passage for hit in hits if any(self.retriever.vocabulary.has(hit.passage, word) for word in rare)
        ] or kept
        return sorted(kept[:MAX_PASSAGES], key=lambda p: _apart(p, top))

    def _named_sections(self, request: Request, hits: Sequence[Hit]) -> list[list[Passage]]:
        """The sections whose headings the question names, each whole or in the part that tells what is asked of it.

        The best hit must stand in one: a section named in passing does not answer.
        """
        question = request.own if request.topic else request.query
        found: dict[tuple[str, ...], list[Passage]] = {}
        for hit in hits:
            section = self.retriever.named_section(hit.passage, question)
            if not section and not found:
                return []
            if section:
                found.setdefault((hit.passage.document_id, *hit.passage.heading_path), section)
        several = len(found) > 1
        titles = frozenset(root for one in found.values() for root in self.retriever.headings.title(one[0]))
        asked = [word for word in request.topic if word.root not in titles]
        shown = []
        for section in list(found.values())[:MAX_SECTIONS]:
            telling = [p for p in section if self._tells(p, asked, request)]
            # What is asked of most of a section, or of what somebody does, is asked of the section.
            part = 0 < len(telling) < len(section) / 2 and not several
            part = part and not _WHAT_ONE_DOES.search(fold(request.message))
            shown.append((telling if part else section)[:MAX_SECTION_PASSAGES])
        return shown

    def _completing(
        self, words: Sequence[Word], request: Request, shown: Sequence[Passage], hits: Sequence[Hit]
    ) -> list[Passage]:
        """For each of the words that nothing shown has, the best hit that has it."""
        added: list[Passage] = []
        for word in words:
            if not any(self._tells(p, [word], request) for p in [*shown, *added]):
                added += [hit.passage for hit in hits if self._tells(hit.passage, [word], request)][:1]
        return added

    def _tells(self, passage: Passage, words: Sequence[Word], request: Request) -> bool:
        return any(self.retriever.vocabulary.covers(passage, word, request.message) for word in words)


def _neighbours(passage: Passage, other: Passage) -> bool:
    return _apart(passage, other)[:2] == (False, False) and abs(passage.position - other.position) == 1


def _apart(passage: Passage, other: Passage) -> tuple[bool, bool, str, int]:
    """Sorts passages by their document and section, those of `other` first, then as they stand."""
    return (
        passage.document_id != other.document_id,
        passage.heading_path != other.heading_path,
        passage.document_id,
        passage.position,
    )
