"""Cutting a stream into sentences: the same sentences whatever the pieces, each as soon as it is complete."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.llm.sentences import SentenceCutter, plain

TEXT = (
    "Here is what they say:\n\n"
    "1. **Tools** are shared by all squads [1]. Costs fall by 3.5 % a year, e.g. for licences. [2][3] Nobody minds.[1]\n"
    "* People wait for [the queue](https://x.example/a?b) to clear 【2】.\n"
    "The unit buys its own machines [1, 3]! It never"
)


def cut(*pieces: str) -> list[tuple[str, tuple[int, ...], bool]]:
    cutter = SentenceCutter()
    found = [sentence for piece in pieces for sentence in cutter.feed(piece)] + cutter.end()
    return [(sentence.text, sentence.cited, sentence.bullet) for sentence in found]


EXPECTED = [
    ("Here is what they say:", (), False),
    ("Tools are shared by all squads.", (1,), True),
    ("Costs fall by 3.5 % a year, e.g. for licences.", (2, 3), True),
    ("Nobody minds.", (1,), True),
    ("People wait for the queue to clear.", (2,), True),
    ("The unit buys its own machines!", (1, 3), False),
]


def test_sentences_numbers_and_lists_are_told_apart() -> None:
    assert cut(TEXT) == EXPECTED


@given(st.lists(st.integers(0, len(TEXT)), max_size=12))
def test_the_pieces_make_no_difference(places: list[int]) -> None:
    bounds = [0, *sorted(places), len(TEXT)]
    assert cut(*(TEXT[a:b] for a, b in itertools.pairwise(bounds))) == EXPECTED


def test_token_by_token_too() -> None:
    assert cut(*TEXT) == EXPECTED


def test_a_sentence_comes_as_soon_as_it_cannot_grow_any_more() -> None:
    cutter = SentenceCutter()
    assert cutter.feed("Tools are shared. ") == []
    assert cutter.feed("[1") == []
    assert cutter.feed("] ") == []
    (sentence,) = cutter.feed("Co")
    assert (sentence.text, sentence.cited) == ("Tools are shared.", (1,))
    assert cutter.pending == 2


@pytest.mark.parametrize("cut_off", ["It never", "And 3.", "", "  \n", "[1", "1."])
def test_what_was_cut_off_is_no_sentence(cut_off: str) -> None:
    assert [text for text, _, _ in cut("Tools are shared. " + cut_off)][:1] == ["Tools are shared."]
    assert "It never" not in [text for text, _, _ in cut(cut_off)]


def test_the_line_shows_what_belongs_together() -> None:
    cutter = SentenceCutter()
    found = [*cutter.feed("A is one. B is two.\nC is three.\n\nD is four."), *cutter.end()]
    assert [sentence.line for sentence in found] == [0, 0, 1, 3]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**Bold**, *slanted*, `code`, __strong__ and snake_case", "Bold, slanted, code, strong and snake_case"),
        ("see [here](javascript:alert(1)) now", "see here) now"),
        ("![cat](http://x.example/c.png)Cats purr", "Cats purr"),
        ("<script>x</script><b>Cats</b> <!-- hidden --> purr", "x Cats purr"),
        ("a | b | c", "a b c"),
        ("3 < 5 and 7 > 6", "3 < 5 and 7 > 6"),
    ],
)
def test_markup_is_reduced_to_words(written: str, read: str) -> None:
    assert plain(written) == read


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    for sentence, _, _ in cut(text):
        assert sentence == sentence.strip()
        assert sentence
