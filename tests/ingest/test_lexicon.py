from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.lexicon import _SPELLINGS, content_stems, fold, sentence_spans, tokens


@pytest.mark.parametrize(
    ("american", "british"),
    [
        ("Centralized", "centralised"),
        ("organizations", "organisations"),
        ("decentralizing", "decentralising"),
        ("analyzed", "analysed"),
        ("Center of Excellence", "centre of excellence"),
        ("start-up", "startup"),
        ("set up", "setup"),
        ("behavior", "behaviour"),
        ("versus", "vs"),
    ],
)
def test_fold_makes_spellings_one(american: str, british: str) -> None:
    assert fold(american) == fold(british) == british


@given(
    st.lists(st.sampled_from([*"ioazyesnrpvmlu- .ct", "model", "program", "start", "set", "up", "over", "col"])).map(
        "".join
    )
)
def test_a_spelling_is_only_looked_for_where_it_can_be(text: str) -> None:
    for needed, pattern, _ in _SPELLINGS:
        assert needed in text or not pattern.search(text)


def test_fold_makes_typographic_quotes_and_dashes_plain() -> None:
    assert fold("“we’re” – here") == '"we\'re" - here'


def test_tokens_keep_compounds_whole() -> None:
    assert tokens("CI/CD, R&D and business-led ML") == ["ci/cd", "r&d", "and", "business-led", "ml"]


def test_content_stems_leave_stopwords_out_and_add_parts_of_compounds() -> None:
    assert content_stems("the teams of business-led units") == ["team", "business-l", "busi", "led", "unit"]


def test_sentences_are_cut_at_their_ends_only() -> None:
    text = "It costs 1.5 TB, e.g. a lot. Really? Yes. Dr. Who agrees."
    assert [text[a:b] for a, b in sentence_spans(text)] == [
        "It costs 1.5 TB, e.g. a lot.",
        "Really?",
        "Yes.",
        "Dr. Who agrees.",
    ]


def test_no_sentence_in_blank_text() -> None:
    assert sentence_spans("   ") == []
