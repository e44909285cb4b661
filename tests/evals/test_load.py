"""The load bench, against a server of the test's own."""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from evals.benches import load as load_command
from evals.benches import loading, processes
from ingest.errors import GroundruleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def answering(bad_every: int = 0, loads: int = 1) -> Iterator[tuple[int, list[str]]]:
    """A server that answers, but for every so many questions; its port and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            text = f"# HELP groundrule_encoder_loads It.\ngroundrule_encoder_loads {loads}.0\n".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(json.loads(body)["question"])
            bad = bad_every and len(asked) % bad_every == 0
            text = json.dumps({"detail": "no"} if bad else {"answer": "yes"}).encode()
            self.send_response(503 if bad else 200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_each_question_is_asked_once_and_counted() -> None:
    with answering() as (port, asked):
        level = loading._ask("127.0.0.1", port, ["a", "b", "c"], 4, lambda number: number < 30)
    assert (level.clients, level.answers, level.errors) == (4, 30, 0)
    assert sorted(asked) == ["a"] * 10 + ["b"] * 10 + ["c"] * 10
    assert 0 < level.p50 <= level.p95 <= level.p99
    assert level.per_second > 0


def test_a_question_without_an_answer_is_an_error() -> None:
    with answering(bad_every=5) as (port, _):
        level = loading._ask("127.0.0.1", port, ["a"], 1, lambda number: number < 20)
    assert (level.answers, level.errors) == (16, 4)


def test_where_nobody_answers_every_question_is_an_error() -> None:
    with answering() as (port, _):
        pass
    level = loading._ask("127.0.0.1", port, ["a"], 2, lambda number: number < 6)
    assert (level.answers, level.errors, level.p99) == (0, 6, 0.0)


def test_growth_is_told_for_each_thousand_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "SETTLED", 4)
    seen = iter(range(100, 200))
    monkeypatch.setattr(loading, "resident", lambda _: float(next(seen)))
    with answering() as (port, asked):
        memory, lost = loading.memory_along("127.0.0.1", port, 0, ["a"], 40, lambda *_: None)
    assert lost == 0
    assert memory is not None
    # One MiB more at each look, and two questions between two looks.
    assert (memory["settled_mib"], memory["end_mib"], memory["mib_per_1000_questions"]) == (100.0, 118.0, 500.0)
    assert memory["growth"] == 1.18
    assert len(asked) == 4 + 18 * 2
    assert loading.memory_along("127.0.0.1", port, 0, ["a"], 4, lambda *_: None) == (None, 0)


def test_the_memory_of_a_process_that_has_ended_is_an_error() -> None:
    assert processes.resident(os.getpid()) > 10
    with pytest.raises(GroundruleError, match="Has it ended"):
        processes.resident(2**22 + 1)


@pytest.mark.parametrize("clients", ["a", "0", "1,,2", "1001"])
def test_clients_that_are_none_are_refused(clients: str) -> None:
    with pytest.raises(UsageError, match="--clients"):
        load_command._counts(clients)


def test_the_command_fails_when_a_question_got_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "encoder_rate", lambda *_: 100.0)
    for bad, status in ((0, 0), (7, 1)):
        with answering(bad) as (port, _):

            @contextmanager
            def served(_: object, port: int = port) -> Iterator[tuple[str, int, int]]:
                yield "127.0.0.1", port, os.getpid()

            monkeypatch.setattr(loading, "served", served)
            done = CliRunner().invoke(
                load_command.load, ["--clients", "1,2", "--seconds", "0.5", "--questions", "0", "--json"]
            )
        shown = json.loads(done.stdout)
        assert done.exit_code == status
        assert [level["clients"] for level in shown["levels"]] == [1, 2]
        assert (shown["errors"] > 0) == bool(bad)
        assert shown["share_of_encoder"] == round(shown["best_answers_per_second"] / 100, 3)


def test_the_memory_alone_is_told_with_how_often_the_encoder_was_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "encoder_rate", lambda *_: 100.0)
    monkeypatch.setattr(loading, "SETTLED", 4)
    for loads, status in ((1, 0), (2, 1)):
        with answering(loads=loads) as (port, asked):

            @contextmanager
            def served(_: object, port: int = port) -> Iterator[tuple[str, int, int]]:
                yield "127.0.0.1", port, os.getpid()

            monkeypatch.setattr(loading, "served", served)
            done = CliRunner().invoke(load_command.load, ["--memory", "--questions", "40"])
        assert done.exit_code == status
        assert len(asked) == 4 + 18 * 2
        assert "MiB idle" in done.stdout
        assert f"Embedding models that the server has loaded: {loads}." in done.stdout
        assert "Answers over HTTP" not in done.stdout
