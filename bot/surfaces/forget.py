"""`groundrule forget`: deletes stored conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingest.console import notice, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["forget"]


@click.command()
@click.argument("session", required=False)
@click.option("--older-than", type=click.FloatRange(min=0), metavar="DAYS", help="Those unused for so many days.")
@click.option("--all", "everything", is_flag=True, help="Every conversation; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings_options()
def forget(session: str | None, older_than: float | None, everything: bool, yes: bool, settings: Settings) -> None:
    """Delete the stored conversation SESSION: its questions, its answers and what it told.

    It cannot be undone. A conversation that is going on begins anew with its next question.
    """
    from bot.sessions.conversations import stored_conversations
    from ingest.errors import UsageError

    if [session is not None, older_than is not None, everything].count(True) != 1:
        raise UsageError("say what to forget: a SESSION, --older-than DAYS or --all, one of them.")
    store = stored_conversations(settings, notice)
    try:
        if session is not None:
            found = store.forget(session)
            click.echo(f"Forgotten: {session}" if found else f"Nothing is stored of {session!r}.")
        elif older_than is not None:
            click.echo(f"Forgotten: {_counted(store.forget_older(older_than))}")
        else:
            if not yes:
                click.confirm(f"Delete every conversation in {store.place}?", abort=True, err=True)
            click.echo(f"Forgotten: {_counted(store.forget_all())}")
        for file in store.set_aside:
            notice(f"{file} was set aside as damaged and may still hold conversations; `--all` deletes it too.")
    finally:
        store.close()


def _counted(count: int) -> str:
    return "1 conversation" if count == 1 else f"{count} conversations"
