"""What happens on each report of Slack's: the part before the acknowledgement, and the part after it.

Knows Bolt's arguments by their names alone (`ack`, `body`, `client`, `respond`).
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from bot.surfaces.slack.blocks import comment_view, text_view
from bot.surfaces.slack.buttons import GONE
from bot.surfaces.slack.commands import IN_PRIVATE, NOT_HERE
from ingest.errors import GroundruleError, MissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from bot.surfaces.slack.asked import Asking
    from bot.surfaces.slack.buttons import Buttons
    from bot.surfaces.slack.commands import Commands
    from bot.surfaces.slack.ports import Queue

    Body = Mapping[str, Any]
    Call = Callable[..., Any]

__all__ = ["Listeners"]

NO_WORDS = "That message has no words that I could answer, or I may not answer in its channel."
# Where the time at which a command came is kept for what is done after its acknowledgement.
_TAKEN_AT = "groundrule_taken_at"
_LOG = logging.getLogger("groundrule.slack")


class Listeners:
    """The app's listeners.

    Args:
        asking: Reads what Slack reports.
        queue: Where jobs go.
        buttons: What the buttons under answers do.
        commands: What the slash command's words mean.
    """

    def __init__(self, asking: Asking, queue: Queue, buttons: Buttons, commands: Commands) -> None:
        self._asking = asking
        self._queue = queue
        self._buttons = buttons
        self._commands = commands

    def nothing(self, ack: Call) -> None:
        """Acknowledges what needs no work before that, or none at all."""
        ack()

    def mention(self, body: Body) -> None:
        """Stores a mention."""
        if job := self._asking.mention(body):
            self._queue.put(job)

    def say_not_here(self, body: Body, client: Any) -> None:
        """Tells who mentioned the bot where it may not answer; nobody else sees it."""
        if self._asking.may_not(body):
            event = body["event"]
            thread = {"thread_ts": event["thread_ts"]} if event.get("thread_ts") else {}
            _try(
                lambda: client.chat_postEphemeral(channel=event["channel"], user=event["user"], text=NOT_HERE, **thread)
            )

    def message(self, body: Body) -> None:
        """Stores a message that is meant for the bot."""
        if job := self._asking.message(body):
            self._queue.put(job)

    def command(self, ack: Call, body: Body, context: MutableMapping[str, Any]) -> None:
        """Stores a question, or acknowledges what is done after that."""
        context[_TAKEN_AT] = time.time()
        ack(**self._commands.taken(body))

    def after_command(self, body: Body, context: Mapping[str, Any], client: Any, respond: Call) -> None:
        """Opens a form or deletes what is stored, where the command asks for that."""
        if view := self._commands.form_for(body):
            _try(lambda: client.views_open(trigger_id=body["trigger_id"], view=view))
        elif told := self._commands.forgotten(body, context[_TAKEN_AT]):
            _try(lambda: respond(told, response_type="ephemeral"))

    def shortcut(self, ack: Call, body: Body) -> None:
        """Stores the message that the shortcut was called on."""
        if job := self._asking.shortcut(body):
            self._queue.put(job)
        ack()

    def after_shortcut(self, body: Body, respond: Call) -> None:
        """Says where the answer comes, or why none does."""
        job = self._asking.shortcut(body)
        if job is None or job.private:
            told = IN_PRIVATE if job else NO_WORDS
            _try(lambda: respond(told, response_type="ephemeral", replace_original=False))

    def vote_up(self, ack: Call, body: Body) -> None:
        """Stores a thumb up."""
        self._vote(body, down=False)
        ack()

    def vote_down(self, ack: Call, body: Body) -> None:
        """Stores a thumb down."""
        self._vote(body, down=True)
        ack()

    def thank(self, body: Body, respond: Call) -> None:
        """Says that the vote counts; nobody else sees it."""
        told = "Thank you, noted." if self._buttons.kept(body) else GONE
        _try(lambda: respond(told, response_type="ephemeral", replace_original=False))

    def ask_why(self, body: Body, client: Any) -> None:
        """Asks in a modal what was wrong."""
        view = comment_view(self._buttons.number(body)) if self._buttons.kept(body) else text_view("Not kept", GONE)
        _try(lambda: client.views_open(trigger_id=body["trigger_id"], view=view))

    def comment(self, ack: Call, body: Body) -> None:
        """Stores what was wrong."""
        try:
            self._buttons.comment(body)
        except MissingError as error:
            ack(response_action="update", view=text_view("Not kept", str(error)))
            return
        ack()

    def open_text(self, body: Body, client: Any) -> None:
        """Opens the sources, the scorecard or the decision record."""
        view = self._buttons.view(body, str(body["actions"][0]["action_id"]))
        _try(lambda: client.views_open(trigger_id=body["trigger_id"], view=view))

    def open_form(self, body: Body, client: Any) -> None:
        """Opens the form of the decision that a button names."""
        if view := self._commands.form_of(str(body["actions"][0].get("value")), body):
            _try(lambda: client.views_open(trigger_id=body["trigger_id"], view=view))

    def form(self, ack: Call, body: Body) -> None:
        """Stores a form that tells something; else shows what is missing."""
        job = self._asking.form(body)
        if job is None:
            asked = [block["block_id"] for block in body["view"]["blocks"] if block.get("type") == "input"]
            ack(response_action="errors", errors={asked[0]: "Answer at least one question about your organisation."})
            return
        self._queue.put(job)
        ack(response_action="update", view=text_view("Thank you", IN_PRIVATE))

    def _vote(self, body: Body, *, down: bool) -> None:
        try:
            self._buttons.vote(body, "down" if down else "up")
        except MissingError:
            # Told after the acknowledgement.
            return


def _try(call: Callable[[], object]) -> None:
    """A call of Slack's that may fail without harm: who asked sees that nothing came, and asks again."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - Slack's client raises its own errors and those of the network
        told = str(error) if isinstance(error, GroundruleError) else type(error).__name__
        _LOG.warning("Slack did not show what was asked for: %s", told)
