"""`groundrule check`: does everything that is stored still hold together?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.console import counted, notice, print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.config import Settings
    from ingest.index.library import Library
    from ingest.pack import Pack
    from ingest.types import Document

__all__ = ["check"]


@click.command()
@click.option(
    "--answers", type=click.Path(path_type=Path), help="Also check every citation in a file that `ask --batch` wrote."
)
@click.option("--strict", is_flag=True, help="Stored answers that lost what they cite count as faults.")
@click.option("--verbose", is_flag=True, help="Show each citation of a stored answer that drifted.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings for programs.")
@settings_options()
def check(answers: Path | None, strict: bool, verbose: bool, as_json: bool, settings: Settings) -> None:
    """Check the pack, the index, stored answers and, with --answers, those in a file.

    The pack must be valid and every option must have claims; every passage must stand in its document to the character.
    Of a rubric: every score is bound to a quote that stands in its document, weights sum to 1, monotone criteria are,
    every option can win and every criterion has an effect. Of a quote that is lost: what rests on it, and what stands
    in its place now.

    Stored conversations and feedback are read, and nothing in them is changed: which of their citations moved in their
    document, were changed or went with it since the answer was given.

    Exit status 1 when anything is wrong. That documents change after an answer is not, unless --strict says so.
    """
    from bot.surfaces.commands.drift import find_drift, find_lost_evidence
    from bot.verifying.drift import Spans
    from bot.wiring import ready_library
    from ingest.embedding.choice import make_encoder
    from ingest.pack import load_pack
    from ingest.reading.load import pack_documents

    pack = load_pack(settings.corpus)
    with progress_bars() as told:
        library = ready_library(settings, make_encoder(settings), notice, told)
    own = {document.id: document for document in pack_documents(pack.sources)}
    faults = [*_pack_faults(pack, library), *_rubric_faults(pack, own), *_passage_faults(library)]
    checked = 0
    if answers is not None:
        # Recommendations rest on the pack's own documents, whatever is indexed.
        checked, broken = _answer_faults(answers, {**own, **library.documents})
        faults += broken
    if not as_json:
        for fault in faults:
            click.echo(f"! {fault}")
    evidence = find_lost_evidence(pack, own, print_it=not as_json)
    drift = find_drift(settings, Spans(library.documents, own), verbose=verbose, as_json=as_json)
    if as_json:
        print_json(
            {
                "documents": len(library.documents),
                "passages": len(library.passages),
                "citations": checked,
                "faults": faults,
                "evidence": evidence,
                "stored": drift.as_json(),
            }
        )
    else:
        click.echo(drift.summary)
        held = [counted(len(library.documents), "document"), counted(len(library.passages), "passage")]
        cited = [counted(checked, "citation")] if answers is not None else []
        click.echo(f"{', '.join([*held, *cited])}: {counted(len(faults), 'fault')}.")
    if faults or (strict and drift.counts):
        sys.exit(1)


def _pack_faults(pack: Pack, library: Library) -> Iterator[str]:
    if library.manifest.only:
        return  # the pack's documents were left out on purpose
    documents = set(library.documents)
    for option in pack.options:
        if not any(option.id in passage.options for passage in library.passages):
            yield f"option {option.id!r}: no passage speaks of it; add a source or an alias"
        for source in set(option.source_aliases) - documents:
            yield f"option {option.id!r}: source_aliases names {source!r}, which is no document"
    for term in pack.terms:
        for sense in term.senses:
            if sense.source not in documents:
                yield f"term {term.words[0]!r}: sense names source {sense.source!r}, which is no document"


def _rubric_faults(pack: Pack, documents: Mapping[str, Document]) -> Iterator[str]:
    """What is wrong with the pack's rubric: broken rules, or, when none is, what cannot be proved."""
    from bot.deciding.rubric import Scorecard
    from bot.deciding.rubric_file import has_rubric, load_rubric, rubric_faults
    from bot.deciding.rubric_proofs import unproved
    from ingest.errors import PackError

    if not has_rubric(pack):
        return
    try:
        faults = list(rubric_faults(pack, documents))
    except PackError as error:
        faults = [str(error)]
    yield from faults
    if faults:
        return
    rubric = load_rubric(pack, documents)
    for decision in pack.decisions:
        if decision.id in rubric.decisions:
            yield from unproved(Scorecard(rubric, decision.id, [option.id for option in decision.options]))


def _passage_faults(library: Library) -> Iterator[str]:
    for passage in library.passages:
        text = library.documents[passage.document_id].text
        if text[passage.start : passage.end] != passage.text:
            yield f"passage {passage.id}: its document does not read so at {passage.start}-{passage.end}"


def _answer_faults(path: Path, documents: Mapping[str, Document]) -> tuple[int, list[str]]:
    """How many citations a batch file holds, and what is wrong with them."""
    from pydantic import ValidationError

    from bot.types import Answer
    from bot.verifying.citations import citation_faults
    from ingest.errors import PathError

    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PathError(f"{path} cannot be read: {error}. Give a file that `groundrule ask --batch` wrote.") from error
    checked = 0
    faults = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            found = [Answer.model_validate(answer) for answer in fields["answers"]]
        except (ValueError, KeyError, TypeError, ValidationError) as error:
            faults.append(f"{path}, line {number}: no answers: {str(error).splitlines()[0]}")
            continue
        for answer in found:
            checked += len(answer.citations)
            faults += [
                f"{path}, line {number}: {fault}" for c in answer.citations for fault in citation_faults(c, documents)
            ]
    return checked, faults
