"""The verifier beside people's judgements, and us beside another system: rows that can be worked out by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from evals.benches.agreement import agreement
from evals.rivals.comparison import BUDGETS, MIN_PAIRS, compared, reading_compared
from ingest.errors import DocumentError, PathError
from tests.evals.made import ignore, marked, nugget, reply

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evals.scoring import Marked


@dataclass(frozen=True)
class Verdict:
    score: float
    supported: bool


class Reads:
    """A verifier that finds its score in the response: "0.7 bread"."""

    def text(self, response: str, passages: Sequence[str]) -> Verdict:
        assert passages
        return Verdict(float(response.split()[0]), True)


def items(file: Path, *rows: dict[str, Any]) -> Path:
    file.parent.mkdir(exist_ok=True)
    given = [{"id": str(n), "passages": ["p"], **row} for n, row in enumerate(rows)]
    file.write_text("".join(json.dumps(row) + "\n" for row in given))
    return file


def agree(file: Path) -> dict[str, Any]:
    return agreement(file, Reads(), ignore)  # type: ignore[arg-type]


def test_agreement_with_people_and_with_their_ratings(tmp_path: Path) -> None:
    file = items(
        tmp_path / "essays" / "test.jsonl",
        {"response": "0.9 a", "label": "supported", "human_mean": 4.5, "judge": 0.2, "length": 7},
        {"response": "0.4 b", "label": "supported", "human_mean": 4, "judge": 1, "length": 9},
        {"response": "0.6 c", "label": "unsupported", "human_mean": 2.5, "judge": 0.1, "length": 1},
        {"response": "0.1 d", "label": "unsupported", "human_mean": None, "length": 2},
        {"response": "0.3 e", "human_mean": 1.0, "judge": 0.9},
    )
    found = agree(file)
    assert found["set"] == "essays/test.jsonl"
    assert found["n"] == 4
    # Of four pairs three are in order: 0.4 stands below 0.6.
    assert found["auroc"]["value"] == 0.75
    # 4.5, 4 and 2.5 against 0.9, 0.4 and 0.6: ranks 1 2 3 and 1 3 2; an item without a rating is left out.
    assert found["spearman"] == pytest.approx(0.5)
    (other,) = found["others"]
    # A score may be 1; what is never more than whole numbers is a count.
    assert (other["name"], other["n"], other["auroc"]["value"]) == ("judge", 3, 1.0)
    assert other["spearman"] == pytest.approx(0.5)


def test_without_ratings_there_is_no_correlation(tmp_path: Path) -> None:
    found = agree(
        items(
            tmp_path / "s" / "t.jsonl",
            {"response": "0.9 a", "label": "supported"},
            {"response": "0.1 b", "label": "unsupported"},
        )
    )
    assert (found["spearman"], found["others"]) == (None, [])


@pytest.mark.parametrize("label", ["supported", "unsupported", None])
def test_a_set_needs_both_labels(tmp_path: Path, label: str | None) -> None:
    file = items(tmp_path / "s" / "t.jsonl", {"response": "0.9 a", "label": label})
    with pytest.raises(DocumentError, match=r"t\.jsonl has no items of both labels"):
        agree(file)


def test_a_set_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PathError, match="does not exist"):
        agree(tmp_path / "none.jsonl")


# --- beside a rival


def pairs(n: int, mine: dict[str, float], theirs: dict[str, float]) -> tuple[list[Marked], list[Marked]]:
    return [marked(str(i), marks=mine) for i in range(n)], [marked(str(i), marks=theirs) for i in range(n)]


def rows(ours: Sequence[Marked], theirs: Sequence[Marked], *, citations: bool = True) -> dict[str, Any]:
    found = compared(ours, theirs, "them", citations=citations)
    return {row["title"]: row for row in found["figures"]}


def test_figures_are_compared_over_the_cases_that_both_are_marked_on() -> None:
    ours = [
        marked("a", marks={"vital_nuggets": 1.0}),
        marked("b", marks={"vital_nuggets": 0.5}),
        marked("c", marks={"vital_nuggets": 0.0}),
    ]
    theirs = [marked("a", marks={"vital_nuggets": 0.5}), marked("b"), marked("c", marks={"vital_nuggets": 0.25})]
    row = rows(ours, theirs)["Vital facts"]
    assert (row["ours"], row["theirs"], row["value"], row["n"]) == (0.5, 0.375, 0.125, 2)
    assert (row["low"], row["high"], row["better"]) == (-0.25, 0.5, "neither")


@pytest.mark.parametrize(
    ("metric", "title", "mine", "theirs", "better"),
    [
        ("vital_nuggets", "Vital facts", 0.9, 0.1, "Groundrule"),
        ("vital_nuggets", "Vital facts", 0.1, 0.9, "them"),
        ("vital_nuggets", "Vital facts", 0.5, 0.5, "neither"),
        ("false_refusal", "Refused when it should not", 0.0, 1.0, "Groundrule"),
        ("false_refusal", "Refused when it should not", 1.0, 0.0, "them"),
    ],
)
def test_whoever_is_ahead_is_called_so(metric: str, title: str, mine: float, theirs: float, better: str) -> None:
    row = rows(*pairs(MIN_PAIRS, {metric: mine}, {metric: theirs}))[title]
    assert row["better"] == better
    assert row["value"] == row["low"] == row["high"] == pytest.approx(mine - theirs)


def test_over_a_handful_of_cases_nobody_is_ahead() -> None:
    assert rows(*pairs(MIN_PAIRS - 1, {"all_nuggets": 1.0}, {"all_nuggets": 0.0}))["All facts"]["better"] == "neither"


def test_a_passage_that_is_its_own_citation_says_nothing() -> None:
    ours, theirs = pairs(6, {"citation_recall": 0.5}, {"citation_recall": 1.0})
    assert "Supported statements" in rows(ours, theirs)
    assert "Supported statements" not in rows(ours, theirs, citations=False)


def test_what_cannot_be_compared_is_not() -> None:
    marks = {"question_useful": 1.0, "paraphrase_verdict": 1.0, "citations_exact": 1.0}
    answering = "Right, where the documents hold the answer"
    assert set(rows(*pairs(6, marks, marks))) == {"Right", answering, "CRAG score", "Characters of an answer"}


def test_lengths_are_told_and_are_neither_better_nor_worse() -> None:
    ours = [marked("a", answered=reply("1234")), marked("b", failure="x")]
    theirs = [marked("a", answered=reply("12345678")), marked("b", answered=reply("1"))]
    row = rows(ours, theirs)["Characters of an answer"]
    assert (row["ours"], row["theirs"], row["n"], row["better"]) == (4.0, 8.0, 1, "")


def test_what_they_have_right_and_we_do_not_is_told() -> None:
    ours = [marked("a", "right"), marked("b", "wrong"), marked("c", "missing"), marked("d", "wrong")]
    theirs = [marked("a", "right"), marked("b", "right"), marked("c", "right"), marked("d", "wrong")]
    assert compared(ours, theirs, "them", citations=True)["only_theirs"] == ["b", "c"]


def test_both_have_to_be_asked_the_same() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        compared([marked("a"), marked("b")], [marked("a")], "them", citations=True)


def test_reading_is_compared_at_equal_length() -> None:
    """Ours stands at once; theirs begins behind the first budget, over a line's end."""
    ours = [marked(str(n), nuggets=[nugget("warm oven")]) for n in range(6)]
    asked: list[str] = []

    def own(turns: Sequence[str]) -> str:
        asked.extend(turns)
        return "A warm oven."

    found = reading_compared(ours, own, lambda _: "x " * (BUDGETS[0] // 2) + "a warm\noven", "them")
    assert [row["title"] for row in found] == [f"Vital facts in the first {n:,} characters found" for n in BUDGETS]
    assert [(row["ours"], row["theirs"], row["better"]) for row in found] == [
        (1.0, 0.0, "Groundrule"),
        *[(1.0, 1.0, "neither")] * 3,
    ]
    assert asked == [f"Question {n}?" for n in range(6)]


def test_a_fact_that_is_cut_is_not_found() -> None:
    ours = [marked("a", nuggets=[nugget("oven")])]
    (first, *_) = reading_compared(ours, lambda _: "x" * (BUDGETS[0] - 2) + "oven", lambda _: "oven", "them")
    assert (first["ours"], first["theirs"]) == (0.0, 1.0)


def test_only_what_has_vital_facts_to_find_is_looked_for() -> None:
    ours = [
        marked("a"),
        marked("b", nuggets=[nugget("oven", vital=False)]),
        marked("c", expect="refuse", nuggets=[nugget("oven")]),
    ]

    def never(_: Sequence[str]) -> str:
        raise AssertionError

    assert reading_compared(ours, never, never, "them") == []
