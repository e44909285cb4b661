"""Word documents and PowerPoint presentations as Markdown, and their citation. Owns mammoth and python-pptx."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import lxml.html
import mammoth
from lxml import etree
from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PackageNotFoundError

from ingest.errors import DocumentError
from ingest.reading.archives import check_archive, part_of
from ingest.reading.citation import citation
from ingest.reading.formats import Reading
from ingest.reading.markup import escaped, markdown_of, table_of, tag_of
from ingest.reading.order import Box, reading_order
from ingest.reading.xml import parsed_xml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["read_docx", "read_pptx"]

_CORE = "docProps/core.xml"
# When the file was made is not when its text was published.
_FIELDS = {"title": "title", "creator": "author"}
# Word's list styles are lists, also where a document does not number them.
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='List Bullet'] => ul > li:fresh
p[style-name='List Bullet 2'] => ul|ol > li > ul > li:fresh
p[style-name='List Number'] => ol > li:fresh
p[style-name='List Number 2'] => ul|ol > li > ol > li:fresh
p[style-name='Heading 7'] => h6:fresh
p[style-name='Heading 8'] => h6:fresh
p[style-name='Heading 9'] => h6:fresh
p[style-name='toc 1'] => !
p[style-name='toc 2'] => !
p[style-name='toc 3'] => !
p[style-name='TOC Heading'] => !
comment-reference => !
"""
_TITLES = {PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE}
_BESIDE = {PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.HEADER}
_PROSE = {PP_PLACEHOLDER.SUBTITLE}
# Boxes this near to one another, in EMU, stand in one row: a quarter of an inch.
_ROW = 228_600
_LONGEST_HEADING = 80


def read_docx(content: bytes, name: str) -> Reading:
    """Reads a Word document: headings by their styles, lists, tables, foot- and endnotes.

    Raises:
        DocumentError: It is damaged or has no text.
    """
    check_archive(content, name)
    try:
        # Pictures hold no text; without a converter of its own mammoth would write each out in full.
        html = mammoth.convert_to_html(
            io.BytesIO(content), style_map=_STYLES, convert_image=mammoth.images.img_element(lambda _: {})
        ).value
    except (BadZipFile, KeyError, ValueError, AttributeError, TypeError, IndexError, SyntaxError, OSError) as error:
        raise DocumentError(f"{name} is damaged: it cannot be read as a Word document. Get the file again.") from error
    root = lxml.html.fromstring(f"<div>{html}</div>")
    for link in [a for a in root.iter("a") if re.fullmatch(r"\[\d+\]|↑", (a.text or "").strip())]:
        link.drop_tree()  # the marks of footnotes, and the way back from them
    body = markdown_of(root)
    if not re.search(r"\w", body):
        raise DocumentError(f"{name} has no text in it; it may hold pictures only. Give a document with text.")
    return _with_core(Reading(body, {}, "docx"), content, name)


def read_pptx(content: bytes, name: str) -> Reading:
    """Reads a presentation: slides in their order, titles as headings, lists, tables, and the speaker's notes.

    Raises:
        DocumentError: It is damaged or has no text.
    """
    check_archive(content, name)
    try:
        slides = [
            list(_slide(slide, first=number == 0))
            for number, slide in enumerate(Presentation(io.BytesIO(content)).slides)
        ]
    except (
        BadZipFile, PackageNotFoundError, KeyError, ValueError, AttributeError, TypeError, IndexError, etree.LxmlError
    ) as error:  # fmt: skip
        raise DocumentError(f"{name} is damaged: it cannot be read as a presentation. Get the file again.") from error
    body = "\n\n".join(block for slide in slides for block in slide)
    if not re.search(r"\w", body):
        raise DocumentError(f"{name} has no text on its {len(slides)} slides; they may hold pictures only.")
    return _with_core(Reading(body + "\n", {}, "pptx"), content, name)


def _slide(slide: Any, *, first: bool) -> Iterator[str]:
    if slide._element.get("show") == "0":  # noqa: SLF001 - the library has no other way to ask
        return
    if (title := slide.shapes.title) is not None and (words := _one_line(title.text_frame.text)):
        yield ("# " if first else "## ") + escaped(words)
    shapes = _in_reading_order(slide.shapes)
    for shape, below in zip(shapes, [*shapes[1:], None], strict=True):
        if shape.has_text_frame:
            if _heads(shape, below):
                yield "### " + escaped(_one_line(shape.text_frame.text))
            else:
                kind = shape.placeholder_format.type if shape.is_placeholder else None
                yield from _frame(shape.text_frame, listed=kind is not None and kind not in _PROSE)
        elif getattr(shape, "has_table", False) and shape.has_table:
            rows = [[_one_line(cell.text) for cell in row.cells] for row in shape.table.rows]
            yield table_of(rows)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        yield from (escaped(words) for p in frame.paragraphs if (words := _one_line(p.text)))


def _in_reading_order(shapes: Iterable[Any]) -> list[Any]:
    """The shapes of a slide, those of groups too: column by column where they stand in columns."""
    flat = [inner for shape in shapes for inner in _ungrouped(shape) if not _is_beside(inner)]
    boxes = [_box(shape) for shape in flat]
    return [flat[i] for column in reading_order(boxes, 1, 0.0) for i in column]


def _box(shape: Any) -> Box:
    left, top = shape.left or 0, shape.top or 0
    # Boxes of one row need not stand on the same height to the point.
    return Box(left, top // _ROW * _ROW, left + (shape.width or 0), top + (shape.height or 0))


def _is_beside(shape: Any) -> bool:
    return shape.is_placeholder and shape.placeholder_format.type in _BESIDE | _TITLES


def _ungrouped(shape: Any) -> Iterator[Any]:
    if hasattr(shape, "shapes"):
        for inner in shape.shapes:
            yield from _ungrouped(inner)
    else:
        yield shape


def _heads(shape: Any, below: Any) -> bool:
    """Whether a box is the heading of the one below it, as in PowerPoint's layout for comparisons."""
    if not (shape.is_placeholder and below is not None and below.is_placeholder):
        return False
    words = _one_line(shape.text_frame.text)
    kinds = (shape.placeholder_format.type, below.placeholder_format.type)
    return kinds == (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT) and 0 < len(words) <= _LONGEST_HEADING


def _frame(frame: Any, *, listed: bool) -> Iterator[str]:
    """A text box: paragraphs with bullets as items, others as text; one in bold before a list stands out."""
    paragraphs = [(one, _one_line(one.text)) for one in frame.paragraphs]
    paragraphs = [(one, words) for one, words in paragraphs if words]
    for one, words in paragraphs:
        properties = one._p.pPr  # noqa: SLF001 - whether a paragraph has a bullet is not in the library's own interface
        marks = {tag_of(child) for child in properties} if properties is not None else set()
        bold = all(run.font.bold for run in one.runs if run.text.strip()) and any(run.text.strip() for run in one.runs)
        if marks & {"buchar", "buautonum"} or (listed and "bunone" not in marks):
            yield ("- **" if bold and not listed else "- ") + escaped(words) + ("**" if bold and not listed else "")
        else:
            yield f"**{escaped(words)}**" if bold else escaped(words)


def _one_line(text: str) -> str:
    return re.sub(r"[\s\x0b]+", " ", text).strip()


def _with_core(reading: Reading, content: bytes, name: str) -> Reading:
    """The reading with the citation that the file's core properties give."""
    raw = part_of(content, _CORE, name)
    root = parsed_xml(raw) if raw else None
    if root is None:
        return reading
    found = {_FIELDS[tag_of(one)]: one.text or "" for one in root.iter() if tag_of(one) in _FIELDS}
    return Reading(reading.body, citation(found), reading.kind)
