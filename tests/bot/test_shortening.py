"""Shorter ways to say a claim keep its meaning."""

from __future__ import annotations

import pytest

from bot.composing.draft import Draft
from bot.composing.listing import bulleted
from bot.language.shortening import gist, label_of, named, shared_openings
from ingest.types import Passage, Stance


def claim(text: str, id_: str = "p", stance: Stance = "con", document: str = "d") -> Passage:
    return Passage(
        id=id_,
        document_id=document,
        position=0,
        heading_path=("T", "Drawbacks"),
        text=text,
        start=0,
        end=len(text),
        kind="bullet",
        options=("depot",),
        stance=stance,
    )


def test_a_name_that_the_sentence_says_again_is_left_out_and_any_other_is_kept() -> None:
    again = claim("Rising fuel costs: the costs of fuel are rising.")
    assert named(again) == ("", "the costs of fuel are rising.")
    more = claim("Limited parking: vans find no parking space.")
    assert named(more) == ("Limited parking", "vans find no parking space.")


def test_only_a_pro_or_a_con_opens_with_a_name() -> None:
    assert label_of(claim("Opening hours: eight to four.", stance="neutral")) == ("", "Opening hours: eight to four.")


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Delay: vans leave late every day, so customers wait.", "vans leave late every day"),
        ("Delay: vans leave late on most days, which annoys customers.", "vans leave late on most days"),
        # A condition stays, wherever it stands.
        ("Delay: vans leave late if the yard is full.", "vans leave late if the yard is full"),
        ("Delay: vans leave late every day, so customers wait if it rains.", "vans leave late every day, so customers wait if it rains"),
        # A reason may be all that a claim says.
        ("Delay: vans leave late every day because the gate is shut.", "vans leave late every day because the gate is shut"),
        ("Delay: vans leave late every day. Nobody minds.", "vans leave late every day"),
    ],
)  # fmt: skip
def test_the_gist_drops_an_afterthought_and_never_a_condition(text: str, short: str) -> None:
    assert gist(claim(text)) == short


def test_an_opening_is_shared_only_where_each_text_goes_on_by_itself() -> None:
    texts = [
        "the risk of one big yard is that gates jam.",
        "vans are dear.",
        "the risk of one big yard is that drivers queue.",
        "the risk of one big yard grows.",
    ]
    (opening,) = shared_openings(texts)
    assert (opening.words, opening.members) == ("the risk of one big yard is that", (0, 2))
    assert shared_openings(["a yard is good.", "a yard is bad."]) == []


def test_what_begins_alike_is_said_once_and_cited_by_each() -> None:
    draft = Draft()
    jam = claim("Blocked entrance: the risk of one big yard is that gates jam.", "a")
    queue = claim("the risk of one big yard is that drivers queue.", "b")
    text = bulleted(draft, [[jam], [queue]])
    assert (
        text == "- The risk of one big yard is that:\n  - **Blocked entrance**: gates jam. [1]\n  - drivers queue. [2]"
    )
    assert draft.passages == [jam, queue]


def test_openings_of_two_sources_are_not_run_together() -> None:
    draft = Draft()
    one = claim("the risk of one big yard is that gates jam.", "a")
    two = claim("the risk of one big yard is that drivers queue.", "b", document="other")
    assert bulleted(draft, [[one], [two]]).count("The risk of one big yard is that") == 2


def test_claims_that_say_the_same_stand_in_one_bullet_with_both_markers_and_the_advice() -> None:
    draft = Draft()
    one = claim("Distance: the yard lies far from the shops.", "a")
    two = claim("Far off: shops are a long way from the yard.", "b", document="other")
    advice = claim("Shops should send a van.", "c", stance="neutral")
    text = bulleted(draft, [[one, two]], {"a": [advice]})
    assert text.count("\n") == 0
    assert "[1] Shops are a long way from the yard. [2] *What helps:* Shops should send a van. [3]" in text
