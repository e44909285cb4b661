from __future__ import annotations

import pytest

from ingest.cleaning.byline import read_byline
from ingest.cleaning.lines import read_lines

PROSE = (
    "Teams that share a platform spend less time on tools and more on what their customers need, "
    "as long as somebody looks after the platform."
)


def fields(text: str) -> dict[str, str]:
    return read_byline(read_lines(text)).fields


@pytest.mark.parametrize(
    ("date", "iso"),
    [
        ("Mar 7, 2022", "2022-03-07"),
        ("7 March 2022", "2022-03-07"),
        ("March 7th, 2022", "2022-03-07"),
        ("07 Mar, 2022", "2022-03-07"),
        ("2022-03-07", "2022-03-07"),
        ("Sept 1, 2021", "2021-09-01"),
    ],
)
def test_title_author_and_date_stand_above_the_first_paragraph(date: str, iso: str) -> None:
    read = read_byline(read_lines(f"One Platform For All\n\nAda Brook\n\n{date}\n\n{PROSE}\n"))
    assert read.fields == {"title": "One Platform For All", "author": "Ada Brook", "published": iso}
    assert [line.text for line in read.body] == [PROSE]


def test_a_publication_is_told_from_the_author() -> None:
    text = f"One Platform For All\n\nAda Brook\nPlatform Weekly\nPublished in\n6 min readMar 7, 2022\n\n{PROSE}\n"
    assert fields(text) == {
        "title": "One Platform For All",
        "author": "Ada Brook",
        "publisher": "Platform Weekly",
        "published": "2022-03-07",
    }


def test_name_and_date_in_one_line_and_crumbs_above() -> None:
    text = f"Home > Blog > Teams > One Platform For All\nOne Platform For All\nAda Brook 07 Mar, 2022 • 6 min read\n{PROSE * 2}\n"
    assert fields(text) == {"title": "One Platform For All", "author": "Ada Brook", "published": "2022-03-07"}


def test_by_names_the_author() -> None:
    assert fields(f"One Platform For All\nBy Ada Brook\n\n{PROSE}\n")["author"] == "Ada Brook"


def test_a_name_without_a_date_is_no_author() -> None:
    assert "author" not in fields(f"One Platform For All\n\nAda Brook\n\n{PROSE}\n")


def test_nothing_is_made_up() -> None:
    assert fields(f"{PROSE}\n\n{PROSE}\n") == {}
    assert fields("One Platform For All\n\n32 Foo 2022, 9999\n\n" + PROSE) == {"title": "One Platform For All"}
    assert "published" not in fields(f"One Platform For All\n\nBy Ada Brook, Feb 31, 2022\n\n{PROSE}")


def test_the_author_says_at_the_end_who_they_are() -> None:
    bio = "I'm Ada Brook, a passionate platform lead at Example Works, and I write about teams for people who run them."
    read = read_byline(read_lines(f"{PROSE}\n\n{PROSE}\n\nAda Brook\n\n{bio}\n"))
    assert read.fields == {
        "author": "Ada Brook",
        "author_role": "platform lead at Example Works",
    }
    assert [line.text for line in read.about] == [bio]
    assert [line.text for line in read.body] == [PROSE, PROSE]


def test_a_role_ends_where_the_sentence_goes_on() -> None:
    bio = "I work as the head of platforms at Example Works, where I help teams all over the world to share what they build."
    read = read_byline(read_lines(f"{PROSE}\n\n{PROSE}\n\nAda Brook\n\n{bio}\n"))
    assert read.fields["author_role"] == "head of platforms at Example Works"


def test_a_section_that_looks_like_a_name_is_no_author() -> None:
    read = read_byline(read_lines(f"{PROSE}\n\n{PROSE}\n\nPlatform Model\n\n{PROSE}\n\n{PROSE}"))
    assert read.fields == {}
    assert len(read.body) == 5
