"""The guard around an application that answers everything: who comes in, and what is said to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from bot.surfaces.guard.access import RULES, UNKNOWN, Rule, rule_for
from bot.surfaces.guard.keys import SCOPES, Scope, add_key, remove_key
from bot.surfaces.guard.origins import Doorplates, address_group, may_write
from tests.bot.calling import OPEN, answering, call, wrapped

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Message, Receive, Send
    from starlette.types import Scope as Asgi

    from ingest.config import Settings

# The scope that each call needs, as issue and README promise it.
CALLS = [
    ("GET", "/healthz", "public"), ("GET", "/readyz", "public"), ("GET", "/login", "public"), ("GET", "/logout", "public"),
    ("POST", "/slack/events", "public"), ("GET", "/api/options", "read"), ("GET", "/api/rubric", "read"),
    ("GET", "/api/documents", "read"), ("GET", "/api/documents/ordax-2024", "read"), ("GET", "/api/conversations/x", "read"),
    ("POST", "/api/ask", "read"), ("POST", "/api/recommend", "read"), ("POST", "/api/search", "read"),
    ("POST", "/api/compare", "read"), ("POST", "/api/records", "read"), ("GET", "/v1/models", "read"),
    ("POST", "/v1/chat/completions", "read"), ("POST", "/mcp", "read"), ("GET", "/mcp", "read"), ("DELETE", "/mcp", "read"),
    ("GET", "/", "read"), ("GET", "/config", "read"), ("POST", "/gradio_api/queue/join", "read"), ("GET", "/nowhere", "read"),
    ("GET", "/gradio_api/queue/data", "read"), ("GET", "/assets/index.js", "read"), ("POST", "/api/feedback", "write"),
    ("DELETE", "/api/conversations/x", "write"), ("POST", "/api/documents", "admin"), ("DELETE", "/api/documents/x", "admin"),
    ("GET", "/metrics", "admin"), ("PUT", "/api/options", "admin"), ("POST", "/api/new", "admin"),
    ("POST", "/gradio_api/upload", "nobody"), ("GET", "/gradio_api/proxy=http://x", "nobody"), ("GET", "/monitoring", "nobody"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "needs"), CALLS)
def test_each_call_needs_its_scope(method: str, path: str, needs: str) -> None:
    assert rule_for(method, path).needs == needs


def test_a_path_without_a_rule_needs_a_key() -> None:
    assert rule_for("GET", "/nowhere") is UNKNOWN
    assert UNKNOWN.needs == "read"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{'|'.join(sorted(rule.methods))} {rule.path}")
def test_no_rule_stands_in_the_shadow_of_another(rule: Rule) -> None:
    path = rule.path.replace("*", "x")
    assert rule in [rule_for(method, path) for method in (rule.methods or {"GET", "PUT"})]


@pytest.mark.parametrize("scope", SCOPES)
def test_keys_open_what_their_scope_holds(settings: Settings, home: Path, scope: Scope) -> None:
    key = add_key(home, "a", scope)[1]
    app = wrapped(settings)
    for method, path, needs in CALLS:
        if path in ("/login", "/logout"):
            continue
        reply = call(app, method, path, {"authorization": f"Bearer {key}"})
        if needs == "nobody":
            assert reply.status == 404
        elif needs == "public" or SCOPES.index(scope) >= SCOPES.index(needs):
            assert reply.status == 200, (method, path)
        else:
            assert reply.status == 403
            assert f"needs a key with the scope {needs}; this one has {scope}" in reply.json["detail"]
            assert (
                reply["www-authenticate"] == f'Bearer realm="groundrule", error="insufficient_scope", scope="{needs}"'
            )


def test_without_keys_everything_is_open(settings: Settings) -> None:
    app = wrapped(settings)
    for method, path, needs in CALLS:
        # Who has no need to log in is sent on.
        expected = {"/login": 303}.get(path, 404 if needs == "nobody" else 200)
        assert call(app, method, path).status == expected, path
    # A client that has to send some key is not asked whether it is one.
    assert call(app, "GET", "/v1/models", {"authorization": "Bearer anything"}).status == 200


def test_strangers_are_told_what_is_missing(settings: Settings, home: Path) -> None:
    key = add_key(home, "a", "read")[1]
    app = wrapped(settings)
    missing = call(app, "GET", "/api/options", {"x-request-id": "mine"})
    assert (missing.status, missing["content-type"]) == (401, "application/problem+json")
    assert missing["www-authenticate"] == 'Bearer realm="groundrule"'
    assert missing.json == {
        "type": "about:blank", "title": "Unauthorized", "status": 401, "code": "key-missing", "request_id": "mine", "errors": [],
        "detail": "It needs an API key with the scope read, sent as `Authorization: Bearer KEY` or `X-API-Key: KEY`.",
    }  # fmt: skip
    for headers in ({"authorization": "Bearer gr_x"}, {"x-api-key": key[:-1]}, {"authorization": f"bearer {key}x"}):
        wrong = call(app, "GET", "/api/options", headers)
        assert (wrong.status, wrong.json["code"]) == (401, "key-wrong")
        assert wrong["www-authenticate"] == 'Bearer realm="groundrule", error="invalid_token"'
    for headers in ({"authorization": f"BEARER  {key}"}, {"x-api-key": key}):
        assert call(app, "GET", "/api/options", headers).status == 200
    for headers in (
        {"authorization": f"Basic {key}"},
        {"authorization": "Bearer"},
        {"cookie": f"groundrule_login={key}"},
    ):
        assert call(app, "GET", "/api/options", headers).json["code"] == "key-missing"
    openai = call(app, "POST", "/v1/chat/completions").json
    assert openai["error"]["type"] == "authentication_error"
    assert "API key" in openai["error"]["message"]


def test_a_key_is_looked_up_however_the_path_is_written(settings: Settings, home: Path) -> None:
    add_key(home, "a", "read")
    app = wrapped(settings)
    for path in ("//api/options", "/api//options", "/API/options", "/api/../healthz", "/healthz/", "/healthz/../api", "*", "",
                 "/login/", "/loginx", "/slack/eventsx", "/slack/events/", "/assets/../api/options", "/%2e/healthz"):  # fmt: skip
        assert call(app, "GET", path).status == 401, path
    assert call(app, "POST", "/healthz").status == 401
    assert call(app, "GET", "/slack/events").status == 401


def test_a_removed_key_is_refused_at_once(settings: Settings, home: Path) -> None:
    key = add_key(home, "a", "read")[1]
    app = wrapped(settings)
    assert call(app, "GET", "/api/options", {"x-api-key": key}).status == 200
    remove_key(home, "a")
    assert call(app, "GET", "/api/options", {"x-api-key": key}).status == 401


def test_damaged_keys_let_nobody_in(settings: Settings, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    key = add_key(home, "a", "admin")[1]
    app = wrapped(settings)
    (home / "keys.json").write_text("{")
    for _ in range(3):
        refused = call(app, "GET", "/api/options", {"x-api-key": key})
        assert (refused.status, refused.json["code"], refused["retry-after"]) == (503, "keys-unreadable", "60")
        assert str(home) not in refused.text
    assert call(app, "GET", "/healthz").status == 200
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(told) == 1
    assert "keys.json are damaged" in told[0]


@pytest.mark.parametrize(
    ("host", "allowed", "shown", "fits"),
    [
        ("127.0.0.1", (), "127.0.0.1:7860", True), ("127.0.0.1", (), "localhost", True), ("127.0.0.1", (), "[::1]:7860", True),
        ("127.0.0.1", (), "LocalHost:1", True), ("127.0.0.1", (), "evil.example", False), ("127.0.0.1", (), "", False),
        ("127.0.0.1", (), "localhost.evil.example", False), ("127.0.0.1", (), "localhost:x", False),
        ("127.0.0.1", (), "localhost:99999", False), ("127.0.0.1", (), "a@localhost", False), ("127.0.0.1", (), "localhost/x", False),
        ("127.0.0.1", (), "10.0.0.1", False), ("127.0.0.1", ("Bot.Example",), "bot.example:443", True),
        ("127.0.0.1", ("bot.example:8080",), "bot.example", True), ("127.0.0.1", ("*",), "evil.example", True),
        ("127.0.0.1", ("*",), "", False), ("0.0.0.0", (), "10.0.0.1:7860", True), ("0.0.0.0", (), "[fe80::1]", True),  # noqa: S104
        ("0.0.0.0", (), "evil.example", False), ("::", (), "10.0.0.1", True), ("10.0.0.1", (), "10.0.0.1", True),  # noqa: S104
        ("0.0.0.0", (), "localhost:7860", True), ("10.0.0.1", (), "10.0.0.2", False), ("10.0.0.1", (), "localhost", False), ("bot.example", (), "bot.example", True),  # noqa: S104
    ],
)  # fmt: skip
def test_names_that_the_server_goes_by(host: str, allowed: tuple[str, ...], shown: str, fits: bool) -> None:
    assert Doorplates.of(host, allowed).show(shown) is fits


def test_a_rebound_name_gets_nothing(settings: Settings) -> None:
    reply = call(wrapped(settings), "GET", "/healthz", {"host": "evil.example"})
    assert (reply.status, reply.json["code"]) == (421, "unknown-host")
    assert call(wrapped(settings), "GET", "/healthz", {"host": ""}).status == 421
    named = wrapped(settings, allowed_hosts=("bot.example",))
    assert call(named, "GET", "/healthz", {"host": "bot.example"}).status == 200


@pytest.mark.parametrize(
    ("origin", "host", "allowed", "site", "may"),
    [
        (None, "a:1", (), None, True), (None, "a:1", (), "same-origin", True), (None, "a:1", (), "none", True),
        (None, "a:1", (), "cross-site", False), (None, "a:1", (), "same-site", False), ("http://a:1", "a:1", (), "cross-site", True),
        ("https://a", "A", (), None, True), ("http://a:2", "a:1", (), None, False), ("http://b", "a", (), None, False),
        ("null", "a", (), None, False), ("null", "", (), None, False), ("", "", (), None, False), ("http://b", "a", ("http://b",), None, True),
        ("https://b", "a", ("http://b",), None, False), ("http://b.evil", "a", ("http://b",), None, False), ("null", "a", ("*",), None, True),
    ],
)  # fmt: skip
def test_which_pages_may_write(
    origin: str | None, host: str, allowed: tuple[str, ...], site: str | None, may: bool
) -> None:
    assert may_write(origin, host, allowed, site) is may


def test_a_page_elsewhere_writes_nothing(settings: Settings) -> None:
    reached: list[str] = []

    async def app(scope: Asgi, receive: Receive, send: Send) -> None:
        reached.append(scope["method"])
        await answering()(scope, receive, send)

    closed = wrapped(settings, app)
    evil = {"origin": "https://evil.example", "content-type": "text/plain"}
    for method, path in (("POST", "/api/ask"), ("DELETE", "/api/conversations/x"), ("POST", "/gradio_api/queue/join"),
                         ("POST", "/login"), ("POST", "/logout"), ("POST", "/mcp"), ("PATCH", "/x"), ("BREW", "/x")):  # fmt: skip
        reply = call(closed, method, path, evil)
        assert (reply.status, reply.json["code"]) == (403, "cross-origin")
        assert reply["access-control-allow-origin"] is None
    assert reached == []
    assert call(closed, "POST", "/api/ask", {"origin": "http://127.0.0.1:7860"}).status == 200
    assert call(closed, "POST", "/api/ask").status == 200
    read = call(closed, "GET", "/api/options", evil)
    assert (read.status, read["access-control-allow-origin"]) == (200, None)


def test_other_origins_are_open_exactly_where_they_are_named(settings: Settings) -> None:
    friend, asks = "https://friend.example", {"access-control-request-method": "POST"}
    app = wrapped(settings, cors_origins=(friend,))
    ahead = call(
        app, "OPTIONS", "/api/ask", {"origin": friend, **asks, "access-control-request-headers": "authorization"}
    )
    assert (ahead.status, ahead["access-control-allow-origin"]) == (200, friend)
    assert ahead["access-control-allow-credentials"] is None
    assert ahead["x-request-id"]
    answered = call(app, "POST", "/api/ask", {"origin": friend})
    assert (answered.status, answered["access-control-allow-origin"]) == (200, friend)
    assert "X-Request-ID" in (answered["access-control-expose-headers"] or "")
    for stranger in ("https://evil.example", "http://friend.example", "https://friend.example.evil", "null"):
        assert call(app, "OPTIONS", "/api/ask", {"origin": stranger, **asks}).status == 400
        refused = call(app, "POST", "/api/ask", {"origin": stranger})
        assert (refused.status, refused["access-control-allow-origin"]) == (403, None)
    assert call(wrapped(settings), "OPTIONS", "/api/ask", {"origin": friend, **asks}).status == 400


def test_a_friendly_page_can_read_why_it_is_refused(settings: Settings, home: Path) -> None:
    add_key(home, "a", "read")
    app = wrapped(settings, cors_origins=("https://friend.example",))
    refused = call(app, "POST", "/api/ask", {"origin": "https://friend.example"})
    assert (refused.status, refused["access-control-allow-origin"]) == (401, "https://friend.example")


def test_what_the_application_says_of_other_origins_is_dropped(settings: Settings) -> None:
    loose = Starlette(
        middleware=[Middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True, expose_headers=["X"])]
    )
    reply = call(wrapped(settings, loose), "GET", "/", {"origin": "https://evil.example"})
    # Which headers could be read, could anything be read.
    assert [name for name, _ in reply.headers if name.startswith("access-control")] == ["access-control-expose-headers"]
    assert "X-Request-ID" in (reply["access-control-expose-headers"] or "")


def test_responses_are_protected(settings: Settings) -> None:
    reply = call(wrapped(settings), "GET", "/api/options")
    expected = {
        "x-content-type-options": "nosniff", "referrer-policy": "same-origin", "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin", "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'", "strict-transport-security": None,
    }  # fmt: skip
    assert {name: reply[name] for name in expected} == expected
    assert "camera=()" in (reply["permissions-policy"] or "")
    page = call(wrapped(settings, answering(content_type="text/html; charset=utf-8")), "GET", "/")
    policy = page["content-security-policy"] or ""
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "*" not in policy


def test_what_a_response_says_for_itself_stays(settings: Settings) -> None:
    own = wrapped(settings, answering(content_security_policy="default-src data:", cache_control="max-age=9"))
    reply = call(own, "GET", "/")
    assert (reply["content-security-policy"], reply["cache-control"]) == ("default-src data:", "max-age=9")
    # Files of the page may be kept by browsers.
    assert call(wrapped(settings), "GET", "/assets/a.js")["cache-control"] is None


def test_refusals_are_protected_too(settings: Settings) -> None:
    for headers in ({"host": "evil.example"}, {"origin": "https://evil.example"}):
        reply = call(wrapped(settings), "POST", "/api/ask", headers)
        assert reply.status in (403, 421)
        assert reply["x-content-type-options"] == "nosniff"
        assert reply["x-request-id"]


def test_no_websocket_is_opened(settings: Settings) -> None:
    import asyncio

    sent: list[Message] = []

    async def opening() -> None:
        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message) -> None:
            sent.append(message)

        await wrapped(settings)({"type": "websocket", "path": "/", "headers": []}, receive, send)

    asyncio.run(opening())
    assert sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-1.2_X", True), ("a" * 64, True), ("a" * 65, False), ("", False), ("a b", False), ("a\nb", False), ("é", False),
        ('"><script>', False),
    ],
)  # fmt: skip
def test_a_sane_request_id_is_kept(settings: Settings, given: str, kept: bool) -> None:
    seen: list[str] = []

    async def app(scope: Asgi, receive: Receive, send: Send) -> None:
        seen.append(scope["state"]["request_id"])
        await answering(x_request_id="another")(scope, receive, send)

    reply = call(wrapped(settings, app), "GET", "/", {"x-request-id": given})
    assert (reply["x-request-id"] == given) is kept
    assert seen == [reply["x-request-id"]]
    other = call(wrapped(settings, app), "GET", "/", {"x-request-id": given})
    assert (other["x-request-id"] == reply["x-request-id"]) is kept


def test_addresses_of_one_customer_count_as_one() -> None:
    assert address_group("192.0.2.1") == "192.0.2.1"
    assert address_group("2001:db8:1:2:3::4") == address_group("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert address_group("::ffff:192.0.2.1") == "192.0.2.1"
    assert address_group("fe80::1%eth0") == "fe80::/64"
    assert OPEN["host"].startswith("127.")
