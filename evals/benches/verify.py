"""`groundrule bench verify`: the verifier on a set of passages and responses, as they are or with planted errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evals.benches.planted import KINDS
from ingest.console import notice, print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.benches.planted import Kind
    from ingest.config import Settings

__all__ = ["fit_verify", "verify"]


@click.command()
@click.option(
    "--set",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    help="JSON lines: id, passages, response and, if known, label.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write: each line with score and supported added.")
@click.option(
    "--plant",
    type=click.Choice(KINDS),
    help="Plant an error of this kind in each response that is labelled supported (or not at all).",
)
@click.option(
    "--sentences", is_flag=True, help="With --plant: take the sentences of the passages instead of the responses."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
@settings_options()
def verify(
    file: Path, out: Path | None, plant: Kind | None, sentences: bool, as_json: bool, settings: Settings
) -> None:
    """Say for each response whether its passages support it, and how well that agrees with the labels.

    With --plant only supported texts are taken: the figures are the share flagged of the unchanged texts and of the
    same texts with one error each.
    """
    from bot.wiring import make_verifier
    from evals.benches.judged import figures, judge, load_judged, passage_sentences, planted_pairs
    from evals.json_lines import apart, write_lines
    from ingest.errors import UsageError

    apart(file, out)
    if sentences and not plant:
        raise UsageError("--sentences goes with --plant number, negation or names. Give both.")
    items = load_judged(file)
    verifier = make_verifier(settings)
    figured: dict[str, Any]
    with progress_bars() as told:
        if plant:
            true = passage_sentences(items) if sentences else [one for one in items if one.label in (None, "supported")]
            pairs = planted_pairs(true, plant)
            before = judge([one for one, _ in pairs], verifier, told, "unchanged")
            after = judge([one for _, one in pairs], verifier, told, "planted")
            lines = [one.line() for one in after]
            figured = figures(after) | {
                "planted": plant,
                "flagged_unchanged": _share([one.supported for one in before], False),
                "flagged_planted": _share([one.supported for one in after], False),
            }
        else:
            results = judge(items, verifier, told, "verifying")
            lines = [one.line() for one in results]
            figured = figures(results)
    if out is not None:
        write_lines(out, lines)
    if as_json:
        print_json(figured)
        return
    _tell(figured)
    if out is not None:
        notice(f"Written to {out}.")


def _share(values: Sequence[bool], wanted: bool) -> float | None:
    return sum(one is wanted for one in values) / len(values) if values else None


_WORDS: dict[str, str] = {
    "flagged_supported": "flagged among supported",
    "caught_unsupported": "caught among unsupported",
    "flagged_unchanged": "flagged among unchanged",
    "flagged_planted": "caught among planted",
}


def _tell(figured: dict[str, Any]) -> None:
    click.echo(
        f"{figured['items']} items, {figured['median_ms']:.2f} ms each (median), {figured['worst_ms']:.1f} ms at worst"
    )
    if area := figured.get("auroc"):
        click.echo(f"AUROC {area['value']:.3f} (95 % {area['low']:.3f} to {area['high']:.3f})")
    for key, words in _WORDS.items():
        if figured.get(key) is not None:
            click.echo(f"{words}: {100 * figured[key]:.1f} %")


@click.command("fit-verify")
@click.option("--short", required=True, type=click.Path(path_type=Path), help="Labelled set of remarks.")
@click.option(
    "--long", "long_", required=True, type=click.Path(path_type=Path), help="Labelled set of answers of many sentences."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
def fit_verify(short: Path, long_: Path, as_json: bool) -> None:
    """Fit the verifier's coefficients anew and print them, with the AUROC on parts that were not fitted to.

    The set is cut into five parts by its passages (or by conversation, for ids with "<::>"); each part is judged by
    coefficients that were fitted to the other four.
    """
    from evals.benches.fit_support import cross_fitted, fitted
    from evals.benches.judged import load_judged

    sets = load_judged(short), load_judged(long_)
    with progress_bars() as told:
        models = fitted(*sets, told)
        held_out = cross_fitted(*sets, told)
    if as_json:
        print_json({"models": models, "held_out": held_out})
        return
    for name, model in models.items():
        click.echo(
            f"{name} = Model({model['base']:.3f}, {{"
            + ", ".join(f'"{k}": {v:.3f}' for k, v in model["weights"].items())
            + "})"
        )
    for name, area in held_out.items():
        click.echo(
            f"{name}: AUROC {area['value']:.3f} (95 % {area['low']:.3f} to {area['high']:.3f}) where it was not fitted"
        )
