"""Nuggets, citations, recommendations and consistency, each worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evals.metrics.citations import (
    citation_precision,
    citation_recall,
    exact_share,
    source_precision,
    source_recall,
    unsupported,
)
from evals.metrics.consistency import other_order, same_citations, same_verdict
from evals.metrics.nuggets import forbidden_found, missed, nugget_recall
from evals.metrics.recommendations import changing_share, top_one, unacceptable_first
from evals.metrics.statements import Statement
from ingest.config import BUNDLED_CORPUS
from ingest.naming import Namer
from ingest.pack import load_pack
from tests.evals.made import cited, nugget, reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Two vital facts and one that is not.
FACTS = (nugget("oven"), nugget("warm|hot"), nugget("golden crust", vital=False))
TEXTS = {1: "bread rises", 2: "in ovens", 3: "cats sleep", 4: "bread rises in ovens"}


def says(sentence: str, passages: Sequence[str]) -> bool:
    """Passages support a sentence when they hold all its words."""
    return set(sentence.split()) <= set(" ".join(passages).split())


def stated(*pairs: tuple[str, tuple[int, ...]]) -> list[Statement]:
    return [Statement(text, numbers) for text, numbers in pairs]


# --- nuggets


@pytest.mark.parametrize(
    ("text", "vital", "all_"),
    [
        ("", 0.0, 0.0),
        ("In an OVEN.", 0.5, 1 / 3),
        ("In a hot oven.", 1.0, 2 / 3),
        ("A hot oven makes a golden crust.", 1.0, 1.0),
        ("A golden crust.", 0.0, 1 / 3),
        ("oven oven oven", 0.5, 1 / 3),
    ],
)
def test_nugget_recall_counts_vital_facts_and_all(text: str, vital: float, all_: float) -> None:
    assert nugget_recall(FACTS, text, vital=True) == vital
    assert nugget_recall(FACTS, text, vital=False) == pytest.approx(all_)


def test_without_facts_to_find_there_is_no_recall() -> None:
    assert nugget_recall((), "anything", vital=False) is None
    assert nugget_recall(FACTS[2:], "golden crust", vital=True) is None
    assert nugget_recall(FACTS[2:], "golden crust", vital=False) == 1.0


def test_missed_facts_are_told_in_their_order() -> None:
    assert missed(FACTS, "warm") == [FACTS[0], FACTS[2]]
    assert missed(FACTS, "a hot oven with a golden crust") == []


def test_forbidden_patterns_ignore_case() -> None:
    assert forbidden_found(["factory", r"\bcats?\b"], "A Factory of concatenation") == ["factory"]
    assert forbidden_found([], "anything") == []


# --- citations

CASES = [
    # A statement that cites nothing is unsupported; with nothing cited, no citation is a needed one.
    ([("bread rises", ())], 0.0, 0.0),
    ([("bread rises", (1,))], 1.0, 1.0),
    ([("bread rises", (3,))], 0.0, 0.0),
    # Only together do they say it, so each is needed.
    ([("bread rises in ovens", (1, 2))], 1.0, 1.0),
    # The third is beside the point: the others say it without it.
    ([("bread rises in ovens", (1, 2, 3))], 1.0, 2 / 3),
    # Each of both says it by itself.
    ([("bread rises", (1, 4))], 1.0, 1.0),
    # 4 says it alone; 1 does not, and 4 suffices without it.
    ([("bread rises in ovens", (1, 4))], 1.0, 0.5),
    # 0 is not the last passage, and 9 is none.
    ([("bread rises", (0,))], 0.0, 0.0),
    ([("cats sleep", (-1,))], 0.0, 0.0),
    ([("bread rises", (9,))], 0.0, 0.0),
    ([("bread rises", (1, 9))], 1.0, 0.5),
    ([("bread rises", (1, 0))], 1.0, 0.5),
    # Written twice, it is one citation.
    ([("bread rises", (1, 1))], 1.0, 1.0),
    # Citations of an unsupported statement count for nothing, whatever they say: one of three is left.
    ([("bread rises", (1,)), ("dogs bark", (1, 2))], 0.5, 1 / 3),
    ([("bread rises", (1,)), ("dogs bark", ()), ("cats sleep", (3,))], 2 / 3, 1.0),
]


@pytest.mark.parametrize(("pairs", "recall", "precision"), CASES)
def test_citation_recall_and_precision(
    pairs: list[tuple[str, tuple[int, ...]]], recall: float, precision: float
) -> None:
    assert citation_recall(stated(*pairs), TEXTS, says) == pytest.approx(recall)
    assert citation_precision(stated(*pairs), TEXTS, says) == pytest.approx(precision)


def test_where_nothing_is_stated_there_is_nothing_to_support() -> None:
    assert citation_recall([], TEXTS, says) is None
    assert citation_precision([], TEXTS, says) is None
    assert unsupported([], TEXTS, says) == []


def test_unsupported_statements_are_told_in_their_order() -> None:
    given = stated(("dogs bark", (1,)), ("bread rises", (1,)), ("cats sleep", ()))
    assert unsupported(given, TEXTS, says) == [given[0], given[2]]


def test_exact_share() -> None:
    assert exact_share([]) is None
    assert exact_share([cited(1), cited(2, exact=False), cited(3), cited(4)]) == 0.75


@pytest.mark.parametrize(
    ("sources", "gold", "precision", "recall"),
    [
        ((), (), None, None),
        (("bread",), (), None, None),
        ((), ("bread",), 0.0, 0.0),
        (("bread", "bread", "cats"), ("bread",), 2 / 3, 1.0),
        (("bread", "cats"), ("bread", "flour"), 0.5, 0.5),
        (("cats",), ("bread", "flour"), 0.0, 0.0),
        (("flour", "bread"), ("bread", "flour"), 1.0, 1.0),
    ],
)
def test_right_documents(
    sources: tuple[str, ...], gold: tuple[str, ...], precision: float | None, recall: float | None
) -> None:
    citations = [cited(n, source=source) for n, source in enumerate(sources, start=1)]
    assert source_precision(citations, gold) == (precision if precision is None else pytest.approx(precision))
    assert source_recall(citations, gold) == (recall if recall is None else pytest.approx(recall))


# --- recommendations


@pytest.mark.parametrize(
    ("first", "named", "mark"),
    [("gas", ["gas", "wood"], 1.0), ("coal", ["gas"], 0.0), (None, ["gas"], 0.0), ("gas", [], None), (None, [], None)],
)
def test_what_comes_first(first: str | None, named: list[str], mark: float | None) -> None:
    assert top_one(first, named) == mark
    assert unacceptable_first(first, named) == mark


def winners(facts: Mapping[str, str]) -> tuple[str, ...]:
    """Wood wins from ten loaves a day; gas below; both in a town with a market, if nothing else is known."""
    if "loaves" in facts:
        return ("wood",) if facts["loaves"] == "many" else ("gas",)
    return ("gas", "wood") if facts.get("market") == "yes" else ("gas",)


def test_a_question_is_worth_what_its_answers_change() -> None:
    assert changing_share({}, "loaves", ["few", "some", "many"], winners) == pytest.approx(1 / 3)
    # Becoming level with another is no change, nor is leaving those it was level with.
    assert changing_share({}, "market", ["yes", "no"], winners) == 0.0
    assert changing_share({"market": "yes"}, "loaves", ["few", "many"], winners) == 0.0
    assert changing_share({"loaves": "few"}, "loaves", ["many"], winners) == 1.0


# --- consistency


def test_same_verdict() -> None:
    assert same_verdict("right", []) is None
    assert same_verdict("right", ["right", "wrong", "missing", "right"]) == 0.5
    assert same_verdict("missing", ["missing"]) == 1.0


def test_same_citations_is_the_mean_jaccard_index() -> None:
    a, b, c = cited(1, "a"), cited(2, "b"), cited(3, "c")
    original = reply("x", a, b)
    assert same_citations(original, []) is None
    # 2 of 2, 1 of 3 and 0 of 2.
    others = [reply("y", b, a), reply("y", cited(1, "b"), c), reply("y")]
    assert same_citations(original, others) == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert same_citations(reply("x"), [reply("y")]) == 1.0
    # The same words in another document are another passage, and numbers are only numbers.
    assert same_citations(reply("x", a), [reply("y", cited(1, "a", "cats"))]) == 0.0
    assert same_citations(reply("x", a), [reply("y", cited(7, "a"))]) == 1.0


@pytest.fixture(scope="module")
def namer() -> Namer:
    return Namer(load_pack(BUNDLED_CORPUS))


@pytest.mark.parametrize(
    ("question", "swapped"),
    [
        ("Compare centralised and decentralised", "Compare decentralised and centralised"),
        ("Factory or federated?", "federated or Factory?"),
        ("factory vs federated: who pays?", "federated vs factory: who pays?"),
        ("factory vs. federated: who pays?", None),  # folding the full stop away moved what follows
        ("Is a factory cheaper compared to a federated model?", None),  # asks about one of both
        ("pros of the factory model", None),
        ("factory and factory", None),
        ("factory, federated and centralised", None),
        ("How do we get from centralised to federated?", None),
        ("Why factory and not federated?", None),
        ("Should we take factory instead of federated?", None),
        ("", None),
    ],
)
def test_the_other_order(namer: Namer, question: str, swapped: str | None) -> None:
    assert other_order(question, namer) == swapped


def test_swapping_twice_is_the_question_again(namer: Namer) -> None:
    question = "What sets the factory model against a federated one?"
    once = other_order(question, namer)
    assert once is not None
    assert other_order(once, namer) == question
