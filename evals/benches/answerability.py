"""`groundrule bench answerability`: how well the product's confidence tells questions that the documents answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.console import notice, print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.finding.confidence import Measures
    from bot.finding.lookup import Lookup
    from bot.messages.understand import Reader
    from ingest.config import Settings
    from ingest.gather import Progress

__all__ = ["answerability", "measures_of"]

POSITIVE, NEGATIVE = "answerable", "unanswerable"


@click.command()
@click.option(
    "--set",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    help="JSON lines: id, turns (the user's messages) and, if known, label.",
)
@click.option(
    "--beir",
    "folder",
    type=click.Path(path_type=Path),
    help="Documents in BEIR's layout; the product's own if not given.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write: each line with confidence added.")
@click.option("--measures", is_flag=True, help="Also add what the confidence is computed from.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
@settings_options()
def answerability(
    file: Path, folder: Path | None, out: Path | None, measures: bool, as_json: bool, settings: Settings
) -> None:
    """Say for each question how sure it is that the documents answer it, and how well that agrees with the labels.

    AUROC over the lines labelled "answerable" or "unanswerable" (or that expect "answer" or "refuse", as our own cases
    do), and the risk-coverage curve: of the questions that would be answered from a confidence upwards, the share that
    the documents do not answer. Without --beir the confidence is that of the assistant's whole answer.
    """
    from evals.benches.beir import read_lines, turns_of
    from evals.json_lines import apart, write_lines
    from evals.metrics.curves import auroc, risk_coverage
    from ingest.errors import DocumentError

    apart(file, out)
    lines = list(read_lines(file, ("id",)))
    for line in lines:
        if not turns_of(line.get("turns")):
            raise DocumentError(f"{file}: {line['id']!r} has no turns. Give the user's messages as a list of texts.")
    with progress_bars() as told:
        if folder is None:
            _ask(lines, settings, told)
        else:
            _search(lines, folder, measures, settings, told)
    if out is not None:
        write_lines(out, lines)
    judged = [(label, line["confidence"]) for line in lines if (label := _label(line)) is not None]
    truth, scores = [label for label, _ in judged], [score for _, score in judged]
    area = auroc(truth, scores)
    figures: dict[str, Any] = {
        "questions": len(lines),
        "judged": len(judged),
        "auroc": area.as_json() if area else None,
        "risk_coverage": risk_coverage(truth, scores),
    }
    if as_json:
        print_json(figures)
        return
    click.echo(f"{len(lines)} questions, {len(judged)} labelled")
    if area is not None:
        click.echo(f"AUROC {area}")
        click.echo("answered from   coverage   risk")
        for row in figures["risk_coverage"]:
            click.echo(f"{row['from']:>13.2f} {100 * row['coverage']:>9.0f} % {100 * row['risk']:>5.0f} %")
    if out is not None:
        notice(f"Written to {out}.")


def _label(line: dict[str, Any]) -> bool | None:
    """Whether the documents answer the question; None where the line does not say, or asks for something else."""
    said = line.get("label") or {"answer": POSITIVE, "refuse": NEGATIVE}.get(str(line.get("expect")))
    return {POSITIVE: True, NEGATIVE: False}.get(str(said))


def _search(lines: list[dict[str, Any]], folder: Path, measures: bool, settings: Settings, told: Progress) -> None:
    """Adds the confidence to each line, from what is found among the documents of a set."""
    from bot.finding.confidence import confidence
    from bot.wiring import make_lookup
    from evals.benches.beir import index_corpus
    from evals.runner import run_each
    from ingest.embedding.choice import make_encoder

    encoder = make_encoder(settings)
    library, _ = index_corpus(folder, settings, encoder, told)
    reader, lookup = make_lookup(library, encoder, settings)

    def search(line: dict[str, Any]) -> None:
        found = measures_of(line["turns"], reader, lookup)
        line["confidence"] = round(confidence(found), 6)
        if measures:
            line["measures"] = found.numbers()

    run_each(lines, search, told=told, stage="searching")
    library.close()


def _ask(lines: list[dict[str, Any]], settings: Settings, told: Progress) -> None:
    """Adds the confidence to each line, of the assistant's answer to the last message of a conversation."""
    from bot.wiring import build_assistant
    from evals.runner import run_each

    assistant = build_assistant(settings, notice, told)

    def ask(line: dict[str, Any]) -> None:
        session: str | None = None
        for turn in line["turns"]:
            answer = assistant.ask(turn, session)
            session = answer.session
        line["confidence"] = answer.confidence

    run_each(lines, ask, told=told, stage="asking")
    assistant.library.close()


def measures_of(turns: Sequence[str], reader: Reader, lookup: Lookup) -> Measures:
    """How what is found for the last message of a conversation bears on it, as the assistant finds it."""
    from bot.sessions.session import Turn

    last = Turn()
    for turn in turns[:-1]:
        last = reader.read(turn, last).as_turn()
    return lookup.measures(reader.read(turns[-1], last))
