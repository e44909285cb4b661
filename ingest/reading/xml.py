"""XML that comes within documents: parsed so that it can name no entity, load nothing and reach nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

__all__ = ["DUBLIN_CORE", "parsed_xml"]

DUBLIN_CORE = {
    "title": "title",
    "creator": "author",
    "publisher": "publisher",
    "date": "published",
    "rights": "licence",
}
"""Elements of Dublin Core, and the fields of a citation that they are."""


def parsed_xml(raw: bytes, *, recover: bool = False) -> Element | None:
    """The tree of a document; None where it is no XML.

    Args:
        raw: Its bytes.
        recover: Take of a damaged one what can be read.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=recover)
    try:
        return etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
