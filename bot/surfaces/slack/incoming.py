"""What people write in Slack as plain words: without mentions, links, marks of style and escapes."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

__all__ = ["MAX_TEXT", "has_words", "mentions", "opens_with_another", "plain_words"]

MAX_TEXT = 40_000
"""Longest message that Slack itself lets people write, in characters; nothing longer is read."""

_ANGLE = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_STYLE = re.compile(r"(?<![\w*_~])([*_~])(?=\S)([^\n]*?\S)\1(?![\w*_~])")
_EMOJI = re.compile(r"(?<![\w:]):(?:[a-z][\w+'-]*|[+-]1)(?:::skin-tone-[2-6])?:(?!\w)")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def plain_words(text: str, bot: str | None = None) -> str:
    """A message's words.

    Args:
        text: The message's text as Slack's events bring it.
        bot: Id of the bot's user, whose mentions are left out; a mention at the beginning when it is not known.
    """
    text = _without_bot(text[:MAX_TEXT], bot)
    text = _ANGLE.sub(_said, text).replace("```", "\n").replace("`", "")
    text = _STYLE.sub(r"\2", _EMOJI.sub(" ", text))
    # Last, and the ampersand last of all: what was written as "&lt;@U1&gt;" mentions nobody.
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = _UNSEEN.sub("", text.replace("\u00a0", " ").replace("\r\n", "\n"))
    text = re.sub(r"^>+ ?", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+", " ", re.sub(r" *\n *", "\n", text))).strip()


def mentions(text: str, bot: str) -> bool:
    """Whether a message mentions the bot."""
    return any(match[1] == "@" and match[2] == bot for match in _ANGLE.finditer(text[:MAX_TEXT]))


def opens_with_another(text: str, bot: str | None) -> bool:
    """Whether a message begins by speaking to somebody who is not the bot: a user, a group or everybody here."""
    match = _ANGLE.match(text.lstrip())
    if match is None:
        return False
    spoken_to = match[1] == "@" or (match[1] == "!" and not match[2].startswith("date^"))
    return spoken_to and not (match[1] == "@" and match[2] == bot)


def has_words(text: str) -> bool:
    """Whether there is anything to answer."""
    return any(character.isalnum() for character in text)


def _without_bot(text: str, bot: str | None) -> str:
    name = re.escape(bot) if bot else r"[UW]\w+"
    text = re.sub(rf"^\s*<@{name}(?:\|[^<>]*)?>\s*(?:[,:;–-](?!\w))?\s*", "", text)
    return re.sub(rf"\s*<@{name}(?:\|[^<>]*)?>", "", text) if bot else text


def _said(match: re.Match[str]) -> str:
    sign, target, label = match[1], match[2], match[3] or ""
    if sign == "@":
        return label.removeprefix("@") or "someone"
    if sign == "#":
        return f"#{label.removeprefix('#')}" if label else "a channel"
    if sign == "!":
        return label or ("a group" if target.startswith("subteam^") else target.partition("^")[0])
    return label if label and label != target else _host(target)


def _host(address: str) -> str:
    scheme, colon, rest = address.partition(":")
    if colon and scheme in ("mailto", "tel"):
        return rest
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
