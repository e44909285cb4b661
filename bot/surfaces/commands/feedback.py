"""`groundrule feedback`: what people and the bot itself said of answers, to read and to take away."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.surfaces.commands.output import one_line
from ingest.console import counted, notice, print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bot.sessions.feedback import Feedback, FeedbackKind
    from ingest.config import Settings

__all__ = ["feedback"]

# Of a long question its beginning tells which it is.
MAX_SHOWN = 200
NOTHING = "No feedback is stored."
NONE_OF_THESE = "No feedback is stored that you ask for."
_FORMATS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")


def _which(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options that choose feedback."""
    since = click.DateTime(_FORMATS)
    command = click.option("--since", type=since, help="Only what was said after this day or time, in UTC.")(command)
    # The kinds of `bot.sessions.feedback`, which would take a database along.
    kinds = click.Choice(["up", "down", "refused"])
    told = "Only votes up, votes down or refused questions; may be repeated."
    return click.option("--kind", "kinds", type=kinds, multiple=True, help=told)(command)


@click.group()
def feedback() -> None:
    """Votes on answers and questions that had to be refused: list or export them."""


@feedback.command("list")
@_which
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print them for programs.")
@settings_options()
def list_(
    kinds: tuple[FeedbackKind, ...], since: datetime | None, limit: int, as_json: bool, settings: Settings
) -> None:
    """Show what was said of answers, the newest first."""
    from bot.sessions.feedback import KINDS
    from bot.sessions.feedback_store import stored_feedback

    with closing(stored_feedback(settings, notice)) as store:
        found = store.entries(kinds or KINDS, since=_in_utc(since), newest_first=True, limit=limit)
        count = store.count(kinds or KINDS, since=_in_utc(since))
        empty = not count and not store.count()
    if as_json:
        print_json([_line(one) for one in found])
    elif not found:
        click.echo(NOTHING if empty else NONE_OF_THESE)
    else:
        _print_table(found)
        if count > limit:
            click.echo(f"{count - limit} older; --limit shows more.")


@feedback.command("export")
@_which
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; standard output when not given."
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@settings_options()
def export(
    kinds: tuple[FeedbackKind, ...], since: datetime | None, out: Path | None, force: bool, settings: Settings
) -> None:
    """Write feedback as JSON lines, the oldest first: each with the conversation's messages, and the answer."""
    from bot.sessions.feedback import KINDS
    from bot.sessions.feedback_store import stored_feedback
    from ingest.errors import UsageError

    if out is not None and out.exists() and not force:
        raise UsageError(f"{out} is there already and is not overwritten. Choose another --out, or give --force.")
    with closing(stored_feedback(settings, notice)) as store:
        count = store.count(kinds or KINDS, since=_in_utc(since))
        if not count:
            notice(NONE_OF_THESE if store.count() else NOTHING)
            return
        lines = (
            json.dumps(_whole(one), ensure_ascii=False) for one in store.each(kinds or KINDS, since=_in_utc(since))
        )
        with progress_bars() as told:
            watched = _watched(lines, count, told)
            written = _print_lines(watched) if out is None else _write_lines(out, watched)
    if out is not None:
        notice(f"Written to {out}: {counted(written, 'piece')} of feedback.")


def _in_utc(given: datetime | None) -> datetime | None:
    return given.replace(tzinfo=UTC) if given else None


def _line(one: Feedback) -> dict[str, Any]:
    """Feedback in short."""
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "kind": one.kind,
        "session": one.session,
        "question": one.turns[-1],
        "comment": one.comment,
        "drafted": one.drafted,
    }


def _whole(one: Feedback) -> dict[str, Any]:
    """Feedback with everything that is kept of it."""
    return {**_line(one), "turns": list(one.turns), "answer": dict(one.answer)}


def _print_table(found: Iterable[Feedback]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("When (UTC)", "Kind", "Question", "Comment")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for one in found:
        cells = (
            f"{one.at:%Y-%m-%d %H:%M}",
            one.kind,
            one_line(one.turns[-1], MAX_SHOWN),
            one_line(one.comment, MAX_SHOWN),
        )
        # As text: what users wrote is no markup.
        table.add_row(*map(Text, cells))
    Console().print(table)


def _watched(lines: Iterable[str], count: int, told: Callable[[str, int, int], None]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        yield line
        told("Feedback", min(number, count), count)


def _print_lines(lines: Iterable[str]) -> int:
    number = 0
    for number, line in enumerate(lines, start=1):  # noqa: B007 - the last one is how many
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
    return number


def _write_lines(file: Path, lines: Iterable[str]) -> int:
    from ingest.whole_file import whole_file

    number = 0
    with whole_file(file) as draft:
        for number, line in enumerate(lines, start=1):  # noqa: B007 - the last one is how many
            draft.write(f"{line}\n".encode(errors="replace"))
    return number
