from __future__ import annotations

import hashlib

import pytest

from ingest.cleaning.copies import find_copies, merged
from ingest.reading.markdown import canonical
from ingest.types import Document, Source

POINTS = {
    "Thrift": "tools are bought once for the whole company and every group that needs them may use them from the first day on",
    "Order": "everybody works in the same manner, so people who change groups have nothing to learn but the new customers",
    "Depth": "people who do the same work sit together, learn from one another and become very good at it over the years",
}
LOSSES = {
    "Distance": "the pool knows no customer well, and what it builds may be far from what the people out there had in mind",
    "Queues": "whoever wants something done has to wait until all those who came before have got what they had asked for",
}
OTHER = (
    "Rivers rise in the hills and run down to the sea, and what they carry with them settles where the water is slow. "
    * 4
)


def document(id_: str, text: str, **fields: str) -> Document:
    text = canonical(text)
    source = Source(title=fields.pop("title", id_), path=f"{id_}.txt", **fields)  # type: ignore[arg-type]
    return Document(id_, source, text, hashlib.sha256(text.encode()).hexdigest())


def article(*, headings: bool, bullets: bool, points: dict[str, str] = POINTS, more: str = "") -> str:
    mark = "- " if bullets else ""
    lines = [
        "# Pools",
        "",
        "How a pool of people works for all others, and what that is good for and bad for.",
        "",
        "## Pooled Teams",
        "",
    ]
    lines += ["One group does the work for all the other groups of a company, who ask it for whatever they need.", ""]
    if headings:
        lines += ["### Benefits", ""]
    for term, words in points.items():
        lines += [f"{mark}{term}: {words}.", ""]
    lines += ["### Challenges", ""]
    for term, words in LOSSES.items():
        lines += [f"{mark}{term}: {words}.", ""]
    return "\n".join(lines) + more


@pytest.fixture
def full() -> Document:
    return document(
        "full", article(headings=False, bullets=True), author="Ada Brook", published="2022-03-07", title="Pools"
    )


@pytest.fixture
def scraped() -> Document:
    some = {term: words for term, words in POINTS.items() if term != "Order"}
    more = "\n## About the author: Ada Brook\n\nI look after pools of people for a living, and write about them when nobody asks me anything.\n"
    text = article(headings=True, bullets=False, points=some, more=more).removeprefix("# Pools\n\n")
    return document("scraped", text, author_role="pool keeper")


def test_copies_are_found_and_the_better_described_one_comes_first(full: Document, scraped: Document) -> None:
    other = document("other", OTHER)
    assert [[one.id for one in group] for group in find_copies([scraped, other, full])] == [["full", "scraped"]]
    assert [[one.id for one in group] for group in find_copies([full, other, scraped])] == [["full", "scraped"]]


def test_what_only_one_copy_has_is_kept_at_its_place(full: Document, scraped: Document) -> None:
    both = merged([full, scraped])
    lines = [line for line in both.text.split("\n") if line]
    assert lines[:9] == [
        "# Pools",
        "How a pool of people works for all others, and what that is good for and bad for.",
        "## Pooled Teams",
        "One group does the work for all the other groups of a company, who ask it for whatever they need.",
        "### Benefits",
        f"- Thrift: {POINTS['Thrift']}.",
        f"- Order: {POINTS['Order']}.",
        f"- Depth: {POINTS['Depth']}.",
        "### Challenges",
    ]
    assert lines[-2] == "## About the author: Ada Brook"
    assert len(lines) == len(set(lines))
    assert both.sha256 == hashlib.sha256(both.text.encode()).hexdigest()


def test_the_citation_is_completed_and_says_where_the_copy_is(full: Document, scraped: Document) -> None:
    source = merged([full, scraped]).source
    assert (source.author, source.author_role, source.published) == ("Ada Brook", "pool keeper", "2022-03-07")
    assert (source.path, source.also_at) == ("full.txt", ("scraped.txt",))


def test_a_heading_that_only_a_copy_has_takes_what_stands_below_it_along() -> None:
    deep = article(headings=True, bullets=True).replace("- Thrift", "#### Thrift\n\nThrift")
    flat = article(headings=False, bullets=True).replace("- Thrift", "### Thrift\n\nThrift")
    both = merged([document("flat", flat), document("deep", deep)])
    assert [line for line in both.text.split("\n") if line.startswith("#")] == [
        "# Pools",
        "## Pooled Teams",
        "### Benefits",
        "#### Thrift",
        "### Challenges",
    ]


def test_a_word_changed_here_and_there_makes_no_second_paragraph() -> None:
    one = document("one", article(headings=True, bullets=True))
    two = document(
        "two", article(headings=True, bullets=True).replace("for the whole company", "for an entire company")
    )
    assert merged([one, two]).text == one.text


@pytest.mark.parametrize(("said", "instead"), [("may use them", "may not use them"), ("tools are", "3 tools are")])
def test_a_word_that_turns_a_paragraph_around_makes_two(said: str, instead: str) -> None:
    one = document("one", article(headings=True, bullets=True))
    two = document("two", article(headings=True, bullets=True).replace(said, instead))
    assert instead in merged([one, two]).text
    assert one.text.split("\n")[10] in merged([one, two]).text


def test_documents_on_one_subject_are_no_copies() -> None:
    mine = article(headings=True, bullets=True)
    words = ["Everybody shares one set of tools, which a small group keeps in order for them, year in, year out. "] * 3
    assert find_copies([document("mine", mine), document("theirs", "# Pools\n\n" + " ".join(words) + OTHER)]) == []


def test_short_texts_say_too_little() -> None:
    assert (
        find_copies(
            [document("one", "# Pools\n\nThe same few words.\n"), document("two", "# Pools\n\nThe same few words.\n")]
        )
        == []
    )


def test_an_excerpt_is_a_copy_of_the_whole() -> None:
    whole = document("whole", article(headings=True, bullets=True, more="\n" + OTHER * 3))
    excerpt = document("excerpt", article(headings=True, bullets=True))
    assert [[one.id for one in group] for group in find_copies([excerpt, whole])] == [["whole", "excerpt"]]
