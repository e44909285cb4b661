"""What the buttons under an answer do: votes, and modals with sources, scorecard and decision record."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from bot.sessions.feedback import turns_until
from bot.surfaces.slack.asked import metadata_of, team_of
from bot.surfaces.slack.blocks import COMMENT_BLOCK, RECORD, SCORECARD, SOURCES, text_view
from bot.surfaces.slack.scorecard import decision_record, scorecard, sources
from bot.types import MAX_SESSION_ID, Answer
from ingest.errors import GroundruleError, MissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.service.service import Service, Vote
    from bot.surfaces.slack.job import Job
    from bot.surfaces.slack.ports import Queue, Votes

__all__ = ["GONE", "Buttons"]

GONE = "This answer is no longer kept: it was deleted or has expired."


class Buttons:
    """Answers clicks on buttons; safe with threads.

    Args:
        service: Knows conversations and the rubric.
        queue: Keeps the answers that buttons stand under.
        votes: Where votes are kept.
    """

    def __init__(self, service: Service, queue: Queue, votes: Votes) -> None:
        self._service = service
        self._queue = queue
        self._votes = votes

    def vote(self, body: Mapping[str, Any], vote: Vote) -> None:
        """Stores a vote; a further one on the same answer replaces it.

        Raises:
            MissingError: The answer is no longer kept.
            ConversationError: Nothing was stored.
        """
        self._store(*self._answered(body, _number(body)), vote, "")

    def comment(self, body: Mapping[str, Any]) -> None:
        """Stores the words that explain a thumb down.

        Raises:
            MissingError: The answer is no longer kept.
            ConversationError: Nothing was stored.
        """
        view = body["view"]
        values = view.get("state", {}).get("values", {}).get(COMMENT_BLOCK, {})
        words = str((values.get(COMMENT_BLOCK) or {}).get("value") or "")
        self._store(*self._answered(body, _integer(metadata_of(view).get("job"))), "down", words)

    def view(self, body: Mapping[str, Any], action: str) -> dict[str, Any]:
        """The modal that a button opens; one that says why there is nothing to show, where that is so."""
        title = {SOURCES: "Sources", SCORECARD: "Scorecard", RECORD: "Decision record"}[action]
        try:
            _, stored = self._answered(body, _number(body))
            return text_view(title, self._text(action, Answer.model_validate(stored)))
        except MissingError as error:
            return text_view(title, str(error))
        except (GroundruleError, ValueError):
            # An answer of another release, or of a rubric that has changed since.
            return text_view(title, "This cannot be shown any more: what the answer rests on has changed. Ask again.")

    def kept(self, body: Mapping[str, Any]) -> bool:
        """Whether the answer that a button stands under is still kept."""
        try:
            self._answered(body, _number(body))
        except MissingError:
            return False
        return True

    def number(self, body: Mapping[str, Any]) -> int:
        """The job that a button stands under."""
        return _number(body)

    def _text(self, action: str, answer: Answer) -> str:
        if action == SOURCES:
            return sources(answer.citations)
        if action == SCORECARD:
            return scorecard(answer, self._service.advisor)
        return decision_record(answer, self._service.advisor, dt.datetime.now(dt.UTC).date())

    def _answered(self, body: Mapping[str, Any], number: int) -> tuple[Job, dict[str, Any]]:
        found = self._queue.answer_of(number)
        if found is None or found[0].team != team_of(body):
            raise MissingError(GONE)
        return found

    def _store(self, job: Job, answer: Mapping[str, Any], vote: Vote, comment: str) -> None:
        session = str(answer.get("session") or "") or job.key[:MAX_SESSION_ID]
        turns = turns_until(self._service.assistant.history(session), answer)
        # A form that begins a conversation asks nothing in words.
        asked = turns if any(turns) else (job.text or f"facts for {job.decision or 'a decision'}",)
        self._votes.add(vote, session, asked, answer, comment)


def _number(body: Mapping[str, Any]) -> int:
    actions = body.get("actions") or [{}]
    return _integer(actions[0].get("value"))


def _integer(value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        return -1
