"""EPUB books: their chapters in reading order as Markdown, and what the book says of itself.

A book is a zip of XHTML and a list (OPF) of what is in it and in which order.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ingest.errors import DocumentError
from ingest.reading.archives import part_of
from ingest.reading.citation import citation
from ingest.reading.formats import Reading
from ingest.reading.markup import markdown_of, tag_of
from ingest.reading.page import parsed_html
from ingest.reading.xml import DUBLIN_CORE, parsed_xml

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

__all__ = ["read_epub"]

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
# Fonts may be obscured in a book that anybody can read; only other encryption locks the text.
_FONTS = re.compile(rb"obfuscation|RC$")


def read_epub(content: bytes, name: str) -> Reading:
    """Reads a book.

    Raises:
        DocumentError: It is damaged, locked, or has no text.
    """
    locked = part_of(content, _ENCRYPTION, name)
    if locked and any(not _FONTS.search(m) for m in re.findall(rb'EncryptionMethod[^>]*Algorithm="([^"]*)"', locked)):
        raise DocumentError(f"{name} is locked (DRM): its text is encrypted. Give a copy without a lock.")
    paths = [
        str(found.get("full-path")) for found in _xml(content, _CONTAINER, name).iter() if tag_of(found) == "rootfile"
    ]
    if not paths:
        raise DocumentError(f"{name} is no complete EPUB: its container names no book. Get the file again.")
    package = _xml(content, paths[0], name)
    folder = posixpath.dirname(paths[0])
    files = {
        str(item.get("id")): posixpath.normpath(posixpath.join(folder, unquote(str(item.get("href")))))
        for item in package.iter()
        if tag_of(item) == "item" and "nav" not in (item.get("properties") or "").split()
    }
    spine = [str(ref.get("idref")) for ref in package.iter() if tag_of(ref) == "itemref" and ref.get("linear") != "no"]
    chapters, notes = [], []
    for id_ in spine:
        chapter = part_of(content, files[id_], name) if id_ in files else None
        if chapter is None:
            if id_ in files:
                notes.append(f"the chapter {files[id_]} is missing")
            continue
        if chapter.strip():
            root, _ = parsed_html(chapter, f"{name} ({files[id_]})")
            for beside in [one for one in root.iter() if tag_of(one) == "nav"]:
                beside.drop_tree()
            chapters.append(markdown_of(root.find("body") if root.find("body") is not None else root))
    body = "\n\n".join(chapters)
    if not re.search(r"\w", body):
        raise DocumentError(f"{name} has no text in its chapters; they may be pictures. Give a book with text.")
    return Reading(body, _citation(package), "epub", tuple(notes))


def _xml(content: bytes, part: str, name: str) -> Element:
    raw = part_of(content, part, name)
    if raw is None:
        raise DocumentError(f"{name} is no complete EPUB: {part} is missing. Get the file again.")
    root = parsed_xml(raw, recover=True)
    if root is None:
        raise DocumentError(f"{name} is damaged: {part} is not XML. Get the file again.")
    return root


def _citation(package: Element) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for element in package.iter():
        if isinstance(element.tag, str) and element.tag.startswith("{http://purl.org/dc/elements/"):
            event = next((value for key, value in element.attrib.items() if str(key).endswith("event")), "publication")
            role = next((value for key, value in element.attrib.items() if str(key).endswith("role")), "aut")
            key = DUBLIN_CORE.get(tag_of(element))
            if key and event in ("publication", "original-publication") and (key != "author" or role == "aut"):
                found.setdefault(key, []).append("".join(element.itertext()).strip())
    joined = {key: "; ".join(values) if key == "author" else values[0] for key, values in found.items()}
    return citation(joined)
