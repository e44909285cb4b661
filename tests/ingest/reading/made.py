"""Documents of foreign formats, made for tests."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from PIL import Image
from pptx import Presentation
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LINE", "book", "deck", "long_pdf", "paragraph", "pdf", "pdf_without_pages", "picture_pdf", "word", "zipped"]

LINE = "The cellar stays cold all year, and the wheels on the lower shelf are turned by hand on every second day."
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def word(body: str, title: str = "", author: str = "", created: str = "", styles: tuple[str, ...] = ()) -> bytes:
    """A Word document of this WordprocessingML, with named paragraph styles."""
    named = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/></w:style>'
        for name in styles
    )
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
        f"<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dcterms:created>{created}</dcterms:created>"
        "</cp:coreProperties>"
    )
    types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    return zipped(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": f'{relations}<Relationship Id="a" Type="{_REL}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'{relations}<Relationship Id="s" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
            "word/styles.xml": f"<w:styles {_W}>{named}</w:styles>",
            "word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>",
            "docProps/core.xml": core,
        }
    )


def paragraph(text: str, style: str = "", *, bold: bool = False) -> str:
    """A paragraph of WordprocessingML."""
    of = f'<w:pPr><w:pStyle w:val="{style.replace(" ", "")}"/></w:pPr>' if style else ""
    return f"<w:p>{of}<w:r>{'<w:rPr><w:b/></w:rPr>' if bold else ''}<w:t>{text}</w:t></w:r></w:p>"


def deck() -> bytes:
    """Two slides: a title, and a comparison in two columns with speaker's notes."""
    made: Any = Presentation()
    made.core_properties.title, made.core_properties.author = "Presentation1", "Ann Example"
    first = made.slides.add_slide(made.slide_layouts[0])
    first.shapes.title.text = "Cheese at home"
    second = made.slides.add_slide(made.slide_layouts[4])
    second.shapes.title.text = "Own cellar"
    for place, text in enumerate(["Pros", "Cool\nQuiet", "Cons", "Damp\nFar away"], 1):
        second.placeholders[place].text = text
    second.notes_slide.notes_text_frame.text = "Tell of the flood."
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def book(chapters: dict[str, str], spine: list[str], metadata: str = "") -> bytes:
    """An EPUB: the chapters' XHTML by name, and the order in which they are read."""
    items = "".join(f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"/>' for name in chapters)
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"{metadata}</metadata><manifest>{items}</manifest><spine>"
        + "".join(f'<itemref idref="{name}"/>' for name in spine)
        + "</spine></package>"
    )
    container = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    parts: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OPS/book.opf": package,
    }
    return zipped(parts | {f"OPS/{name}.xhtml": f"<html><body>{text}</body></html>" for name, text in chapters.items()})


def pdf(
    lines: Sequence[tuple[str, float, float, int, str]], *, locked: str = "", title: str = "", pages: int = 1
) -> bytes:
    """A PDF whose pages each have these lines: text, x, y from above, size, font."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, encrypt=StandardEncryption(locked) if locked else None)
    canvas.setTitle(title)
    canvas.setAuthor("Ann Example")
    for number in range(pages):
        for text, x, y, size, font in lines:
            canvas.setFont(font, size)
            canvas.drawString(x, A4[1] - y, text.replace("{page}", str(number + 1)))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def long_pdf(pages: int) -> bytes:
    """A PDF that takes a while to read."""
    return pdf([(LINE, 50, 60 + 12 * k, 10, "Helvetica") for k in range(60)], pages=pages)


def pdf_without_pages() -> bytes:
    """A PDF whose list of pages is empty."""
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"]
    out, places = "%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj{text}endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(out)
    out += f"xref\n0 3\n0000000000 65535 f \n{table}trailer<</Size 3/Root 1 0 R>>\nstartxref\n{start}\n%%EOF"
    return out.encode()


def picture_pdf() -> bytes:
    """A PDF whose one page is a picture."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.drawInlineImage(Image.new("RGB", (8, 8), "red"), 0, 0, 500, 700)
    canvas.drawImage(ImageReader(Image.new("RGB", (8, 8), "red")), 0, 0, 500, 700)
    canvas.showPage()
    canvas.save()
    return out.getvalue()
