from __future__ import annotations

import pytest

from ingest.cleaning.lines import is_marked_up, read_lines
from ingest.cleaning.outline import outlined, with_bold_headings

BODY = (
    "One group looks after the tools, and every other group uses them for whatever its customers have asked for, "
    "be it large or small."
)


def outline(text: str) -> list[str]:
    """The blocks of a text's outline."""
    return [line for line in outlined(read_lines(text)).split("\n") if line]


def test_sections_announcements_and_bullets() -> None:
    text = f"""Pooled Model

{BODY}

Pros of a Pooled Model

  • Thrift: tools are bought once.
  • Order: everybody works alike.

Cons of a pooled model

  • Distance: the pool knows no customer.

Spread Model

{BODY}

Conclusions

{BODY}
"""
    assert outline(text) == [
        "## Pooled Model",
        BODY,
        "### Pros of a Pooled Model",
        "- Thrift: tools are bought once.",
        "- Order: everybody works alike.",
        "### Cons of a pooled model",
        "- Distance: the pool knows no customer.",
        "## Spread Model",
        BODY,
        "## Conclusions",
        BODY,
    ]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_numbered_sections_and_terms_that_paragraphs_explain(gap: str) -> None:
    text = gap.join(
        [
            "Two Ways to Share Tools",
            BODY,
            "1. Pooled Teams",
            BODY,
            "Benefits",
            "Thrift",
            BODY,
            "Common order",
            BODY,
            "Possible Challenges",
            BODY,
            "Distance",
            BODY,
            "2. Spread Teams",
            BODY,
            "What Should You Pick for Your Own Teams?",
            BODY,
        ]
    )
    assert outline(text) == [
        "## Two Ways to Share Tools",
        BODY,
        "### Pooled Teams",
        BODY,
        "#### Benefits",
        f"- Thrift: {BODY}",
        f"- Common order: {BODY}",
        "#### Possible Challenges",
        BODY,
        f"- Distance: {BODY}",
        "### Spread Teams",
        BODY,
        "## What Should You Pick for Your Own Teams?",
        BODY,
    ]


def test_terms_in_title_case_right_under_their_announcement() -> None:
    text = f"Pooled Teams\n\n{BODY}\n\nBenefits\n\nLower Cost\n\n{BODY}\n\nShared Order\n\n{BODY}\n"
    assert outline(text)[2:] == ["### Benefits", f"- Lower Cost: {BODY}", f"- Shared Order: {BODY}"]


def test_a_bullet_that_a_paragraph_explains_is_a_term() -> None:
    text = f"Pooled Teams\n\n{BODY}\n\n  • Thrift\n\n{BODY}\n\n  • Common order\n\n{BODY}\n"
    assert outline(text) == ["## Pooled Teams", BODY, f"- Thrift: {BODY}", f"- Common order: {BODY}"]


def test_short_points_of_a_list_are_no_headings() -> None:
    assert outline(f"Kinds of Teams\n\nThere are,\n\n1) Pooled teams\n\n2) Spread teams\n\n3) Mixed\n\n{BODY}") == [
        "## Kinds of Teams",
        "There are,",
        "- Pooled teams",
        "- Spread teams",
        "- Mixed",
        BODY,
    ]


@pytest.mark.parametrize(
    "line",
    [
        "It works.",
        "No need to worry. We know how!",
        "and so it went on",
        "Skills needed: thrift and order of a kind that few people have, as everybody knows",
        "People to look after the tools that everybody uses",
        "But have you ever asked yourself who looks after the tools?",
    ],
)
def test_a_short_line_that_is_a_sentence_is_no_heading(line: str) -> None:
    assert outline(f"{BODY}\n\n{line}\n\n{BODY}") == [BODY, line, BODY]


def test_the_same_heading_again_is_the_caption_of_a_picture() -> None:
    assert outline(f"Pooled Teams\n\n{BODY}\n\nPooled Teams\n\n  • One\n  • Two\n") == [
        "## Pooled Teams",
        BODY,
        "- One",
        "- Two",
    ]


def test_lines_that_were_broken_by_hand_are_joined() -> None:
    text = """Pooled Teams

One group looks after the tools, and every other group uses
them for whatever its customers have asked for, be it large or
small.

- Thrift: tools are bought once, and nobody
  needs to learn a second one.
- Order
"""
    assert outline(text) == [
        "## Pooled Teams",
        BODY,
        "- Thrift: tools are bought once, and nobody needs to learn a second one.",
        "- Order",
    ]


def test_signs_of_posts_are_bullets_or_nothing() -> None:
    text = f"🧠 {BODY}\n\n✅ Thrift;\n\n✔️ Order.\n\n👉 {BODY}"
    assert outline(text) == [BODY, "- Thrift;", "- Order.", BODY]


def test_a_bold_line_is_a_heading() -> None:
    text = f"**Pooled teams that work for all others:**\n\n{BODY}\n\n**Drawbacks**\n\n{BODY}\n\n**This is a whole sentence.**"
    assert outline(text) == [
        "## Pooled teams that work for all others",
        BODY,
        "### Drawbacks",
        BODY,
        "This is a whole sentence.",
    ]


def test_a_bold_line_of_a_text_with_markup_stands_under_the_heading_above() -> None:
    text = f"# Teams\n\n## Pooled\n\n**Pros**\n\n{BODY}\n\n**Not a heading.**\n\n```\n**Pros**\n```\n"
    assert with_bold_headings(text) == text.replace("**Pros**", "### Pros", 1)


def test_pros_with_a_colon_open_a_list_or_head_paragraphs() -> None:
    assert outline(f"Pooled Teams\n\n{BODY}\n\nPros:\n- Thrift\n- Order\n") == [
        "## Pooled Teams",
        BODY,
        "Pros:",
        "- Thrift",
        "- Order",
    ]
    assert outline(f"Pooled Teams\n\n{BODY}\n\nPros:\n{BODY}\n") == ["## Pooled Teams", BODY, "### Pros", BODY]


@pytest.mark.parametrize(
    ("text", "marked"), [("# A\n\nb", True), ("| a | b |", True), ("Plain\n\n- b", False), ("#tag", False)]
)
def test_a_text_with_markup_needs_no_outline(text: str, marked: bool) -> None:
    assert is_marked_up(text) is marked


def test_the_title_is_the_heading_of_all() -> None:
    assert outlined(read_lines(BODY), "Shared Tools") == f"# Shared Tools\n\n{BODY}\n"


def test_what_announces_the_same_again_stands_in_a_section_of_its_own() -> None:
    text = "".join(
        f"{name}\n\n{BODY}\n\nWhy it works\n\n{BODY}\n\nWhere it hurts\n\n{BODY}\n\n"
        for name in ("Pooled teams", "Spread teams")
    )
    assert [line for line in outline(text) if line.startswith("#")] == [
        "## Pooled teams",
        "### Why it works",
        "### Where it hurts",
        "## Spread teams",
        "### Why it works",
        "### Where it hurts",
    ]
