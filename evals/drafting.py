"""`groundrule eval draft` and `eval accept`: from feedback to cases, with a person between the two."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.console import counted, notice, print_json, settings_options

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from evals.drafts import Draft
    from ingest.config import Settings

__all__ = ["accept", "draft"]

DRAFTS_FILE = "drafts.jsonl"


@click.command("draft")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DRAFTS_FILE,
    show_default=True,
    help="File of drafts; new ones are added at its end.",
)
@click.option("--again", is_flag=True, help="Also what was drafted before.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many, the oldest first.")
@click.option("--json", "as_json", is_flag=True, help="Print what was drafted for programs.")
@settings_options()
def draft(out: Path, again: bool, limit: int | None, as_json: bool, settings: Settings) -> None:
    """Make draft cases of what users voted down and of questions that were refused.

    A draft has `"draft": true`. Edit it until it says what a right answer holds, take `draft` out, and hand the file to
    `groundrule eval accept`.
    """
    from bot.sessions.feedback_store import stored_feedback
    from evals.drafts import append_drafts, drafts_of

    with closing(stored_feedback(settings, notice)) as store:
        drafts = drafts_of(store.entries(("down", "refused"), undrafted=not again))
        new: tuple[Draft, ...] = ()
        known: tuple[Draft, ...] = ()
        if drafts:
            with _alone(settings):
                appended = append_drafts(out, drafts, limit)
            new, known = appended.new, appended.known
            # Marked once they are safe in the file; should that fail, the file knows them the next time.
            store.mark_drafted([id_ for one in (*new, *known) for id_ in one.said])
    waiting = len(drafts) - len(new) - len(known)
    if as_json:
        ids = [one.fields["id"] for one in new]
        print_json({"file": str(out), "drafted": ids, "known": len(known), "waiting": waiting})
        return
    if not drafts:
        click.echo("Nothing to draft: no vote against an answer and no refused question is new.")
        return
    click.echo(f"{counted(len(new), 'new draft')} in {out}.")
    if known:
        click.echo(f"{len(known)} stood there already.")
    if waiting:
        click.echo(f"{waiting} more can be drafted.")
    click.echo(f"Edit them, then run `groundrule eval accept {out} --into CASES.jsonl`.")


@click.command("accept")
@click.argument("drafts", type=click.Path(path_type=Path))
@click.option("--into", "cases", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File of cases.")
@settings_options()
def accept(drafts: Path, cases: Path, settings: Settings) -> None:
    """Take the finished ones of DRAFTS over into a file of cases, and say what the others lack.

    Finished is a draft without `draft`, with a reason in `why`, and with a vital nugget (for "answer") or best_models
    (for "recommend"). The status is 1 when a draft without `draft` cannot be taken over.
    """
    from evals.drafts import accept_drafts

    with _alone(settings):
        taken = accept_drafts(drafts, cases)
    click.echo(f"Accepted into {cases}: {len(taken.accepted)}. Left in {drafts}: {len(taken.missing)}.")
    for where, faults in taken.missing:
        click.echo(f"{where}: {'; '.join(faults)}.")
    if taken.broken:
        sys.exit(1)


def _alone(settings: Settings) -> AbstractContextManager[None]:
    """Keeps other commands of this kind waiting, so that of two that write a file at once neither loses anything."""
    from ingest.index.generations import writing

    return writing(settings.home / "drafts")
