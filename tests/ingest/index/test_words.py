"""The words of a library, by hand, and the file that keeps them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest.index.words import Words, read_words, words_of, write_words
from ingest.lexicon import content_stems
from ingest.types import Passage


def passage(document: str, position: int, text: str, *headings: str, lead_in: str = "") -> Passage:
    return Passage(f"{document}{position}", document, position, headings, text, 0, len(text), "bullet", lead_in=lead_in)


PASSAGES = [
    passage("a", 0, "A red fox met Ada and the red hen.", "A", "On animals"),
    passage("a", 1, "Hens are small.", "A", "On animals", lead_in="What Grace says of hens:"),
    passage("b", 0, "A fox, Ada wrote, is red.", "B"),
]


def same(one: Words, other: Words) -> bool:
    arrays = ("tokens", "starts", "order", "counts", "ends", "having_around")
    texts = ("roots", "names", "opening_names", "small", "plain")
    return (
        all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
        and all(getattr(one, name) == getattr(other, name) for name in texts)
        and np.array_equal(one.surroundings.first, other.surroundings.first)
        and np.array_equal(one.surroundings.past, other.surroundings.past)
    )


def test_a_passage_has_the_stems_of_what_the_encoder_reads() -> None:
    words = words_of(PASSAGES)
    for rank, one in enumerate(PASSAGES):
        assert words.of(rank) == frozenset(content_stems(one.embedding_text))


def test_postings_tell_who_has_a_stem_and_how_often() -> None:
    words = words_of(PASSAGES)
    assert [part.tolist() for part in words.postings("red")] == [[0, 2], [2, 1]]
    assert [part.tolist() for part in words.postings("hen")] == [[0, 1], [1, 2]]
    assert [part.tolist() for part in words.postings("unicorn")] == [[], []]
    assert (words.having("fox"), words.having("unicorn")) == (2, 0)
    ranks = np.array([0, 1, 2], dtype=np.int32)
    assert words.at("red", ranks).tolist() == [2, 0, 1]
    assert words.at("unicorn", ranks).tolist() == [0, 0, 0]
    assert words.within("red", ranks[:2] * 0, ranks[1:]).tolist() == [2, 2]
    assert words.within("red", ranks, ranks + 1).tolist() == [2, 0, 1]
    assert words.within("unicorn", ranks, ranks + 1).tolist() == [0, 0, 0]
    # The first two stand under one heading: the neighbourhood of each is both.
    assert words.having_around[words.place["hen"]] == 2
    assert words.having_around[words.place["red"]] == 3


def test_how_a_word_is_written_tells_names_from_words() -> None:
    words = words_of(PASSAGES)
    assert "ada" in words.names
    assert "hens" in words.opening_names
    assert "hens" not in words.names
    assert {"red", "small"} <= words.small
    assert "met" in words.plain


def test_words_are_kept_and_read_as_they_were(tmp_path: Path) -> None:
    words = words_of(PASSAGES)
    write_words(words, tmp_path / "kept", "one")
    found = read_words(tmp_path / "kept", "one", len(PASSAGES))
    assert found is not None
    assert same(found, words)
    assert [path.suffix for path in (tmp_path / "kept").iterdir()] == [".npz"]


def test_words_of_another_index_and_a_spoilt_file_are_not_taken(tmp_path: Path) -> None:
    write_words(words_of(PASSAGES), tmp_path, "one")
    assert read_words(tmp_path, "two", len(PASSAGES)) is None
    assert read_words(tmp_path, "one", len(PASSAGES) + 1) is None
    file = next(tmp_path.iterdir())
    whole = file.read_bytes()
    for spoilt in (whole[: len(whole) // 2], b"", b"PK" + bytes(500)):
        file.write_bytes(spoilt)
        assert read_words(tmp_path, "one", len(PASSAGES)) is None


def test_words_that_do_not_agree_with_one_another_are_not_taken(tmp_path: Path) -> None:
    words = words_of(PASSAGES)
    for broken in (replace(words, order=words.order[:-1]), replace(words, roots=words.roots[:-1])):
        write_words(broken, tmp_path, "one")
        assert read_words(tmp_path, "one", len(PASSAGES)) is None


def test_only_the_newest_files_stay(tmp_path: Path) -> None:
    for name in "abcde":
        write_words(words_of(PASSAGES), tmp_path, name)
    assert len(list(tmp_path.iterdir())) == 3
    assert read_words(tmp_path, "e", len(PASSAGES)) is not None


def test_where_nothing_can_be_kept_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file in the folder's place")
    write_words(words_of(PASSAGES), tmp_path / "kept", "one")
    assert (tmp_path / "kept").is_file()


@pytest.mark.parametrize("passages", [[], [passage("a", 0, "")]])
def test_nothing_has_no_words(passages: list[Passage]) -> None:
    words = words_of(passages)
    assert len(words) == len(passages)
    assert words.roots == ()
