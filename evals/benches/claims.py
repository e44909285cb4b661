"""`groundrule bench claims`: how many of the pros and cons that sources tell are found with their option and stance."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.console import notice, print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["claims"]

_TABLE = Path(__file__).resolve().parent.parent / "datasets" / "claims" / "sources.jsonl"


@click.command()
@click.option(
    "--table",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=_TABLE,
    show_default="the table of the bundled sources",
    help="JSON lines: work, option, stance and words of each claim.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
@settings_options()
def claims(table: Path, as_json: bool, settings: Settings) -> None:
    """Compare the pros and cons in the index with a table of those that the sources tell.

    A claim is found when a passage has its words, is about its option and nothing else, and has its stance. The table
    was written by reading the originals of the bundled notes: ingest those with `groundrule ingest --only` first.
    """
    from bot.wiring import ready_library
    from evals.metrics.claims import find_claims, read_expected
    from ingest.embedding.choice import make_encoder

    expected = read_expected(table)
    with progress_bars() as told:
        library = ready_library(settings, make_encoder(settings), notice, told)
    found = find_claims(library, expected)
    right = Counter(claim.work for claim in found.right)
    of = Counter(claim.work for claim in expected)
    if as_json:
        print_json(
            {
                "right": len(found.right),
                "expected": len(expected),
                "works": {work: {"right": right[work], "expected": of[work]} for work in of},
                "wrong": [{"work": one.work, "option": one.option, "words": list(one.words)} for one in found.wrong],
                "further": [{"passage": one.id, "stance": one.stance, "text": one.text} for one in found.further],
            }
        )
        return
    for work in of:
        click.echo(f"{work:<28} {right[work]:>3} of {of[work]}")
    click.echo(f"{'all':<28} {len(found.right):>3} of {len(expected)} claims have their option and stance")
    for claim in found.wrong:
        click.echo(f"! {claim.work}: {claim.stance} of {claim.option} with {', '.join(claim.words)}")
    for passage in found.further:
        click.echo(
            f"+ {passage.document_id}: {passage.stance} of {', '.join(passage.options) or 'none'}: {passage.text:.80}"
        )
