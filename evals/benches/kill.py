"""`groundrule bench kill`: whether an ingest that is killed ever loses or damages anything."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from ingest.console import notice, print_json, progress_bars

__all__ = ["kill"]


@click.command()
@click.option("--rounds", type=click.IntRange(min=2), default=150, show_default=True, help="Ingests to begin.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the moments and the changes.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
def kill(rounds: int, seed: int, as_json: bool) -> None:
    """Change a folder, ingest it and kill that at a random moment, again and again, while others read.

    The model is a made-up one, and everything happens in a temporary folder. Exit status 1 when anything was lost.
    """
    from evals.benches.killing import kill_often

    with tempfile.TemporaryDirectory() as folder, progress_bars() as told:
        result = kill_often(Path(folder), rounds, seed, lambda done: told("rounds", done, rounds))
    if as_json:
        print_json(asdict(result))
    else:
        click.echo(
            f"{result.kills} ingests were killed in {result.rounds} rounds, while the index was read {result.reads} "
            f"times. After {result.old} rounds it was the old one, after {result.new} the new one; "
            f"at most {result.most_generations} generations were there."
        )
        for fault in result.faults:
            notice(fault)
    if result.faults:
        sys.exit(1)
