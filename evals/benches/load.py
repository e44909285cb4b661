"""`groundrule bench load`: how much a server of ours bears."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ingest.console import notice, print_result, progress_bars, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["load"]

CLIENTS = "1,2,4,8,16,32,64"


@click.command()
@click.option("--clients", default=CLIENTS, show_default=True, help="Clients at the same time.")
@click.option("--seconds", type=click.FloatRange(min=0.5), default=10.0, show_default=True, help="Time for each.")
@click.option(
    "--questions", type=click.IntRange(min=0), default=20_000, show_default=True, help="Asked to look for growth."
)
@click.option("--memory", "memory_alone", is_flag=True, help="Look at the memory alone, from the first question on.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
@settings_options()
def load(clients: str, seconds: float, questions: int, memory_alone: bool, as_json: bool, settings: Settings) -> None:
    """Ask a server of our own from 1 to 64 clients and watch its speed, its errors and its memory.

    Exit status 1 when a question got no answer, or the server has loaded its encoder more than once.
    """
    from evals.benches.loading import ask_for, encoder_loads, encoder_rate, memory_along, served
    from evals.benches.processes import resident
    from evals.cases import load_cases
    from evals.sets import DATASETS

    counts = [] if memory_alone else _counts(clients)
    asked = [case.turns[0] for case in load_cases([DATASETS])]
    encoded = encoder_rate(settings, asked)
    with served(settings) as (host, port, pid), progress_bars() as told:
        idle = round(resident(pid), 1)
        if counts:
            # Every part is used once, before anything is measured.
            ask_for(host, port, asked, 1, 2.0)
        levels = []
        for done, count in enumerate(counts):
            told("clients", done, len(counts))
            levels.append(ask_for(host, port, asked, count, seconds))
            told("clients", done + 1, len(counts))
        memory, lost = memory_along(host, port, pid, asked, questions, told)
        loads = encoder_loads(host, port)
    best = max((level.per_second for level in levels), default=0.0)
    result = {
        "encoder_queries_per_second": round(encoded, 1),
        "levels": [asdict(level) for level in levels],
        "best_answers_per_second": best,
        "share_of_encoder": round(best / encoded, 3),
        "idle_mib": idle,
        "memory": memory,
        "encoder_loads": loads,
        "errors": sum(level.errors for level in levels) + lost,
    }
    print_result(result, _show, as_json=as_json)
    if result["errors"] or (loads or 0) > 1:
        sys.exit(1)


def _counts(clients: str) -> list[int]:
    from evals.benches.given import whole_numbers
    from ingest.errors import UsageError

    counts = whole_numbers("--clients", clients, "1,8,64")
    if not counts or not all(0 < count <= 1000 for count in counts):
        raise UsageError(f"--clients {clients!r}: each must be 1 to 1000.")
    return counts


def _show(result: dict[str, Any]) -> None:
    if result["levels"]:
        _show_levels(result)
    if memory := result["memory"]:
        grown = f"{memory['growth']:.3f} times as much, {memory['mib_per_1000_questions']:+.3f} MiB for each 1,000"
        click.echo(
            f"Memory: {result['idle_mib']} MiB idle, {memory['settled_mib']} MiB after {memory['settled_questions']:,} "
            f"questions, {memory['end_mib']} MiB after {memory['questions']:,}; {grown}."
        )
    if result["encoder_loads"] is not None:
        click.echo(f"Embedding models that the server has loaded: {result['encoder_loads']}.")
    if result["errors"]:
        notice(f"{result['errors']} questions got no answer.")


def _show_levels(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Answers over HTTP", title_justify="left")
    for name in ("clients", "answers", "errors", "a second", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(name, justify="right")
    for level in result["levels"]:
        table.add_row(*(f"{value:,}" for value in level.values()))
    Console().print(table)
    click.echo(
        f"The encoder alone: {result['encoder_queries_per_second']} queries a second. Best: "
        f"{result['best_answers_per_second']} answers a second, {result['share_of_encoder']:.2f} of that."
    )
