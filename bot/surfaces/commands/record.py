"""`groundrule record` and `groundrule replay`: decisions written down, and computed again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.console import notice, print_json, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["record", "replay"]


@click.command()
@click.option("--facts", multiple=True, metavar="FILE|KEY=LEVEL", help="A fact, or a file of facts; may be repeated.")
@click.option(
    "--answer",
    type=click.Path(path_type=Path),
    help="An answer that `ask --json` or `recommend --json` printed; its facts keep the user's words.",
)
@click.option("--decision", metavar="ID", help="Which decision; the one that the facts bear on when not given.")
@click.option("--title", help="Title of the record.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; standard output when not given.")
@settings_options()
def record(
    facts: tuple[str, ...],
    answer: Path | None,
    decision: str | None,
    title: str | None,
    out: Path | None,
    settings: Settings,
) -> None:
    """Write a decision record: context, decision, ranking, pros and cons, what would change it, citations."""
    import datetime as dt

    from bot.advising.record import write_record
    from bot.deciding.facts_given import answered_profile
    from bot.service.recommending import advise_on
    from ingest.errors import StoreError, UsageError

    if not facts and answer is None:
        raise UsageError("nothing to record. Give --facts KEY=LEVEL or --answer FILE.")
    advisor, chosen, profile = advise_on(facts, decision, settings)
    if answer is not None:
        told, about = answered_profile(answer, advisor.book.rubric, advisor.pack)
        profile = told.with_more(profile)
        chosen = decision or about
    if chosen not in advisor.cards:
        raise UsageError(f"the answer is about the decision {chosen!r}, which this pack's rubric does not make.")
    text = write_record(advisor, chosen, profile, dt.datetime.now(dt.UTC).date(), title)
    if out is None:
        click.echo(text, nl=False)
        return
    if out.exists():
        raise UsageError(f"{out} is there already and is not overwritten. Choose another name for --out.")
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}. Choose another place.") from error
    notice(f"Written to {out}.")


@click.command()
@click.argument("file", metavar="RECORD", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the comparison for programs.")
@settings_options()
def replay(file: Path, as_json: bool, settings: Settings) -> None:
    """Compute RECORD again and say whether the result is the same, or what has changed.

    Exit status 0 when all is the same, 1 when something has changed.
    """
    from bot.advising import record as records
    from bot.service.recommending import advise_on
    from ingest.errors import PathError

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PathError(f"{file} cannot be read: {error}. Give a file that `groundrule record` wrote.") from error
    advisor, _, _ = advise_on((), None, settings)
    result = records.replay(records.read_record(text, file.name), advisor)
    if as_json:
        print_json(records.as_json(result))
    elif result.same:
        click.echo(f"The same: {advisor.name(result.winner_before)} comes first, and every figure is as recorded.")
    else:
        if result.winner_now == result.winner_before:
            click.echo(f"Changed, but {result.winner_now} still comes first.")
        else:
            now = f"{result.winner_now} comes first now" if result.winner_now else "it cannot be computed any more"
            click.echo(f"Changed: {result.winner_before} came first, {now}.")
        for difference in result.differences:
            click.echo(f"- {difference}")
    sys.exit(0 if result.same else 1)
