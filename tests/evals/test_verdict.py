"""What an answer is worth: each thing that a case may expect against each that may come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evals.metrics.verdict import RIGHT_FROM, crag_score, verdict
from tests.evals.made import case, nugget, recommendation, reply

if TYPE_CHECKING:
    from evals.cases import Case
    from evals.reply import Reply

VITAL = [nugget("oven"), nugget("warm"), nugget("yeast"), nugget("crust", vital=False)]
ANSWER = case(nuggets=VITAL)
BARE = case()
REFUSE = case(expect="refuse")
CLARIFY = case(expect="clarify")
RECOMMEND = case(expect="recommend", best_models=["gas", "wood"], nuggets=VITAL)
ANY_OPTION = case(expect="recommend")

REFUSAL = reply("The documents do not say.", kind="refusal")
BACK = reply("Which do you mean?", kind="clarification")
HELLO = reply("Hello!", kind="smalltalk")
# Two of three vital facts, one of three, and none.
TWO, ONE, NONE = reply("A **warm** [1] oven."), reply("An oven and a crust."), reply("Bread.")
GAS = reply("Gas.", kind="recommendation", recommendation=recommendation("gas", "coal"))
COAL = reply("Coal, with a warm oven.", kind="recommendation", recommendation=recommendation("coal", "gas"))
UNRANKED = reply("It depends.", kind="recommendation", recommendation=recommendation())
ASKS_ON = reply(
    "Gas so far.", kind="recommendation", recommendation=recommendation("gas", next_question="How many loaves?")
)
EMPTY = reply("")


@pytest.mark.parametrize(
    ("expected", "given", "found"),
    [
        (ANSWER, TWO, "right"),
        (ANSWER, ONE, "wrong"),
        (ANSWER, NONE, "wrong"),
        (ANSWER, REFUSAL, "missing"),
        (ANSWER, BACK, "missing"),
        (ANSWER, HELLO, "missing"),
        # What it refuses it does not answer, whatever words it holds.
        (ANSWER, reply("No word of a warm oven.", kind="refusal"), "missing"),
        (BARE, NONE, "right"),
        (BARE, BACK, "missing"),
        (BARE, HELLO, "missing"),
        (BARE, REFUSAL, "missing"),
        (REFUSE, REFUSAL, "right"),
        (REFUSE, TWO, "wrong"),
        (REFUSE, BACK, "missing"),
        (REFUSE, HELLO, "missing"),
        (REFUSE, GAS, "wrong"),
        (CLARIFY, BACK, "right"),
        (CLARIFY, ASKS_ON, "right"),
        (CLARIFY, GAS, "wrong"),
        (CLARIFY, TWO, "wrong"),
        (CLARIFY, REFUSAL, "missing"),
        (RECOMMEND, GAS, "right"),
        # The facts do not make up for the option.
        (RECOMMEND, COAL, "wrong"),
        (RECOMMEND, TWO, "wrong"),
        (RECOMMEND, BACK, "missing"),
        (RECOMMEND, REFUSAL, "missing"),
        (ANY_OPTION, COAL, "right"),
        (ANY_OPTION, UNRANKED, "wrong"),
        (ANY_OPTION, TWO, "wrong"),
        (ANY_OPTION, HELLO, "missing"),
        *((one, None, "missing") for one in (ANSWER, BARE, REFUSE, CLARIFY, RECOMMEND, ANY_OPTION)),
        *((one, EMPTY, "missing") for one in (ANSWER, BARE, REFUSE, CLARIFY, RECOMMEND, ANY_OPTION)),
    ],
)
def test_verdicts(expected: Case, given: Reply | None, found: str) -> None:
    assert verdict(expected, given) == found


def test_half_of_the_vital_facts_is_enough() -> None:
    assert RIGHT_FROM == 0.5
    four = case(nuggets=[nugget("one"), nugget("two"), nugget("three"), nugget("four")])
    assert verdict(four, reply("one two")) == "right"
    assert verdict(four, reply("one")) == "wrong"


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        (case(forbidden=["coal"]), reply("Coal.")),
        (case(expect="refuse", forbidden=["coal"]), reply("Nothing on coal.", kind="refusal")),
        (case(expect="clarify", forbidden=["coal"]), reply("Coal or gas?", kind="clarification")),
        (
            case(expect="recommend", best_models=["coal"], forbidden=["coal"]),
            reply("Coal.", recommendation=recommendation("coal")),
        ),
    ],
)
def test_what_is_forbidden_is_wrong_in_any_answer(expected: Case, given: Reply) -> None:
    assert verdict(expected, given) == "wrong"
    assert verdict(expected.model_copy(update={"forbidden": ("peat",)}), given) == "right"


def test_patterns_read_plain_text() -> None:
    """Markers, emphasis and line ends do not stand between the words of a fact."""
    expected = case(nuggets=[nugget("warm oven rises")], forbidden=[r"\[1\]", r"\*"])
    assert verdict(expected, reply("A **warm** [1]\n*oven* rises [2].")) == "right"


def test_a_false_answer_costs_more_than_none() -> None:
    assert [crag_score(one) for one in ("right", "missing", "wrong")] == [1, 0, -1]
