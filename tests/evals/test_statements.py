"""What an answer states, read by hand from Markdown as our composer and as language models write it."""

from __future__ import annotations

import pytest

from bot.composing.draft import escape
from evals.metrics.statements import Statement, plain_text, statements


def found(markdown: str, kind: str = "fact") -> list[tuple[str, tuple[int, ...]]]:
    return [(one.text, one.numbers) for one in statements(markdown, kind)]


@pytest.mark.parametrize(
    "empty", ["", "\n\n", "   ", "| --- | --- |", "|:--|--:|", "---", "## What the sources say about it all"]
)
def test_what_states_nothing(empty: str) -> None:
    assert found(empty) == []


def test_a_statement_goes_back_to_the_last_group() -> None:
    assert found("Bread rises [1]. Flour is ground [2], and water is wet [3].") == [
        ("Bread rises", (1,)),
        ("Flour is ground", (2,)),
        ("and water is wet", (3,)),
    ]


@pytest.mark.parametrize("markers", ["[1][2]", "[1] [2]", "[1], [2]", "[1, 2]", "[1,2]", "[1],[2]"])
def test_several_numbers_are_one_group_however_they_are_written(markers: str) -> None:
    assert found(f"Bread rises in ovens {markers}.") == [("Bread rises in ovens", (1, 2))]


def test_a_scrap_between_groups_joins_them() -> None:
    assert found("Bread rises in ovens [1] and [2]; so too [3].") == [("Bread rises in ovens", (1, 2, 3))]
    assert found("And [1].") == []


@pytest.mark.parametrize("number", [0, 1, 17, 1234])
def test_numbers_are_taken_as_they_stand(number: int) -> None:
    """Whether they refer to anything is for the citation metrics to say."""
    assert found(f"Bread rises in ovens [{number}].") == [("Bread rises in ovens", (number,))]


def test_claims_of_one_word_count() -> None:
    assert found("- **Cons:** Siloing [2]; Recruitment [3]") == [("Siloing", (2,)), ("Recruitment", (3,))]


def test_labels_are_left_out_unless_they_are_the_claim() -> None:
    assert found("- **Speed**: Teams wait for nobody [1]") == [("Teams wait for nobody", (1,))]
    assert found("- *Speed:* Teams wait for nobody [1]") == [("Teams wait for nobody", (1,))]
    assert found("- **Autonomous teams** [1]") == [("Autonomous teams", (1,))]


def test_nested_bullets_are_statements_of_their_own() -> None:
    text = "- Roles are split among teams:\n  - Data engineers build pipelines [1]\n    * Analysts ask questions [2]\n  3. Owners decide [3]"
    assert found(text) == [
        ("Data engineers build pipelines", (1,)),
        ("Analysts ask questions", (2,)),
        ("Owners decide", (3,)),
    ]


def test_cells_of_a_table_are_statements_of_their_own() -> None:
    table = "| | Central | Local |\n| --- | --- | --- |\n| **Pros** | One platform [1]; shared tools [2] | Speed [3] |"
    assert found(table, "comparison") == [("One platform", (1,)), ("shared tools", (2,)), ("Speed", (3,))]
    assert found("  | One platform [1] | Speed [2] |") == [("One platform", (1,)), ("Speed", (2,))]


def test_an_escaped_divider_is_part_of_its_cell() -> None:
    assert found(r"| Reads a\|b and c [1] | Writes [2] |") == [("Reads a|b and c", (1,)), ("Writes", (2,))]


def test_escaped_words_are_read_as_they_are_shown() -> None:
    said = "5 * 3 [7] of feature_store & R&D <b> x|y"
    assert escape(said) != said
    assert found(f"{escape(said)} [1].") == [(said, (1,))]


def test_a_sentence_without_a_number_is_a_statement_of_answers_from_documents() -> None:
    text = "Bread rises [1]. Nobody knows what flour really costs. Short one here."
    assert found(text) == [("Bread rises", (1,)), ("Nobody knows what flour really costs", ())]
    assert found(text, "recommendation") == [("Bread rises", (1,))]


@pytest.mark.parametrize(
    "text",
    [
        "Of these five things four are costs:",
        "**Pros of Factory**, four from our notes on Ordax:",
        "Which one of these two do you mean?",
        "*From our notes on Ordax 2024 and others.*",
        "- *There are five more cons of it: ask for all.*",
        "_From our notes on Ordax 2024 and others._",
        "### All the pros of the factory model",
    ],
)
def test_what_leads_in_asks_or_notes_states_nothing(text: str) -> None:
    assert found(text) == []


def test_a_sentence_that_begins_and_ends_in_italics_is_no_note() -> None:
    text = "*Central* teams decide all by *themselves*"
    assert found(text) == [("teams decide all by themselves", ())]


def test_only_the_last_sentence_is_cited_where_a_decision_is_told() -> None:
    text = "**Federated** fits best: 78 of 100. A core team sets standards [1]. It is first under 91 % of weightings."
    assert found(text, "recommendation") == [("A core team sets standards", (1,))]
    assert found(text, "clarification") == [("A core team sets standards", (1,))]
    assert found("Bread rises. So does cake [1].", "pros_cons") == [("Bread rises. So does cake", (1,))]


def test_statements_are_values() -> None:
    assert Statement("a", (1,)) == Statement("a", (1,))


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("", ""),
        ("**Bread** rises [1], *fast* [2, 3].", "Bread rises , fast ."),
        ("## Heading\n\n- item one\n> quoted", "Heading - item one quoted"),
        ("`feature_store` and _this_ one, __bold__", "feature_store and this one, bold"),
        (r"5 \* 3, a\|b, \[1\]", "5 * 3, a|b, [1]"),
        ("R&amp;D &lt;b&gt; costs > 10 and C# too", "R&D <b> costs > 10 and C# too"),
        ("a\n\n   b\tc", "a b c"),
    ],
)
def test_plain_text_is_what_is_shown(markdown: str, plain: str) -> None:
    assert plain_text(markdown) == plain


def test_what_the_composer_escapes_comes_back_whole() -> None:
    said = "# 1. a_b *c* [2] <d> & e|f ~~g~~ $$h$$ \\ i"
    assert plain_text(escape(said)) == said
