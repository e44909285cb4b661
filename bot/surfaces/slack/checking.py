"""Whether everything is there that the Slack app needs: tokens, scopes, the signing secret. Shows no secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.surfaces.slack.manifest import SCOPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import SecretStr

    from ingest.config import Settings

__all__ = ["Finding", "check_slack"]

_TIMEOUT_SECONDS = 10
_WRONG = {
    "invalid_auth": "Slack does not know it; copy it again from the app's page",
    "not_authed": "it is empty; copy it again from the app's page",
    "account_inactive": "the app was removed from the workspace; install it again",
    "token_revoked": "it was revoked; install the app again and copy the new one",
    "token_expired": "it has expired; switch token rotation off, install the app again and copy the new one",
    "not_allowed_token_type": "it is of another kind; bot tokens begin with `xoxb-`, app-level ones with `xapp-`",
    "missing_scope": "it lacks the scope connections:write; make one that has it under Basic Information",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one thing.

    Attributes:
        name: The thing.
        good: Whether it is as it should be; None where it is not needed for one of the two ways to report in.
        told: What was found, and what to do.
    """

    name: str
    good: bool | None
    told: str


def check_slack(settings: Settings) -> list[Finding]:
    """Everything that the app needs, asked of Slack itself.

    One of the app-level token (Socket Mode) and the signing secret (HTTP) is enough.
    """
    found = list(_bot_token(settings))
    socket, http = _app_token(settings), _signing_secret(settings)
    if socket.good is None and http.good is None:
        missing = "neither an app-level token nor a signing secret is set, so Slack cannot report anything. "
        way = "Set GROUNDRULE_SLACK_APP_TOKEN for Socket Mode, or GROUNDRULE_SLACK_SIGNING_SECRET for HTTP."
        return [*found, Finding("way in", False, missing + way)]
    return [*found, socket, http]


def _bot_token(settings: Settings) -> Iterator[Finding]:
    name = "bot token"
    if settings.slack_bot_token is None:
        told = "not set. Install the app to the workspace and set GROUNDRULE_SLACK_BOT_TOKEN to its `xoxb-…` token."
        yield Finding(name, False, told)
        return
    client = WebClient(
        settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url, timeout=_TIMEOUT_SECONDS
    )
    response = _asked(client.auth_test)
    if isinstance(response, str):
        yield Finding(name, False, f"GROUNDRULE_SLACK_BOT_TOKEN: {response}.")
        return
    if not response.get("bot_id"):
        yield Finding(name, False, "GROUNDRULE_SLACK_BOT_TOKEN: it is no bot's token; it must begin with `xoxb-`.")
        return
    yield Finding(name, True, f"works: {response.get('user')} in {response.get('team')}.")
    yield _scopes({key.lower(): value for key, value in response.headers.items()}.get("x-oauth-scopes"))


def _scopes(header: str | None) -> Finding:
    if header is None:
        return Finding("scopes", None, "Slack does not say which ones the token has.")
    missing = sorted(SCOPES.keys() - {scope.strip() for scope in header.split(",")})
    if not missing:
        return Finding("scopes", True, "all there.")
    needs = "; ".join(f"{scope} ({SCOPES[scope]})" for scope in missing)
    way = "Paste what `groundrule slack manifest` prints under App Manifest, and install the app again."
    return Finding("scopes", False, f"missing: {needs}. {way}")


def _app_token(settings: Settings) -> Finding:
    name = "app-level token"
    if settings.slack_app_token is None:
        return Finding(name, None, "not set; Socket Mode (`groundrule slack run`) needs GROUNDRULE_SLACK_APP_TOKEN.")
    token = settings.slack_app_token.get_secret_value()
    client = WebClient(base_url=settings.slack_api_url, timeout=_TIMEOUT_SECONDS)
    response = _asked(lambda: client.apps_connections_open(app_token=token))
    if isinstance(response, str):
        return Finding(name, False, f"GROUNDRULE_SLACK_APP_TOKEN: {response}.")
    return Finding(name, True, "works: Socket Mode can be opened.")


def _signing_secret(settings: Settings) -> Finding:
    name = "signing secret"
    secret: SecretStr | None = settings.slack_signing_secret
    if secret is None or not secret.get_secret_value().strip():
        return Finding(name, None, "not set; HTTP (`groundrule serve`) needs GROUNDRULE_SLACK_SIGNING_SECRET.")
    told = "set. Only a request of Slack's can show that it is the right one: save the Request URL on the app's page."
    return Finding(name, True, told)


def _asked(call: Callable[[], Any]) -> Any:
    """What Slack answers, or why there is no answer, in words."""
    try:
        return call()
    except SlackApiError as error:
        reason = str(error.response.get("error", "unknown"))
        return _WRONG.get(reason, f"Slack says {reason}")
    except (SlackClientError, OSError) as error:
        return f"Slack cannot be reached ({type(error).__name__}); look at the network and GROUNDRULE_SLACK_API_URL"
