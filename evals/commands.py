"""`groundrule eval`: measures the quality of answers, gates changes on it, and keeps the results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.drafting import accept, draft
from ingest.console import notice, print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["evaluate"]


@click.group("eval", invoke_without_command=True)
@click.option(
    "--set", "sets", type=click.Path(path_type=Path), multiple=True, help="Case files or folders; ours by default."
)
@click.option("--kind", "kinds", multiple=True, help="Only cases of this kind.")
@click.option("--generator", metavar="MODEL", help='Language model that phrases; "extractive" for none.')
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for report.html and its JSON; in the home folder by default."
)
@click.option("--gate", is_flag=True, help="Fail, with status 1, below a threshold or when a case broke.")
@click.option("--gates", type=click.Path(path_type=Path), help="File of thresholds; ours by default.")
@click.option(
    "--baseline", type=click.Path(path_type=Path), help="Earlier result to compare with; the last one kept by default."
)
@click.option("--keep", is_flag=True, help="Keep the result under its commit: later ones are compared with it.")
@click.option("--results", type=click.Path(path_type=Path), help="Folder of kept results; ours by default.")
@click.option("--workers", type=click.IntRange(1, 64), help="Cases asked at a time; 2 by default.")
@click.option("--rival/--no-rival", default=None, help="Also ask LlamaIndex's quick-start; not with --gate.")
@click.option(
    "--agreement", "judged", type=click.Path(path_type=Path), multiple=True, help="Responses that people judged."
)
@click.option("--judge", "judge_runs", type=click.IntRange(1, 20), metavar="RUNS", help="Have a model judge, so often.")
@click.option("--blind", is_flag=True, help="Show no case: for a set that is kept apart.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
@settings_options()
@click.pass_context
def evaluate(
    ctx: click.Context,
    sets: tuple[Path, ...],
    kinds: tuple[str, ...],
    generator: str | None,
    out: Path | None,
    gate: bool,
    gates: Path | None,
    baseline: Path | None,
    keep: bool,
    results: Path | None,
    workers: int | None,
    rival: bool | None,
    judged: tuple[Path, ...],
    judge_runs: int | None,
    blind: bool,
    as_json: bool,
    settings: Settings,
) -> None:
    """Ask the cases of a set, measure the answers, and write a report.

    A case is a conversation and what its last answer should hold: see `groundrule eval schema`. Everything is measured
    without a network or a key and comes out the same on every run; a case without an answer counts as zero. A run that
    was stopped goes on from there.
    """
    if ctx.invoked_subcommand is not None:
        return
    from bot.service.reports import reports_folder
    from evals.plan import Plan, carry_out
    from ingest.errors import UsageError

    if gate and judge_runs:
        raise UsageError("--judge does not go with --gate: what a model thinks differs from run to run.")
    if keep and (kinds or blind):
        raise UsageError("--keep goes with whole sets: leave --kind and --blind out.")
    if keep and sets and not results:
        raise UsageError("--keep with --set needs --results DIR: ours are kept apart from yours.")
    plan = Plan(
        sets=sets,
        kinds=kinds,
        generator=generator or ("extractive" if gate else None),
        out=out or reports_folder(settings),
        gates=gates,
        gated=gate,
        baseline=baseline,
        results=results,
        keep=keep,
        workers=workers,
        rival=not gate if rival is None else rival,
        judged=judged,
        judge_runs=judge_runs or 0,
        blind=blind,
    )
    with progress_bars() as told:
        done = carry_out(plan, settings, notice, told)
    if as_json:
        print_json(done.as_json())
    else:
        for line in done.lines():
            click.echo(line)
        notice(f"The report is {done.page}.")
    if done.failed:
        ctx.exit(1)


@evaluate.command()
def schema() -> None:
    """Print the JSON Schema of a case: one such object a line makes a set."""
    from evals.cases import Case

    print_json(Case.model_json_schema())


@evaluate.command()
@click.option("--result", type=click.Path(path_type=Path), help="A kept result; the last one by default.")
@click.option("--results", type=click.Path(path_type=Path), help="Folder of kept results; ours by default.")
@click.option("--write", type=click.Path(path_type=Path), metavar="FILE", help="Put it between the marks in this file.")
@click.option("--check", type=click.Path(path_type=Path), metavar="FILE", help="Fail when this file holds another.")
def table(result: Path | None, results: Path | None, write: Path | None, check: Path | None) -> None:
    """Print the table of figures that a kept result makes, or keep a file in step with it."""
    from evals import table as tables
    from evals.results import RESULTS, latest, load_result
    from ingest.errors import DocumentError, PathError, StoreError, UsageError

    if write and check:
        raise UsageError("give --write or --check, one of them.")
    kept = result or latest(results or RESULTS)
    if kept is None:
        raise PathError(f"no result is kept in {results or RESULTS}. Run `groundrule eval --keep` first.")
    made = tables.table(load_result(kept))
    file = write or check
    if file is None:
        click.echo(made)
        return
    try:
        text = file.read_text(encoding="utf-8")
        wanted = tables.replaced(text, made)
        if write:
            file.write_text(wanted, encoding="utf-8")
            notice(f"{file} holds the figures of {kept.name}.")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise StoreError(f"{file} cannot be used: {why}. Give a Markdown file.") from error
    if check and text != wanted:
        raise DocumentError(f"{check} does not hold the figures of {kept.name}. Run `groundrule eval table --write`.")


evaluate.add_command(draft)
evaluate.add_command(accept)
