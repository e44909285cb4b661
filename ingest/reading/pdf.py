"""PDFs as Markdown, and their citation: words with their fonts and places from the text layer. Owns pdfplumber.

How lines become headings, paragraphs and lists is in `ingest.reading.lines`.
"""

from __future__ import annotations

import io
import re
from statistics import median
from typing import TYPE_CHECKING, Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException
from pdfplumber.utils.text import extract_words

from ingest.errors import DocumentError
from ingest.reading.citation import citation
from ingest.reading.formats import Reading
from ingest.reading.lines import Line, blocks_of, without_margins
from ingest.reading.markup import table_of, tag_of
from ingest.reading.order import Box, reading_order
from ingest.reading.xml import DUBLIN_CORE, parsed_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["read_pdf"]

# Words further apart than this, in parts of the type size, stand in different columns; justified text stretches less.
_COLUMN_GAP = 1.6
# Words of one line stand on one height, give or take this part of the type size; a footnote's number is smaller.
_BASE_LINE = 0.2
# The same letter within this many points is the same letter, printed twice.
_TWICE = 0.7
_SUPERSCRIPT = 0.85
# A column has so many lines, and its lines are on average so wide in parts of the page: less is a table or a list.
_LEAST_LINES = 4
_NARROWEST = 0.17
# A drawing has thousands of lines, and no table in it.
_MOST_RULES = 2000
_GLYPH = re.compile(r"\(cid:\d+\)")
# Of the characters of a text layer, so many may be glyphs without a letter.
_MOST_GLYPHS = 0.2
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\xa0": " ", "\u200b": ""}
)
_BOLD = re.compile(r"bold|black|heavy|semibold|demi|[-,]bd", re.IGNORECASE)


def read_pdf(content: bytes, name: str) -> Reading:
    """Reads a PDF's text layer.

    Raises:
        DocumentError: It is locked, damaged, without pages or without text.
    """
    try:
        with pdfplumber.open(io.BytesIO(content)) as pdf:
            if not pdf.pages:
                raise DocumentError(f"{name} is a PDF without pages. Get the file again.")
            pages, pictures = [], 0
            for page in pdf.pages:
                pages.append(list(_lines(page)))
                pictures += bool(page.images) and not pages[-1]
                page.close()
            fields = _citation(pdf)
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        raise _locked(name) from error
    except PdfminerException as error:
        if error.args and isinstance(error.args[0], PDFPasswordIncorrect | PDFEncryptionError):
            raise _locked(name) from error
        raise _damaged(name) from error
    except DocumentError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # the parser meets damage in every form, and raises what it happens to meet
        raise _damaged(name) from error
    return _reading(pages, pictures, fields, name)


def _reading(pages: list[list[list[Line]]], pictures: int, fields: dict[str, str], name: str) -> Reading:
    columns = without_margins(pages)
    text = "".join(line.text for column in columns for line in column)
    if not re.search(r"\w", _GLYPH.sub("", text)):
        holds = "pictures of pages" if pictures else f"{len(pages)} pages"
        raise DocumentError(
            f"{name} holds {holds} and no text. Run it through a program that recognises text (OCR) first."
        )
    glyphs = sum(len(found) for found in _GLYPH.findall(text))
    if glyphs > _MOST_GLYPHS * len(text):
        raise DocumentError(
            f"{name} has fonts that do not say which letters they draw, so its text cannot be read. "
            "Run it through a program that recognises text (OCR) first."
        )
    notes = (f"{pictures} of its {len(pages)} pages are pictures without text",) if pictures else ()
    body = "\n\n".join(blocks_of(columns)) + "\n"
    return Reading(body, fields, "pdf", notes)


def _locked(name: str) -> DocumentError:
    return DocumentError(f"{name} is protected by a password. Save it without one.")


def _damaged(name: str) -> DocumentError:
    return DocumentError(f"{name} is damaged or incomplete: it cannot be read as a PDF. Get the file again.")


def _lines(page: Any) -> Iterator[list[Line]]:
    """The lines of a page, one list for each stretch of a column, in reading order."""
    words = extract_words(list(_letters(page)), x_tolerance_ratio=0.15, extra_attrs=["fontname", "size"])
    tables = list(_tables(page))
    words = [word for word in words if not any(_inside(word, box) for box, _ in tables)]
    segments = [line for row in _rows(words) for line in _segments(row, page)]
    segments += [
        Line(text, box, 0.0, bold=False, page=page.page_number, height=float(page.height), table=True)
        for box, text in tables
    ]
    boxes = [line.box for line in segments]
    for column in reading_order(boxes, _LEAST_LINES, _NARROWEST * float(page.width)):
        yield list(_merged([segments[i] for i in column]))


def _letters(page: Any) -> Iterator[dict[str, Any]]:
    """The upright letters of a page; one that is printed twice, as some programs do for bold type, once."""
    seen: dict[tuple[str, int, int], list[tuple[float, float]]] = {}
    for letter in page.chars:
        if not letter["upright"]:
            continue
        x, y = letter["x0"], letter["top"]
        cells = [(letter["text"], int(x) + dx, int(y) + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        if any(abs(x - ox) < _TWICE and abs(y - oy) < _TWICE for cell in cells for ox, oy in seen.get(cell, ())):
            continue
        seen.setdefault((letter["text"], int(x), int(y)), []).append((x, y))
        yield letter


def _inside(word: dict[str, Any], box: Box) -> bool:
    x, y = (word["x0"] + word["x1"]) / 2, (word["top"] + word["bottom"]) / 2
    return bool(box.left <= x <= box.right and box.top <= y <= box.bottom)


def _rows(words: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Words that stand on one line, from the top."""
    rows: list[list[dict[str, Any]]] = []
    for word in sorted(words, key=lambda one: (one["bottom"], one["x0"])):
        row = next((r for r in reversed(rows[-6:]) if _on_line(word, r)), None)
        if row is None:
            rows.append([word])
        else:
            row.append(word)
    return [sorted(row, key=lambda one: one["x0"]) for row in rows]


def _on_line(word: dict[str, Any], row: Sequence[dict[str, Any]]) -> bool:
    """Whether a word has the base line of a row, or is set higher or lower beside one of its words."""
    largest = max(row, key=lambda one: one["size"])
    size = max(largest["size"], word["size"])
    if abs(word["bottom"] - largest["bottom"]) <= _BASE_LINE * size:
        return True
    smaller, larger = sorted((word, largest), key=lambda one: one["size"])
    middle = (smaller["top"] + smaller["bottom"]) / 2
    near = any(-1 < word["x0"] - one["x1"] < 0.5 * size or -1 < one["x0"] - word["x1"] < 0.5 * size for one in row)
    return bool(smaller["size"] < _SUPERSCRIPT * larger["size"] and larger["top"] < middle < larger["bottom"] and near)


def _segments(row: list[dict[str, Any]], page: Any) -> Iterator[Line]:
    """A row's parts between gaps that are wider than between words."""
    part = [row[0]]
    for word in row[1:]:
        if word["x0"] - part[-1]["x1"] > _COLUMN_GAP * max(word["size"], part[-1]["size"]):
            yield _line(part, page)
            part = []
        part.append(word)
    yield _line(part, page)


def _line(words: list[dict[str, Any]], page: Any) -> Line:
    letters = [(len(word["text"]), round(2 * float(word["size"])) / 2, word["fontname"] or "") for word in words]
    total = sum(length for length, *_ in letters)
    bold = sum(length for length, _, font in letters if _BOLD.search(font))
    size = max({size for _, size, _ in letters}, key=lambda size: sum(n for n, s, _ in letters if s == size))
    box = Box(
        min(word["x0"] for word in words),
        min(word["top"] for word in words),
        max(word["x1"] for word in words),
        max(word["bottom"] for word in words),
    )
    text = " ".join(word["text"] for word in words).translate(_LIGATURES)
    return Line(text, box, size, bold=bold > 0.9 * total, page=page.page_number, height=float(page.height))


def _merged(lines: Sequence[Line]) -> Iterator[Line]:
    """Lines of one column: parts on one height, such as a bullet and its words, are one line."""
    rows: list[list[Line]] = []
    for line in lines:
        last = rows[-1][-1] if rows else None
        middle = (line.box.top + line.box.bottom) / 2
        if last and not last.table and not line.table and last.box.top < middle < last.box.bottom:
            rows[-1].append(line)
        else:
            rows.append([line])
    for row in rows:
        parts = sorted(row, key=lambda one: one.box.left)
        yield parts[0] if len(parts) == 1 else parts[0].joined(parts[1:])


def _tables(page: Any) -> Iterator[tuple[Box, str]]:
    """Where ruled tables stand, and each as Markdown."""
    if not 4 <= len(page.lines) + len(page.rects) <= _MOST_RULES:
        return
    for table in page.find_tables():
        rows = [[_cell(cell) for cell in row] for row in table.extract()]
        rows = [row for row in rows if any(row)]
        columns = [k for k in range(max(map(len, rows), default=0)) if any(row[k] for row in rows)]
        cells = [row[k] for row in rows for k in columns]
        # A frame around a text, or a diagram, is no table.
        if len(rows) < 2 or len(columns) < 2 or sum(map(bool, cells)) < len(cells) / 2:
            continue
        if median(map(len, filter(None, cells))) > 400:
            continue
        yield Box(*table.bbox), table_of([[row[k] for k in columns] for row in rows])


def _cell(words: str | None) -> str:
    return re.sub(r"\s+", " ", _GLYPH.sub("", words or "").translate(_LIGATURES)).strip()


def _citation(pdf: Any) -> dict[str, str]:
    info = {key: value for key, value in pdf.metadata.items() if isinstance(value, str)}
    # When the file was made is not when its text was published.
    found = {"title": info.get("Title", ""), "author": info.get("Author", "")}
    return citation(found) | citation(_xmp(pdf))


def _xmp(pdf: Any) -> dict[str, str]:
    """What the PDF's XMP packet states; it is the newer of the two places, and says which date is which."""
    try:
        raw = pdf.doc.catalog["Metadata"].resolve().get_data()
    except (KeyError, AttributeError, TypeError, ValueError):
        return {}
    root = parsed_xml(raw)
    found = {}
    for element in root.iter("{http://purl.org/dc/elements/1.1/}*") if root is not None else ():
        key = DUBLIN_CORE.get(tag_of(element))
        words = [" ".join(text.split()) for text in element.itertext() if text.strip()]
        if key and words:
            found[key] = "; ".join(words) if key == "author" else words[0]
    return found
