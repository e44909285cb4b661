"""The soak: a short one of the whole product, and that each sort of loss and of unclear error is noticed."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from evals.benches import soak as soak_command
from evals.benches import soak_documents, soaking
from evals.benches.soak_doors import Said, ask_at_api, ask_at_openai, ask_in_events, call
from evals.benches.soak_faults import FAULTS
from evals.benches.soak_ledger import Ledger, Talk, answered_once, kept_whole
from evals.benches.soak_plan import FILES, SHARED, Plan, Soaked
from evals.benches.soak_server import Life, Server, World
from evals.benches.soaking import soak
from evals.doubles.endpoint import Endpoint, posted, reply
from evals.doubles.slack_channels import BOT_USER, Message
from tests.soak_product import Forked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

SHORT = Plan(seconds=0.0, users=2, pause=0.8, calm=0.3, fault=2.0, patience=120.0, worlds=(SHARED,), settled=5, times=1)


def told_of(soaked: Soaked) -> str:
    ledger = soaked.ledger
    return "\n".join([*ledger.losses, *ledger.errors, *soaked.not_recovered, str(ledger.counts)])


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_whatever_fails_or_is_killed_nothing_is_lost(tmp_path: Path) -> None:
    # `groundrule bench soak` does the same for an hour, with the real model.
    soaked = soak(tmp_path, SHORT, start=Forked)
    assert not soaked.failed, told_of(soaked)
    counts, faults = soaked.ledger.counts, soaked.ledger.faults
    assert set(faults) == set(FAULTS)
    for name, fault in faults.items():
        assert fault.not_made or (fault.times and fault.answers and fault.recovered_seconds), name
        assert all("Traceback" not in text for text in fault.seen)
    assert any("locked" in text or "busy" in text for text in faults["database locked"].seen)
    assert any("cannot be used" in text for text in faults["Chroma server gone"].seen)
    assert soaked.kills == 1
    assert len(soaked.lives) == 2
    assert all(counts[f"answers {door}"] for door in ("api", "events", "openai", "probes"))
    assert counts["Slack events acknowledged"]
    assert counts["exchanges kept"]
    assert counts["votes kept"]
    assert counts["looks at the index"] >= 3


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_server_that_forgets_what_it_acknowledged_is_found_out(tmp_path: Path) -> None:
    plan = replace(SHORT, pause=0.1, patience=60.0, worlds=(FILES,), faults=(), times=0)
    soaked = soak(tmp_path, plan, start=partial(Forked, without="keeping"))
    assert soaked.failed
    assert any("is not kept" in one for one in soaked.ledger.losses)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_ctrl_c_ends_everything(tmp_path: Path) -> None:
    begun: list[Forked] = []

    def start(*what: Any) -> Forked:
        begun.append(Forked(*what))
        return begun[-1]

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        soak(tmp_path, SHORT, interrupted, start)
    assert len(begun) >= 2
    assert all(process.poll() is not None for process in begun)
    assert threading.active_count() <= before + 1


def kept(*said: str) -> list[dict[str, Any]]:
    return [{"question": one, "answer": one.upper()} for one in said]


def test_of_a_conversation_every_acknowledged_answer_is_kept_once_and_in_order() -> None:
    talk = Talk([("a", "A"), ("b", "B")], ["c"], {1: "up"})
    nobody = partial(kept_whole, "s", talk)
    assert nobody(kept("a", "b"), lambda _: "up") == nobody(kept("a", "c", "b"), lambda _: "up") == []
    assert "answer 2 is not kept" in nobody(kept("a"), lambda _: "up")[0]
    assert len(nobody(kept("b", "a"), lambda _: "up")) == 2
    assert "kept twice" in nobody(kept("a", "b", "b"), lambda _: "up")[0]
    assert "kept twice" in nobody(kept("a", "c", "c", "b"), lambda _: "up")[0]
    assert "the vote 'up' on answer 2 is kept as None" in nobody(kept("a", "b"), lambda _: None)[0]


def test_the_index_holds_what_was_ingested_or_may_have_been(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak_documents, "_SEEN_SECONDS", 0.0)
    ledger = Ledger()
    server = Server(Forked, tmp_path, tmp_path / "database", "http://127.0.0.1:1/")
    server.up.set()
    documents = soak_documents.Documents(tmp_path, World(FILES, tmp_path), server, ledger, Forked, 1)
    states = [documents._state_of_folder()]
    for _ in range(3):
        documents.change()
        states.append(documents._state_of_folder())
    folder, shown, status = iter(states), {"state": states[0]}, {"now": 0}
    monkeypatch.setattr(documents, "_state_of_folder", lambda: next(folder))
    monkeypatch.setattr(documents, "_shown", lambda: shown["state"])
    monkeypatch.setattr(documents, "_run", lambda **_: (status["now"], "groundrule: no space is left."))
    documents.ingest()
    status["now"] = -9
    # It was killed just after it had published, and that is not seen before the next one is killed, too.
    documents.ingest(kill=True)
    shown["state"] = states[1]
    documents.ingest(kill=True)
    assert (ledger.losses, ledger.errors) == ([], [])
    status["now"] = 0
    documents.ingest()
    assert "Note" in ledger.losses[0]


@pytest.mark.parametrize(
    ("said", "excuse", "wrong"),
    [
        ("groundrule: no space is left.", {"full": True}, False),
        ("groundrule: no space is left.", {}, True),
        ("groundrule: internal fault: OSError", {"full": True}, True),
        ("Traceback (most recent call last):\nOSError: x", {"hopeless": True}, True),
        ("", {"hopeless": True}, True),
    ],
)
def test_an_ingest_that_fails_must_say_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, excuse: dict[str, bool], wrong: bool
) -> None:
    ledger = Ledger()
    server = Server(Forked, tmp_path, tmp_path / "database", "http://127.0.0.1:1/")
    documents = soak_documents.Documents(tmp_path, World(FILES, tmp_path), server, ledger, Forked, 1)
    monkeypatch.setattr(documents, "_run", lambda **_: (1, said))
    documents.ingest(**excuse)
    assert bool(ledger.errors) == wrong


def message(key: str, part: int, text: str = "An answer.") -> Message:
    about = {"event_type": "groundrule_job", "event_payload": {"key": key, "part": part}}
    return Message("1.000001", "C1", BOT_USER, text, metadata=about)


def test_an_event_of_slacks_is_answered_once_and_whole() -> None:
    sound = [message("a", 0), message("a", 1), message("b", 0)]
    events = {"a": True, "b": False, "c": False}
    assert answered_once(events, sound) == []
    assert "more than once" in answered_once(events, [*sound, message("b", 0)])[0]
    assert "parts [1]" in answered_once(events, sound[1:])[0]
    assert "parts []" in answered_once({**events, "d": True}, sound)[0]
    assert "nobody asked" in answered_once(events, [*sound, message("x", 0)])[0]
    assert "left as" in answered_once(events, [message("a", 0, "Looking that up …")])[0]
    assert "I could not" in answered_once(events, [message("a", 0, "I could not answer that.")])[0]


def test_what_users_are_told_is_an_answer_a_clear_error_or_a_fault() -> None:
    ledger = Ledger()
    clear, unclear, cut = Said("clear", "busy"), Said("unclear", "500"), Said("cut", "reset")
    ledger.note("api", Said("answer", "yes"), None, excused=False)
    ledger.note("api", clear, "disk full", excused=False)
    ledger.note("api", cut, None, excused=True)
    assert (ledger.errors, ledger.answers, ledger.counts["cut off"]) == ([], 1, 1)
    assert ledger.faults["disk full"].seen == {"busy": 1}
    for door, said, fault, excused in (
        ("a", clear, None, False),
        ("b", unclear, "disk full", False),
        ("c", cut, "disk full", False),
        ("d", unclear, None, True),
    ):
        ledger.note(door, said, fault, excused=excused)
    assert [one[0] for one in ledger.errors] == ["a", "b", "c", "d"]


@contextmanager
def replying(status: int, body: str) -> Iterator[int]:
    """A server that always says the same; its port."""

    def serve(handler: BaseHTTPRequestHandler) -> None:
        posted(handler)
        if status:
            reply(handler, status, body.encode())

    with Endpoint(serve) as endpoint:
        yield endpoint.port


PROBLEM = {"status": 503, "detail": "the database is locked. Check who holds it.", "code": "store-unavailable"}
EMPTY = {"answer": "", "kind": "fact"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, json.dumps({"answer": "Yes.", "kind": "fact"}), "answer"),
        (200, json.dumps(EMPTY), "unclear"),
        (200, json.dumps({"answer": "Traceback (most recent call last): x", "kind": "fact"}), "unclear"),
        (200, "<html>", "unclear"),
        (503, json.dumps(PROBLEM), "clear"),
        (503, "Service Unavailable", "unclear"),
        (503, json.dumps({"detail": "no"}), "unclear"),
        (500, json.dumps(PROBLEM), "unclear"),
        (0, "", "cut"),
    ],
)
def test_a_reply_is_judged_by_what_it_says(status: int, body: str, kind: str) -> None:
    with replying(status, body) as port:
        assert ask_at_api(port, "Why?", "s").kind == kind


def events(*told: tuple[str, dict[str, Any]]) -> str:
    return "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in told)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (events(("sentence", {"text": "Yes."}), ("answer", {"answer": "Yes.", "kind": "fact"})), "answer"),
        (events(("sentence", {"text": "Yes."})), "unclear"),
        (events(("problem", PROBLEM)), "clear"),
        (events(("problem", {**PROBLEM, "status": 500})), "unclear"),
        ("", "unclear"),
    ],
)
def test_a_stream_is_judged_by_its_end(body: str, kind: str) -> None:
    with replying(200, body) as port:
        assert ask_in_events(port, "Why?", "s").kind == kind


CHUNK = {"choices": [{"delta": {"content": "Yes."}}]}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ([json.dumps(CHUNK), "[DONE]"], "answer"),
        ([json.dumps(CHUNK)], "unclear"),
        (["[DONE]"], "unclear"),
        (
            [json.dumps({"error": {"message": "the index cannot be used now.", "code": "unavailable"}}), "[DONE]"],
            "clear",
        ),
        ([json.dumps({"error": {"message": "Something is wrong here today.", "code": "internal"}})], "unclear"),
    ],
)
def test_a_stream_of_openais_door_is_judged_likewise(data: list[str], kind: str) -> None:
    with replying(200, "".join(f"data: {one}\n\n" for one in data)) as port:
        assert ask_at_openai(port, ["Why?"], stream=True).kind == kind


def test_where_nobody_listens_the_connection_is_cut() -> None:
    with replying(200, "") as port:
        pass
    assert call(port, "GET", "/readyz").kind == "cut"


def test_the_command_shows_what_came_of_it_and_fails_where_something_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def soaked(lost: list[str]) -> Soaked:
        ledger = Ledger()
        ledger.note("api", Said("answer", "yes"), "disk full", excused=False)
        ledger.note("api", Said("clear", "503: no room is left"), "disk full", excused=False)
        ledger.faults["disk full"].times = 1
        ledger.faults["disk full"].recovered_seconds = [0.4]
        ledger.faults["database locked"].not_made = "nobody can"
        ledger.lost(lost)
        return Soaked(60.0, ledger, [Life(FILES, [(0, 100.0), (1200, 150.0), (2000, 153.0)])], 1)

    for lost, status in (([], 0), (["s: answer 1 is not kept"], 1)):
        monkeypatch.setattr(soaking, "soak", lambda *_, lost=lost: soaked(lost))
        done = CliRunner().invoke(soak_command.soak, ["--json"])
        shown = json.loads(done.stdout)
        assert (done.exit_code, shown["losses"]) == (status, len(lost))
        assert (shown["memory"]["settled_mib"], shown["memory"]["growth"]) == (150.0, 1.02)
        done = CliRunner().invoke(soak_command.soak, [])
        assert "disk full, 1 times: 1 answers, worked again within 0.4 s" in done.stdout
        assert "1 × 503: no room is left" in done.stdout
        assert "database locked: could not be made here: nobody can" in done.stdout
        assert ("is not kept" in done.stderr) == bool(lost)
