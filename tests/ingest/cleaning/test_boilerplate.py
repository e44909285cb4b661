from __future__ import annotations

import pytest

from ingest.cleaning.boilerplate import without_boilerplate


@pytest.mark.parametrize(
    "line",
    [
        "Share",
        "Share this on LinkedIn",
        "Tweet",
        "1.2K claps",
        "12 comments",
        "Sign up",
        "[Part 2]",
        "3/7",
        "Leave a comment",
        "Responses From Readers",
        "Your email address will not be published. Required fields are marked *",
        "We use cookies to make this site work.",
        "Accept all cookies",
        "Subscribe to our newsletter",
        "© 2023 The Example Company",
        "All rights reserved.",
        "The images shown in this article are the property of their owners.",
        "If you liked this post, read the others.",
        "I hope you enjoyed the story and learnt something.",
        "Feel free to contact me at any time.",
        "Read more articles on our blog.",
        "👇 Let me know in the comments below!",
        "Related posts",
        "Image by the author",
        "The three layers (diagram created by the author)",
        "#teams #platform #ml",
        "[email protected]",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit,",
        "--",
    ],
)
def test_a_line_of_the_page_is_left_out(line: str) -> None:
    text = f"A team needs a platform.\n\n{line}\n\nA platform needs a team."
    assert without_boilerplate(text) == ("A team needs a platform.\n\n\nA platform needs a team.", 1)


@pytest.mark.parametrize(
    "line",
    [
        "Share knowledge across teams",
        "Comments in code are read by nobody.",
        "Search",  # a heading or a point by its mark, below
        "Follow the money: budgets decide how a team is organised.",
        "Contact with customers is what a central team lacks",
        "The image of the team suffers",
        "Cookies are baked at noon",
        "Copyright law decides what may be trained on.",
        "Part 2 of the plan is to hire.",
        "---",
        "C# and F# are used by the platform team",
    ],
)
@pytest.mark.parametrize("mark", ["- ", "## "])
def test_what_says_something_stays(line: str, mark: str) -> None:
    text = f"Before.\n\n{mark}{line}\n\nAfter."
    assert without_boilerplate(text) == (text, 0)


def test_links_below_a_call_to_read_on_are_left_out_with_it() -> None:
    text = (
        "If you haven't read the first article, here it is:\n\nTeams Part 1\n\nTeams Part 2\n\nNow to the point: hire."
    )
    assert without_boilerplate(text) == ("\n\n\nNow to the point: hire.", 3)


def test_a_teaser_of_another_text_is_left_out() -> None:
    teaser = (
        "What is a platform? " + "It is what several teams build on and one team looks after, day by day. " * 3 + "[…]"
    )
    assert without_boilerplate(f"The end.\n\n{teaser}") == ("The end.\n", 1)


def test_code_and_tables_stay() -> None:
    text = "```\nShare\n--\n```\n\n| Share |\n| --- |\n| 12 comments |"
    assert without_boilerplate(text) == (text, 0)


def test_a_long_line_takes_no_longer_than_its_length() -> None:
    # Patterns that backtrack would not come to an end here.
    text = "if you like " + "a " * 50_000
    assert without_boilerplate(text) == (text, 0)
