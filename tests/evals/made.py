"""Cases, answers and marks made by hand, so that every figure over them can be computed on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.types import KnownFact, Ranked, Recommendation
from evals.asking import Asked, case_key
from evals.cases import Case, Nugget
from evals.evaluation import Evaluation
from evals.metrics.verdict import crag_score
from evals.reply import Cited, Reply
from evals.scoring import Marked
from evals.summary import summary
from evals.timing import timings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evals.metrics.verdict import Verdict

__all__ = ["ABOUT", "case", "cited", "evaluation", "ignore", "marked", "nugget", "recommendation", "reply", "result"]

ABOUT = {"groundrule": "0.1.0", "rubric_sha256": None}


def ignore(*_: object) -> None:
    """Is told things and does nothing."""


def nugget(regex: str, *, vital: bool = True) -> Nugget:
    return Nugget(text=f"the fact {regex}", regex=regex, vital=vital)


def case(id_: str = "a", expect: str = "answer", **fields: Any) -> Case:
    return Case.model_validate(
        {"id": id_, "kind": "factual", "turns": [f"Question {id_}?"], "expect": expect, **fields}
    )


def cited(number: int = 1, text: str = "Bread rises in an oven.", source: str = "bread", **fields: Any) -> Cited:
    return Cited.model_validate({"number": number, "source_id": source, "quote": text, "text": text, **fields})


def reply(answer: str = "Bread rises.", *citations: Cited, kind: str = "fact", **fields: Any) -> Reply:
    given = {"answer": answer, "kind": kind, "refused": kind == "refusal", "confidence": 0.5, "citations": citations}
    return Reply.model_validate({**given, **fields})


def recommendation(
    *options: str,
    share: float = 0.5,
    decision: str = "oven",
    facts: Mapping[str, str] | None = None,
    unknown: Sequence[str] = (),
    next_question: str | None = None,
) -> Recommendation:
    """Options in their order; the first comes first under `share` of the weightings."""
    return Recommendation(
        decision=decision,
        rubric_version="1",
        rubric_sha256="0",
        ranking=tuple(
            Ranked(option=o, name=o, score=50, low=0, high=100, first_share=0 if n else share)
            for n, o in enumerate(options)
        ),
        clear_winner=False,
        facts=tuple(KnownFact(criterion=c, level=v, said=v, how="phrase") for c, v in (facts or {}).items()),
        unknown=tuple(unknown),
        next_question=next_question,
        tipping_points=(),
    )


def marked(
    id_: str = "a", verdict: Verdict = "right", answered: Reply | None = None, failure: str = "", **fields: Any
) -> Marked:
    """A marked case; `marks` are added to what the verdict is worth, the other fields are its parts' own."""
    own = {name: fields.pop(name) for name in ("marks", "missed", "forbidden", "unsupported") if name in fields}
    beside = {name: fields.pop(name) for name in list(fields) if name in Asked.model_fields and name != "id"}
    given = answered if answered or failure else reply()
    return Marked(
        case=case(id_, **fields),
        asked=Asked(id=id_, reply=given, failure=failure, **beside),
        verdict=verdict,
        **{
            **own,
            "marks": {"right": float(verdict == "right"), "crag": float(crag_score(verdict)), **own.get("marks", {})},
        },
    )


def evaluation(*ones: Marked, about: Mapping[str, Any] = ABOUT) -> Evaluation:
    """What came of a run that marked these, each of whose answers took as long as it says."""
    times: dict[str, list[float]] = {}
    for one in ones:
        times.setdefault(one.case.kind, []).extend(one.asked.milliseconds)
    return Evaluation(marked=ones, result=summary(ones, about), timings=timings(times, 2, 1.5), times=times)


def result(verdicts: Mapping[str, str], **metrics: float) -> dict[str, Any]:
    """A result with the verdicts of cases by id and the values of metrics; all that comparisons and gates read."""
    keys = {verdict: [case_key(case(id_)) for id_, v in verdicts.items() if v == verdict] for verdict in WORDS}
    return {
        "schema": 1,
        "cases": len(verdicts),
        "failures": 0,
        "metrics": {name: {"value": v, "low": v, "high": v, "n": len(verdicts)} for name, v in metrics.items()},
        "kinds": {},
        "verdicts": keys,
        "refusing": {"auroc": None, "n": 0, "curve": []},
        "calibration": None,
        "confusion": {},
    }


WORDS = ("right", "missing", "wrong")
