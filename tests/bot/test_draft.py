from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from bot.composing.draft import Draft, escape, joined, short_name, short_names, spelt
from ingest.types import Passage, Source


def passage(text: str, id_: str = "p") -> Passage:
    return Passage(
        id=id_, document_id="d", position=0, heading_path=("T",), text=text, start=0, end=len(text), kind="bullet"
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "**bold** and _under_ and `code`",
        "[a link](http://example.org) ![x](y)",
        "# heading",
        "- bullet",
        "1. first",
        "> quote",
        "a | b",
        "&lt;b&gt; R&D",
        "back\\slash",
        "---",
        "- - -",
        "===",
    ],
)
def test_escaped_text_reads_as_itself(text: str) -> None:
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(escape(text))
    plain = rendered.removeprefix("<p>").removesuffix("</p>\n")
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        plain = plain.replace(entity, character)
    assert plain == text


def test_passages_are_numbered_by_first_use() -> None:
    draft = Draft()
    first, second = passage("One.", "a"), passage("Two.", "b")
    draft.paragraph(draft.claim(first) + " " + draft.claim(second))
    draft.paragraph(draft.claim(first))
    assert draft.markdown == "One. [1] Two. [2]\n\nOne. [1]"
    assert draft.passages == [first, second]


def test_a_label_is_what_a_claim_opens_with() -> None:
    draft = Draft()
    assert draft.label(passage("Siloing: the team is alone.", "a")) == "Siloing [1]"
    assert draft.label(passage("The team is alone.", "b")) == "The team is alone [2]"


def test_lists_and_counts_read_as_prose() -> None:
    assert (joined([]), joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"], "or")) == (
        "",
        "a",
        "a and b",
        "a, b or c",
    )
    assert (spelt(0), spelt(4), spelt(12), spelt(13)) == ("no", "four", "twelve", "13")


def test_a_source_is_called_by_surname_and_year_or_by_title() -> None:
    assert short_name(Source(title="T", author="Ann Example", published="2020-01-02")) == "Example 2020"
    assert short_name(Source(title="Centralised or not?")) == "Centralised or not"
    assert short_name(Source(title="Costs", author="Ann Example")) == "Costs"


def test_sources_of_one_author_and_year_are_called_by_their_titles() -> None:
    one, other, third = (
        Source(title=title, author="Ann Example", published=published)
        for title, published in (("Costs", "2020-01-02"), ("Gains?", "2020-03-04"), ("Later", "2021-01-02"))
    )
    assert short_names([one, other, third]) == ["Costs", "Gains", "Example 2021"]
