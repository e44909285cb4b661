"""`groundrule bench soak`: whether a server bears everything at once, for an hour, and loses nothing."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.console import notice, print_result, progress_bars

if TYPE_CHECKING:
    from evals.benches.soak_plan import Soaked

__all__ = ["soak"]

_MOST_SHOWN = 4


@click.command()
@click.option(
    "--minutes", type=click.FloatRange(min=0.0), default=60.0, show_default=True,
    help="How long; each fault is met once, whatever this says.",
)  # fmt: skip
@click.option("--users", type=click.IntRange(min=1, max=64), default=4, show_default=True, help="Users at once.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of what is asked and done.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
def soak(minutes: float, users: int, seed: int, as_json: bool) -> None:
    """Ask a server at every door while documents change, processes are killed and what it rests on fails.

    A full disk, a locked database, a Chroma server that is gone or frozen and a language model that hangs take turns.
    Everything happens in a temporary folder. Exit status 1 when anything was lost, did not work again or was an error
    that says nothing.
    """
    from evals.benches.soak_plan import Plan
    from evals.benches.soaking import soak as soak_server

    # A short run is a hurried one.
    pace = min(max(minutes / 4, 0.2), 1.0)
    plan = Plan(seconds=minutes * 60, seed=seed, users=users, calm=15 * pace, fault=max(15 * pace, 5.0))
    with tempfile.TemporaryDirectory() as folder, progress_bars() as told:
        soaked = soak_server(Path(folder), plan, told)
    print_result(_figures(soaked, plan.settled), _show, as_json=as_json)
    for one in [*soaked.ledger.losses, *soaked.ledger.errors, *soaked.not_recovered]:
        notice(one)
    if soaked.failed:
        sys.exit(1)


def _figures(soaked: Soaked, settled: int) -> dict[str, Any]:
    from evals.benches.machine import machine
    from evals.benches.soak_faults import FAULTS

    life, counts = soaked.life, soaked.ledger.counts
    at_rest, end = life.settled(settled), life.looks[-1][1]
    return {
        "seconds": round(soaked.seconds),
        "answers": soaked.ledger.answers,
        "counts": dict(sorted(counts.items())),
        "kills": soaked.kills,
        "servers": len(soaked.lives),
        "faults": {
            name: {
                "times": fault.times,
                "not_made": fault.not_made,
                "answers": fault.answers,
                "seen": dict(fault.seen.most_common()),
                "recovered_seconds": fault.recovered_seconds,
                "not_recovered": fault.not_recovered,
            }
            for name in FAULTS
            if (fault := soaked.ledger.faults.get(name))
        },
        "memory": {
            "answers": life.looks[-1][0],
            "begin_mib": life.looks[0][1],
            "settled_answers": settled,
            "settled_mib": at_rest,
            "end_mib": end,
            "growth": round(end / at_rest, 3) if at_rest else None,
        },
        "errors": counts["errors"],
        "losses": counts["losses"],
        "not_recovered": len(soaked.not_recovered),
        "machine": machine(),
    }


def _show(result: dict[str, Any]) -> None:
    counts = result["counts"]
    doors = ", ".join(
        f"{count:,} {name.removeprefix('answers ')}" for name, count in counts.items() if "answers" in name
    )
    click.echo(f"{result['answers']:,} answers in {result['seconds'] / 60:.1f} minutes ({doors}); {result['machine']}")
    click.echo(
        f"{result['kills']} kills of the server, {counts.get('ingests', 0)} ingests, {counts.get('ingests killed', 0)} "
        f"more that were killed; {counts.get('cut off', 0)} questions were cut off by kills."
    )
    for name, fault in result["faults"].items():
        if fault["not_made"]:
            click.echo(f"{name}: could not be made here: {fault['not_made']}.")
            continue
        again = f"worked again within {max(fault['recovered_seconds']):.1f} s"
        click.echo(f"{name}, {fault['times']} times: {fault['answers']:,} answers, {again}; errors that users saw:")
        for text, count in list(fault["seen"].items())[:_MOST_SHOWN]:
            click.echo(f"    {count:>5} × {text}")
        if not fault["seen"]:
            click.echo("    none")
    memory = result["memory"]
    settled = f"{memory['settled_mib']} MiB after {memory['settled_answers']:,} answers, " * bool(memory["growth"])
    growth = f", {memory['growth']:.3f} times as much" if memory["growth"] else ""
    click.echo(
        f"Memory of the process that gave the most answers: {memory['begin_mib']} MiB at first, {settled}"
        f"{memory['end_mib']} MiB after {memory['answers']:,}{growth}."
    )
    click.echo(
        f"Kept: {counts.get('exchanges kept', 0):,} exchanges, {counts.get('votes kept', 0):,} votes, "
        f"{counts.get('Slack events acknowledged', 0):,} events of Slack's answered once. Lost: {result['losses']}. "
        f"Not recovered: {result['not_recovered']}. Errors that should not have been: {result['errors']}."
    )
