"""`groundrule bench answer`: how long answers take in a process that is warm."""

from __future__ import annotations

import random
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from ingest.console import notice, print_result, progress_bars, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["answer"]

WARMING = 40


@click.command()
@click.option("--questions", type=click.IntRange(min=WARMING + 20), default=300, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
@settings_options()
def answer(questions: int, as_json: bool, settings: Settings) -> None:
    """Time answers beside the floor: embedding the question and searching the index once.

    The questions are the first turns of our own cases, in an order that is always the same; the first are not counted.
    """
    from bot.service.settling import settle
    from bot.wiring import assistant_maker, ready_library
    from evals.benches.answering import floor_of, measure, summarise
    from evals.benches.machine import machine
    from evals.cases import load_cases
    from evals.sets import DATASETS
    from ingest.embedding.choice import make_encoder

    asked = list(dict.fromkeys((case.kind, case.turns[0]) for case in load_cases([DATASETS])))
    random.Random(1).shuffle(asked)  # noqa: S311 - a benchmark's
    asked = asked[:questions]
    with progress_bars() as told:
        encoder = make_encoder(settings)
        library = ready_library(settings, encoder, notice, told)
        assistant = assistant_maker(settings, encoder)(library)
        assistant.warm_up()
        # As a server does.
        settle()
        timed = []
        for number, one in enumerate(measure(asked, floor_of(library, encoder), assistant)):
            told("questions", number, len(asked))
            timed.append(one)
        told("questions", len(asked), len(asked))
    result = {"groups": summarise(islice(timed, WARMING, None)), "machine": machine()}
    print_result(result, _show, as_json=as_json)


def _show(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from evals.benches.answering import WANTED, WANTED_SPREAD

    groups = result["groups"]
    floor = groups["floor"]["median_ms"]
    click.echo(f"The floor, to embed a question and to search once: {floor} ms in the middle; {result['machine']}")
    table = Table(title="Answers", title_justify="left")
    for name in ("of", "answers", "median ms", "floors", "p95 ms", "p95 to median"):
        table.add_column(name, justify="left" if name == "of" else "right")
    for name, one in groups.items():
        if name != "floor":
            table.add_row(
                name, *(str(one[key]) for key in ("count", "median_ms", "to_floor", "p95_ms", "p95_to_median"))
            )
    Console().print(table)
    for name, wanted in WANTED.items():
        if name in groups:
            one = groups[name]
            click.echo(
                f"{name}: {one['to_floor']} floors, at most {wanted} are wanted; p95 {one['p95_to_median']} of the "
                f"median, at most {WANTED_SPREAD} is wanted"
            )
