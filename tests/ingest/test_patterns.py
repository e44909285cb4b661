from __future__ import annotations

import pytest

from ingest.parted import words_of
from ingest.patterns import MAX_GAP, MAX_SPREAD, PatternError, PatternIndex, compile_pattern, expanded


def found(pattern: str, text: str) -> list[tuple[int, int]]:
    return [(f.first, f.last) for f in PatternIndex([(pattern, "x")]).find(words_of(text))]


def test_words_are_matched_by_stem_case_and_spelling() -> None:
    assert found("centralised team", "Our Centralized TEAMS work")
    assert found("release weekly", "we are releasing weekly")
    assert not found("release weekly", "weekly releases")


def test_a_gap_is_up_to_four_words_of_any_kind() -> None:
    assert MAX_GAP == 4
    assert found("ship ... week", "ship week")
    assert found("ship ... week", "ship it at least once a week") == []
    assert found("ship ... week", "ship it every single last week")


def test_a_choice_is_either_word() -> None:
    assert found("each|every team", "every team")
    assert not found("each|every team", "some team")


def test_a_named_list_stands_for_its_words() -> None:
    assert (
        expanded("each <unit>|squad ... <unit>", {"unit": ("team", "plant")}) == "each team|plant|squad ... team|plant"
    )
    with pytest.raises(PatternError, match="<shop> names no list of words; known are unit"):
        expanded("each <shop>", {"unit": ("team",)})


def test_parts_are_found_in_any_order_and_not_far_apart() -> None:
    assert found("own tools & each team", "each team has its own tools") == [(0, 5)]
    assert found("own tools & each team", "own tools in each team") == [(0, 4)]
    assert found("own tools & each team", "own tools") == []
    assert found("red & blue", "red " + "x " * (MAX_SPREAD - 1) + "blue")
    assert found("red & blue", "red " + "x " * MAX_SPREAD + "blue") == []


def test_of_the_places_of_a_part_the_nearest_counts() -> None:
    assert found("red & blue", "blue x x x red blue") == [(4, 5)]


def test_a_marked_word_is_matched_as_it_is_written() -> None:
    assert found("=excel", "kept in Excel")
    assert not found("=excel", "an excellent coffee")
    assert found("in =writing|print", "agreed in writing")
    assert not found("in =writing|print", "written in write")


def test_no_one_is_nobody() -> None:
    for pattern in ("nobody knows", "no one knows"):
        assert found(pattern, "nobody knows")
        assert found(pattern, "No one knows")


def test_words_that_several_patterns_share_are_counted_by_place() -> None:
    index = PatternIndex([("own ... tools", "a"), ("own tools", "a"), ("tools", "a")])
    ((found_once),) = index.find(words_of("their own tools"))
    assert found_once.places == {1, 2}


def test_compounds_are_their_parts_however_they_are_written() -> None:
    for text in ("CI/CD", "ci-cd", "ci cd"):
        assert found("ci/cd", text)
    for text in ("a start-up", "a startup", "a start up"):
        assert found("startup", text)


def test_offsets_lead_back_to_the_words_as_written() -> None:
    text = "Our “Start-up” has 12 well-known customers"
    assert [text[w.start : w.end] for w in words_of(text)] == [
        "Our",
        "Start-up",
        "has",
        "12",
        "well",
        "known",
        "customers",
    ]


def test_of_two_patterns_for_the_same_the_one_that_holds_the_other_is_kept() -> None:
    index = PatternIndex([("shared platform", "a"), ("no shared platform", "b"), ("platform", "a")])
    assert sorted((f.value, len(f.places)) for f in index.find(words_of("there is no shared platform"))) == [
        ("a", 2),
        ("b", 3),
    ]


@pytest.mark.parametrize(
    "bad", ["", "...", "... team", "team ...", "a ... ... b", "what?", "a|", "on-site|remote", "=", "=a b="]
)
def test_a_pattern_that_cannot_be_matched_is_refused(bad: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(bad)
