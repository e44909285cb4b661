"""`groundrule ingest` and `groundrule init`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.console import counted, notice, print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.config import Settings
    from ingest.gather import FileReport
    from ingest.pipeline import Report

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
# What is not listed by name when there is much of it, and from how many on.
_COUNTED = ("unchanged", "kept", "duplicate", "excluded")
_MANY = 20
# So many documents are named as lacking something; `--json` has all.
_NAMED = 10


@click.command()
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--only", is_flag=True, help="Index PATHS alone, without the pack's own documents.")
@click.option("--json", "as_json", is_flag=True, help="Print the report for programs.")
@click.option("--verbose", "-v", is_flag=True, help="List unchanged documents too, and how each was read.")
@settings_options()
def ingest(paths: tuple[str, ...], only: bool, as_json: bool, verbose: bool, settings: Settings) -> None:
    """Add documents to the index: Markdown, text, HTML, PDF, DOCX, PPTX, EPUB.

    PATHS are files, folders, patterns in quotes ('notes/**/*.pdf') and http(s) addresses. They are added to the pack's
    own documents and to what was added before; without PATHS everything is read again, and addresses are fetched again.
    What has not changed is neither read nor embedded anew. Ctrl-C stops; the next run goes on from there.
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
        for line in _lines(report, verbose=verbose):
            click.echo(line)
    if report.failed:
        sys.exit(1)


def _lines(report: Report, *, verbose: bool) -> Iterator[str]:
    """The report for people: what changed by name, what did not by number, failures last."""
    counts: Counter[str] = Counter(file.status for file in report.files)
    for file in report.files:
        in_number = file.status in _COUNTED and not verbose and counts[file.status] > _MANY
        if file.status != "failed" and not in_number:
            yield _line(file, verbose=verbose)
    for status in _COUNTED:
        if counts[status] > _MANY and not verbose:
            yield f"{_MARKS[status]} {status:<9} {counted(counts[status], 'document')}"
    if report.skipped:
        yield f"  {counted(report.skipped, 'other file')} skipped: of kinds that are not read."
    yield from _lacking(report.files, verbose=verbose)
    yield from (_line(file, verbose=verbose) for file in report.failed)
    embedded = f"{report.embedded} embedded now"
    held = f"{counted(report.documents, 'document')}, {counted(report.passages, 'passage')}"
    yield f"{held} in the index; {embedded}." + (
        f" {counted(counts['failed'], 'failure')}, see above." if report.failed else ""
    )
    if counts["updated"] or counts["removed"]:
        yield "`groundrule check` says what stored answers and the rubric lost by what changed."


def _line(file: FileReport, *, verbose: bool) -> str:
    notes = file.notes if verbose or file.status in ("added", "updated") else ()
    said = [part for part in (file.detail, *notes) if part]
    line = f"{_MARKS[file.status]} {file.status:<9} {file.path}"
    return line + (f"  ({'; '.join(said)})" if said else "")


def _lacking(files: Sequence[FileReport], *, verbose: bool) -> Iterator[str]:
    """Which documents' citations lack something; those that did not change were told when they were added."""
    lacking = [file for file in files if file.missing and (verbose or file.status in ("added", "updated"))]
    if not lacking:
        return
    yield (
        f"? {counted(len(lacking), 'document')} will be cited with something unknown. "
        "A sources.yaml beside the files can give it:"
    )
    for file in lacking if verbose else lacking[:_NAMED]:
        yield f"    {file.path}: no {', no '.join('date' if name == 'published' else name for name in file.missing)}"
    if len(lacking) > _NAMED and not verbose:
        yield f"    and {len(lacking) - _NAMED} more, which --verbose lists"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Write a starter pack into FOLDER: your own options and sources to build on."""
    from ingest.starter import write_starter

    for path in write_starter(folder):
        click.echo(f"+ {path}")
    click.echo(f"Now edit them, then run: groundrule check --corpus {folder}; groundrule ask --corpus {folder} '…'")
