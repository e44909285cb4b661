"""What the server says of requests: in its log, in responses, to its figures; and that no secret is in any of it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import APIRouter, FastAPI, HTTPException, Request
from pydantic import BaseModel, SecretStr

from bot.surfaces.guard.guard import guarded
from bot.surfaces.guard.keys import KeyRing, add_key
from bot.surfaces.guard.logs import LogLines, log_to, secrets_of
from tests.bot.calling import Reply, answering, call, calling, scope_of, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import Message, Receive, Scope, Send

    from ingest.config import Settings

QUESTION = "Should we fire Oswald Quimby"


@pytest.fixture
def log(settings: Settings) -> Iterator[io.StringIO]:
    """The log of a server with these settings, as JSON."""
    root, ours = logging.getLogger(), logging.getLogger("groundrule")
    before = root.handlers[:], root.level, ours.level
    stream = io.StringIO()
    log_to(stream, planted(settings))
    yield stream
    root.handlers[:], root.level = before[0], before[1]
    ours.setLevel(before[2])


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def planted(settings: Settings, **changes: Any) -> Settings:
    secrets = {
        "llm_key": "sk-llm-5gZ1", "judge_key": "sk-judge-7Rq2", "slack_signing_secret": "f00dcafe99", "slack_bot_token": "xoxb-1-planted",
        "slack_app_token": "xapp-1-planted", "database_url": "postgresql://me:p%40ss-w0rd@db.example/groundrule",
    }  # fmt: skip
    hidden = {name: SecretStr(value) for name, value in secrets.items()}
    return settings.model_copy(update={**hidden, "log_format": "json", **changes})


class Asked(BaseModel):
    question: str


def shop() -> FastAPI:
    """An application in which everything can go wrong."""
    app, router = FastAPI(openapi_url=None), APIRouter(prefix="/api")

    @router.get("/conversations/{name}")
    def conversation(name: str) -> str:
        return name

    @router.post("/ask")
    def ask(asked: Asked) -> str:
        raise ValueError(f"cannot answer {asked.question} with sk-llm-5gZ1")

    @router.post("/search")
    async def search(request: Request) -> str:
        try:
            raise KeyError("p@ss-w0rd")
        except KeyError as error:
            raise RuntimeError(f"{await request.body()!r} {request.headers}") from error

    @router.get("/options")
    def options() -> str:
        raise HTTPException(418, "short and stout")

    app.include_router(router)
    return app


def test_a_line_says_who_what_and_how_it_went(settings: Settings, home: Path, log: io.StringIO) -> None:
    key = add_key(home, "slack-bot", "read")[1]
    app = wrapped(settings, shop())
    call(app, "GET", "/api/conversations/secret-name?token=abc", {"x-api-key": key, "x-request-id": "r1"})
    (line,) = lines(log)
    assert line.pop("time").endswith("+00:00")
    assert 0 <= line.pop("ms") < 1000
    assert line == {
        "level": "info", "logger": "groundrule.access", "message": "request", "request_id": "r1", "method": "GET",
        "path": "/api/conversations/{name}", "status": 200, "bytes": len('"secret-name"'), "key": "slack-bot",
    }  # fmt: skip


def test_a_path_is_a_route_or_the_rule_that_refused_it(settings: Settings, home: Path, log: io.StringIO) -> None:
    app = wrapped(settings, shop())
    for method, path in (
        ("GET", "/x/private"),
        ("GET", "/api/private"),
        ("BREW", "/x"),
        ("GET", "/gradio_api/proxy=private"),
    ):
        call(app, method, path)
    told = [(line["method"], line["path"], line["status"]) for line in lines(log)]
    assert told == [("GET", "*", 404), ("GET", "/api/*", 404), ("OTHER", "*", 404), ("GET", "/gradio_api/*", 404)]
    assert "private" not in log.getvalue()


def test_files_and_health_checks_are_noted_only_when_they_fail(settings: Settings, log: io.StringIO) -> None:
    fine, broken = wrapped(settings), wrapped(settings, answering(503))
    for app in (fine, broken):
        call(app, "GET", "/healthz")
        call(app, "GET", "/assets/a.js")
    assert [line["status"] for line in lines(log)] == [503, 503]


def test_the_text_form_is_one_line_too(settings: Settings) -> None:
    record = logging.LogRecord("groundrule.access", logging.INFO, "", 0, "two\nlines\u2028here", (), None)
    record.created = 0.0
    record.fields = {"status": 200, "key": None, "where": ["a.py:1 f", "b.py:2 g"]}
    told = LogLines("text").format(record)
    assert told == (
        "1970-01-01T00:00:00.000+00:00 info    groundrule.access: two lines here status=200 where=b.py:2 g < a.py:1 f"
    )


def test_an_exception_is_told_by_its_type_and_place(settings: Settings, log: io.StringIO) -> None:
    app = wrapped(settings, shop())
    reply = call(
        app, "POST", "/api/ask", {"x-request-id": "r1", "content-type": "application/json"},
        body=json.dumps({"question": QUESTION}).encode(),
    )  # fmt: skip
    assert (reply.status, reply["content-type"], reply["x-request-id"]) == (500, "application/problem+json", "r1")
    assert reply.json["detail"] == "internal fault. Report it with the request's id, r1."
    assert reply.json["code"] == "internal-fault"
    fault, access = lines(log)
    assert (fault["level"], fault["message"], fault["request_id"]) == ("error", "internal fault in /api/ask", "r1")
    assert fault["error"] == "ValueError"
    assert fault["where"][-1].startswith("tests/bot/test_server_logs.py:")
    assert fault["where"][-1].endswith(" ask")
    assert access["status"] == 500
    call(app, "POST", "/api/search", body=QUESTION.encode())
    cause = lines(log)[2]
    assert (cause["error"], cause["cause"]) == ("RuntimeError", "KeyError")
    assert cause["cause_where"][-1].endswith(" search")
    assert "Quimby" not in log.getvalue()


def test_what_the_application_says_itself_passes(settings: Settings) -> None:
    assert call(wrapped(settings, shop()), "GET", "/api/options").json == {"detail": "short and stout"}
    own = call(wrapped(settings, answering(500, "its own words")), "GET", "/api/options")
    assert (own.status, own.text) == (500, "its own words")


def test_a_stream_that_breaks_is_not_ended(settings: Settings, log: io.StringIO) -> None:
    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        raise ValueError(QUESTION)

    reply = call(wrapped(settings, breaking), "POST", "/api/ask")
    assert (reply.status, reply.text, reply.complete) == (200, "a", False)
    assert [line.get("broken_off") for line in lines(log)] == [None, True]


def test_a_client_that_leaves_is_no_fault(settings: Settings, log: io.StringIO) -> None:
    async def leaving() -> None:
        async def receive() -> Message:
            return {"type": "http.disconnect"}

        reply = Reply()
        await wrapped(settings, shop())(scope_of("POST", "/api/search", {}), receive, reply.send)

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "http.disconnect"
        raise ConnectionError

    async def left() -> None:
        async def receive() -> Message:
            return {"type": "http.disconnect"}

        await wrapped(settings, reading)(scope_of("POST", "/api/search", {}), receive, Reply().send)

    asyncio.run(left())
    (line,) = lines(log)
    assert (line["level"], line["status"], line["broken_off"]) == ("info", 499, True)
    asyncio.run(leaving())
    assert all(line["level"] == "info" for line in lines(log))


def test_figures_are_told_of_every_request(settings: Settings, home: Path) -> None:
    add_key(home, "a", "read")
    told: list[tuple[str, str, int, float]] = []
    app = guarded(shop(), settings, KeyRing(home), host="127.0.0.1", observe=lambda *figures: told.append(figures))
    for path, headers in (("/api/options", {}), ("/healthz", {}), ("/", {"host": "evil.example"}), ("/login", {})):
        call(app, "GET", path, headers)
    assert [figures[:3] for figures in told] == [
        ("GET", "/api/*", 401), ("GET", "/healthz", 404), ("GET", "/", 421), ("GET", "/login", 200),
    ]  # fmt: skip
    assert all(0 <= figures[3] < 5 for figures in told)


def test_secrets_are_struck_out_whatever_logs_them(settings: Settings, log: io.StringIO) -> None:
    secret = planted(settings)
    for one in sorted(secrets_of(secret)):
        logging.getLogger("some.library").warning("it failed with %s!", one)
    logging.getLogger("some.library").error("gr_0a0a0a0a_%s and Authorization: Bearer abc.def-123456", "k" * 43)
    logging.getLogger("some.library").error("http://user:hunter22@proxy.example/ is down")
    try:
        raise ValueError("sk-llm-5gZ1")
    except ValueError:
        logging.getLogger("some.library").exception("caught")
    text = log.getvalue()
    for one in (*secrets_of(secret), "k" * 43, "abc.def-123456", "hunter22"):
        assert one not in text
    assert len(lines(log)) == len(secrets_of(secret)) + 3
    assert lines(log)[-2]["message"] == "http://***@proxy.example/ is down"
    assert lines(log)[-1]["error"] == "ValueError"


def test_which_secrets_there_are(settings: Settings) -> None:
    assert secrets_of(settings) == set()
    assert secrets_of(planted(settings)) == {
        "sk-llm-5gZ1", "sk-judge-7Rq2", "f00dcafe99", "xoxb-1-planted", "xapp-1-planted",
        "postgresql://me:p%40ss-w0rd@db.example/groundrule", "p%40ss-w0rd", "p@ss-w0rd",
    }  # fmt: skip


def test_a_line_knows_its_request_in_threads_too(settings: Settings, log: io.StringIO) -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/api/options")
    def options() -> str:  # FastAPI runs it in a thread
        logging.getLogger("bot.somewhere").warning("half an answer")
        return "x"

    async def both() -> None:
        guard = wrapped(settings, app)
        await asyncio.gather(
            *(calling(guard, "GET", "/api/options", {"x-request-id": f"r{number}"}) for number in range(2))
        )

    asyncio.run(both())
    told = [line["request_id"] for line in lines(log) if line["message"] == "half an answer"]
    assert sorted(told) == ["r0", "r1"]


def test_no_secret_is_in_logs_responses_or_figures(settings: Settings, home: Path, log: io.StringIO) -> None:
    """Every secret is planted, every error driven, and everything that comes out is searched."""
    secret = planted(settings, rate_per_minute=0, max_body_kb=16)
    key = add_key(home, "a", "admin")[1]
    reader = add_key(home, "b", "read")[1]
    told: list[object] = []
    app = guarded(shop(), secret, KeyRing(home), host="127.0.0.1", observe=lambda *figures: told.append(figures))
    replies: list[Reply] = []
    form = urlencode({"key": key, "next": f"/?key={key}"}).encode()
    logged_in = call(app, "POST", "/login", body=form)
    token = (logged_in["set-cookie"] or "").split("=")[1].split(";")[0]
    assert len(token) == 43
    known = [key, reader, key.split("_", 2)[2], *secrets_of(secret), "Quimby", "Oswald"]
    presented: list[dict[str, str]] = [
        {"authorization": f"Bearer {key}"}, {"x-api-key": reader}, {"x-api-key": key + "x"}, {"cookie": f"groundrule_login={token}"},
        {"authorization": f"Basic {key}"}, {"accept": "text/html"}, {"x-api-key": key, "host": f"{key}.example"},
        {"x-api-key": key, "origin": f"https://{key}.example"}, {"x-api-key": key, "x-request-id": f"{key} {QUESTION}"},
    ]  # fmt: skip
    body = json.dumps({"question": f"{QUESTION} {key}"}).encode()
    for headers in presented:
        for method, path in (("POST", "/api/ask"), ("POST", "/api/search"), ("GET", "/api/options"), ("GET", "/metrics"),
                             ("POST", "/api/feedback"), ("POST", "/v1/x"), ("GET", "/nowhere"), ("POST", "/logout")):  # fmt: skip
            if path == "/logout" and "cookie" in headers:
                continue
            for content in (body, b"{", b"x" * 17_000):
                target = f"{path}?key={key}&q={QUESTION.replace(' ', '+')}"
                replies.append(call(app, method, target, {"content-type": "application/json", **headers}, body=content))
    (home / "keys.json").write_text(f'{{"{key}": 1}}')
    replies.append(call(app, "GET", "/api/options", {"x-api-key": key}))
    assert {reply.status for reply in replies} >= {303, 401, 403, 404, 413, 418, 421, 422, 500, 503}
    for reply in replies:
        # Where somebody wanted to go is said back to him alone, and what he sent in a form that is wrong.
        shown = reply.text if reply.status != 422 else ""
        shown += str([pair for pair in reply.headers if pair[0] not in ("location", "set-cookie")])
        for one in (*known, token):
            assert one not in shown, (one, shown)
    for one in (*known, token):
        assert one not in log.getvalue(), one
        assert one not in str(told), one
    assert len(lines(log)) > len(replies)


def test_uvicorn_logs_nothing_by_itself(settings: Settings, log: io.StringIO) -> None:
    """A real server: no access line of its own with the query, no traceback with a message."""
    import socket
    import threading
    import time

    import uvicorn

    from bot.surfaces.guard.guard import server_arguments

    secret = planted(settings, request_timeout=0.2)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/api/broken":
            raise ValueError(QUESTION)
        await answering()(scope, receive, send)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        guard = guarded(app, secret, KeyRing(secret.home), host="127.0.0.1")
        config = uvicorn.Config(guard, lifespan="off", log_level="warning", **server_arguments(secret))
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
                assert client.get("/api/options?q=Quimby").text == "fine"
                assert client.get("/api/broken?q=Quimby").status_code == 500
                assert "server" not in client.get("/healthz").headers
                # Headers have an end, and so has a body that is never sent.
                assert client.get("/healthz", headers={"x": "y" * 33_000}).status_code == 431
                for _ in range(3):
                    assert client.post("/api/ask", content=(b"x" * 65_536 for _ in range(100))).status_code == 413
                    assert client.post("/api/ask", content=b"x" * 6_000_000).status_code == 413
                assert client.get("/api/options").text == "fine"
                # The connection may be gone before the client has read why.
                with contextlib.suppress(httpx.TransportError):
                    assert client.get("/healthz", headers={"x": "y" * 2_000_000}).status_code == 400
        finally:
            server.should_exit = True
            thread.join(120)
    assert "Quimby" not in log.getvalue()
    told = [(line["path"], line["status"]) for line in lines(log) if line["message"] == "request"]
    assert told == [
        ("/api/*", 200), ("/api/*", 500), ("/healthz", 431), *[("/api/ask", 413)] * 6, ("/api/*", 200),
    ]  # fmt: skip


def test_a_fault_of_the_guard_itself_lets_nobody_in(
    settings: Settings, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bool:
        raise LookupError(QUESTION)

    monkeypatch.setattr("bot.surfaces.guard.origins.Doorplates.show", broken)
    reply = call(wrapped(settings), "GET", "/api/options")
    assert (reply.status, reply.json["code"]) == (500, "internal-fault")
    assert [line.get("error") for line in lines(log)] == ["LookupError", None]
    assert "Quimby" not in log.getvalue()
