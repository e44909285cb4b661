"""Answers Slack's jobs with the service that every door shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.composing.draft import escape
from bot.surfaces.slack.blocks import answer_posts, text_post

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.service.service import Service
    from bot.surfaces.slack.job import Job, Post
    from bot.types import Answer

__all__ = ["ServiceReplier"]


class ServiceReplier:
    """A `bot.surfaces.slack.job.Replier`; safe with threads.

    Args:
        service: Answers.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def answer(self, job: Job, session: str) -> Answer:
        """The answer to a job in its conversation; see `Replier.answer`."""
        if job.kind == "form":
            return self._service.recommend(dict(job.facts), job.decision, session, door="slack")
        return self._service.ask(job.text, session, door="slack")

    def posts(self, job: Job, answer: Answer, job_id: int) -> Sequence[Post]:
        """The messages that show an answer; see `Replier.posts`."""
        return answer_posts(job, answer, job_id)

    def apology(self, job: Job, reason: str) -> Post:
        """The message that says an answer could not be given, and why."""
        about = f"“{escape(_shortened(job.text))}”: " if job.private and job.text else ""
        return text_post(f"I could not answer that. {about}{escape(_sentence(reason))}")


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"


def _sentence(reason: str) -> str:
    said = reason.strip() or "something went wrong"
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")
