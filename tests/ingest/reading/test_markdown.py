from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import DocumentError
from ingest.reading.markdown import canonical, split_front_matter


def test_blocks_become_one_line_each_without_inline_markup() -> None:
    text = "# A **bold** title\n\nA [link](http://x.y) and `code`\non two lines.\n\n* one\n* two\n  goes on\n"
    assert canonical(text) == "# A bold title\n\nA link and code on two lines.\n\n- one\n- two goes on\n"


def test_typographic_bullets_are_bullets() -> None:
    assert canonical("Pros:\n\n  • Fast: yes\n  • Cheap: no\n") == "Pros:\n\n- Fast: yes\n- Cheap: no\n"


def test_tables_become_rows() -> None:
    assert canonical("| a | b |\n| - | - |\n| 1 | 2 |\n") == "| a | b |\n| 1 | 2 |\n"


def test_html_stays_text() -> None:
    assert canonical("<script>alert(1)</script>") == "<script>alert(1)</script>\n"


def test_a_second_paragraph_of_an_item_is_a_paragraph() -> None:
    assert canonical("- one\n\n  more\n- two\n") == "- one\n\nmore\n\n- two\n"


@given(st.text(max_size=400))
def test_canonical_text_is_its_own_canonical_form(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once


def test_front_matter_is_split_off() -> None:
    assert split_front_matter("---\nid: x\npublished: 2024-02-04\n---\nbody\n", "f.md")[1] == "body\n"


def test_text_without_front_matter_is_left_alone() -> None:
    assert split_front_matter("no --- here\n", "f.md") == ({}, "no --- here\n")


def test_broken_front_matter_names_file_and_line() -> None:
    with pytest.raises(DocumentError, match=r"f\.md: front matter is not valid YAML \(line 3\)"):
        split_front_matter("---\nid: x\ntitle: a: b\n---\nbody", "f.md")
