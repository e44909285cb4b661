"""What the words after the slash command mean: help, a form, forgetting, and else a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.composing.draft import escape
from bot.surfaces.slack.asked import team_of
from bot.surfaces.slack.blocks import text_post
from bot.surfaces.slack.form import choice_blocks, form_view, named_decision
from bot.surfaces.slack.incoming import has_words
from ingest.console import counted
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.advising.advisor import Advisor
    from bot.service.service import Service
    from bot.surfaces.slack.asked import Asking
    from bot.surfaces.slack.ports import Queue

    Body = Mapping[str, Any]

__all__ = ["IN_PRIVATE", "NOT_HERE", "Commands"]

NOT_HERE = "I may not answer in this channel. Write to me directly instead."
IN_PRIVATE = "I answer you in our direct messages."
FORGETTING = "Deleting what I keep of you …"


class Commands:
    """Answers the slash command.

    Args:
        service: Knows the rubric and the conversations.
        queue: Where questions go, and what is kept of users.
        asking: Makes a question's job.
    """

    def __init__(self, service: Service, queue: Queue, asking: Asking) -> None:
        self._service = service
        self._queue = queue
        self._asking = asking

    def taken(self, body: Body) -> dict[str, Any]:
        """Does what has to be done before the acknowledgement, and says what that shows; only the caller sees it.

        Raises:
            ConversationError: The question could not be stored.
        """
        verb, _ = _verb(body)
        if verb == "help":
            return self._help(str(body.get("command") or "/groundrule"))
        if verb == "forget":
            return _note(FORGETTING)
        if verb == "recommend" and self._wants_form(body):
            return self._form_note(body)
        if not self._asking.rule(str(body["channel_id"])).allowed:
            return _note(NOT_HERE)
        self._queue.put(self._asking.command(body))
        return _note(IN_PRIVATE)

    def form_for(self, body: Body) -> dict[str, Any] | None:
        """The form that a command asks for; None when it asks for none, or does not say which of several."""
        verb, _ = _verb(body)
        advisor = self._advisor() if verb == "recommend" else None
        if advisor is None or not self._wants_form(body):
            return None
        decision = self._decision(body, advisor)
        return self._form(decision, body, advisor) if decision else None

    def form_of(self, decision: str, body: Body) -> dict[str, Any] | None:
        """The form of a decision; None when the rubric makes none such."""
        advisor = self._advisor()
        return self._form(decision, body, advisor) if advisor and decision in advisor.cards else None

    def forgotten(self, body: Body, taken_at: float) -> str | None:
        """Deletes everything that is kept of who asks for it, and says so; None when the command asks for no such.

        Args:
            body: What Slack reports of the command.
            taken_at: When it came, in seconds since 1970: what is asked after that stays.
        """
        if _verb(body)[0] != "forget":
            return None
        try:
            count = self._queue.forget_user(team_of(body), str(body["user_id"]), self._service.forget, until=taken_at)
        except GroundruleError as error:
            return f"Not everything could be deleted: {error} Try again."
        return (
            f"Deleted: {counted(count, 'question')} of yours, with the answers, conversations and votes. "
            "The messages in Slack itself are yours to delete."
        )

    def _wants_form(self, body: Body) -> bool:
        """Whether what follows "recommend" is nothing, or a decision: anything else is part of a question."""
        _, rest = _verb(body)
        advisor = self._advisor()
        return not rest or (advisor is not None and named_decision(rest, advisor) is not None)

    def _decision(self, body: Body, advisor: Advisor) -> str | None:
        _, rest = _verb(body)
        if rest:
            return named_decision(rest, advisor)
        return next(iter(advisor.cards)) if len(advisor.cards) == 1 else None

    def _form(self, decision: str, body: Body, advisor: Advisor) -> dict[str, Any]:
        channel = body.get("channel_id") or (body.get("channel") or {}).get("id") or ""
        return form_view(decision, advisor, {"channel": str(channel)})

    def _form_note(self, body: Body) -> dict[str, Any]:
        advisor = self._advisor()
        if advisor is None:
            return _note("There is no rubric here that could recommend anything. Ask me a question instead.")
        if self._decision(body, advisor):
            return {}
        return {"text": "What do you want to decide?", "blocks": choice_blocks(advisor), "response_type": "ephemeral"}

    def _advisor(self) -> Advisor | None:
        try:
            return self._service.advisor
        except GroundruleError:
            return None

    def _help(self, command: str) -> dict[str, Any]:
        pack = self._service.assistant.pack
        advisor = self._advisor()
        known = ", ".join(f"`{decision}`" for decision in advisor.cards) if advisor else ""
        lines = [
            f"- `{command} your question`: I answer in our direct messages",
            f"- `{command} recommend`: a form, and what the rubric makes of it" + (f" ({known})" if known else ""),
            f"- `{command} forget`: deletes everything I keep of you",
            "- mention me in a channel, and I answer in a thread; there you need not mention me again",
            "- write to me directly",
            "- “Ask Groundrule about it”, in the menu of any message",
        ]
        examples = "\n".join(f"- {escape(example.question)}" for example in pack.examples[:3])
        post = text_post(
            f"I answer questions about {escape(pack.subject)}, and cite the passage behind each claim.\n\n"
            + "\n".join(lines)
            + (f"\n\nFor instance:\n\n{examples}" if examples else "")
        )
        return {"text": post.text, "blocks": list(post.blocks), "response_type": "ephemeral"}


def _verb(body: Body) -> tuple[str, str]:
    """What a command asks for, "ask" for a question, and the words after that."""
    text = " ".join(str(body.get("text") or "").split())
    first, _, rest = text.partition(" ")
    verb = first.lower()
    if not has_words(text) or (verb == "help" and not rest):
        return "help", ""
    if verb == "forget" and (not rest or rest.lower() == "me"):
        return "forget", ""
    return ("recommend", rest) if verb == "recommend" else ("ask", text)


def _note(text: str) -> dict[str, Any]:
    return {"text": text, "response_type": "ephemeral"}
