"""The guard's limits: size, rate, number at a time, time; and that streams pass at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from bot.surfaces.guard import rates
from bot.surfaces.guard.gate import STANDING_STREAMS, WRONG_KEYS_PER_MINUTE
from bot.surfaces.guard.guard import server_arguments
from bot.surfaces.guard.keys import add_key
from bot.surfaces.guard.rates import Quota, Rates
from tests.bot.calling import Reply, answering, call, calling, scope_of, wrapped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ingest.config import Settings

KIB = 1024


def reading() -> FastAPI:
    """An application that says how much it read, by both of FastAPI's ways to read."""
    app = FastAPI(openapi_url=None)

    @app.post("/api/ask")
    async def ask(request: Request) -> int:
        return len(await request.body())

    @app.post("/api/search")
    def search(query: dict[str, Any]) -> int:
        return len(query)

    @app.post("/api/documents")
    async def documents(request: Request) -> int:
        return sum([len(part) async for part in request.stream()])

    return app


def test_a_body_is_taken_up_to_its_limit(settings: Settings) -> None:
    app = wrapped(settings, reading(), max_body_kb=16)
    full = b"x" * (16 * KIB)
    assert call(app, "POST", "/api/ask", body=full).json == 16 * KIB
    assert call(app, "POST", "/api/ask", {"content-length": str(16 * KIB)}, body=full).json == 16 * KIB
    for body, headers in (
        (b"", {"content-length": str(16 * KIB + 1)}),  # it says so
        (full + b"x", {}),  # it does not
        ([full, b"x"], {"transfer-encoding": "chunked"}),
        ([b"x" * KIB] * 17, {"content-length": "5"}),  # it lies
    ):
        for path in ("/api/ask", "/api/search"):
            large = call(app, "POST", path, headers, body=body)
            assert (large.status, large.complete) == (413, True)
            assert large.json["detail"] == "the request is larger than 16 KiB, the most taken here."
    assert call(app, "POST", "/api/ask", {"content-length": "9" * 5000}).status == 413
    for odd in ("-1", "1e3", "x", "1,1"):
        assert call(app, "POST", "/api/ask", {"content-length": odd}).status == 400


def test_a_document_may_have_the_size_of_a_file(settings: Settings) -> None:
    app = wrapped(settings, reading(), max_body_kb=16, max_document_mb=1)
    mebibyte = [b"x" * (64 * KIB)] * 16
    assert call(app, "POST", "/api/documents", body=mebibyte).json == KIB * KIB
    assert call(app, "POST", "/api/documents", body=[*mebibyte, b"x" * (64 * KIB), b"x"]).status == 413
    assert call(app, "POST", "/api/ask", body=mebibyte).status == 413


def test_nothing_is_read_past_the_limit(settings: Settings) -> None:
    parts = [b"x" * (16 * KIB), b"x", b"never", b"read"]
    read: list[bytes] = []

    async def greedy(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "http.request":
            read.append(message["body"])
        await answering()(scope, receive, send)

    async def late() -> Reply:
        reply = Reply()

        async def receive() -> Message:
            return {"type": "http.request", "body": parts.pop(0), "more_body": True}

        await wrapped(settings, greedy, max_body_kb=16)(scope_of("POST", "/api/ask", {}), receive, reply.send)
        return reply

    assert asyncio.run(late()).status == 413
    assert [len(one) for one in read] == [16 * KIB]
    assert parts == [b"never", b"read"]


def test_a_window_moves() -> None:
    now = [1000.0]
    limit = Rates(3, lambda: now[0])
    taken = []
    for step in (0, 10, 10, 10, 30, 0, 10):  # at 0, 10, 20, 30, 60, 60 and 70 seconds
        now[0] += step
        taken.append(limit.take("a"))
    assert taken == [
        Quota(True, 2, 3, 60), Quota(True, 1, 3, 50), Quota(True, 0, 3, 40), Quota(False, 0, 3, 30),
        Quota(True, 0, 3, 10), Quota(False, 0, 3, 10), Quota(True, 0, 3, 10),
    ]  # fmt: skip
    assert limit.take("b") == Quota(True, 2, 3, 60)
    assert Rates(0).take("a") is None


def test_only_so_many_names_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MAX_NAMES", 3)
    limit = Rates(1)
    for name in "abcd":
        assert limit.take(name) is not None
    assert len(limit._recent.times) == 3
    again = limit.take("a")
    assert again is not None
    assert again.allowed  # forgotten, being the longest unheard
    still = limit.take("d")
    assert still is not None
    assert not still.allowed


def test_too_many_requests_wait(settings: Settings) -> None:
    app = wrapped(settings, rate_per_minute=2)
    first = call(app, "GET", "/api/options")
    assert (first.status, first["ratelimit-policy"], first["ratelimit"]) == (
        200, '"default";q=2;w=60', '"default";r=1;t=60',
    )  # fmt: skip
    assert call(app, "GET", "/api/options").status == 200
    refused = call(app, "GET", "/api/options")
    assert (refused.status, refused.json["code"]) == (429, "rate-limited")
    assert 58 <= int(refused["retry-after"] or 0) <= 60
    assert refused["ratelimit"] == f'"default";r=0;t={refused["retry-after"]}'
    assert call(app, "POST", "/v1/chat/completions").json["error"]["type"] == "rate_limit_error"
    # What a header says of the address counts for nothing; another address counts by itself.
    assert call(app, "GET", "/api/options", {"x-forwarded-for": "10.0.0.9", "forwarded": "for=10.0.0.9"}).status == 429
    assert call(app, "GET", "/api/options", client="10.0.0.9").status == 200
    for path in ("/healthz", "/readyz", "/assets/a.js", "/theme.css", "/metrics"):
        if path != "/metrics":
            assert [call(app, "GET", path).status for _ in range(4)] == [200] * 4
    assert [call(app, "POST", "/slack/events").status for _ in range(4)] == [200] * 4
    without = wrapped(settings, rate_per_minute=0)
    reply = call(without, "GET", "/api/options")
    assert (reply.status, reply["ratelimit"]) == (200, None)


def test_each_key_has_its_own_requests(settings: Settings, home: Path) -> None:
    one, other = add_key(home, "one", "read")[1], add_key(home, "other", "read")[1]
    app = wrapped(settings, rate_per_minute=1)
    assert [call(app, "GET", "/api/options", {"x-api-key": one}).status for _ in range(2)] == [200, 429]
    assert call(app, "GET", "/api/options", {"x-api-key": other}).status == 200
    # From wherever it comes.
    assert call(app, "GET", "/api/options", {"x-api-key": one}, client="10.0.0.9").status == 429
    # Strangers use up their address, not the keys of others at it.
    assert [call(app, "GET", "/api/options").status for _ in range(2)] == [401, 429]
    assert call(app, "GET", "/api/options", {"x-api-key": one}).json["code"] == "rate-limited"


def test_wrong_keys_are_counted_by_address(settings: Settings, home: Path) -> None:
    key = add_key(home, "a", "read")[1]
    app = wrapped(settings, rate_per_minute=0)
    wrong = [call(app, "GET", "/assets/a.js", {"x-api-key": "gr_x"}).status for _ in range(WRONG_KEYS_PER_MINUTE + 1)]
    assert wrong == [401] * WRONG_KEYS_PER_MINUTE + [429]
    assert call(app, "GET", "/api/options", {"x-api-key": "gr_x"}, client="10.0.0.9").status == 401
    # Whoever has a key is not kept out by who has none.
    assert call(app, "GET", "/api/options", {"x-api-key": key}).status == 200


class Waiting:
    """An application whose answers wait until they are let go, their heads sent."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.begun = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await self.go.wait()
        await send({"type": "http.response.body", "body": b"b"})


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_stream_counts_until_it_ends(settings: Settings) -> None:
    async def trying() -> None:
        waiting = Waiting()
        app = wrapped(settings, waiting, max_concurrent=2)
        streams = [asyncio.create_task(calling(app, "POST", "/api/ask")) for _ in range(2)]
        await settle()
        assert waiting.begun == 2
        refused = await calling(app, "POST", "/api/ask")
        assert (refused.status, refused.json["code"], refused["retry-after"]) == (503, "busy", "1")
        # Nobody else waits for them.
        others = [
            asyncio.create_task(calling(app, method, path))
            for method, path in (("GET", "/healthz"), ("GET", "/readyz"), ("POST", "/slack/events"), ("GET", "/assets/a"),
                                 ("GET", "/gradio_api/heartbeat/x"), ("GET", "/metrics"))
        ]  # fmt: skip
        await settle()
        assert waiting.begun == 8
        waiting.go.set()
        for done in await asyncio.gather(*streams, *others):
            assert (done.status, done.text, done.complete) == (200, "ab", True)
        assert (await calling(app, "POST", "/api/ask")).status == 200

    asyncio.run(trying())


def test_one_that_failed_or_left_makes_room(settings: Settings) -> None:
    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError

    async def trying() -> None:
        app = wrapped(settings, breaking, max_concurrent=1)
        assert [(await calling(app, "POST", "/api/ask")).status for _ in range(3)] == [500] * 3
        waiting = Waiting()
        left = wrapped(settings, waiting, max_concurrent=1)
        for _ in range(3):
            stream = asyncio.create_task(calling(left, "POST", "/api/ask"))
            await settle()
            stream.cancel()
            with pytest.raises(asyncio.CancelledError):
                await stream
        assert waiting.begun == 3

    asyncio.run(trying())


def test_standing_streams_are_bounded_too(settings: Settings) -> None:
    async def trying() -> None:
        waiting = Waiting()
        app = wrapped(settings, waiting)
        streams = [
            asyncio.create_task(calling(app, "GET", "/gradio_api/heartbeat/x")) for _ in range(STANDING_STREAMS + 1)
        ]
        await settle()
        assert waiting.begun == STANDING_STREAMS
        assert streams[-1].result().status == 503
        waiting.go.set()
        await asyncio.gather(*streams)

    asyncio.run(trying())


def test_the_parts_of_a_stream_pass_at_once(settings: Settings) -> None:
    """Each part has arrived before the next is made."""
    arrived: list[int] = []

    async def trying() -> Reply:
        reply, app = Reply(), FastAPI(openapi_url=None)

        @app.get("/v1/stream")
        async def stream() -> StreamingResponse:
            async def parts() -> AsyncIterator[str]:
                for number in range(3):
                    arrived.append(len(reply.parts))
                    yield f"data: {number}\n\n"

            return StreamingResponse(parts(), media_type="text/event-stream")

        async def receive() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        await wrapped(settings, app)(scope_of("GET", "/v1/stream", {}), receive, reply.send)
        return reply

    reply = asyncio.run(trying())
    assert arrived == [0, 1, 2]
    assert reply.parts == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n"]
    assert reply.complete
    assert reply["content-type"] == "text/event-stream; charset=utf-8"
    assert reply["cache-control"] == "no-store"


def sleeping(*, begins: bool, stubborn: bool = False) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if begins:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"a", "more_body": True})
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            if stubborn:
                raise ValueError("it hides that it was stopped") from None
            raise

    return app


@pytest.mark.parametrize("stubborn", [False, True])
def test_what_takes_too_long_is_given_up(settings: Settings, stubborn: bool) -> None:
    app = wrapped(settings, sleeping(begins=False, stubborn=stubborn), request_timeout=0.05)
    late = call(app, "POST", "/api/ask")
    assert (late.status, late.json["code"], late.complete) == (504, "timed-out", True)
    assert late.json["detail"] == "there was no answer within 0.05 seconds."


def test_a_stream_that_takes_too_long_breaks_off_without_its_end(settings: Settings) -> None:
    broken = call(wrapped(settings, sleeping(begins=True), request_timeout=0.05), "POST", "/api/ask")
    assert (broken.status, broken.text, broken.complete) == (200, "a", False)


def test_a_client_that_sends_too_slowly_is_given_up(settings: Settings) -> None:
    async def trying() -> Reply:
        reply = Reply()

        async def receive() -> Message:
            await asyncio.sleep(30)
            raise AssertionError

        await wrapped(settings, reading(), request_timeout=0.05)(scope_of("POST", "/api/ask", {}), receive, reply.send)
        return reply

    assert asyncio.run(trying()).status == 504


def test_what_stands_open_has_no_end(settings: Settings) -> None:
    async def trying() -> Reply:
        waiting = Waiting()
        standing = asyncio.create_task(
            calling(wrapped(settings, waiting, request_timeout=0.01), "GET", "/gradio_api/heartbeat/x")
        )
        await asyncio.sleep(0.05)
        assert not standing.done()
        waiting.go.set()
        return await standing

    assert asyncio.run(trying()).complete


def test_the_server_is_told_not_to_pass_by_the_guard(settings: Settings) -> None:
    import uvicorn

    told = server_arguments(settings)
    config = uvicorn.Config(answering(), **told)
    assert (config.proxy_headers, config.access_log, config.server_header) == (False, False, False)
    assert (config.http, config.h11_max_incomplete_event_size) == ("h11", 32 * KIB)
