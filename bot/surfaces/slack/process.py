"""A process that serves Slack: the queue, the workers that answer, and the app that fills it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from slack_bolt.adapter.socket_mode.builtin import SocketModeHandler
from slack_sdk.errors import SlackClientError

from bot.surfaces.slack.app import SlackApp
from bot.surfaces.slack.calls import open_client
from bot.surfaces.slack.queue import SlackQueue
from bot.surfaces.slack.replier import ServiceReplier
from bot.surfaces.slack.worker import SlackWorker
from ingest.errors import GroundruleError, PackError, SettingError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from bot.service.service import Service
    from bot.storage.database import Database
    from bot.surfaces.slack.ports import Votes
    from ingest.config import Settings

__all__ = ["SlackProcess", "open_slack", "socket_mode"]

STOP_SECONDS = 10.0
"""How long a stop waits for answers at hand; what is not finished is answered after the next start."""


@dataclass(slots=True)
class SlackProcess:
    """Everything that serving Slack holds; `start` it, and `close` it in the end.

    Attributes:
        app: Takes in what Slack reports.
        queue: Holds what was asked.
        worker: Answers it.
    """

    app: SlackApp
    queue: SlackQueue
    worker: SlackWorker
    _started: bool = field(default=False, init=False)

    def start(self) -> None:
        """Begins to answer what is in the queue."""
        self.worker.start()
        self._started = True

    def close(self) -> None:
        """Takes in nothing more and finishes what is at hand."""
        self.app.close()
        if self._started:
            self.worker.stop(STOP_SECONDS)


def open_slack(
    settings: Settings, service: Service, votes: Votes, database: Database, say: Callable[[str], None]
) -> SlackProcess:
    """What serves Slack, over a service; nothing is asked of Slack yet.

    Args:
        settings: Tokens and rules.
        service: Answers.
        votes: Where votes go.
        database: Where the queue is.
        say: Told in a sentence what goes wrong, without a word of the user's.

    Raises:
        SettingError: There is no bot token.
    """
    if settings.slack_bot_token is None:
        raise SettingError("there is no bot token. Set GROUNDRULE_SLACK_BOT_TOKEN to the app's `xoxb-…` token.")
    # The rubric takes a second to read, and the first command has to be acknowledged as fast as any other.
    with suppress(PackError):
        _ = service.advisor
    queue = SlackQueue(database)
    client = open_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    replier = ServiceReplier(service)
    worker = SlackWorker(
        queue, client, replier, settings.slack_workers, say, lambda s: service.assistant.history(s), service.forget
    )
    return SlackProcess(SlackApp(settings, service, queue, votes), queue, worker)


def socket_mode(process: SlackProcess, app_token: str, ready: Callable[[], None], stop: threading.Event) -> None:
    """Takes in what Slack reports through a connection of our own, until `stop` is set.

    Args:
        process: Has been started.
        app_token: The app-level token.
        ready: Called once connected.
        stop: Ends it.

    Raises:
        GroundruleError: Slack cannot be reached or does not take the token.
    """
    handler = SocketModeHandler(process.app.bolt, app_token)
    try:
        try:
            handler.connect()  # type: ignore[no-untyped-call]
        except (SlackClientError, OSError) as error:
            told = getattr(getattr(error, "response", None), "data", None) or {}
            reason = told.get("error") if isinstance(told, dict) else None
            raise GroundruleError(
                f"Slack's Socket Mode cannot be opened ({reason or type(error).__name__}). "
                "`groundrule slack check` says what is missing."
            ) from error
        ready()
        stop.wait()
    finally:
        handler.close()  # type: ignore[no-untyped-call]
