"""`groundrule bench ingest`: how fast an index is built, beside llama-index's default pipeline and the bare encoder."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.console import print_result, progress_bars, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["ingest"]

_PASSAGES_A_FILE = 20
_TARGETS = {"ours_to_default": 2.5, "ours_to_bare": 0.85}
_MOST_SHARE = 0.05
_MOST_MIB = 2048


@click.command()
@click.option("--passages", type=click.IntRange(min=20), default=2000, show_default=True, help="Passages to index.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Times each is measured.")
@click.option("--text", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Folder of prose to use.")
@click.option("--ours-alone", is_flag=True, help="Measure ours alone: its memory, and an ingest of what is unchanged.")
@click.option("--made-up", is_flag=True, help="Take an encoder that costs nothing; implies --ours-alone.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
@settings_options()
def ingest(
    passages: int, rounds: int, text: Path | None, ours_alone: bool, made_up: bool, as_json: bool, settings: Settings
) -> None:
    """Index made-up files of real prose with ours, the bare encoder and llama-index's default pipeline.

    All read the same passages with the same model, in turns, each in a process of its own.
    """
    from evals.benches.ingesting import ARMS, measure, summarise
    from evals.benches.machine import machine
    from evals.benches.made_up import prose_of, write_documents
    from ingest.config import BUNDLED_CORPUS
    from ingest.errors import PathError

    prose = prose_of(text or BUNDLED_CORPUS / "sources")
    if not prose:
        raise PathError(f"--text {text}: no prose is in its .md and .txt files. Give another folder.")
    arms = ["ours"] if ours_alone or made_up else list(ARMS)
    measured: list[dict[str, dict[str, Any]]] = []
    with tempfile.TemporaryDirectory() as place, progress_bars() as told:
        folder = Path(place) / "documents"
        write_documents(prose, folder, max(passages // _PASSAGES_A_FILE, 1), passages)
        for number in range(rounds):
            measured.append({})
            # In another order each time: what one leaves behind, in caches or as heat, falls to each in turn.
            for turn in range(len(arms)):
                arm = arms[(turn + number) % len(arms)]
                told("runs", number * len(arms) + turn, rounds * len(arms))
                with tempfile.TemporaryDirectory(dir=place) as home:
                    measured[-1][arm] = measure(
                        arm, folder, Path(home), settings.embedding_model, settings.embedding_batch, made_up=made_up
                    )
        told("runs", rounds * len(arms), rounds * len(arms))
    result = summarise(measured) | {
        "rounds": rounds,
        "encoder": "made up" if made_up else settings.embedding_model,
        "machine": machine(),
    }
    print_result(result, _show, as_json=as_json)


def _show(result: dict[str, Any]) -> None:
    click.echo(
        f"{result['passages']:,} passages, {result['rounds']} rounds, encoder: {result['encoder']}; {result['machine']}"
    )
    for arm, figures in result["arms"].items():
        click.echo(f"{arm:<8} {figures['passages_per_second']:>9,} a second, {figures['peak_rss_mib']:>6,} MiB at most")
    for name, target in _TARGETS.items():
        if name in result:
            other = name.removeprefix("ours_to_")
            click.echo(f"ours is {result[name]:.2f} times as fast as {other}; {target} is wanted")
    click.echo(
        f"from files to a published index: {result['whole_per_second']:.1f} a second; ingested again unchanged: "
        f"{result['unchanged_share']:.1%} of the first time; less than {_MOST_SHARE:.0%} is "
        f"wanted. Memory: less than {_MOST_MIB:,} MiB is wanted."
    )
