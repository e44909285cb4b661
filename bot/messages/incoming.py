"""What comes in from a door or a user: a question and an identifier of a conversation, checked before they are read."""

from __future__ import annotations

import unicodedata

from bot.types import MAX_SESSION_ID
from ingest.errors import QuestionError

__all__ = ["check_question", "check_session"]


def check_question(question: str, max_chars: int) -> str:
    """The question as it will be read.

    Raises:
        QuestionError: It is empty, too long, or not text that can be written as UTF-8.
    """
    try:
        question.encode("utf-8")
    except UnicodeEncodeError as error:
        raise QuestionError(
            f"the question is not valid UTF-8 (character {error.start}). Send it as UTF-8 text."
        ) from error
    if len(question) > max_chars:
        raise QuestionError(
            f"the question has {len(question):,} characters; the most is {max_chars:,}. "
            "Shorten it or raise GROUNDRULE_MAX_QUESTION_CHARS."
        )
    normal = unicodedata.normalize("NFC", question).strip()
    if not any(character.isalnum() for character in normal):
        raise QuestionError("the question is empty. Ask something in words.")
    return normal


def check_session(session: str) -> str:
    """The identifier of a conversation, as a door or a user brings it.

    Raises:
        QuestionError: It is empty, too long, or holds characters that are not shown.
    """
    if not 0 < len(session) <= MAX_SESSION_ID:
        raise QuestionError(f"session identifier has {len(session)} characters; it must have 1 to {MAX_SESSION_ID}.")
    if not session.isprintable():
        raise QuestionError(f"session identifier {session!r} holds a control character or is no text. Leave that out.")
    return session
