from __future__ import annotations

import pytest

from bot.surfaces.slack.incoming import MAX_TEXT, has_words, mentions, opens_with_another, plain_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<@UBOT> which fits us?", "which fits us?"),
        ("<@UBOT>: which fits us?", "which fits us?"),
        ("Hey <@UBOT>, which fits us?", "Hey, which fits us?"),
        ("<@UBOT|groundrule> hi", "hi"),
        ("<@U1> says we have two models", "someone says we have two models"),
        ("<@U1|ann> says so", "ann says so"),
        ("see <#C1|ml-team> and <#C2>", "see #ml-team and a channel"),
        ("read <https://example.com/long/path?q=1|our plan>", "read our plan"),
        ("read <https://example.com/long/path?q=1>", "read example.com"),
        ("<http://example.com|http://example.com> is ours", "example.com is ours"),
        ("write to <mailto:a@example.com|a@example.com>", "write to a@example.com"),
        ("<!here> who knows?", "here who knows?"),
        ("<!subteam^S1|@ml-team> and <!subteam^S2>", "@ml-team and a group"),
        ("since <!date^1392734382^{date}|2014-02-18>", "since 2014-02-18"),
        ("R&amp;D, &lt; 10 models, &gt; 3 teams", "R&D, < 10 models, > 3 teams"),
        ("&lt;@U1&gt; and &amp;lt;", "<@U1> and &lt;"),
        ("We have *two* _live_ ~dead~ models", "We have two live dead models"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("`terraform` or ```\nfoo\n```", "terraform or\n\nfoo"),
        ("&gt; quoted\nand ours", "quoted\nand ours"),
        ("thanks :tada: :+1: at 10:30:45", "thanks at 10:30:45"),
        ("zero\u200bwidth\x07 and\u00a0space", "zerowidth and space"),
        ("<@UBOT>", ""),
        ("", ""),
    ],
)
def test_words_of_a_message(text: str, expected: str) -> None:
    assert plain_words(text, "UBOT") == expected


def test_without_the_bots_id_the_first_mention_is_taken_for_it() -> None:
    assert plain_words("<@U9> what of <@U1>?") == "what of someone?"


def test_no_more_is_read_than_slack_lets_people_write() -> None:
    assert len(plain_words("x" * (MAX_TEXT + 5))) == MAX_TEXT


def test_a_mention_is_found() -> None:
    assert mentions("so <@UBOT|groundrule>?", "UBOT")
    assert not mentions("so <@U1>, &lt;@UBOT&gt;?", "UBOT")


@pytest.mark.parametrize(
    ("text", "another"),
    [
        ("<@U1> what do you think?", True),
        ("  <@U1|ann> what?", True),
        ("<!subteam^S1> what?", True),
        ("<!here> what?", True),
        ("<@UBOT> what?", False),
        ("what, <@U1>?", False),
        ("<https://example.com> says", False),
        ("<#C1|general> says", False),
        ("<!date^1^{date}|today> we", False),
    ],
)
def test_who_a_message_speaks_to(text: str, another: bool) -> None:
    assert opens_with_another(text, "UBOT") is another


def test_words_are_told_from_signs() -> None:
    assert has_words("why?")
    assert not has_words("?! …")
