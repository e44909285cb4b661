"""A language model as judge of answers: llama-index's faithfulness, relevancy and correctness evaluators.

A judge is asked several times over, since it need not say the same twice; how far its runs lie apart stands beside each
figure. Its verdicts are an opinion: they are no part of the metrics that decide, and nothing is gated by them. What it
writes is read for its verdict alone.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from llama_index.core.constants import DEFAULT_CONTEXT_WINDOW
from llama_index.core.evaluation import CorrectnessEvaluator, FaithfulnessEvaluator, RelevancyEvaluator
from llama_index.core.evaluation.faithfulness import DEFAULT_EVAL_TEMPLATE

from bot.llm.generate import LanguageModel
from evals.adapters import LlamaModel, load_tokenisers
from evals.verdicts import read_score, read_yes_no
from ingest.errors import ModelError, SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from llama_index.core.evaluation import BaseEvaluator, EvaluationResult

    from bot.llm.writer import TextModel
    from evals.cases import Case
    from evals.reply import Reply
    from ingest.config import Settings
    from ingest.gather import Progress

__all__ = ["JudgeReport", "Judged", "judge", "judge_model"]

# A model that failed this often before its first verdict is not there; waiting for the rest would take hours.
GIVE_UP_AFTER = 10

FAITHFULNESS, RELEVANCY, CORRECTNESS = "faithfulness", "relevancy", "correctness"


@dataclass(frozen=True, slots=True)
class Judged:
    """What one evaluator found.

    Attributes:
        evaluator: "faithfulness" or "relevancy" (1 for yes, 0 for no), or "correctness" (1 to 5).
        scores: By case, the score of each run; None where a run gave no verdict.
    """

    evaluator: str
    scores: Mapping[str, tuple[float | None, ...]]

    @property
    def mean(self) -> float | None:
        """The mean over cases of each case's mean; None when there was no verdict."""
        return _mean([fmean(given) for given in map(_given, self.scores.values()) if given])

    @property
    def run_means(self) -> list[float]:
        """The mean over cases of each run that gave a verdict."""
        runs = [_given(run) for run in zip(*self.scores.values(), strict=True)]
        return [fmean(given) for given in runs if given]

    @property
    def spread(self) -> float | None:
        """The standard deviation between the runs' means; None for fewer than two runs."""
        return stdev(self.run_means) if len(self.run_means) > 1 else None

    @property
    def changed(self) -> int:
        """Cases whose score was not the same in all runs that gave one."""
        return sum(len(set(_given(runs))) > 1 for runs in self.scores.values())

    @property
    def failed(self) -> int:
        """Verdicts that were asked for and not given: the call failed, or its reply could not be read."""
        return sum(runs.count(None) for runs in self.scores.values())

    def as_json(self) -> dict[str, Any]:
        """The figures and the scores for programs."""
        means = self.run_means
        return {
            "cases": len(self.scores),
            "calls": sum(map(len, self.scores.values())),
            "mean": _rounded(self.mean),
            "spread": _rounded(self.spread),
            "low": _rounded(min(means, default=None)),
            "high": _rounded(max(means, default=None)),
            "changed": self.changed,
            "failed": self.failed,
            "scores": {case: list(runs) for case, runs in self.scores.items()},
        }


@dataclass(frozen=True, slots=True)
class JudgeReport:
    """What a judge found.

    Attributes:
        model: Name of the model that judged.
        runs: How often each answer was judged.
        evaluators: What each evaluator found.
        no_reply: Cases without a reply.
        refused: Replies that were refusals, which are not judged.
        uncited: Replies that cite nothing, which are judged on correctness alone.
    """

    model: str
    runs: int
    evaluators: tuple[Judged, ...]
    no_reply: int = 0
    refused: int = 0
    uncited: int = 0

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "model": self.model,
            "runs": self.runs,
            "no_reply": self.no_reply,
            "refused": self.refused,
            "uncited": self.uncited,
            "evaluators": {one.evaluator: one.as_json() for one in self.evaluators},
        }


@dataclass(frozen=True, slots=True)
class _Task:
    """One verdict to be asked for."""

    evaluator: str
    case: str
    run: int
    asked: Mapping[str, Any] = field(repr=False)


def judge_model(settings: Settings) -> LanguageModel:
    """The language model that judges, or else the one that answers.

    The key of the model that answers is sent to no other address than its own.

    Raises:
        SettingError: No address or no name is set, or the model's client is not installed.
    """
    url, model = settings.judge_url or settings.llm_url, settings.judge_model or settings.llm_model
    if url is None:
        raise SettingError("no judge is set. Set GROUNDRULE_JUDGE_URL and GROUNDRULE_JUDGE_MODEL.")
    if model is None:
        raise SettingError(f"the judge at {url} has no name. Set GROUNDRULE_JUDGE_MODEL to the model to use there.")
    key = settings.judge_key or (settings.llm_key if url == settings.llm_url else None)
    return LanguageModel(
        url,
        model,
        key.get_secret_value() if key else None,
        settings.llm_timeout,
        settings.llm_first_token,
        setting="GROUNDRULE_JUDGE",
    )


def judge(
    cases: Sequence[Case],
    replies: Mapping[str, Reply],
    model: TextModel,
    runs: int = 3,
    told: Progress | None = None,
    workers: int = 1,
    window: int = DEFAULT_CONTEXT_WINDOW,
) -> JudgeReport:
    """Has a model judge the replies to cases.

    Each reply that is no refusal is judged on faithfulness (do the passages it cites support it?), on relevancy (does
    it, with them, answer the question?) and, where the case has nuggets, on correctness against these. The question is
    all of the user's messages. A call that fails, or whose reply holds no verdict, counts as no verdict.

    Args:
        cases: The cases.
        replies: The replies by the cases' ids.
        model: The judge.
        runs: How often each reply is judged, at least once.
        told: Told how far the work is.
        workers: Calls that are made at a time.
        window: Tokens that the model reads at a time; an answer that does not fit gets no verdict on what it cites.

    Raises:
        ModelError: Not one verdict came, or the model failed `GIVE_UP_AFTER` times before the first.
    """
    load_tokenisers()
    answered = [case for case in cases if case.id in replies]
    judged = [case for case in answered if not replies[case.id].refused]
    tasks = [task for case in judged for run in range(runs) for task in _tasks(case, replies[case.id], run)]
    scores = _ask_all(tasks, _asker(model, window), told or (lambda *_: None), workers)
    return JudgeReport(
        model=model.name,
        runs=runs,
        evaluators=tuple(_judged(name, tasks, scores) for name in (FAITHFULNESS, RELEVANCY, CORRECTNESS)),
        no_reply=len(cases) - len(answered),
        refused=len(answered) - len(judged),
        uncited=sum(not replies[case.id].citations for case in judged),
    )


def _tasks(case: Case, reply: Reply, run: int) -> list[_Task]:
    query, contexts = "\n".join(case.turns), [one.text for one in reply.citations]
    asked = {"query": query, "response": reply.answer, "contexts": contexts}
    names = [FAITHFULNESS, RELEVANCY] if contexts else []
    tasks = [_Task(name, case.id, run, asked) for name in names]
    if case.nuggets:
        reference = "\n".join(nugget.text for nugget in case.nuggets)
        tasks.append(_Task(CORRECTNESS, case.id, run, {**asked, "reference": reference}))
    return tasks


def _ask_all(
    tasks: Sequence[_Task], ask: Callable[[_Task], float | None], told: Progress, workers: int
) -> list[float | None]:
    """The score of each task."""
    scores: list[float | None] = [None] * len(tasks)
    failures, last = 0, ""
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        places = {pool.submit(ask, task): place for place, task in enumerate(tasks)}
        for done, future in enumerate(as_completed(places), start=1):
            try:
                scores[places[future]] = future.result()
            except ModelError as error:
                failures, last = failures + 1, str(error)
                if failures == GIVE_UP_AFTER and not any(score is not None for score in scores):
                    raise ModelError(f"the judge failed {failures} times before its first verdict: {last}") from error
            told("judging", done, len(tasks))
    finally:
        pool.shutdown(cancel_futures=True)
    if tasks and all(score is None for score in scores):
        why = last or "no verdict could be read from what it wrote. Use a larger model."
        raise ModelError(f"the judge gave none of {len(tasks)} verdicts: {why}")
    return scores


def _asker(model: TextModel, window: int) -> Callable[[_Task], float | None]:
    """What asks for a verdict: gives its score, or None where it cannot be read; raises `ModelError`."""
    llm = LlamaModel(model, window)
    evaluators: dict[str, BaseEvaluator] = {
        # Named, for some models' own template has fields that are never filled in.
        FAITHFULNESS: FaithfulnessEvaluator(llm=llm, eval_template=DEFAULT_EVAL_TEMPLATE),
        RELEVANCY: RelevancyEvaluator(llm=llm),
        CORRECTNESS: CorrectnessEvaluator(llm=llm, parser_function=read_score),
    }

    def ask(task: _Task) -> float | None:
        try:
            # Each call has a loop of its own: the model's client blocks, so that threads are what runs side by side.
            result: EvaluationResult = asyncio.run(evaluators[task.evaluator].aevaluate(**task.asked))
        except ValueError:
            # llama-index raises it where an answer is too long to be put into a prompt.
            return None
        return result.score if task.evaluator == CORRECTNESS else read_yes_no(result.feedback or "")

    return ask


def _judged(name: str, tasks: Sequence[_Task], scores: Sequence[float | None]) -> Judged:
    runs: dict[str, list[float | None]] = {}
    for task, score in zip(tasks, scores, strict=True):
        if task.evaluator == name:
            runs.setdefault(task.case, []).append(score)
    return Judged(name, {case: tuple(given) for case, given in runs.items()})


def _given(scores: Sequence[float | None]) -> list[float]:
    return [score for score in scores if score is not None]


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
