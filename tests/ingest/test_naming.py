from __future__ import annotations

import pytest

from ingest.config import BUNDLED_CORPUS
from ingest.naming import Namer, phrase_pattern
from ingest.pack import load_pack


@pytest.fixture(scope="module")
def namer() -> Namer:
    return Namer(load_pack(BUNDLED_CORPUS))


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("a decentralized team", ("decentralised",)),
        ("centralised, not de-centralised", ("centralised", "decentralised")),
        ("Federated + CoE", ("federated-coe",)),
        ("federated+coe beats federated", ("federated-coe", "federated")),
        ("federated with a Center of Excellence", ("federated-coe",)),
        ("the factory's overhead", ("factory",)),
        ("satisfactory results", ()),
        ("Small-Data Ops and hybrid MLOps", ("small-data-ops", "hybrid-mlops")),
        ("recentralised", ()),
    ],
)
def test_names_are_found_as_whole_words_the_longest_first(namer: Namer, text: str, options: tuple[str, ...]) -> None:
    assert namer.option_ids(text) == options


def test_a_source_may_use_a_word_in_its_own_sense(namer: Namer) -> None:
    assert namer.option_ids("functional teams") == ("functional",)
    assert namer.option_ids("functional teams", "nguyen-2023") == ("centralised",)
    assert namer.option_ids("Centralised / Functional Teams", "nguyen-2023") == ("centralised",)


def test_a_many_meaning_word_is_reported_unless_it_is_part_of_a_name(namer: Namer) -> None:
    assert [term.words[0] for term in namer.terms("the hybrid one")] == ["hybrid"]
    assert namer.terms("Hybrid MLOps") == ()


def test_words_of_a_phrase_may_be_hyphenated() -> None:
    pattern = phrase_pattern(["cross functional team"])
    assert pattern.search("a cross-functional team")
    assert not pattern.search("across functional teams")


def test_a_pattern_of_nothing_finds_nothing() -> None:
    assert not phrase_pattern([]).search("anything")
