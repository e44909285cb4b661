"""The app's manifest: everything that Slack has to know of it, with the least scopes that it can do with."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ingest.errors import UsageError

__all__ = ["COMMAND", "SCOPES", "SHORTCUT", "manifest"]

COMMAND = "/groundrule"
SHORTCUT = "groundrule_ask"
"""Callback id of the shortcut on messages."""
SCOPES = {
    "app_mentions:read": "to be told of mentions",
    "channels:history": "to follow a thread in a public channel that it is in",
    "chat:write": "to answer",
    "commands": f"for {COMMAND} and the shortcut on messages",
    "groups:history": "to follow a thread in a private channel that it is in",
    "im:history": "to read what is written to it directly",
    "im:write": "to answer in private",
    "mpim:history": "to follow a thread in a group's direct messages",
}
"""What the bot token needs, and what for."""
EVENTS = ("app_mention", "message.channels", "message.groups", "message.im", "message.mpim")
PATH = "/slack/events"


def manifest(url: str | None = None) -> dict[str, Any]:
    """The manifest, as Slack's page "From an app manifest" takes it.

    Args:
        url: Address of this server, for HTTP; Socket Mode when None.

    Raises:
        UsageError: The address is not one that Slack can call.
    """
    where = {"request_url": _events_address(url)} if url else {}
    command = {
        "command": COMMAND,
        "description": "Ask about operating models, or get a recommendation",
        "usage_hint": "your question | recommend | help | forget",
        "should_escape": True,
        **({"url": _events_address(url)} if url else {}),
    }
    return {
        "display_information": {
            "name": "Groundrule",
            "description": "Which operating model fits, and why: answers cited to the character.",
            "background_color": "#134e4a",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Groundrule", "always_online": True},
            "shortcuts": [
                {
                    # Slack cuts, or refuses, names of more than 24 characters.
                    "name": "Ask Groundrule about it",
                    "type": "message",
                    "callback_id": SHORTCUT,
                    "description": "Answers the message as a question",
                }
            ],
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": sorted(SCOPES)}},
        "settings": {
            "event_subscriptions": {**where, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **where},
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def _events_address(url: str) -> str:
    try:
        split = urlsplit(url)
        host = split.hostname
    except ValueError:
        host = None
    if not host or split.scheme != "https" or split.query or split.fragment:
        raise UsageError(f"--url {url!r}: Slack calls https addresses only. Give one such as https://bot.example.com.")
    return url if split.path.endswith(PATH) else url.rstrip("/") + PATH
