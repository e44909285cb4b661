"""`groundrule bench scale`: what a library costs as it grows."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.console import notice, print_result, progress_bars, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["scale"]

SIZES = "1000,3000,10000,30000,100000,300000"
_STORES = {"embedded": "in files of its own", "served": "on a Chroma server"}
_BUILT = {
    "passages": "passages",
    "passages_per_second": "added a s",
    "build_peak_mib": "MiB for it",
    "index_mib": "MiB on disk",
    "first_open_seconds": "open first s",
    "open_seconds": "again s",
    "words_seconds": "words s",
    "words_mib": "MiB of words",
    "memory_mib": "MiB to answer",
}
_ASKED = {
    "passages": "passages",
    "encode_ms": "embed ms",
    "search_ms": "search ms",
    "search_p95_ms": "p95 ms",
    "in_one_document_ms": "one document ms",
    "chroma_filter_ms": "Chroma filters ms",
    "ask_ms": "answer ms",
}


@click.command()
@click.option("--text", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Folder of prose to use.")
@click.option("--sizes", default=SIZES, show_default=True, help="Passages, rising.")
@click.option("--questions", type=click.IntRange(min=10), default=200, show_default=True, help="Asked at each size.")
@click.option("--store", "stores", type=click.Choice(list(_STORES)), multiple=True, help="Where; both when left out.")
@click.option("--made-up", is_flag=True, help="Index with an encoder that costs nothing.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw the curves into this SVG file.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
@settings_options()
def scale(
    text: Path | None,
    sizes: str,
    questions: int,
    stores: tuple[str, ...],
    made_up: bool,
    plot: Path | None,
    as_json: bool,
    settings: Settings,
) -> None:
    """Grow a library of made-up files of real prose, and time and weigh it at each size.

    In files of its own, and on a Chroma server that is started for it. A search includes embedding the question.
    """
    import tempfile

    from evals.benches.machine import machine
    from evals.benches.made_up import prose_of
    from evals.benches.scaling import grown, measure
    from evals.doubles.chroma import ChromaProcess
    from ingest.config import BUNDLED_CORPUS
    from ingest.errors import PathError

    counts = _counts(sizes)
    folder = text or BUNDLED_CORPUS / "sources"
    if not prose_of(folder):
        raise PathError(f"--text {folder}: no prose is in its .md and .txt files. Give another folder.")
    rows: dict[str, list[dict[str, Any]]] = {}
    wanted = stores or tuple(_STORES)
    with progress_bars() as told:
        for number, store in enumerate(wanted):
            rows[store] = []
            with tempfile.TemporaryDirectory() as name:
                place = Path(name)
                (place / "chroma").mkdir()
                with ChromaProcess(place / "chroma") if store == "served" else nullcontext() as server:
                    own = settings.model_copy(update={"chroma_url": server.url if server else None})
                    for row in measure(own, folder, counts, questions, made_up=made_up, place=place):
                        told("sizes", number * len(counts) + len(rows[store]), len(wanted) * len(counts))
                        rows[store].append(row)
        told("sizes", len(wanted) * len(counts), len(wanted) * len(counts))
    result = {
        "stores": rows,
        "growth": {store: grown(found) for store, found in rows.items()},
        "encoder": "made up" if made_up else settings.embedding_model,
        "machine": machine(),
    }
    if plot:
        _draw(rows, plot)
    print_result(result, _show, as_json=as_json)


def _counts(sizes: str) -> list[int]:
    from evals.benches.given import whole_numbers
    from evals.benches.scaling import PASSAGES_A_FILE
    from ingest.errors import UsageError

    counts = whole_numbers("--sizes", sizes, "1000,30000")
    if counts != sorted(set(counts)) or counts[0] < PASSAGES_A_FILE:
        raise UsageError(f"--sizes {sizes!r}: the sizes must rise, from {PASSAGES_A_FILE}.")
    return counts


def _draw(rows: dict[str, list[dict[str, Any]]], path: Path) -> None:
    from evals.report.plots import scale_plot

    drawn = scale_plot({_STORES[store]: found for store, found in rows.items()})
    try:
        path.write_text(drawn, encoding="utf-8")
    except OSError as error:
        notice(f"--plot {path}: nothing can be written there: {error.strerror or error}.")


def _show(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from evals.benches.scaling import WANTED_GROWTH

    click.echo(f"Indexed with: {result['encoder']}; {result['machine']}")
    for store, rows in result["stores"].items():
        for columns in (_BUILT, _ASKED):
            table = Table(title=f"A library {_STORES[store]}", title_justify="left")
            for label in columns.values():
                table.add_column(label, justify="right")
            for row in rows:
                table.add_row(*("" if row[name] is None else f"{row[name]:,}" for name in columns))
            Console().print(table)
        click.echo(
            f"In embeddings of a question, a search among {rows[-1]['passages']:,} passages takes "
            f"{result['growth'][store]} times one among {rows[0]['passages']:,}; at most {WANTED_GROWTH} is wanted."
        )
