"""`groundrule bench start`: how long new processes take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ingest.console import print_result, progress_bars, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["start"]


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="Times each is measured.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
@settings_options()
def start(rounds: int, as_json: bool, settings: Settings) -> None:
    """Time a question, a server's start, the help and a usage error, each in a new process.

    Questions and servers are held against importing the libraries that they are made of, in the same rounds.
    """
    from statistics import median

    from evals.benches.machine import machine
    from evals.benches.starting import arms, ratios

    measured = arms(settings)
    # The index is built and the model converted before anything is timed, and every file has been read once.
    for run in measured.values():
        run()
    found: list[dict[str, float]] = []
    with progress_bars() as told:
        for number in range(rounds):
            told("rounds", number, rounds)
            found.append({name: run() for name, run in measured.items()})
        told("rounds", rounds, rounds)
    result = {
        "seconds": {name: round(median(each[name] for each in found), 3) for name in measured},
        "ratios": ratios(found),
        "rounds": rounds,
        "machine": machine(),
    }
    print_result(result, _show, as_json=as_json)


def _show(result: dict[str, Any]) -> None:
    from evals.benches.starting import RATIOS, SECONDS

    click.echo(f"{result['rounds']} rounds, the middle of each; {result['machine']}")
    for name, seconds in result["seconds"].items():
        wanted = f"; at most {SECONDS[name]} is wanted" if name in SECONDS else ""
        click.echo(f"{name:<15} {seconds:>7.2f} s{wanted}")
    for one in RATIOS:
        ratio = result["ratios"][f"{one.ours} to {one.other}"]
        click.echo(f"{one.ours} takes {ratio:.2f} of {one.other}; at most {one.wanted} is wanted")
