"""Our Markdown as Slack's mrkdwn: exact conversions, and what holds of any text whatever."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.composing.draft import escape
from bot.surfaces.slack.mrkdwn import cut, in_code, plain, plain_text
from bot.surfaces.slack.sections import MAX_SECTION, sections_of

JOINER = "\u2060"
# Every special form that Slack's page on formatting text lists, as a document might hold it.
FORMS = [
    "<!channel>",
    "<!here>",
    "<!everyone>",
    "<!here|here>",
    "<@U024BE7LH>",
    "<@W024BE7LH|bob>",
    "<#C024BE7LR>",
    "<#C024BE7LR|general>",
    "<!subteam^SAZ94GDB8>",
    "<!date^1392734382^Posted {date_num} {time_secs}|Posted 2014-02-18>",
    "<http://www.example.com|This *is* a link>",
    "<https://example.com>",
    "<mailto:bob@example.com|Bob>",
    "<tel:+441234567>",
    "@channel",
    "@here",
    "@everyone",
    "#general",
    "https://example.com/?a=1&b=2",
    "www.example.com",
    "example.com",
    "bob@example.com",
    "mailto:bob@example.com",
    ":smile:",
    ":wave::skin-tone-3:",
    "*bold*",
    "_italic_",
    "~struck~",
    "`code`",
    "```\ncode\n```",
    "> quoted",
    ">>> quoted",
    "&lt;!channel&gt;",
    "\u202e<!channel>\u0007",
]
# What would be more than plain text to Slack; written apart from the code, from Slack's documentation.
ANGLE = re.compile(r"<[^>]*>|<|>(?!.)")
SPOKEN_TO = re.compile(r"[@#][^\W_]")
ADDRESS = re.compile(r"://|\b(mailto|tel):[^\s\u2060]|\bwww\.\w|\w\.(com|org|net|io)\b", re.IGNORECASE)
EMOJI = re.compile(r":[\w+'-]{1,100}:")
ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")


def special(text: str) -> list[str]:
    """What Slack would read as more than plain text in mrkdwn, but for quotation at the start of a line."""
    found = [m[0] for pattern in (SPOKEN_TO, ADDRESS, EMOJI, ENTITY) for m in pattern.finditer(text)]
    return found + re.findall(r"<|>", text)


def only_links(text: str) -> str:
    """The text without the links and quotation marks that the converter itself makes."""
    text = re.sub(r"<https?://[^<>|\s]+\|[^<>|\n]+>", "", text)
    return re.sub(r"^> ", "", text, flags=re.MULTILINE)


def shown(markdown: str) -> list[str]:
    return [section.text for section in sections_of(markdown)]


@pytest.mark.parametrize("form", FORMS)
def test_a_special_form_in_quoted_text_is_plain_text(form: str) -> None:
    text = plain(f"He wrote {form} there.")
    assert special(text) == []
    assert not re.search(r"[*`~]|(?<![^\W_])_|_(?![^\W_])", text)
    assert special(in_code(form)) == []
    for around in ("{}", "- {}", "**{}**", "# {}", "| a |\n| --- |\n| {} |"):
        for section in sections_of(around.format(escape(form))):
            styles = section.text.strip("*")
            assert special(only_links(styles)) == []
            assert special(section.bare) == []
            assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e]", section.text)


def test_quoted_text_keeps_its_words() -> None:
    assert plain("AT&T <b> snake_case 2 * 3 ~10") == "AT&amp;T &lt;b&gt; snake_case 2 ∗ 3 ∼10"
    assert plain("<!channel>").replace(JOINER, "") == "&lt;!channel&gt;"
    assert plain("see https://example.com/a").replace(JOINER, "") == "see https://example.com/a"
    assert plain("two\n lines\tof  text\x1b[31m") == "two lines of text[31m"


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**Bold** and *italic* and `code`", ["*Bold* and _italic_ and `code`"]),
        ("***both***, ~~gone~~", ["*_both_*, ~gone~"]),
        ("**half**word", ["*half*\u200bword"]),
        ("a**b**", ["a\u200b*b*"]),
        ("**Siloing**: teams [1]", ["*Siloing*: teams [1]"]),
        ("# Title\n\nText", ["*Title*\nText"]),
        ("one\n\ntwo", ["one", "two"]),
        ("**Why.**\n\n- first [1]\n- second [2]", ["*Why.*\n• first [1]\n• second [2]"]),
        (
            "- outer\n  - inner\n    - innermost\n- next",
            [
                "• outer\n\u00a0\u00a0\u00a0\u00a0◦ inner\n\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0▪ innermost\n• next"
            ],
        ),
        ("3. three\n4. four", ["3. three\n4. four"]),
        ("- a\n\n  more of a\n- b", ["• a\n\u00a0\u00a0\u00a0\u00a0more of a\n• b"]),
        ("> quoted *words*", ["> quoted _words_"]),
        ("a\\\nb", ["a\nb"]),
        ("a\nb", ["a b"]),
        ("[label](https://example.com/a?b=1&c=2)", ["<https://example.com/a?b=1&amp;c=2|label>"]),
        ("[label](https://example.com/a|b)", ["<https://example.com/a%7Cb|label>"]),
        ("[label](javascript:alert(1))", ["[label](javascript:alert(1))"]),
        ("[label](slack://channel?id=C1)", ["label"]),
        ("![a picture](https://example.com/x.png)", ["a picture"]),
        ("```\nx < 1\n\ny\n```", ["```\nx &lt; 1\n\ny\n```"]),
        ("above\n\n---\n\nbelow", ["above", "", "below"]),
        ("<b>not HTML</b>", ["&lt;b&gt;not HTML&lt;/b&gt;"]),
        (r"\*not bold\* R&D", ["∗not bold∗ R&amp;D"]),
        ("&gt; no quotation", [f"{JOINER}&gt; no quotation"]),
        ("", []),
    ],
)
def test_markdown_becomes_mrkdwn(markdown: str, expected: list[str]) -> None:
    assert shown(markdown) == expected


def test_a_narrow_table_is_set_in_columns() -> None:
    table = "| Option | Score |\n| --- | --- |\n| **Alpha** | 59 |\n| B & C | 7 |"
    assert shown(table) == ["```\nOption  Score\n──────  ─────\nAlpha   59\nB &amp; C   7\n```"]


def test_a_wide_table_becomes_a_list() -> None:
    claim = "a claim that is long enough to make the table too wide for columns"
    table = f"|  | Alpha | Beta |\n| --- | --- | --- |\n| **Pros** | {claim} [1]; another claim [2] | {claim} [3] |"
    assert shown(table) == [
        f"*Pros*\n• *Alpha*\n\u00a0\u00a0\u00a0\u00a0◦ {claim} [1]\n\u00a0\u00a0\u00a0\u00a0◦ another claim [2]\n• *Beta*: {claim} [3]"
    ]


def test_a_long_list_is_divided_between_its_items() -> None:
    items = [f"- item {number} {'word ' * 30}" for number in range(40)]
    found = shown("\n".join(items))
    assert len(found) > 1
    assert all(len(text) <= MAX_SECTION for text in found)
    assert [line[:6] for text in found for line in text.split("\n")] == ["• item"] * 40


def test_a_long_paragraph_is_divided_between_words_and_keeps_its_style() -> None:
    found = shown(f"**{('word ' * 1500).strip()}**")
    assert len(found) > 1
    assert all(text.startswith("*word") and text.endswith("word*") for text in found)
    assert sum(text.count("word") for text in found) == 1500


def test_shortening_ends_at_a_word() -> None:
    assert cut("one two three", 20) == "one two three"
    assert cut("one two three", 12) == "one two…"
    assert len(plain_text("x" * 100, 75)) == 75


markup = st.lists(
    st.sampled_from([*FORMS, "**", "*", "_", "~~", "`", "```\n", "- ", "  - ", "1. ", "> ", "# ", "\n", "\n\n", "| ", " |\n", "| --- | --- |\n", "[", "](https://example.com/", ")", "<", ">", "&", "\\", "---\n", " ", "word ", "é", "😀", "\u200d", "\x00", "\u2028", "x" * 700]),
    max_size=60,
).map("".join)  # fmt: skip


@settings(deadline=None)
@given(st.one_of(markup, st.text(max_size=400), markup.map(lambda text: text * 8)))
@example("- " * 60 + "deep")
@example("> " * 60 + "deep")
@example("a\\\n" * 2000)
@example("`" + "&" * 5000 + "`")
@example("&" * 5000)
@example("[" + "w " * 900 + "](https://example.com/" + "x" * 1400 + ")")
@example("".join("**b**_i_" for _ in range(900)))
@example("```\n" + "<" * 4000)
@example("| a |\n| --- |\n" + "| <!channel> |\n" * 300)
def test_whatever_the_markdown_no_section_breaks_a_limit_or_speaks_to_anybody(markdown: str) -> None:
    for section in sections_of(markdown):
        assert len(section.text) <= MAX_SECTION
        assert len(section.bare) <= MAX_SECTION
        assert special(only_links(section.text)) == []
        assert special(section.bare) == []
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", section.text)
