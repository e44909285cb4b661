"""`groundrule forget`: deletes stored conversations and the feedback on them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from ingest.console import counted, notice, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["forget"]


@click.command()
@click.argument("session", required=False)
@click.option("--older-than", type=click.FloatRange(min=0), metavar="DAYS", help="Those unused for so many days.")
@click.option("--all", "everything", is_flag=True, help="Every conversation and all feedback; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings_options()
def forget(session: str | None, older_than: float | None, everything: bool, yes: bool, settings: Settings) -> None:
    """Delete the stored conversation SESSION: its questions, its answers, what it told and the feedback on it.

    It cannot be undone. A conversation that is going on begins anew with its next question.
    """
    from bot.sessions.conversations import stored_conversations
    from bot.sessions.feedback_store import stored_feedback
    from bot.storage.database import open_database
    from ingest.errors import UsageError

    if [session is not None, older_than is not None, everything].count(True) != 1:
        raise UsageError("say what to forget: a SESSION, --older-than DAYS or --all, one of them.")
    # A conversation takes its feedback along; feedback goes first only so that it can be counted.
    with closing(open_database(settings, notice)) as database:
        store = stored_conversations(settings, database=database)
        feedback = stored_feedback(settings, database=database)
        if session is not None:
            told = feedback.forget(session)
            found = store.forget(session) or told
            click.echo(f"Forgotten: {session}" if found else f"Nothing is stored of {session!r}.")
        elif older_than is not None:
            click.echo(_forgotten(feedback.forget_older(older_than), store.forget_older(older_than)))
        else:
            if not yes:
                click.confirm(f"Delete every conversation and all feedback in {store.place}?", abort=True, err=True)
            click.echo(_forgotten(feedback.forget_all(), store.forget_all()))
        for file in store.set_aside:
            notice(f"{file} was set aside as damaged and may still hold conversations; `--all` deletes it too.")


def _forgotten(feedback: int, conversations: int) -> str:
    told = counted(conversations, "conversation")
    if feedback:
        told += f" and {counted(feedback, 'piece')} of feedback"
    return f"Forgotten: {told}"
