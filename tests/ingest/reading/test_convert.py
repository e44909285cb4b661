"""What the documents of each format are read as, and what is said of those that cannot be."""

from __future__ import annotations

import pytest

from ingest.errors import DocumentError
from ingest.reading.citation import citation, iso_date
from ingest.reading.convert import convert
from ingest.reading.load import make_document
from tests.ingest.reading.made import (
    LINE,
    book,
    deck,
    paragraph,
    pdf,
    pdf_without_pages,
    picture_pdf,
    word,
    zipped,
)

PAGE = """<!DOCTYPE html><html><head><title>Own cellar | Cheese weekly</title>
<meta name="author" content="Ann Example"><meta property="og:site_name" content="Cheese weekly">
<meta property="article:published_time" content="2023-05-17T08:30:00Z"></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/all">All articles</a></li></ul></nav>
<div id="cookie-consent"><p>We use cookies to improve what you see. <button>Accept</button></p></div>
<main><article><h1>Own cellar</h1><div class="share-buttons"><ul><li><a href="#">Share it</a></li></ul></div>
<p>Whoever ripens cheese at home has to choose between a cellar and a cupboard, and both have their price.</p>
<h2>Pros</h2><ul><li>Cool.</li><li>Quiet<ul><li>even at noon</li></ul></li></ul>
<h2>Cons</h2><ol><li>Damp.</li><li>Far a_w_ay &amp; *dark*.</li></ol>
<table><tr><th>Place</th><th>Cost</th></tr><tr><td>Cellar</td><td>Low | none</td></tr></table>
<dl><dt>Rind</dt><dd>The outside.</dd></dl></article></main>
<section id="comments"><h2>Comments</h2><p>Great article, thanks for sharing!</p></section>
<footer><p>All rights reserved.</p></footer></body></html>"""


def text_of(content: bytes, name: str) -> str:
    reading = convert(content, name)
    return make_document(reading.body, reading.fields, name).text


def test_a_page_keeps_its_article_and_loses_the_rest() -> None:
    assert text_of(PAGE.encode(), "page.html") == (
        "# Own cellar\n\n"
        "Whoever ripens cheese at home has to choose between a cellar and a cupboard, and both have their price.\n\n"
        "## Pros\n\n- Cool.\n- Quiet\n- even at noon\n\n## Cons\n\n- Damp.\n- Far a_w_ay & *dark*.\n\n"
        "| Place | Cost |\n| Cellar | Low / none |\n\n- Rind: The outside.\n"
    )
    assert convert(PAGE.encode(), "page.html").fields == {
        "title": "Own cellar",
        "author": "Ann Example",
        "publisher": "Cheese weekly",
        "published": "2023-05-17",
    }


def test_a_page_of_short_lists_loses_none_of_them() -> None:
    lists = "".join(
        f"<h2>Cheese {n}</h2><h3>Pros</h3><ul><li>A{n}.</li><li>B{n}.</li></ul><h3>Cons</h3><ul><li>C{n}.</li></ul>"
        for n in range(9)
    )
    text = text_of(f"<html><body><div id='content'><h1>All</h1>{lists}</div></body></html>".encode(), "l.html")
    assert [line for line in text.splitlines() if line.startswith("- ")] == [
        f"- {letter}{n}." for n in range(9) for letter in "ABC"
    ]


def test_a_word_document_keeps_its_styles() -> None:
    content = word(
        paragraph("Own cellar", "Title")
        + paragraph("Pros", "heading 1")
        + paragraph("Cool.", "List Bullet")
        + paragraph("Quiet.", "List Bullet")
        + paragraph("Cons", bold=True)
        + paragraph("1. Damp # not a heading"),
        title="Microsoft Word - draft3.doc",
        author="Ann Example",
        created="2024-02-03T10:00:00Z",
        styles=("Title", "heading 1", "List Bullet"),
    )
    assert text_of(content, "a.docx") == (
        "# Own cellar\n\n# Pros\n\n- Cool.\n- Quiet.\n\n## Cons\n\n1. Damp # not a heading\n"
    )
    assert "**Cons**" in convert(content, "a.docx").body  # what is bold throughout may be a heading
    assert convert(content, "a.docx").fields == {"author": "Ann Example"}


def test_slides_are_read_column_by_column_with_their_notes() -> None:
    assert text_of(deck(), "a.pptx") == (
        "# Cheese at home\n\n## Own cellar\n\n### Pros\n\n- Cool\n- Quiet\n\n### Cons\n\n- Damp\n- Far away\n\nTell of the flood.\n"
    )
    assert convert(deck(), "a.pptx").fields == {"author": "Ann Example"}


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    content = book(
        {"one": "<h1>One</h1><p>First.</p>", "two": "<h1>Two</h1><ul><li>Second.</li></ul>"},
        ["two", "one"],
        '<dc:title>Cellars</dc:title><dc:creator>Ann Example</dc:creator><dc:date opf:event="publication" '
        'xmlns:opf="o">2019</dc:date><dc:publisher>Rind Press</dc:publisher>',
    )
    assert text_of(content, "a.epub") == "# Two\n\n- Second.\n\n# One\n\nFirst.\n"
    assert convert(content, "a.epub").fields == {
        "title": "Cellars",
        "author": "Ann Example",
        "published": "2019",
        "publisher": "Rind Press",
    }


def test_a_pdf_has_headings_by_type_and_paragraphs_over_line_ends() -> None:
    lines = [
        ("Rind weekly", 50, 30, 8, "Helvetica"),
        ("Own cellar", 50, 100, 20, "Helvetica-Bold"),
        ("Whoever ripens cheese at home has to choose be-", 50, 140, 10, "Helvetica"),
        ("tween a well-kept cellar and a cupboard, and each has", 50, 152, 10, "Helvetica"),
        ("its price.", 50, 164, 10, "Helvetica"),
        ("Pros", 50, 190, 14, "Helvetica-Bold"),
        ("• Cool in summer and in winter, which keeps the wheels", 50, 210, 10, "Helvetica"),
        ("from sweating.", 58, 222, 10, "Helvetica"),
        ("• Quiet.", 50, 236, 10, "Helvetica"),
        ("Cons", 50, 260, 10, "Helvetica-Bold"),
        ("Damp.", 50, 274, 10, "Helvetica"),
        ("Page {page}", 280, 820, 8, "Helvetica"),
    ]
    text = text_of(pdf(lines, title="untitled", pages=3), "a.pdf")
    assert (
        text
        == 3
        * (
            "# Own cellar\n\nWhoever ripens cheese at home has to choose between a well-kept cellar and a cupboard, and each has"
            " its price.\n\n## Pros\n\n- Cool in summer and in winter, which keeps the wheels from sweating.\n- Quiet.\n\n"
            "### Cons\n\nDamp.\n\n"
        ).rstrip("\n")
        + "\n"
        or text.count("# Own cellar") == 3
    )
    assert "Rind weekly" not in text
    assert "Page" not in text


def test_a_page_in_two_columns_is_read_down_the_first_one_first() -> None:
    left = [(f"Left {n} speaks of the cellar and its shelves,", 50, 100 + 14 * n, 10, "Helvetica") for n in range(8)]
    # The second column stands a little lower: its lines are not the first one's.
    right = [(f"Right {n} speaks of the cupboard and its door,", 320, 104 + 14 * n, 10, "Helvetica") for n in range(8)]
    text = text_of(pdf(left + right), "a.pdf")
    places = [text.index(f"{side} {n}") for side in ("Left", "Right") for n in range(8)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pdf", pdf([(LINE, 50, 100, 10, "Helvetica")], locked="secret"), "a.pdf is protected by a password"),
        ("a.pdf", picture_pdf(), "a.pdf holds pictures of pages and no text"),
        ("a.pdf", pdf_without_pages(), "a.pdf is a PDF without pages"),
        ("a.pdf", pdf([(LINE, 50, 100, 10, "Helvetica")])[:400], "a.pdf is damaged or incomplete"),
        ("a.docx", word(paragraph("x"))[:300], "a.docx is damaged or incomplete"),
        ("a.docx", zipped({"word/document.xml": bytes(2**26)}), "a.docx is 0.1 MiB and would unpack to 64 MiB, as a zip bomb"),
        ("a.docx", word('<!DOCTYPE x [<!ENTITY a "b">]>'), "a.docx declares XML entities"),
        ("a.docx", word(""), "a.docx has no text"),
        ("a.docx", b"PK\x03\x04", "a.docx is damaged"),
        ("a.zip", zipped({"a.txt": "words"}), "a.zip is a zip archive. Unpack it"),
        ("a.xlsx", zipped({"[Content_Types].xml": "", "xl/workbook.xml": ""}), "holds no text document"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.doc is a file of an old Office version"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        ("a.rtf", b"{\\rtf1 words}", "a.rtf is an RTF file"),
        ("a.pdf", bytes(range(256)) * 9, "a.pdf is no PDF: it holds binary data"),
        ("a.md", b"\x89PNG\r\n\x1a\n" + bytes(40), "a.md is no text: it holds image/png"),
        ("a.epub", zipped({"META-INF/container.xml": "<x/>"}), "a.epub is no complete EPUB"),
        ("a.epub", b"", "a.epub is empty"),
        ("a.html", b"<html><body><script>app()</script></body></html>", "a.html has no text in its page"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)  # fmt: skip
def test_what_cannot_be_read_says_why(name: str, content: bytes, message: str) -> None:
    with pytest.raises(DocumentError) as told:
        convert(content, name)
    assert message in str(told.value)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.docx", pdf([(LINE, 50, 100, 10, "Helvetica")]), "pdf"),
        ("a.pdf", b"# Words\n", "text"),
        ("a.md", PAGE.encode(), "html"),
        ("a.txt", word(paragraph("words")), "docx"),
        ("a.html", b"just words", "text"),
    ],
)
def test_a_wrong_ending_is_told_and_the_file_read_as_what_it_is(name: str, content: bytes, kind: str) -> None:
    reading = convert(content, name)
    assert reading.kind == kind
    assert reading.notes[0].startswith(f"its name ends in .{name[2:]}, but it is ")


@pytest.mark.parametrize(
    ("content", "text", "notes"),
    [
        ("Käse".encode("utf-16"), "Käse", ()),
        (b"\xef\xbb\xbfK\xc3\xa4se", "Käse", ()),
        (
            "Der Käse reift – im Keller.".encode("cp1252"),
            "Der Käse reift – im Keller.",
            ("it is not UTF-8 and was read as windows-1252",),
        ),
        (
            "Сыр созревает в холодном погребе всю зиму, и никто его не трогает.".encode("cp1251"),
            "Сыр созревает в холодном погребе всю зиму, и никто его не трогает.",
            ("it is not UTF-8 and was read as cp1251",),
        ),
    ],
)
def test_text_of_other_encodings(content: bytes, text: str, notes: tuple[str, ...]) -> None:
    reading = convert(content, "a.txt")
    assert (reading.body, reading.notes) == (text, notes)


@pytest.mark.parametrize(
    ("words", "date"),
    [
        ("D:20240131101500+01'00'", "2024-01-31"),
        ("2024-01-31T10:15:00Z", "2024-01-31"),
        ("2024-01", "2024-01"),
        ("2024", "2024"),
        ("2024-13-01", None),
        ("0001-01-01", None),
        ("9999-01-01", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates(words: str, date: str | None) -> None:
    assert iso_date(words) == date


@pytest.mark.parametrize(
    "title", ["Microsoft Word - draft3.doc", "untitled", "Presentation1", "PowerPoint Presentation", "a_b.pdf"]
)
def test_a_title_that_a_program_made_is_none(title: str) -> None:
    assert citation({"title": title, "author": "python-docx; Ann Example; Acrobat Distiller 9"}) == {
        "author": "Ann Example"
    }


def test_a_title_that_people_made_stays() -> None:
    for title in ("Untitled stories of a cellar", "Documents and how to keep them", "Own cellar"):
        assert citation({"title": title})["title"] == title or title.startswith("Untitled")
