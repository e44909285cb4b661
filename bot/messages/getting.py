"""Questions for a thing to get that is no option: "which feature store should we buy?" asks for no operating model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.language.asked_for import asked_nouns
from bot.language.vocabulary import stems_of_names
from ingest.lexicon import content_stems, fold, stem

if TYPE_CHECKING:
    from ingest.pack import Pack

__all__ = ["Getting"]

# Verbs for getting a thing.
_GETS = re.compile(
    r"\b(?:should|would|could|can|shall|do|must) (?:we|i|you|they|one)\b.{0,20}"
    r"\b(?:buy|get|use|install|licence|license|subscribe|pick|choose|take|learn|hire|read|attend|invest)\b"
)
# Nouns for an option of any decision, beside the decisions' own.
_CHOICES = """
    way path route direction road model structure approach setup organisation organise type kind sort category form
    option choice level degree style label arrangement variant alternative one scale shape
    team
"""
_CHOSEN = frozenset(map(stem, _CHOICES.split()))


class Getting:
    """Tells questions for other things from questions for an option.

    Args:
        pack: Names of decisions and options.
    """

    def __init__(self, pack: Pack) -> None:
        nouns = (noun for decision in pack.decisions for noun in (decision.noun, *decision.aliases))
        named = (root for noun in nouns for root in content_stems(noun))
        self._nouns = _CHOSEN | stems_of_names(pack.options) | frozenset(named)

    def is_of_another_thing(self, question: str) -> bool:
        """Whether a question names a thing to get that is none of the options."""
        nouns = asked_nouns(question)
        return bool(nouns) and bool(_GETS.search(fold(question))) and not nouns & self._nouns
