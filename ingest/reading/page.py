"""HTML pages: their main content as Markdown, with nothing of it lost, and what the page says of itself.

Owns trafilatura and, with `ingest.reading.epub` and `ingest.reading.office`, lxml. trafilatura tells content from
navigation, banners and comments; where it left out much of what the page itself marks as its article, the article is
taken whole instead.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import lxml.html
from lxml import etree
from trafilatura import bare_extraction

from ingest.errors import DocumentError
from ingest.reading.citation import citation
from ingest.reading.decoding import text_of_bytes
from ingest.reading.formats import Reading
from ingest.reading.markup import markdown_of, tag_of, words_of

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

__all__ = ["parsed_html", "read_page"]

_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w-]+)|<\?xml[^>]{0,80}encoding=["']([\w-]+)""", re.I
)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# What stands beside the content of a page, by element and by what designers call it.
_BESIDE = frozenset("nav aside footer form dialog script style noscript template iframe svg button".split())  # noqa: SIM905
_BESIDE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|shar(?:e|ing)|social|related|recommended|comments?|respond|disqus|newsletter"
    r"|subscribe|sidebar|breadcrumbs?|promo|advert(?:isement)?s?|ads?|banner|menu|navbar|nav|pagination|skip-link|popup"
    r"|modal|toolbar|tag-list|byline-social|author-bio)(?:$|[\s_-])",
    re.IGNORECASE,
)
_PIECES = frozenset({"li", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "p", "dd", "dt", "pre", "blockquote"})
_PROSE = frozenset({"p", "pre", "blockquote"})
_BEGINNING = frozenset({"li", "h2", "h3", "h4", "h5", "h6"})
# trafilatura may lose this share of the article's characters before the article is taken whole.
_MAY_LOSE = 0.1
# ... and this share of the items of its lists, its headings and its cells, for each may be a claim.
_MAY_LOSE_ITEMS = 0.02


def parsed_html(content: bytes, name: str) -> tuple[Element, tuple[str, ...]]:
    """The tree of an HTML document, and a note where its encoding is a guess.

    Raises:
        DocumentError: It is no text, or nothing is in it.
    """
    declared = _DECLARED.search(content[:4096])
    charset = (declared[1] or declared[2]).decode("ascii") if declared else None
    text, notes = text_of_bytes(content, name, charset)
    text = _XML_DECLARATION.sub("", text)
    try:
        # A tree nested deeper than the parser's own limit is cut there; entities and the network are never followed.
        root = lxml.html.document_fromstring(
            text.encode(), parser=lxml.html.HTMLParser(encoding="utf-8", no_network=True)
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError(f"{name} is an HTML page with nothing in it. There is no text to index.") from error
    return root, notes


def read_page(content: bytes, name: str, address: str | None = None) -> Reading:
    """Reads a page.

    Args:
        content: Its bytes.
        name: What it is called, for messages.
        address: Where it was fetched from.

    Raises:
        DocumentError: It is no text or has none.
    """
    root, notes = parsed_html(content, name)
    fields = _citation(root, address)
    article = _article(root)
    whole = markdown_of(article)
    taken = _extracted(root, address)
    body = taken if taken is not None and not _loses(article, taken) else whole
    if not re.search(r"\w", body):
        raise DocumentError(
            f"{name} has no text in its page; it may need scripts to show it. Save the page as PDF from a browser."
        )
    return Reading(body, fields, "html", notes)


def _copy(root: Element) -> Element:
    """The tree once more: trafilatura alters the one that it is given."""
    return lxml.html.document_fromstring(etree.tostring(root, encoding="unicode", method="html"))


def _extracted(root: Element, address: str | None) -> str | None:
    """The main content as Markdown, as trafilatura sees it."""
    copy = _copy(root)
    found = bare_extraction(
        copy,
        url=address,
        favor_recall=True,
        include_comments=False,
        include_tables=True,
        include_formatting=True,
        with_metadata=False,
    )
    body = getattr(found, "body", None)
    return None if body is None else markdown_of(body)


def _article(root: Element) -> Element:
    """What the page marks as its content, without what designers put in beside it."""
    copy = _copy(root)
    found = [element for element in copy.iter("main", "article") if tag_of(element) == "main"] or [
        element for element in copy.iter("article") if _outermost(element)
    ]
    if len(found) != 1:
        found = [copy.find("body") if copy.find("body") is not None else copy]
    article = found[0]
    for element in list(article.iter()):
        if element is article or not tag_of(element) or element.getparent() is None:
            continue
        names = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('role') or ''}"
        beside = tag_of(element) in _BESIDE or (tag_of(element) == "header" and article.tag == "body")
        # A name alone never costs a large part of the article.
        named = bool(_BESIDE_NAMES.search(names)) and len(words_of(element)) < len(words_of(article)) / 3
        if beside or named:
            element.drop_tree()
    return article


def _outermost(element: Element) -> bool:
    return all(tag_of(above) != "article" for above in element.iterancestors())


def _loses(article: Element, taken: str) -> bool:
    """Whether of the article's text, or of its headings, items and cells as such, too much is not in what was taken."""
    lines = "\n" + "\n".join(_bare(line) for line in taken.splitlines())
    pieces = [(tag_of(piece), _bare(_own(piece))) for piece in article.iter() if tag_of(piece) in _PIECES]
    pieces = [(tag, words) for tag, words in pieces if words]
    # trafilatura may run everything together: a heading or an item has to begin a line.
    lost = [(tag, words) for tag, words in pieces if (f"\n{words}" if tag in _BEGINNING else words) not in lines]
    items = [words for tag, words in pieces if tag not in _PROSE]
    lost_items = [words for tag, words in lost if tag not in _PROSE]
    length = sum(len(words) for _, words in pieces)
    return sum(len(words) for _, words in lost) > _MAY_LOSE * length or len(lost_items) > _MAY_LOSE_ITEMS * len(items)


def _own(piece: Element) -> str:
    """The piece's words without those of pieces within it."""
    words = [piece.text or ""]
    for child in piece:
        inner = tag_of(child) in _PIECES or tag_of(child) in ("ul", "ol", "dl", "table", "div")
        words += ["" if inner else words_of(child), child.tail or ""]
        if inner:
            break
    return "".join(words)


def _bare(words: str) -> str:
    return re.sub(r"\W+", "", words).lower()


def _citation(root: Element, address: str | None) -> dict[str, str]:
    metas: dict[str, str] = {}
    for meta in root.iter("meta"):
        key = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        if key and meta.get("content"):
            metas.setdefault(key, str(meta.get("content")))
    copy = _copy(root)
    found = bare_extraction(
        copy,
        url=address,
        with_metadata=True,
        # Dates that the page states of itself; the extensive search takes any date that stands in the text.
        date_extraction_params={"extensive_search": False, "original_date": True},
    )

    def told(field: str, *keys: str) -> str:
        return next((metas[key] for key in keys if key in metas), None) or str(getattr(found, field, None) or "")

    headings = [words_of(heading) for heading in root.iter("h1")]
    title = told("title", "citation_title", "dc.title", "og:title")
    fields = {
        # A page's `title` and `og:title` often end in the site's name, its only h1 does not.
        "title": headings[0] if len(headings) == 1 and headings[0] and headings[0] in title else title,
        "author": told("author", "citation_author", "dc.creator", "author"),
        "publisher": told("sitename", "citation_publisher", "citation_journal_title", "dc.publisher", "og:site_name"),
        "published": told(
            "date", "citation_publication_date", "article:published_time", "dc.date.issued", "dc.date", "datepublished"
        ),
        "licence": told("license", "dc.rights", "dcterms.rights"),
        "url": _canonical(root, metas, address),
    }
    return citation(fields)


def _canonical(root: Element, metas: dict[str, str], address: str | None) -> str:
    """The address that the page gives itself; of a fetched page only one on the same host is believed."""
    links = [str(link.get("href")) for link in root.iter("link") if link.get("rel") == "canonical" and link.get("href")]
    own = next(iter(links), metas.get("og:url", ""))
    if address is None:
        return own
    own = urljoin(address, own)
    hosts = {(urlsplit(one).hostname or "").removeprefix("www.") for one in (own, address)}
    return own if own and len(hosts) == 1 else address
