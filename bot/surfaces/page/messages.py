"""Exchanges as messages of a chat: what users wrote is text, and an answer's numbers are links to their passages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import ValidationError

from bot.composing.draft import escape
from bot.types import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.sessions.session import Exchange

__all__ = ["Message", "exchange_messages", "linked", "messages_of", "question_text", "read_answer"]

Message = dict[str, Any]
"""A message of the chat: its role and its Markdown."""

_MARKER = re.compile(r"(?<!\\)\[(\d{1,3})\]")
_NOT_IN_A_TITLE = re.compile(r"[\"\\<>\[\]()`*_&]")


def question_text(question: str) -> str:
    """A question as the chat shows it: what a user writes is text, not Markdown."""
    return "\n\n".join(escape(line) for line in question.splitlines() if line.strip())


def linked(answer: Answer) -> str:
    """An answer's Markdown in which each citation's number is a link to its passage."""
    cited = {str(one.number): one for one in answer.citations}

    def link(marker: re.Match[str]) -> str:
        one = cited.get(marker[1])
        if one is None:
            return marker[0]
        title = _NOT_IN_A_TITLE.sub("", f"{one.attribution}, {one.section}")
        return f'[\\[{one.number}\\]](#passage/{one.number}/{quote(one.passage_id, safe="")} "{title}")'

    return _MARKER.sub(link, answer.answer)


def messages_of(exchanges: Sequence[Exchange]) -> list[Message]:
    """A transcript as messages: a question and its answer by turns."""
    return [message for one in exchanges for message in exchange_messages(one.question, one.answer)]


def exchange_messages(question: str, answer: Mapping[str, Any]) -> list[Message]:
    """One question and its answer, the public JSON of any release."""
    whole = read_answer(answer)
    # What an earlier release stored in a shape of its own can still be read.
    content = linked(whole) if whole else str(answer.get("answer", ""))
    return [{"role": "user", "content": question_text(question)}, {"role": "assistant", "content": content}]


def read_answer(stored: Mapping[str, Any]) -> Answer | None:
    """A stored answer; None when an earlier release stored it in a shape of its own."""
    try:
        return Answer.model_validate(stored)
    except ValidationError:
        return None
