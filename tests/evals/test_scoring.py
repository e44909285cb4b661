"""Every mark of a case, and what all marks come to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from evals.asking import Asked, case_key
from evals.metrics.catalogue import METRICS
from evals.scoring import Marker
from evals.summary import BY_KIND, figures_of, rounded, summary
from evals.timing import timings
from tests.evals.made import ABOUT, case, cited, marked, nugget, recommendation, reply
from tests.fakes import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evals.cases import Case
    from evals.reply import Reply

LOAVES, MARKET, SMOKE = "How many loaves a day?", "Is there a market?", "May it smoke?"


class Card:
    """Wood wins with many loaves, else gas; nothing else changes that."""

    def __init__(self) -> None:
        self.levels = {"loaves": ("few", "some", "many"), "market": ("yes", "no")}

    def winners(self, facts: Mapping[str, str]) -> tuple[str, ...]:
        return ("wood",) if facts.get("loaves") == "many" else ("gas",)


ADVISOR = SimpleNamespace(
    book=SimpleNamespace(
        rubric=SimpleNamespace(
            criteria={
                "loaves": SimpleNamespace(question=LOAVES),
                "market": SimpleNamespace(question=MARKET),
                "smoke": SimpleNamespace(question=SMOKE),
            }
        )
    ),
    cards={"oven": Card()},
)


def marker(advisor: Any = None, sources: tuple[str, ...] = ("bread", "cats")) -> Marker:
    return Marker(Words(), advisor, sources)  # type: ignore[arg-type]


def marks(given: Case, answered: Reply | None, advisor: Any = None, **beside: Any) -> dict[str, float]:
    asked = Asked(id=given.id, reply=answered, failure="" if answered else "ValueError: x", **beside)
    return dict(marker(advisor).mark(given, asked).marks)


def test_all_marks_of_an_answer() -> None:
    given = case(
        nuggets=[nugget("oven"), nugget("warm"), nugget("crust", vital=False)],
        gold_sources=["bread"],
        forbidden=["coal"],
    )
    answered = reply(
        "Bread rises in an oven [1]. Cats sleep under it [2].",
        cited(1, "Bread rises in an oven."),
        cited(2, "Cats purr.", "cats", exact=False),
    )
    found = marker().mark(given, Asked(id="a", reply=answered))
    assert found.verdict == "right"
    assert found.marks == {
        "right": 1.0,
        "crag": 1.0,
        "false_refusal": 0.0,
        "vital_nuggets": 0.5,
        "all_nuggets": pytest.approx(1 / 3),
        "source_precision": 0.5,
        "source_recall": 1.0,
        "citation_recall": 0.5,
        "citation_precision": 0.5,
        "citations_exact": 0.5,
    }
    assert found.missed == ("the fact warm", "the fact crust")
    assert found.forbidden == ()
    assert found.unsupported == ("Cats sleep under it",)


def test_every_mark_is_a_metric_that_is_told() -> None:
    known = {metric.name for metric in METRICS}
    given = case(
        expect="recommend", best_models=["gas"], wrong_models=["coal"], nuggets=[nugget("x")], gold_sources=["bread"]
    )
    answered = reply(
        "Gas fits [1].",
        cited(1, "gas fits"),
        kind="recommendation",
        recommendation=recommendation("gas", unknown=["loaves", "market"], next_question=LOAVES),
    )
    found = marks(given, answered, ADVISOR, paraphrased=(answered,), swapped_question="?", swapped=answered)
    found |= marks(case(expect="refuse"), answered)
    assert set(found) == known


def test_a_missing_answer_holds_nothing() -> None:
    given = case(nuggets=[nugget("oven")], gold_sources=["bread"], paraphrases=["x"])
    assert marks(given, None) == {
        "right": 0.0,
        "crag": 0.0,
        "false_refusal": 1.0,
        "vital_nuggets": 0.0,
        "all_nuggets": 0.0,
        "source_precision": 0.0,
        "source_recall": 0.0,
    }
    assert marks(case(expect="refuse"), None) == {"right": 0.0, "crag": 0.0, "refusal_recall": 0.0}
    assert marks(case(expect="recommend", best_models=["gas"], wrong_models=["coal"]), None) == {
        "right": 0.0,
        "crag": 0.0,
        "false_refusal": 1.0,
        "top_one": 0.0,
        "unacceptable_first": 0.0,
    }


def test_a_refusal_where_one_is_due_and_where_none_is() -> None:
    refusal = reply("Nothing on it.", kind="refusal")
    assert marks(case(expect="refuse", gold_sources=["bread"]), refusal) == {
        "right": 1.0,
        "crag": 1.0,
        "refusal_recall": 1.0,
    }
    assert marks(case(expect="refuse"), reply("Bread rises."))["refusal_recall"] == 0.0
    due = marks(case(nuggets=[nugget("oven")]), refusal)
    assert (due["false_refusal"], due["crag"], due["vital_nuggets"]) == (1.0, 0.0, 0.0)


def test_a_source_that_is_not_searched_says_nothing_of_what_is_cited() -> None:
    found = marks(case(gold_sources=["bread", "elsewhere"]), reply("Bread [1].", cited(1)))
    assert "source_precision" not in found
    assert "source_recall" not in found


def test_what_is_stated_without_a_citation_is_unsupported() -> None:
    found = marker().mark(case(), Asked(id="a", reply=reply("Bread needs an hour to rise.")))
    assert (found.marks["citation_recall"], found.marks["citation_precision"]) == (0.0, 0.0)
    assert "citations_exact" not in found.marks
    assert found.unsupported == ("Bread needs an hour to rise",)


def test_numbers_out_of_range_support_nothing() -> None:
    for number in (0, 2, 99):
        found = marks(case(), reply(f"Bread rises in an oven [{number}].", cited(1)))
        assert (found["citation_recall"], found["citation_precision"]) == (0.0, 0.0)


def asking(next_question: str | None, unknown: tuple[str, ...], facts: Mapping[str, str], **made: Any) -> Reply:
    made = {"facts": facts, "unknown": unknown, "next_question": next_question, **made}
    return reply("Gas.", kind="recommendation", recommendation=recommendation("gas", "wood", **made))


@pytest.mark.parametrize(
    ("answered", "useful", "changes", "others"),
    [
        # One of three answers brings wood first; no answer about the market does.
        (asking(LOAVES, ("loaves", "market"), {}), 1.0, 1 / 3, 0.0),
        (asking(MARKET, ("loaves", "market"), {}), 0.0, 0.0, 1 / 3),
        (asking(LOAVES, ("loaves",), {"market": "yes"}), 1.0, 1 / 3, None),
        # From wood, both other answers bring gas first.
        (asking(LOAVES, ("loaves", "market"), {"loaves": "many"}), 1.0, 2 / 3, 0.0),
        # It asks about what it was told, or about what bears on another decision.
        (asking(LOAVES, ("market",), {"loaves": "few"}), 0.0, None, None),
        (asking(SMOKE, ("smoke", "market"), {}), 0.0, None, None),
        # Nothing is asked; nobody knows that question, or that decision.
        (asking(None, ("loaves",), {}), None, None, None),
        (asking("What is love?", ("loaves",), {}), None, None, None),
        (asking(LOAVES, ("loaves",), {}, decision="bowl"), None, None, None),
    ],
)
def test_what_a_question_back_is_worth(
    answered: Reply, useful: float | None, changes: float | None, others: float | None
) -> None:
    found = marks(case(expect="recommend"), answered, ADVISOR)
    wanted = {"question_useful": useful, "question_changes": changes, "other_questions_change": others}
    for name, value in wanted.items():
        assert found.get(name) == (value if value is None else pytest.approx(value)), name
    assert not set(marks(case(expect="recommend"), answered)) & set(wanted)


def test_consistency_with_other_words_and_the_other_order() -> None:
    given = case(nuggets=[nugget("oven")], paraphrases=["x", "y", "z"])
    a, b = cited(1, "A."), cited(2, "B.")
    right, wrong = reply("An oven [1].", a), reply("Bread [1][2].", a, b)
    found = marks(given, right, paraphrased=(right, wrong, None), swapped_question="?", swapped=wrong)
    # The first alone is as right; of the two that came, one cites the same and one half as much again.
    assert found["paraphrase_verdict"] == pytest.approx(1 / 3)
    assert found["paraphrase_citations"] == pytest.approx((1 + 1 / 2) / 2)
    assert (found["order_verdict"], found["order_citations"]) == (0.0, 0.5)
    lost = marks(given, right, paraphrased=(None,), swapped_question="?", swapped=None)
    assert (lost["paraphrase_verdict"], lost["order_verdict"], lost["order_citations"]) == (0.0, 0.0, 0.0)
    assert "paraphrase_citations" not in lost


# --- the summary


def test_figures_are_means_over_the_cases_they_apply_to() -> None:
    ones = [
        marked("a", "right", marks={"vital_nuggets": 1.0}),
        marked("b", "wrong", marks={"vital_nuggets": 0.5}),
        marked("c", "missing"),
    ]
    found = figures_of(ones)
    assert list(found) == ["right", "crag", "vital_nuggets"]
    assert {name: (one["value"], one["n"]) for name, one in found.items()} == {
        "right": (pytest.approx(1 / 3), 3),
        "crag": (0.0, 3),
        "vital_nuggets": (0.75, 2),
    }
    assert (found["crag"]["low"], found["crag"]["high"]) == (-1.0, 1.0)
    assert figures_of([]) == {}


def test_the_whole_summary() -> None:
    first = reply("x", recommendation=recommendation("gas", "wood", share=0.9), kind="recommendation")
    ones = [
        marked("a", "right", reply(confidence=0.9), kind="factual"),
        marked("b", "missing", reply(confidence=0.2, kind="refusal"), kind="factual"),
        marked("c", "right", reply(confidence=0.1, kind="refusal"), kind="unanswerable", expect="refuse"),
        marked("d", "wrong", reply(confidence=0.4), kind="unanswerable", expect="refuse"),
        marked("e", "right", first, kind="recommend", expect="recommend", best_models=["gas"], marks={"top_one": 1.0}),
        marked("f", "wrong", first, kind="recommend", expect="recommend", best_models=["coal"], marks={"top_one": 0.0}),
        marked(
            "g", "missing", failure="ValueError: x", expect="recommend", best_models=["gas"], marks={"top_one": 0.0}
        ),
        marked("h", "right", failed_beside=("'x': ValueError",)),
    ]
    found = summary(ones, ABOUT)
    assert (found["schema"], found["about"], found["cases"], found["failures"]) == (1, ABOUT, 8, 2)
    assert found["metrics"]["right"]["value"] == 0.5
    assert {
        kind: (row["cases"], row["right"], row["missing"], row["wrong"]) for kind, row in found["kinds"].items()
    } == {
        "factual": (4, 2, 2, 0),
        "recommend": (2, 1, 0, 1),
        "unanswerable": (2, 1, 0, 1),
    }
    assert found["kinds"]["factual"]["metrics"]["right"]["value"] == 0.5
    assert found["verdicts"] == {
        verdict: sorted(case_key(one.case) for one in ones if one.verdict == verdict)
        for verdict in ("right", "missing", "wrong")
    }
    assert [key.split(":")[0] for key in found["verdicts"]["wrong"]] == ["d", "f"]
    # a and h (0.5) are answerable, b too; c and d are not. In order: a over both, h over both, b over c.
    assert found["refusing"]["auroc"]["value"] == pytest.approx(5 / 6, abs=1e-6)
    assert found["refusing"]["n"] == 5
    assert found["refusing"]["curve"][9] == {"from": 0.45, "coverage": 0.4, "risk": 0.0}
    # e and f say 0.9 and one comes true: (0.01 + 0.81) / 2.
    assert found["calibration"]["brier"] == pytest.approx(0.41)
    assert found["confusion"] == {"coal": {"gas": 1}, "gas": {"-": 1, "gas": 1}}


def test_an_acceptable_option_stands_in_its_own_row() -> None:
    def made(*options: str) -> Reply:
        return reply("x", kind="recommendation", recommendation=recommendation(*options))

    best: dict[str, Any] = {"expect": "recommend", "best_models": ["gas", "wood"]}
    ones = [marked("a", "right", made("wood"), **best), marked("b", "wrong", made("coal"), **best)]
    assert summary(ones, {})["confusion"] == {"gas": {"coal": 1}, "wood": {"wood": 1}}


def test_a_ranking_of_nothing_is_no_forecast() -> None:
    empty = reply("x", kind="recommendation", recommendation=recommendation())
    one = marked("a", "wrong", empty, expect="recommend", best_models=["gas"], marks={"top_one": 0.0})
    assert summary([one], {})["calibration"] is None


def test_a_summary_of_one_case_has_what_it_has() -> None:
    found = summary([marked("a", "right")], {})
    assert found["refusing"]["auroc"] is None
    assert found["calibration"] is None
    assert found["confusion"] == {}
    assert set(found["kinds"]["factual"]["metrics"]) <= set(BY_KIND)


def test_numbers_are_rounded_wherever_they_stand() -> None:
    assert rounded(
        {"a": [1 / 3, (2 / 3,)], "b": {"c": -0.0000001}, "d": 7, "e": "0.3333333333", "f": None, "g": True}
    ) == {
        "a": [0.333333, [0.666667]],
        "b": {"c": 0.0},
        "d": 7,
        "e": "0.3333333333",
        "f": None,
        "g": True,
    }
    assert str(rounded(-0.0000001)) == "0.0"


# --- how long it took


def test_timings() -> None:
    found = timings({"b": [10.0, 20.0, 30.0], "a": [40.0], "none": []}, 2, 1.26)
    assert found == {
        "workers": 2,
        "seconds": 1.3,
        "answers": {"n": 4, "median": 25.0, "p95": 38.5, "worst": 40.0},
        "kinds": {
            "a": {"n": 1, "median": 40.0, "p95": 40.0, "worst": 40.0},
            "b": {"n": 3, "median": 20.0, "p95": 29.0, "worst": 30.0},
        },
    }
    assert timings({}, 1, 0.0) == {"workers": 1, "seconds": 0.0, "answers": None, "kinds": {}}
