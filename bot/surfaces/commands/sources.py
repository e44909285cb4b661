"""`groundrule sources`: the documents of the library, listed, shown and removed."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.surfaces.commands.output import one_line
from ingest.console import counted, notice, print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.service.sources import Held, Removed
    from bot.service.uploads import Uploads
    from ingest.config import Settings
    from ingest.index.library import Library
    from ingest.types import Encoder, Passage

__all__ = ["sources"]

UNKNOWN = "unknown"
# A field of a citation that is longer is cut; --json has it whole.
_LONGEST = 500
# So much of a passage tells which it is.
_PASSAGE = 200
_NARROWEST = 8


@click.group()
def sources() -> None:
    """The documents that answers come from: list, show or remove them."""


@sources.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them for programs.")
@settings_options()
def list_(as_json: bool, settings: Settings) -> None:
    """Show every document with what is known of it: who wrote it, when, where it came from."""
    from bot.service.sources import held_documents

    with _opened(settings) as (library, _, uploads):
        held = held_documents(library, uploads.holds)
        excluded = library.manifest.excluded
        passages = len(library.passages)
    if as_json:
        left_out = [{"added_from": root, "path": path} for root, path in excluded]
        print_json({"documents": [one.as_json() for one in held], "removed": left_out})
        return
    _print_table(held)
    click.echo(f"{counted(len(held), 'document')}, {counted(passages, 'passage')}.")
    if excluded:
        click.echo("Removed, and left out until they are given to `groundrule ingest` again:")
    for root, path in excluded:
        click.echo(f"- {one_line(path, _LONGEST)} of {one_line(root, _LONGEST)}")


@sources.command("show")
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
@settings_options()
def show(id_: str, as_json: bool, settings: Settings) -> None:
    """Show the document ID: its citation, where it came from, and its passages by section."""
    from bot.service.sources import find_held, held_documents, passages_of

    with _opened(settings) as (library, _, uploads):
        held = find_held(held_documents(library, uploads.holds), id_)
        passages = passages_of(library, id_)
    if as_json:
        print_json({**held.as_json(), "claims": [_claim(one) for one in passages]})
        return
    for name, value in _fields(held):
        click.echo(f"{name:<11} {value}")
    for section, claims in groupby(passages, key=lambda one: one.section):
        click.echo(f"\n{one_line(section, _LONGEST) or '(no heading)'}")
        for one in claims:
            about = ", ".join((*one.options, *([one.stance] if one.stance != "neutral" else [])))
            click.echo(f"- {f'[{about}] ' if about else ''}{one_line(one.text, _PASSAGE)}")


@sources.command("remove")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask; without a terminal nobody can be asked.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done for programs.")
@settings_options()
def remove(ids: tuple[str, ...], yes: bool, as_json: bool, settings: Settings) -> None:
    """Remove the documents ID... from the library; a running server answers without them from the next question on.

    A file that was ingested stays where it is, and is left out from now on; `groundrule ingest` with its path or its
    folder brings it back. An uploaded document is deleted. The pack's own documents are not removed.
    """
    from bot.service.sources import find_held, held_documents, remove_documents
    from ingest.errors import UsageError

    with _opened(settings) as (library, encoder, uploads):
        held = held_documents(library, uploads.holds)
        going = [find_held(held, id_) for id_ in dict.fromkeys(ids)]
        if not yes and all(one.root is not None for one in going):
            if not sys.stdin.isatty():
                raise UsageError("there is no terminal to ask at. Say --yes to remove without being asked.")
            for one in going:
                notice(f"{one.document.id}: {one_line(one.document.source.title, _LONGEST)} ({_from(one)})")
            click.confirm(f"Remove {counted(len(going), 'document')} from the library?", abort=True, err=True)
        with progress_bars() as told:
            done = remove_documents(settings, encoder, library, ids, uploads, told)
    if as_json:
        print_json(
            {
                "removed": [one.as_json() for one in done.held],
                "forgotten": list(done.forgotten),
                "documents": done.documents,
                "passages": done.passages,
            }
        )
    else:
        _print_removed(done)


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Library, Encoder, Uploads]]:
    """The library, the model that it is of, and what removes uploads from it."""
    from bot.service.uploads import Uploads
    from bot.wiring import ready_library
    from ingest.embedding.choice import make_encoder
    from ingest.index.generations import index_slot
    from ingest.index.library import open_library

    encoder = make_encoder(settings)
    with progress_bars() as told:
        library = ready_library(settings, encoder, notice, told)
    newest = [library]

    def renewed() -> None:
        found = open_library(index_slot(settings))
        if found is not None:
            newest.append(found)

    try:
        yield library, encoder, Uploads(settings, encoder, lambda: newest[-1], renewed)
    finally:
        for one in newest:
            one.close()


def _print_table(held: Sequence[Held]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    id_ = _width("id", console.width // 4, (one.document.id for one in held))
    place = _width("from", console.width // 8, map(_short_from, held))
    text, passages = len("original"), len("passages")
    # An id is to be copied, so nothing of it is cut. The title has the rest, told as a width: else Rich takes from all.
    table.add_column("id", overflow="fold", width=id_)
    left = console.width - (id_ + place + text + passages) - len(("id", "title", "from", "text"))
    table.add_column("title, author, date", overflow="ellipsis", no_wrap=True, width=max(left, _NARROWEST))
    table.add_column("from", overflow="ellipsis", no_wrap=True, width=place)
    table.add_column("text", width=text)
    table.add_column("passages", width=passages, justify="right")
    for one in held:
        source = one.document.source
        who = f"{source.author or 'author unknown'}, {source.published or 'date unknown'}"
        cited = f"{one_line(source.title, _LONGEST)}\n{one_line(who, _LONGEST)}"
        # As text: what documents say is no markup.
        cells = (one.document.id, cited, one_line(_short_from(one), _LONGEST), source.text, f"{one.passages:,}")
        table.add_row(*map(Text, cells))
    console.print(table)


def _width(name: str, most: int, cells: Iterable[str]) -> int:
    """How wide a column is: as its longest cell, within bounds."""
    return max(len(name), min(most, max(map(len, cells), default=0)))


def _fields(held: Held) -> Iterator[tuple[str, str]]:
    """What is known of a document, each under its name."""
    source = held.document.source
    yield "id", held.document.id
    told = {
        "title": source.title,
        "author": f"{source.author}, {source.author_role}" if source.author and source.author_role else source.author,
        "publisher": source.publisher,
        "published": source.published,
        "licence": source.licence,
        "url": source.url,
        "path": source.path,
    }
    for name, value in told.items():
        yield name, one_line(value, _LONGEST) if value else UNKNOWN
    yield "also at", ", ".join(one_line(one, _LONGEST) for one in held.also_at) or "nowhere"
    yield "added from", one_line(_from(held), _LONGEST)
    yield "text", "our notes on it" if source.text == "notes" else "the original"
    yield "sha256", held.document.sha256
    yield "passages", f"{held.passages:,}, {len(held.document.text):,} characters"


def _from(held: Held) -> str:
    """Where a document came from, in words."""
    if held.origin == "pack":
        return "the pack"
    return held.origin if held.origin != "added" else str(held.root)


def _short_from(held: Held) -> str:
    """The same in a word: of a path its last part."""
    if held.origin != "added":
        return held.origin
    return Path(str(held.root)).name or str(held.root)


def _claim(passage: Passage) -> dict[str, Any]:
    return {
        "passage_id": passage.id,
        "section": passage.section,
        "options": list(passage.options),
        "stance": passage.stance,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    }


def _print_removed(done: Removed) -> None:
    for one in done.held:
        click.echo(f"- removed   {one.document.id}  ({one_line(one.document.source.title, _LONGEST)})")
    for place in done.forgotten:
        click.echo(f"Nothing is left of {place}: `groundrule ingest` does not look there any more.")
    if any(one.origin == "added" and one.root not in done.forgotten for one in done.held):
        click.echo("The files stay where they are, and out of the library until you give them or their folder again.")
    click.echo(f"{counted(done.documents, 'document')}, {counted(done.passages, 'passage')} in the index.")
    click.echo("`groundrule check` says what stored answers lost by what changed.")
