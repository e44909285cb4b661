"""From what Slack reports (a message, a command, a shortcut, a form) to the job that it asks for, if any.

Who is answered where is decided here, by the rules of the channels; nothing is sent and nothing is stored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.surfaces.slack.form import facts_of
from bot.surfaces.slack.incoming import has_words, mentions, opens_with_another, plain_words
from bot.surfaces.slack.job import Job
from ingest.config import ChannelRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.surfaces.slack.ports import Queue

__all__ = ["ABOUT", "Asking", "metadata_of", "team_of"]

ABOUT = "What can you do?"
"""What a mention without words is taken to ask."""
DEFAULT_RULE = "default"
# What people write; joins, edits, deletions and other notices have subtypes of their own.
_WRITTEN = (None, "", "file_share", "thread_broadcast", "me_message")


@dataclass(frozen=True, slots=True)
class Asking:
    """Reads what Slack reports.

    Attributes:
        rules: What the bot does in a channel, by its id; `default` for all others.
        queue: Knows the threads that the bot is in.
    """

    rules: Mapping[str, ChannelRule]
    queue: Queue

    def mention(self, body: Mapping[str, Any]) -> Job | None:
        """The job of an `app_mention` event; None for what no person wrote, or where the bot may not answer."""
        event, bot = body["event"], _bot(body)
        if not _from_person(event, bot) or not self.rule(str(event["channel"])).allowed:
            return None
        words = plain_words(str(event.get("text") or ""), bot)
        return self._message(body, words if has_words(words) else ABOUT)

    def message(self, body: Mapping[str, Any]) -> Job | None:
        """The job of a `message` event: a direct message, a mention, a follow-up, or any where all are listened to."""
        event, bot = body["event"], _bot(body)
        channel, text = str(event.get("channel")), str(event.get("text") or "")
        if not _from_person(event, bot):
            return None
        if bot and mentions(text, bot) and event.get("channel_type") != "im":
            # It comes as an `app_mention` too, with the same key; whichever is first counts.
            return self.mention(body)
        words = plain_words(text, bot)
        if not has_words(words) or not self._listens(body, event, channel, text):
            return None
        return self._message(body, words)

    def may_not(self, body: Mapping[str, Any]) -> bool:
        """Whether a person mentioned the bot where it may not answer."""
        event = body["event"]
        return _from_person(event, _bot(body)) and not self.rule(str(event["channel"])).allowed

    def command(self, body: Mapping[str, Any]) -> Job:
        """The job of a slash command's words; answered in private, since commands are seen by nobody else."""
        words = plain_words(str(body.get("text") or ""))
        return Job(
            key=_key("command", team_of(body), str(body.get("trigger_id"))),
            kind="question",
            team=team_of(body),
            channel=_private_place(str(body["channel_id"]), str(body["user_id"])),
            user=str(body["user_id"]),
            thread=None,
            text=words,
            private=True,
        )

    def shortcut(self, body: Mapping[str, Any]) -> Job | None:
        """The job of the shortcut on a message: in the message's thread where the bot is in it, else in private.

        None where the message has no words or the bot may not answer.
        """
        team, channel, user = team_of(body), str(body["channel"]["id"]), str(body["user"]["id"])
        message = body["message"]
        words = plain_words(str(message.get("text") or ""))
        if not has_words(words) or not self.rule(channel).allowed:
            return None
        sent = str(message["ts"])
        thread = str(message.get("thread_ts") or sent)
        shown = self.rule(channel).reply == "thread" and self.queue.knows_thread(team, channel, thread)
        return Job(
            # The message may have been answered already, and is asked about anew.
            key=_key("shortcut", team, channel, sent, str(body.get("action_ts"))),
            kind="question",
            team=team,
            channel=channel if shown else _private_place(channel, user),
            user=user,
            thread=thread if shown else None,
            text=words,
            private=not shown,
        )

    def form(self, body: Mapping[str, Any]) -> Job | None:
        """The job of a form that was sent; None when it tells nothing of the organisation."""
        view, user = body["view"], str(body["user"]["id"])
        facts, asked = facts_of(view), metadata_of(view)
        if not facts.keys() - {"present"}:
            return None
        return Job(
            key=_key("form", team_of(body), str(view["id"])),
            kind="form",
            team=team_of(body),
            channel=_private_place(str(asked.get("channel") or user), user),
            user=user,
            thread=None,
            text="",
            private=True,
            facts=facts,
            decision=str(asked["decision"]) if asked.get("decision") else None,
        )

    def rule(self, channel: str) -> ChannelRule:
        """The rule of a channel; direct messages are answered unless a rule of their own says otherwise."""
        found = self.rules.get(channel) or (None if channel.startswith("D") else self.rules.get(DEFAULT_RULE))
        return found or ChannelRule()

    def _listens(self, body: Mapping[str, Any], event: Mapping[str, Any], channel: str, text: str) -> bool:
        rule = self.rule(channel)
        if not rule.allowed or event.get("channel_type") == "im":
            return rule.allowed
        if opens_with_another(text, _bot(body)):
            return False
        thread = event.get("thread_ts")
        return rule.listen == "all" or bool(thread and self.queue.knows_thread(team_of(body), channel, str(thread)))

    def _message(self, body: Mapping[str, Any], words: str) -> Job:
        event = body["event"]
        channel, sent, thread = str(event["channel"]), str(event["ts"]), event.get("thread_ts")
        direct = channel.startswith("D")
        return Job(
            key=_key(team_of(body), channel, sent),
            kind="question",
            team=team_of(body),
            channel=channel,
            user=str(event["user"]),
            # Direct messages are one conversation, unless somebody opens a thread there.
            thread=str(thread) if thread else None if direct else sent,
            text=words,
            private=not direct and self.rule(channel).reply == "private",
        )


def team_of(body: Mapping[str, Any]) -> str:
    """Id of the workspace that a report comes from."""
    team = body.get("team_id") or (body.get("team") or {}).get("id") or (body.get("user") or {}).get("team_id")
    return str(team or "")


def metadata_of(view: Mapping[str, Any]) -> dict[str, Any]:
    """What a modal carries for its answer."""
    try:
        found = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _bot(body: Mapping[str, Any]) -> str | None:
    """Id of the bot's user, which Slack sends with its events."""
    for one in body.get("authorizations") or ():
        if one.get("is_bot") and one.get("user_id"):
            return str(one["user_id"])
    return None


def _from_person(event: Mapping[str, Any], bot: str | None) -> bool:
    written = event.get("subtype") in _WRITTEN and not event.get("hidden")
    return written and bool(event.get("user")) and not event.get("bot_id") and event["user"] != bot


def _private_place(channel: str, user: str) -> str:
    """Where a private answer belongs: direct messages may be those of two other people, where the bot is not."""
    return user if channel.startswith("D") else channel


def _key(*parts: str) -> str:
    return ":".join(parts)[:200]
