"""`groundrule bench retrieval`: how well the product's own retrieval finds the documents that people judged right.

Owns ir_measures.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.console import print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.finding.retrieve import Hit, Retriever
    from evals.benches.beir import BeirQuery
    from ingest.config import Settings

__all__ = ["retrieval"]

DEPTH = 10
# Passages asked for, so that their best ten documents are among them.
PASSAGES = 200
# Ways of searching other than the one shipped, each with what it changes.
VARIANTS: dict[str, dict[str, Any]] = {
    "words-only": {"dense": 0.0},
    "meaning-only": {"dense": 1.0},
    "passages-alone": {"dense_around": 0.0, "lexical_around": 0.0},
    "surroundings-only": {"dense_around": 1.0, "lexical_around": 1.0},
    "messages-joined": {"context": (1.0, 1.0), "alone": 0.0},
    "repetitions-left-out": {"same_place": 0.9},
    "diversified": {"diversity": 0.3},
}


@click.command()
@click.option("--beir", "folder", required=True, type=click.Path(path_type=Path), help="Folder in BEIR's layout.")
@click.option(
    "--turns", type=click.IntRange(1, 100), default=3, show_default=True, help="Last messages of a conversation used."
)
@click.option(
    "--variant",
    type=click.Choice(sorted(VARIANTS)),
    multiple=True,
    help="Search otherwise than shipped, to see what a part gives (may be repeated).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
@settings_options()
def retrieval(folder: Path, turns: int, variant: tuple[str, ...], as_json: bool, settings: Settings) -> None:
    """Measure nDCG@10 and recall@10 of the retrieval that answers questions.

    The documents are cut into passages and indexed as always; a document is as good as its best passage. The index is
    kept under the data folder, so that a second run takes seconds. Queries without judgements are left out.
    """
    from bot.finding.fusion import Fusion
    from bot.wiring import make_lookup
    from evals.benches.beir import index_corpus, load_judgements, load_queries
    from evals.runner import run_each
    from ingest.embedding.choice import make_encoder

    judgements = load_judgements(folder)
    queries = [query for query in load_queries(folder) if judgements.get(query.id)]
    encoder = make_encoder(settings)
    with progress_bars() as told:
        library, names = index_corpus(folder, settings, encoder, told)
        fusion = replace(Fusion(), **{key: value for part in variant for key, value in VARIANTS[part].items()})
        retriever = make_lookup(library, encoder, settings, fusion)[1].retriever
        found = run_each(queries, lambda q: searched(retriever, q.turns[-turns:]), told=told, stage="searching")
        run = {query.id: _documents(hits, names) for query, hits in zip(queries, found, strict=True)}
        library.close()
    figures = _figures(queries, judgements, run)
    if as_json:
        print_json(figures)
        return
    for name in (f"ndcg@{DEPTH}", f"recall@{DEPTH}"):
        low, high = figures[f"{name}_95"]
        click.echo(f"{name:<10} {figures[name]:.4f}  (95 % {low:.3f} to {high:.3f}, {len(queries)} queries)")


def searched(retriever: Retriever, turns: Sequence[str]) -> list[Hit]:
    """The passages found for the last of some messages, the others being what it refers back to."""
    return retriever.search(turns[-1], PASSAGES, context=tuple(reversed(turns[:-1])))


def _documents(hits: Sequence[Hit], names: dict[str, str]) -> dict[str, float]:
    best: dict[str, float] = {}
    for hit in hits:
        name = names[hit.passage.document_id]
        best[name] = max(best.get(name, 0.0), hit.score)
    return best


def _figures(
    queries: Sequence[BeirQuery], judgements: dict[str, dict[str, int]], run: dict[str, dict[str, float]]
) -> dict[str, Any]:
    import ir_measures

    from evals.metrics.curves import interval

    found = list(
        ir_measures.iter_calc([ir_measures.nDCG @ DEPTH, ir_measures.R @ DEPTH], {q: judgements[q] for q in run}, run)
    )
    figures: dict[str, Any] = {"queries": len(queries)}
    for name, measure in ((f"ndcg@{DEPTH}", ir_measures.nDCG @ DEPTH), (f"recall@{DEPTH}", ir_measures.R @ DEPTH)):
        values = [one.value for one in found if one.measure == measure]
        span = interval(values)
        figures[name], figures[f"{name}_95"] = round(span.value, 4), [round(span.low, 4), round(span.high, 4)]
    return figures
