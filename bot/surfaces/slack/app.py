"""The Slack app: what Slack reports goes into the queue before it is acknowledged. Owns slack-bolt.

A listener that cannot store what it was told raises, Bolt answers with 500 and Slack tries again; whatever calls
Slack itself happens after the acknowledgement.
"""

from __future__ import annotations

import json
import logging
import re
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from bot.surfaces.slack.asked import Asking
from bot.surfaces.slack.blocks import COMMENT_VIEW, DOWN, RECORD, SCORECARD, SOURCES, UP
from bot.surfaces.slack.buttons import Buttons
from bot.surfaces.slack.commands import Commands
from bot.surfaces.slack.form import FORM_VIEW, OPEN_FORM
from bot.surfaces.slack.listeners import Listeners
from bot.surfaces.slack.manifest import SHORTCUT
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.service.service import Service
    from bot.surfaces.slack.ports import Queue, Votes
    from ingest.config import Settings

__all__ = ["Reply", "SlackApp"]

THREADS = 8
"""Requests that are taken in at the same time: each does one short transaction and waits for nobody."""
# Modals and notes, which are lost with the process and asked for again.
_AFTER_THREADS = 4
_TIMEOUT_SECONDS = 10
_LOG = logging.getLogger("groundrule.slack")


@dataclass(frozen=True, slots=True)
class Reply:
    """What an HTTP request is answered with."""

    status: int
    headers: Mapping[str, str]
    body: str


class SlackApp:
    """The Bolt app behind both ways that Slack reports in, HTTP and Socket Mode; `close` it.

    Args:
        settings: Tokens, the signing secret, Slack's address and the rules of channels.
        service: Answers, knows conversations and the rubric.
        queue: Where jobs go.
        votes: Where votes go.
        after: Does what comes after an acknowledgement; threads of its own when None.
    """

    def __init__(
        self, settings: Settings, service: Service, queue: Queue, votes: Votes, after: Executor | None = None
    ) -> None:
        token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
        secret = settings.slack_signing_secret.get_secret_value().strip() if settings.slack_signing_secret else ""
        self._verifier = SignatureVerifier(secret) if secret else None
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="slack-request")
        self._after = after or ThreadPoolExecutor(_AFTER_THREADS, thread_name_prefix="slack-after")

        def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            # One workspace, one token. Asking Slack who it is would make each start and each first request wait.
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

        self.bolt = App(
            name="groundrule",
            logger=_LOG,
            process_before_response=True,
            authorize=authorize,
            signing_secret=secret,
            # Unsigned and long out of use.
            ssl_check_enabled=False,
            client=WebClient(base_url=settings.slack_api_url, timeout=_TIMEOUT_SECONDS),
            listener_executor=self._after,
        )
        asking = Asking(settings.slack_channels, queue)
        buttons = Buttons(service, queue, votes)
        self._listen(Listeners(asking, queue, buttons, Commands(service, queue, asking)))

    def verified(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether a request is Slack's own, and not older than five minutes; False where there is no signing secret."""
        if self._verifier is None:
            return False
        try:
            return self._verifier.is_valid(
                body, headers.get("x-slack-request-timestamp"), headers.get("x-slack-signature")
            )
        except (ValueError, TypeError):
            # A timestamp that is no number, a signature or a body that is no text.
            return False

    def submit(self, body: bytes, headers: Mapping[str, str]) -> Future[Reply]:
        """Takes in a verified request, in threads that do nothing else."""
        return self._threads.submit(self.take_in, body, dict(headers))

    def take_in(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Takes in a request, and says what to answer: 200 once it is stored, 500 when it could not be."""
        try:
            request = BoltRequest(body=body.decode("utf-8"), headers=dict(headers))
        except ValueError:
            return Reply(400, {"content-type": "application/json"}, json.dumps({"error": "invalid body"}))
        response = self.bolt.dispatch(request)
        return Reply(response.status, response.first_headers_without_set_cookie(), str(response.body or ""))

    def close(self) -> None:
        """Takes in nothing more; what is being taken in is finished."""
        self._threads.shutdown(wait=True)
        self._after.shutdown(wait=False, cancel_futures=True)

    def _listen(self, listeners: Listeners) -> None:
        bolt = self.bolt
        bolt.error(_failed)
        bolt.event("app_mention")(ack=listeners.mention, lazy=[listeners.say_not_here])
        bolt.event("message")(listeners.message)
        bolt.event(re.compile(".*"))(listeners.nothing)
        bolt.command(re.compile("^/"))(ack=listeners.command, lazy=[listeners.after_command])
        bolt.shortcut(SHORTCUT)(ack=listeners.shortcut, lazy=[listeners.after_shortcut])
        bolt.action(UP)(ack=listeners.vote_up, lazy=[listeners.thank])
        bolt.action(DOWN)(ack=listeners.vote_down, lazy=[listeners.ask_why])
        for action in (SOURCES, SCORECARD, RECORD):
            bolt.action(action)(ack=listeners.nothing, lazy=[listeners.open_text])
        bolt.action(re.compile(f"^{OPEN_FORM}"))(ack=listeners.nothing, lazy=[listeners.open_form])
        bolt.action(re.compile(".*"))(listeners.nothing)
        bolt.view(FORM_VIEW)(listeners.form)
        bolt.view(COMMENT_VIEW)(listeners.comment)


def _failed(error: Exception) -> BoltResponse:
    """Slack tries again; what people wrote and what Slack sent stays out of the log."""
    told = str(error) if isinstance(error, GroundruleError) else type(error).__name__
    _LOG.error("A report of Slack's could not be taken in: %s", told)
    return BoltResponse(status=500, body="")
