"""The library's tab without a browser: what its lists hold, and that whatever a document says of itself is text."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from bot.service import near
from bot.service.near import known_ones
from bot.surfaces.guard.caller import ANYBODY, NOBODY, Caller
from bot.surfaces.page import library
from bot.surfaces.page.library import document_head, documents_list, may_change, passages_list, upload_door
from ingest.errors import MissingError, UsageError
from tests.small_server import GOUDA, SmallServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVIL = "<img src=x onerror=harm()>"
ABOUT = f'---\ntitle: "{EVIL} ${{1}} {{{{2}}}}"\nauthor: "\'><b>Me</b>"\n---\n\n# Cheese\n\n- {GOUDA}\n- Brie is {EVIL} white.\n'
READER = Caller(keys=True, scope="read")


@pytest.fixture
def server(home: Path) -> Iterator[SmallServer]:
    running = SmallServer(home)
    running.uploads.add([("cheese.md", ABOUT.encode())])
    yield running
    running.close()


def titles(html: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'data-event="browse"[^>]*>(.*?)</button>', html)]


def claims(html: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'class="words">(.*?)</span>', html)]


def test_documents_are_listed_as_text_and_only_uploaded_ones_can_be_removed(server: SmallServer) -> None:
    html = documents_list(server.service, removing=True)
    known = server.service.documents()
    assert titles(html) == [one.title for one in known]
    assert EVIL in titles(html)[-1]
    assert "<img" not in html
    assert "<b>Me" not in html
    assert re.findall(r'data-remove="([^"]*)"', html) == [one.id for one in known if one.removable]
    assert f'data-count="{len(known)} documents"' in html
    assert html.count('class="uploaded"') == 1
    assert "data-remove" not in documents_list(server.service)


def test_documents_are_narrowed_by_all_words_and_come_in_pages(
    server: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = server.service.documents()
    found = documents_list(server.service, " ONERROR=harm  me")
    assert titles(found) == [last.title]
    assert 'data-count="1 of 2 documents"' in found
    assert "No document has “&lt;b&gt;nothing”" in documents_list(server.service, "<b>nothing")
    monkeypatch.setattr(library, "PER_PAGE", 1)
    for page, shown in [("", first), ("0", first), ("1", last), ("99", last), ("-1", first), ("9" * 5000, first)]:
        assert titles(documents_list(server.service, page=page)) == [shown.title]
    assert "Page 2 of 2" in documents_list(server.service, page="1")
    assert "Page" not in found


def test_passages_are_listed_with_headings_and_labels(server: SmallServer) -> None:
    guide, cheese = server.service.documents()
    html = passages_list(server.service, cheese.id)
    assert claims(html) == [GOUDA, f"Brie is {EVIL} white."]
    assert "<img" not in html
    assert 'data-count="2 passages"' in html
    assert claims(passages_list(server.service, cheese.id, "brie")) == [f"Brie is {EVIL} white."]
    assert "No passage of it has “Stilton”" in passages_list(server.service, cheese.id, "Stilton")
    judged = next(one for one in server.service.passages_of(guide.id) if one.stance == "pro")
    line = next(one for one in passages_list(server.service, guide.id).split("<li>") if judged.passage_id in one)
    assert '<span class="stance pro">pro</span>' in line
    assert all(f"<span>{server.service.assistant.pack.option(o).name}</span>" in line for o in judged.options)


def test_a_page_of_passages_begins_where_the_one_before_ends(
    server: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = server.service.documents()[0]
    monkeypatch.setattr(library, "PER_PAGE", 3)
    pages = -(-guide.passages // 3)
    shown = [text for page in range(pages) for text in claims(passages_list(server.service, guide.id, page=str(page)))]
    assert shown == [one.text for one in server.service.passages_of(guide.id)]


def test_a_document_that_is_gone_is_told(server: SmallServer) -> None:
    for make in (document_head, passages_list):
        with pytest.raises(MissingError):
            make(server.service, "gone")


def test_a_document_that_is_gone_is_told_in_few_words_however_many_there_are(
    server: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide, cheese = server.service.documents()
    with pytest.raises(MissingError, match=f"Known: {guide.id}, {cheese.id}"):
        document_head(server.service, "gone")
    monkeypatch.setattr(near, "MAX_TOLD", 1)
    with pytest.raises(MissingError, match=f"Did you mean '{cheese.id}'"):
        document_head(server.service, f"{cheese.id}e")
    with pytest.raises(MissingError, match="Take one of the 2 that are listed"):
        document_head(server.service, "xyz" * 10_000)
    with pytest.raises(UsageError, match=f"Did you mean '{cheese.id}'"):
        server.service.search("Gouda", sources=[f"{cheese.id}e"])


def test_near_ones_are_three_at_most() -> None:
    told = known_ones("note-1", [f"note-{number}" for number in range(5000)])
    assert told.startswith("Did you mean 'note-1' or ")
    assert told.count("'") == 6


def test_a_head_says_what_a_document_is(server: SmallServer) -> None:
    cheese = server.service.documents()[-1]
    html = document_head(server.service, cheese.id)
    assert "<img" not in html
    assert cheese.sha256[:12] in html
    assert "Our notes on" not in html


def test_the_door_is_open_locked_or_not_there(server: SmallServer) -> None:
    assert 'data-max-bytes="67108864" data-max-files="20"' in upload_door(server.service, ANYBODY)
    locked = upload_door(server.service, READER)
    assert "Uploading needs an admin key" in locked
    assert "scope read" in locked
    assert 'href="login?next=%2F%23library"' in locked
    assert "not logged in any more" in upload_door(server.service, NOBODY)
    assert "data-drop" not in locked + upload_door(server.service, NOBODY)
    assert may_change(server.service, Caller(keys=True, scope="admin"))
    assert not may_change(server.service, Caller(keys=True, scope="write"))
    server.service.uploads = None
    assert "are fixed" in upload_door(server.service, ANYBODY)
    assert not may_change(server.service, ANYBODY)
