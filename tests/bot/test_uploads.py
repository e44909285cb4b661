"""Documents over the API: added, replaced, removed, and never half of any of it; and how a server takes up a new index."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from bot.service.uploads import safe_name, uploads_folder
from bot.surfaces.http.api import make_api
from bot.surfaces.http.metrics import Metrics
from bot.wiring import build_service
from ingest.config import Settings
from ingest.errors import DocumentError, StoreError, UsageError
from ingest.index.generations import index_slot
from ingest.pipeline import build_index
from tests.bot.test_api import events
from tests.fakes import WordEncoder
from tests.small_server import GOUDA, PACK, SmallServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ABOUT = f"# Notes on cheese\n\n{GOUDA}\n"


EVENTS = {"Accept": "text/event-stream"}


class Server(SmallServer):
    """A server that is spoken to over HTTP."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.folder = uploads_folder(self.settings)
        self.client = TestClient(make_api(self.service, Metrics()), raise_server_exceptions=False)

    def upload(self, *files: tuple[str, str | bytes]) -> Any:
        return self.client.post("/api/documents", files=[("files", (name, content)) for name, content in files])

    def best(self) -> str:
        found = self.client.post("/api/search", json={"query": "How long does Gouda ripen in the cellar?"}).json()
        return str(found["passages"][0]["text"])

    def uploaded(self) -> dict[str, str]:
        listed = self.client.get("/api/documents").json()["documents"]
        return {one["title"]: one["id"] for one in listed if one["removable"]}


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    running = Server(home)
    yield running
    running.close()


def test_an_uploaded_document_is_found_at_once_and_gone_when_removed(server: Server) -> None:
    assert server.best() != GOUDA
    done = server.upload(("cheese.md", ABOUT))
    assert done.status_code == 201
    assert [one for one in done.json()["files"] if one["name"] == "cheese.md"] == [
        {"name": "cheese.md", "status": "added", "detail": "", "passages": 1, "sent": "cheese.md"}
    ]
    assert server.best() == GOUDA
    id_ = server.uploaded()["Notes on cheese"]
    assert server.client.delete(f"/api/documents/{id_}").status_code == 200
    assert server.best() != GOUDA
    assert server.uploaded() == {}
    assert server.client.delete(f"/api/documents/{id_}").status_code == 404


def test_an_upload_says_how_far_it_is_and_then_what_became_of_each_document(server: Server) -> None:
    server.upload(("cheese.md", ABOUT))
    files = [
        ("files", ("cheese.md", ABOUT.replace("thirty", "forty"))),
        ("files", ("more.txt", "Edam is red.\n\nBrie is white.\n")),
    ]
    got = server.client.post("/api/documents", files=files, headers=EVENTS)
    assert got.status_code == 200
    *steps, (last, report) = events(got.text)
    assert {name for name, _ in steps} == {"progress"}
    for stage in ("reading", "embedding"):
        done = [(step["done"], step["total"]) for _, step in steps if step["stage"] == stage]
        assert done == sorted(done)
        assert done[0][0] == 0
        assert done[-1][0] == done[-1][1] > 0
    assert last == "report"
    became = {one["name"]: (one["status"], one["detail"], one["passages"]) for one in report["files"]}
    assert became.pop("cheese.md") == ("updated", "", 1)
    assert became.pop("more.txt") == ("added", "", 2)
    assert {status for status, *_ in became.values()} == {"unchanged"}
    assert sum(passages for *_, passages in became.values()) + 3 == report["passages"]
    assert server.best() == GOUDA.replace("thirty", "forty")


def test_a_report_says_which_documents_the_request_sent_and_under_which_names(server: Server) -> None:
    odd = "<img src=x onerror=alert(1)>.md"
    server.upload(("field-guide.md", ABOUT))
    for status in ("added", "unchanged"):
        files = server.upload((odd, ABOUT.replace("Gouda", "Edam"))).json()["files"]
        sent = [(one["name"], one["status"]) for one in files if one["sent"] is not None]
        assert sent == [(safe_name(odd, b""), status)]
        assert sent[0][0].startswith("img src-x onerror-alert(1)-")
        assert [one["sent"] for one in files if one["sent"]] == [odd]
    # The pack's own document of the same name as an uploaded one is not the one that was sent.
    files = server.upload(("field-guide.md", ABOUT)).json()["files"]
    assert sorted(str(one["sent"]) for one in files if one["name"] == "field-guide.md") == ["None", "field-guide.md"]
    gone = server.client.delete(f"/api/documents/{next(iter(server.uploaded().values()))}").json()["files"]
    assert {one["sent"] for one in gone} == {None}


def test_a_refused_upload_has_a_status_even_as_events(server: Server) -> None:
    got = server.client.post("/api/documents", files=[("files", ("a.xyz", b"x"))], headers=EVENTS)
    assert (got.status_code, got.json()["code"]) == (422, "not-possible")


def test_an_upload_that_fails_midway_is_told_as_a_problem(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, progress: Callable[[str, int, int], None], **__: Any) -> Any:
        progress("reading", 0, 1)
        raise StoreError("the disk is full.")

    monkeypatch.setattr("ingest.pipeline.build_index", fail)
    got = server.client.post("/api/documents", files=[("files", ("a.md", ABOUT))], headers=EVENTS)
    (_, step), (name, problem) = events(got.text)
    assert step == {"stage": "reading", "done": 0, "total": 1}
    assert (name, problem["status"], problem["code"]) == ("problem", 503, "store-unavailable")
    assert problem["detail"] == "the disk is full."
    assert not (server.folder / "a.md").exists()


def test_who_hears_of_progress_can_end_an_upload_and_nothing_is_left_of_it(server: Server) -> None:
    assert server.service.uploads is not None
    before = server.client.get("/api/documents").json()

    def leave(*_: object) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        server.service.uploads.add([("cheese.md", ABOUT.encode())], leave)
    assert server.client.get("/api/documents").json() == before
    assert not (server.folder / "cheese.md").exists()


def test_a_report_tells_of_a_file_that_cannot_be_read_any_more_without_its_folder(server: Server) -> None:
    server.upload(("cheese.md", ABOUT))
    (server.folder / "cheese.md").write_text("---\ntitle: [\n---\n")
    report = server.upload(("more.txt", "Edam is red.\n")).json()
    (told,) = [one for one in report["files"] if one["name"] == "cheese.md"]
    assert (told["status"], told["passages"]) == ("failed", 1)  # what was read before stays
    assert told["detail"].startswith("cheese.md: front matter is not valid YAML")
    assert str(server.folder) not in str(report)


def test_a_document_of_the_same_name_replaces_the_former(server: Server) -> None:
    server.upload(("cheese.md", ABOUT))
    server.upload(("cheese.md", ABOUT.replace("thirty", "forty")), ("more.txt", "Edam is round and red outside.\n"))
    assert server.best() == GOUDA.replace("thirty", "forty")
    assert len(server.uploaded()) == 2


def test_an_uploaded_document_is_answered_from_with_the_real_model(real_home: Path, tmp_path: Path) -> None:
    shutil.copytree(real_home, tmp_path / "home")
    settings = Settings(home=tmp_path / "home")
    running = build_service(settings, lambda _: None)
    client = TestClient(make_api(running.service, Metrics()))
    question = {"question": "How long does Gouda ripen?"}
    assert client.post("/api/ask", json=question).json()["refused"]
    assert client.post("/api/documents", files=[("files", ("cheese.md", ABOUT))]).status_code == 201
    answer = client.post("/api/ask", json=question).json()
    assert "thirty weeks" in answer["answer"]
    assert answer["citations"][0]["quote"] == GOUDA
    running.close()


def test_the_pack_and_folders_of_the_server_are_not_for_removing(server: Server, tmp_path: Path) -> None:
    own = server.client.get("/api/documents").json()["documents"][0]["id"]
    refused = server.client.delete(f"/api/documents/{own}")
    assert (refused.status_code, refused.json()["code"]) == (422, "not-possible")
    assert "belongs to the pack" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("name", "content", "detail"),
    [
        ("paper.md", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "paper.md is damaged or incomplete: it cannot be read as a PDF"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "picture.txt is no text: it holds image/png"),
        ("picture.pdf", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "picture.pdf is no PDF: it holds image/png"),
        ("zero.md", b"a\0b", "it holds binary data"),
        ("empty.md", b" \n", "is empty"),
        ("notes.xyz", b"words", "is not a kind of file that can be read"),
        ("..", b"words", "is not a kind of file that can be read"),
        (".md", b"words", "is not a kind of file that can be read"),
    ],
)
def test_a_file_is_taken_by_what_it_holds(server: Server, name: str, content: bytes, detail: str) -> None:
    before = server.client.get("/api/documents").json()
    refused = server.upload(("good.md", ABOUT), (name, content))
    known = "not-possible" if "kind of file" in detail else "unreadable-document"
    assert (refused.status_code, refused.json()["code"]) == (422, known)
    assert detail in refused.json()["detail"]
    # All or nothing: the good one beside it was not added either.
    assert server.client.get("/api/documents").json() == before
    assert not (server.folder / "good.md").exists()


def test_a_page_is_taken_as_one(server: Server) -> None:
    page = (
        f"<html><head><title>Cheese page</title></head><body><main><h1>Cheese</h1><p>{GOUDA}</p></main></body></html>"
    )
    assert server.upload(("cheese.html", page)).status_code == 201
    assert server.best() == GOUDA
    assert (server.folder / "cheese.html").read_text() == page


def test_text_of_another_encoding_is_taken_and_what_it_is_said(server: Server) -> None:
    done = server.upload(("latin.md", "# Gr\u00fc\u00dfe\n\nDer K\u00e4se reift im Keller.".encode("latin-1")))
    assert done.status_code == 201
    assert set(server.uploaded()) == {"Gr\u00fc\u00dfe"}


def test_names_lead_nowhere_else() -> None:
    text = b"words"
    assert safe_name("../../etc/passwd.md", text) == "passwd.md"
    assert safe_name("C:\\notes\\plan.MD", text) == "plan.md"
    assert re.fullmatch(r"script-[0-9a-f]{8}\.md", safe_name("<script>alert(1)</script>.md", text))
    assert re.fullmatch(r"a-rm -rf -HOME-[0-9a-f]{8}\.txt", safe_name("a;rm -rf $HOME.txt", text))
    assert len(safe_name("x" * 500 + ".md", text)) == 103
    assert safe_name("x" * 100 + ".md", text) == "x" * 100 + ".md"
    # File systems take 255 bytes.
    assert len(safe_name("\u5b57" * 100 + ".md", text).encode()) <= 203


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("plan;1.md", "plan$1.md"),
        ("plan-1.md", "plan:1.md"),
        ("plan.md", " plan.md"),
        ("plan.md", "plan.md."),
        ("x" * 100 + ".md", "x" * 101 + ".md"),
        ("x" * 101 + ".md", "x" * 102 + ".md"),
        ("\u5b57" * 99 + ".md", "\u5b57" * 98 + ".md"),
        ("plan;1.md", "plan;1.txt"),
    ],
)
def test_names_that_lose_what_sets_them_apart_stay_apart(one: str, other: str) -> None:
    assert safe_name(one, b"") != safe_name(other, b"")
    assert safe_name(one, b"") == safe_name(f"folder/{one}", b"")


def test_accents_and_the_case_of_an_ending_make_no_other_name() -> None:
    assert safe_name("caf\u00e9;.md", b"") == safe_name("cafe\u0301;.MD", b"")
    assert safe_name("caf\u00e9.md", b"") == "caf\u00e9.md"


def test_documents_whose_names_are_kept_alike_do_not_replace_each_other(server: Server) -> None:
    both = [("cheese?.md", "# Gouda\n\nGouda is round.\n"), ("cheese*.md", "# Edam\n\nEdam is red.\n")]
    server.upload(*both)
    assert set(server.uploaded()) == {"Gouda", "Edam"}
    # Sent again under its own name, each replaces itself.
    server.upload((both[1][0], "# Brie\n\nBrie is white.\n"))
    assert set(server.uploaded()) == {"Gouda", "Brie"}


def test_front_matter_that_is_wrong_is_told_under_the_name_given(server: Server) -> None:
    refused = server.upload(("bad.md", "---\ntitle: [\n---\n\nwords\n"))
    assert (refused.status_code, refused.json()["code"]) == (422, "unreadable-document")
    assert "bad.md" in refused.json()["detail"]
    assert "/" not in refused.json()["detail"].split("bad.md")[0]
    assert not any(server.folder.glob("*.md"))


def test_when_the_index_cannot_be_built_the_folder_is_as_before(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.upload(("cheese.md", ABOUT))

    def fail(*_: Any, **__: Any) -> Any:
        raise StoreError("the disk is full.")

    monkeypatch.setattr("ingest.pipeline.build_index", fail)
    for change in (
        lambda: server.upload(("cheese.md", "# Other\n\nOther words.\n"), ("new.md", ABOUT)),
        lambda: server.client.delete(f"/api/documents/{server.uploaded()['Notes on cheese']}"),
    ):
        refused = change()
        assert (refused.status_code, refused.json()["code"]) == (503, "store-unavailable")
        assert refused.headers["retry-after"] == "5"
        assert (server.folder / "cheese.md").read_text() == ABOUT
        assert not (server.folder / "new.md").exists()


def test_too_many_files_and_two_of_one_name_are_refused(server: Server) -> None:
    assert server.service.uploads is not None
    with pytest.raises(UsageError, match="Send 1 to 20"):
        server.service.uploads.add([(f"{n}.md", b"words") for n in range(21)])
    with pytest.raises(UsageError, match=r"same name, 'a.md'"):
        server.service.uploads.add([("a.md", b"words"), ("x/a.md", b"words")])
    with pytest.raises(DocumentError):
        server.service.uploads.add([("a.md", b"---\ntitle: [\n---\n")])


def test_documents_indexed_alone_stay_alone(home: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mine.md").write_text("# Mine\n\nBread is baked at dawn in every village.\n")
    build_index(Settings(home=home, corpus=PACK), WordEncoder(), [tmp_path / "mine"], only=True)
    server = Server(home)
    server.upload(("cheese.md", ABOUT))
    assert [one.document.source.title for one in server.service.assistant.library.stored] == ["Mine", "Notes on cheese"]
    server.close()


def test_an_index_that_another_process_published_is_taken_up(server: Server, tmp_path: Path) -> None:
    former = server.service.assistant
    assert server.renewal.refresh() is False
    (tmp_path / "cheese.md").write_text(ABOUT)
    build_index(server.settings, WordEncoder(), [tmp_path / "cheese.md"])
    assert server.renewal.refresh() is True
    assert server.best() == GOUDA
    # Who still holds the former one is answered to the end.
    assert GOUDA not in [hit.passage.text for hit in former.retriever.search("How long does Gouda ripen?", 5)]
    # A conversation goes on over the new one.
    assert server.service.assistant._conversations is former._conversations


def test_an_index_that_cannot_be_used_leaves_the_former_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    used = server.service.assistant
    (index_slot(server.settings).folder / "CURRENT").write_text("generation-nowhere\n")
    server.look_until_heard(monkeypatch)
    assert len(server.said) == 1  # told once, not at every look
    assert "Answers come from the one before" in server.said[0]
    assert server.service.assistant is used
