"""What advice a message asks for, and the facts in it: those of the user's words, and those a language model reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.advising.seeking import MIN_TOLD
from bot.advising.suggest import FactSuggester

if TYPE_CHECKING:
    from bot.advising.advisor import Advisor
    from bot.advising.seeking import Mode
    from bot.advising.suggest import StructuredModel, Suggestions
    from bot.deciding.facts import Reading
    from bot.messages.request import Request
    from bot.sessions.session import Turn

__all__ = ["Heard", "Hearing"]


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in a message.

    Attributes:
        mode: What advice it asks for; None for none.
        reading: The facts in it; None where they are not to be known.
        suggestions: What a language model read in it; None where it was not asked.
    """

    mode: Mode | None = None
    reading: Reading | None = None
    suggestions: Suggestions | None = None


class Hearing:
    """Hears messages with a rubric in mind.

    Args:
        advisor: Knows the rubric, and by which words its facts are told.
        model: A language model that may add facts which the user's words support; none does when None.
    """

    def __init__(self, advisor: Advisor, model: StructuredModel | None) -> None:
        self._advisor = advisor
        self._suggester = FactSuggester(advisor.book.rubric, advisor.profiler, model) if model else None

    def hear(self, request: Request, last: Turn, question: str, former: Suggestions | None) -> Heard:
        """What is asked for and told.

        Args:
            request: The message as understood.
            last: The conversation's last turn.
            question: The user's words.
            former: What the language model read in the same message before, which is not asked again; None where it
                was not asked yet.
        """
        # Orders to the bot are no facts and are left out; where nothing else is left, facts may still stand among them.
        text = question if request.orders else request.message
        reading = self._advisor.read(text, request, last)
        if request.orders and len(reading.facts) < MIN_TOLD:
            return Heard()
        mode = self._advisor.seeking.mode(request, reading, last)
        if mode != "recommend" or self._suggester is None or reading.supposed:
            return Heard(mode, reading)
        suggestions = self._suggester.read(text) if former is None else former
        supported = self._suggester.supported(suggestions, text, reading, last.profile)
        return Heard(mode, reading.with_suggested(supported), suggestions)
