"""`groundrule ingest` and `groundrule init`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.console import notice, print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["ingest", "init"]

_MARKS = {
    "added": "+",
    "updated": "~",
    "unchanged": "=",
    "removed": "-",
    "excluded": "-",
    "duplicate": "≈",
    "kept": "=",
    "failed": "!",
}


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--only", is_flag=True, help="Index PATHS alone, without the pack's own documents.")
@click.option("--json", "as_json", is_flag=True, help="Print the report for programs.")
@settings_options()
def ingest(paths: tuple[Path, ...], only: bool, as_json: bool, settings: Settings) -> None:
    """Add documents (.md, .txt) to the index.

    PATHS are files and folders. They are added to the pack's own documents and to what was added before; without PATHS
    everything is read again. Unchanged passages are not embedded anew. Ctrl-C stops; the next run goes on from there.
    What `groundrule sources remove` took out stays out until its file or folder is among PATHS.
    """
    from ingest.embedding.choice import make_encoder
    from ingest.pipeline import build_index

    encoder = make_encoder(settings)
    with progress_bars() as told:
        report = build_index(settings, encoder, paths, only=only, progress=told)
    if as_json:
        print_json(report.as_json())
    else:
        if report.set_aside:
            notice(f"The index was damaged; it is kept in {report.set_aside}.")
        for file in report.files:
            click.echo(
                f"{_MARKS[file.status]} {file.status:<9} {file.path}" + (f"  ({file.detail})" if file.detail else "")
            )
        click.echo(
            f"{report.documents} documents, {report.passages} passages in the index; {report.embedded} embedded now."
        )
        if any(file.status in ("updated", "removed") for file in report.files):
            click.echo("`groundrule check` says what stored answers and the rubric lost by what changed.")
    if report.failed:
        sys.exit(1)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Write a starter pack into FOLDER: your own options and sources to build on."""
    from ingest.starter import write_starter

    for path in write_starter(folder):
        click.echo(f"+ {path}")
    click.echo(f"Now edit them, then run: groundrule ask --corpus {folder} 'What are the pros of buying?'")
