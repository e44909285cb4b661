from __future__ import annotations

import hashlib

from ingest.index.records import Stored
from ingest.relations import related
from ingest.types import Document, Source


def document(id_: str, body: str, **fields: str) -> Document:
    source = Source(title=fields.pop("title", id_), path=f"{id_}.txt", **fields)  # type: ignore[arg-type]
    return Document(id_, source, body, hashlib.sha256(body.encode()).hexdigest())


SENTENCE = (
    "One group looks after the tools of all the others, number {number} of the groups says that it likes it so.\n\n"
)
TEXT = "".join(SENTENCE.format(number=number) for number in range(12))
NOTES = document(
    "brook-2022",
    "# Pools\n\n- A pool.\n",
    title="Pools: who needs them?",
    author="Ada Brook",
    published="2022-03-07",
    text="notes",
)


def test_an_original_of_a_known_work_is_known_by_its_names() -> None:
    notes = Stored(NOTES, None)
    scraped = document("page-17", "# Pools: Who Needs Them?\n\nText.\n", title="Pools – Who Needs Them?")
    first, second = related([notes, Stored(scraped, "/x")], [NOTES])
    assert first.copy_of == "page-17"
    assert (second.document.source.work, second.document.source.author) == ("brook-2022", "Ada Brook")
    assert second.document.source.published == "2022-03-07"
    assert second.document.source.title == "Pools – Who Needs Them?"
    assert (second.document.text, second.read) == (scraped.text, scraped)


def test_notes_on_more_than_an_excerpt_tells_are_answered_from_beside_it() -> None:
    long = document("brook-2022", "# Pools\n\n" + TEXT, title="Pools: who needs them?", text="notes")
    excerpt = document("page", "# Pools\n\nText.\n", title="Pools: who needs them?")
    assert [item.copy_of for item in related([Stored(long, None), Stored(excerpt, "/x")], [long])] == [None, None]


def test_a_text_of_the_same_title_by_somebody_else_is_another_work() -> None:
    other = Stored(document("other", "# Pools\n\nText.\n", title="Pools: who needs them?", author="Ben Carter"), "/x")
    assert related([other], [NOTES]) == [other]


def test_what_the_file_says_wins_over_the_notes() -> None:
    scraped = document("page", "Text.\n", title="Pools: who needs them?", author="A. Brook", published="2022-03-08")
    (found,) = related([Stored(scraped, "/x")], [NOTES])
    assert (found.document.source.author, found.document.source.published) == ("A. Brook", "2022-03-08")


def test_copies_stay_as_copies_and_what_was_read_is_not_lost() -> None:
    one = document("one", f"# Tools\n\n{TEXT}", author="Ada Brook")
    two = document("two", f"{TEXT}Only here: the tools are old.\n")
    first, second = related([Stored(one, "/x"), Stored(two, "/x")], [])
    assert first.copy_of is None
    assert second.copy_of == "one"
    assert "Only here" in first.document.text
    assert first.document.source.also_at == ("two.txt",)
    assert (first.read, second.document, second.read) == (one, two, two)
    # Without its copy it is again what was read.
    assert related([Stored(first.read, "/x")], []) == [Stored(one, "/x")]


def test_notes_are_nobody_s_copies() -> None:
    notes = document("notes", TEXT, text="notes")
    copy = document("copy", TEXT)
    assert related([Stored(notes, None), Stored(copy, "/x")], []) == [Stored(notes, None), Stored(copy, "/x")]


def test_an_original_among_the_pack_s_own_documents_is_no_work_s_notes() -> None:
    own = document("own", "# Pools\n\nText.\n", title="Pools: who needs them?")
    assert related([Stored(own, None)], [own]) == [Stored(own, None)]
