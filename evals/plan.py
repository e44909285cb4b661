"""Carries out what `groundrule eval` was asked for, from the set to the report."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.service.reports import FIGURES_FILE, REPORT_FILE
from bot.wiring import build_assistant, make_verifier
from evals.brief import in_brief
from evals.done import Done
from evals.evaluation import Evaluation, about, evaluate, finish
from evals.gate import GATES, load_gates, pass_gates
from evals.json_lines import write_lines
from evals.report.page import Extras, page
from evals.results import RESULTS, changes, keep, latest, load_result
from evals.runner import DEFAULT_WORKERS
from evals.sets import load_set
from evals.summary import rounded
from ingest.config import BUNDLED_CORPUS
from ingest.errors import SettingError, StoreError
from ingest.index.records import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bot.assistant import Assistant
    from evals.scoring import Marked
    from ingest.config import Settings
    from ingest.gather import Progress

__all__ = ["Plan", "carry_out"]

EXTRACTIVE = "extractive"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for.

    Attributes:
        out: Folder of the report and its JSON.
        sets: Case files and folders; ours when empty.
        kinds: Only cases of these kinds; all when empty.
        generator: Language model that phrases; "extractive" for none; what the settings say when None.
        gated: Whether thresholds decide about the exit status.
        gates: File of thresholds; ours when None.
        baseline: Result to compare with; the last one kept when None.
        results: Folder of kept results; ours when None.
        keep: Whether this result is kept, too.
        workers: Cases asked at a time.
        rival: Whether the quick-start is asked, too.
        judged: Sets of responses that people judged.
        judge_runs: How often a language model judges each answer; 0 for never.
        blind: Whether no case is shown.
    """

    out: Path
    sets: Sequence[Path] = ()
    kinds: Sequence[str] = ()
    generator: str | None = None
    gated: bool = False
    gates: Path | None = None
    baseline: Path | None = None
    results: Path | None = None
    keep: bool = False
    workers: int | None = None
    rival: bool = False
    judged: Sequence[Path] = ()
    judge_runs: int = 0
    blind: bool = False


def carry_out(plan: Plan, settings: Settings, say: Callable[[str], None], told: Progress) -> Done:
    """Runs an evaluation and writes its report.

    Args:
        plan: What is asked for.
        settings: The product's settings.
        say: Told in a sentence what is being done and why.
        told: Told how far it is.

    Raises:
        GroundruleError: A file or setting cannot be used; which one and why.
        KeyboardInterrupt: Stopped; what was answered so far is kept.
    """
    # What is named wrongly is found before anything is asked.
    ours = not plan.sets and not plan.kinds
    gates = load_gates(plan.gates or GATES) if plan.gated or plan.gates or ours else ()
    earlier = plan.baseline or latest(plan.results or RESULTS)
    before = load_result(earlier) if earlier else None
    settings = _with_generator(settings, plan.generator)
    _check_beside(plan, settings)
    if not plan.sets and settings.corpus != BUNDLED_CORPUS:
        say("These are the cases of the bundled pack. Give your pack's own with --set.")
    assistant = build_assistant(settings, say, told)
    try:
        cases = load_set(plan.sets, plan.kinds, assistant.pack, assistant.documents, say)
        what = about(settings, assistant, cases)
        verifier = make_verifier(settings, assistant.pack.synonyms)
        try:
            evaluation = evaluate(
                cases, assistant, verifier, what, out=plan.out, workers=plan.workers or DEFAULT_WORKERS, told=told
            )
            extras = Extras(blind=plan.blind, **_beside(plan, settings, assistant, evaluation, told))
        except KeyboardInterrupt:
            say(f"Stopped. What was answered is kept in {plan.out}; the same command goes on from there.")
            raise
    finally:
        assistant.library.close()
    result = {**evaluation.result, "rival": extras.rival, "agreement": list(extras.agreement)}
    change = changes(before, result, earlier.stem) if before and earlier else None
    if change is not None and not change.compared and not plan.baseline:
        change = None  # the last result kept is of other cases
    extras = replace(extras, change=change, outcomes=pass_gates(gates, result, change))
    file = _write(plan.out, evaluation, result, extras)
    finish(plan.out)
    if plan.keep:
        say(f"Kept as {keep(result, plan.results or RESULTS)}.")
    return Done(result, evaluation.timings, extras, file, plan.gated)


def _with_generator(settings: Settings, generator: str | None) -> Settings:
    if generator is None:
        return settings
    if generator == EXTRACTIVE:
        return settings.model_copy(update={"llm_url": None, "llm_model": None})
    if settings.llm_url is None:
        raise SettingError(
            f"--generator names the model {generator!r}, but GROUNDRULE_LLM_URL is not set. Set its address, or give "
            f"--generator {EXTRACTIVE}."
        )
    return settings.model_copy(update={"llm_model": generator})


def _check_beside(plan: Plan, settings: Settings) -> None:
    """Reads the sets and settings of what is measured beside; errors as there."""
    if plan.judged:
        from evals.benches.judged import load_judged

        for file in plan.judged:
            load_judged(file)
    if plan.judge_runs:
        from evals.judge import judge_model

        judge_model(settings)


def _beside(
    plan: Plan, settings: Settings, assistant: Assistant, evaluation: Evaluation, told: Progress
) -> dict[str, Any]:
    """What is measured beside the answers themselves."""
    found: dict[str, Any] = {}
    if plan.rival:
        from evals.rivals.beside import quick_start_beside

        found["rival"] = quick_start_beside(settings, assistant, evaluation.marked, told)
    if plan.judged:
        from evals.benches.agreement import agreement

        verifier = make_verifier(settings)
        found["agreement"] = [rounded(agreement(file, verifier, told)) for file in plan.judged]
    if plan.judge_runs:
        from evals.judge import judge, judge_model

        replies = {one.case.id: one.asked.reply for one in evaluation.marked if one.asked.reply}
        cases = [one.case for one in evaluation.marked]
        workers = plan.workers or DEFAULT_WORKERS
        found["judge"] = judge(cases, replies, judge_model(settings), plan.judge_runs, told, workers).as_json()
    return found


def _write(out: Path, evaluation: Evaluation, result: Mapping[str, Any], extras: Extras) -> Path:
    """The report and its JSON; what differs from run to run is in files of its own."""
    file = out / REPORT_FILE
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "metrics.json").write_text(_json(result), encoding="utf-8")
        (out / "timings.json").write_text(_json(evaluation.timings), encoding="utf-8")
        # What an earlier run left does not belong to this one.
        for name in ("judge.json", "cases.jsonl", FIGURES_FILE):
            (out / name).unlink(missing_ok=True)
        if extras.judge:
            (out / "judge.json").write_text(_json(extras.judge), encoding="utf-8")
        file.write_text(page(evaluation, extras), encoding="utf-8")
        # Last, for whoever finds it looks for the report beside it.
        brief = in_brief(result, extras.outcomes).model_dump(mode="json", by_alias=True)
        write_atomically(out / FIGURES_FILE, _json(brief))
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}. Choose another place with --out.") from error
    if not extras.blind:
        write_lines(out / "cases.jsonl", [_line(one) for one in evaluation.marked])
    return file


def _line(one: Marked) -> dict[str, Any]:
    return {
        "id": one.case.id,
        "kind": one.case.kind,
        "turns": list(one.case.turns),
        "verdict": one.verdict,
        "marks": rounded(dict(one.marks)),
        "missed": list(one.missed),
        "forbidden": list(one.forbidden),
        "unsupported": list(one.unsupported),
        **one.asked.model_dump(mode="json", by_alias=True, exclude={"id", "milliseconds"}),
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
