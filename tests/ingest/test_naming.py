from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.config import BUNDLED_CORPUS
from ingest.lexicon import fold
from ingest.naming import MANY_PHRASES, Namer, PhrasePattern, PhraseTable, phrase_pattern
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


def plain(phrases: list[str]) -> re.Pattern[str]:
    """One expression of all phrases, whatever a text holds."""
    parts = []
    for phrase in phrases:
        words = re.split(r"[\s\-/]+", phrase.replace("+", " + ").strip())
        part = re.escape(words[0])
        for before, word in itertools.pairwise(words):
            part += (r"\s*" if "+" in (before, word) else r"[\s\-/]+") + re.escape(word)
        parts.append(part)
    return re.compile(r"(?<![\w-])(?:" + "|".join(parts) + r")(?:'s)?(?!\w)" if parts else "(?!)")


WORDS = st.sampled_from(["a", "an", "pro", "pros", "r&d", "ml", "ops", "mlops", "coe", "one"])
PHRASES = st.lists(
    st.lists(WORDS, min_size=1, max_size=3).map(" ".join) | st.just("ml+coe") | st.just("one-ops"), max_size=6
)
TEXTS = st.lists(WORDS | st.sampled_from([" ", "-", "/", "+", "'s", ".", "  "]), max_size=12).map("".join)


@given(phrases=PHRASES, many=st.booleans(), texts=st.lists(TEXTS, max_size=4))
def test_phrases_are_found_as_one_expression_of_all_finds_them(
    phrases: list[str], many: bool, texts: list[str]
) -> None:
    if many:
        phrases = phrases + [f"filler{n} word" for n in range(MANY_PHRASES + 1)]
    found, expected = PhrasePattern(phrases), plain(phrases)
    for text in texts:
        assert [m.span() for m in found.finditer(text)] == [m.span() for m in expected.finditer(text)]
        assert found.findall(text) == expected.findall(text)
        assert found.sub("_", text) == expected.sub("_", text)
        for ours, theirs in (
            (found.search(text), expected.search(text)),
            (found.search(text, 2), expected.search(text, 2)),
            (found.match(text), expected.match(text)),
            (found.match(text, 1), expected.match(text, 1)),
            (found.fullmatch(text), expected.fullmatch(text)),
        ):
            assert (ours and ours.span()) == (theirs and theirs.span())


@given(phrases=st.dictionaries(st.integers(0, 9), PHRASES, max_size=6), text=TEXTS)
def test_a_table_leaves_nothing_out_that_a_text_has(phrases: dict[int, list[str]], text: str) -> None:
    known = {key: own for key, own in phrases.items() if own}
    folded = fold(text)
    having = [key for key, own in known.items() if phrase_pattern(own).search(folded)]
    assert [key for key, pattern in PhraseTable(known).possible(folded) if pattern.search(folded)] == having
