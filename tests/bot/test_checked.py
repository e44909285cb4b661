"""Composed answers, looked at once more: what the passages do not say goes."""

from __future__ import annotations

from bot.llm.phrasing import Spoken
from bot.verifying.checked import checked
from bot.verifying.verify import Verifier
from ingest.types import Passage


def passage(id_: str, text: str, *headings: str) -> Passage:
    return Passage(id_, "d", 0, headings, text, 0, len(text), "bullet")


COST = passage("a", "Cost: a shared boat costs 300 euros a month.", "Boats", "Shared boat › Cons")
SPEED = passage("b", "A private boat is ready within ten minutes.", "Boats", "Private boat")
SAFE = passage("c", "Anna inspects every boat before Boris rents it out.", "Boats", "Safety")
VERIFIER = Verifier()


def test_an_answer_that_holds_stays_as_it_is() -> None:
    text = (
        "**Shared boat**, from our notes:\n\n- **Cost**: a shared boat costs 300 euros a month. [1]\n"
        "- A private boat is ready within ten minutes [2], and Anna inspects every boat. [3]\n\n*Ask for more.*"
    )
    spoken = Spoken(text, [COST, SPEED, SAFE])
    assert checked(spoken, VERIFIER) is spoken


def test_what_is_not_in_the_passages_is_taken_out_and_numbers_close_up() -> None:
    text = "- A shared boat costs 500 euros a month. [1]\n- A private boat is ready within ten minutes. [2]"
    whole = checked(Spoken(text, [COST, SPEED]), VERIFIER)
    assert (whole.text, whole.passages, whole.dropped) == (
        "- A private boat is ready within ten minutes. [1]",
        [SPEED],
        1,
    )


def test_a_denial_and_changed_roles_do_not_pass() -> None:
    text = "A private boat is not ready within ten minutes. [1] Boris inspects every boat before Anna rents it out. [2]"
    whole = checked(Spoken(text, [SPEED, SAFE]), VERIFIER)
    assert (whole.text.strip(), whole.passages, whole.dropped) == ("", [], 2)


def test_a_cell_of_a_table_is_emptied_and_the_table_stays() -> None:
    text = "| | Shared | Private |\n| --- | --- | --- |\n| Cost | costs 500 euros [1] | ready within ten minutes [2] |"
    whole = checked(Spoken(text, [COST, SPEED]), VERIFIER)
    assert whole.text.endswith("| Cost | – | ready within ten minutes [1] |")
    assert whole.dropped == 1


def test_escaped_brackets_and_text_without_numbers_are_no_citations() -> None:
    spoken = Spoken("A list\\[9\\] of boats, which nobody cites.", [])
    assert checked(spoken, VERIFIER) is spoken
