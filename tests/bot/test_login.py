"""The login page: a key for a cookie."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from bot.surfaces.guard import login
from bot.surfaces.guard.keys import KeyRing, add_key, remove_key
from bot.surfaces.guard.login import LOGIN_SECONDS, TRIES_PER_MINUTE, Logins, cookie_of
from tests.bot.calling import Reply, call, wrapped

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp

    from ingest.config import Settings

HTML = {"accept": "text/html,application/xhtml+xml"}


def log_in(app: ASGIApp, key: str, wanted: str = "/", **headers: str) -> Reply:
    form = {"content-type": "application/x-www-form-urlencoded", **headers}
    return call(app, "POST", "/login", form, body=urlencode({"key": key, "next": wanted}).encode())


def cookie(reply: Reply) -> dict[str, str]:
    return {"cookie": f"theme=dark; {(reply['set-cookie'] or '').split(';')[0]}; x=y"}


def test_a_browser_is_sent_to_the_login_and_back(settings: Settings, home: Path) -> None:
    key = add_key(home, "me", "read")[1]
    app = wrapped(settings)
    sent = call(app, "GET", "/?__theme=dark&a=b", HTML)
    assert (sent.status, sent["location"]) == (303, "/login?next=%2F%3F__theme%3Ddark%26a%3Db")
    assert call(app, "GET", "/", HTML)["location"] == "/login"
    page = call(app, "GET", sent["location"] or "", HTML)
    assert page.status == 200
    assert '<input name="next" type="hidden" value="/?__theme=dark&amp;a=b">' in page.text
    done = log_in(app, f" {key}\n", "/?__theme=dark&a=b")
    assert (done.status, done["location"]) == (303, "/?__theme=dark&a=b")
    assert re.fullmatch(
        r"groundrule_login=[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=strict", done["set-cookie"] or ""
    )
    assert key not in (done["set-cookie"] or "")
    assert call(app, "GET", "/", {**HTML, **cookie(done)}).status == 200
    # The cookie stands for the key, with its scope.
    assert call(app, "POST", "/api/feedback", cookie(done)).status == 403


def test_only_a_browser_that_looks_is_sent_there(settings: Settings, home: Path) -> None:
    add_key(home, "me", "read")
    app = wrapped(settings)
    for method, headers in (
        ("POST", HTML),
        ("GET", {"accept": "application/json"}),
        ("GET", {}),
        ("GET", {"accept": "*/*"}),
    ):
        assert call(app, method, "/api/ask", headers).status == 401
    # Whoever shows a wrong key is told so.
    assert call(app, "GET", "/", {**HTML, "x-api-key": "gr_x"}).status == 401


def test_the_page_needs_nothing_else_and_can_be_used_by_all(settings: Settings, home: Path) -> None:
    add_key(home, "me", "read")
    page = call(wrapped(settings), "GET", "/login", HTML)
    assert page.text.startswith('<!doctype html><html lang="en">')
    assert '<label for="key">API key</label>' in page.text
    assert 'method="post"' in page.text
    assert re.findall(r'(?:src|href)="|@import|url\(|<script', page.text) == []
    policy = page["content-security-policy"] or ""
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page["cache-control"] == "no-store"


def test_a_wrong_key_is_said_to_be_wrong(settings: Settings, home: Path) -> None:
    key = add_key(home, "me", "read")[1]
    app = wrapped(settings)
    refused = log_in(app, "gr_<script>")
    assert (refused.status, refused["set-cookie"]) == (401, None)
    assert '<p role="alert" id="fault">That is no key of this server.</p>' in refused.text
    assert "&lt;script&gt;" not in refused.text  # what was typed is not shown again, it may be a key
    assert "<script>" not in refused.text
    assert call(app, "POST", "/login", body=b"key=" + key.encode() + b"&x=1" * 20).status == 401
    assert call(app, "POST", "/login", body=b"\xff\xfe").status == 401
    assert call(app, "POST", "/login", body=b"x" * 9000).status == 413
    assert call(app, "PUT", "/login").status == 405


def test_tries_are_limited(settings: Settings, home: Path) -> None:
    key = add_key(home, "me", "read")[1]
    app = wrapped(settings, rate_per_minute=0)
    assert [log_in(app, "x").status for _ in range(TRIES_PER_MINUTE)] == [401] * TRIES_PER_MINUTE
    late = log_in(app, key)
    assert (late.status, late["set-cookie"]) == (429, None)
    assert "Too many tries. Wait " in late.text
    assert 1 <= int(late["retry-after"] or 0) <= 60


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/", "/"), ("/a?b=c", "/a?b=c"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("https://evil.example", "/"),
        ("", "/"), ("javascript:alert(1)", "/"), ("/login", "/"), ("/logout", "/"), ("/a\r\nset-cookie: b=c", "/"), ("/\t/evil.example", "/"),
        ('/"><script>', "/%22%3E%3Cscript%3E"),
    ],
)  # fmt: skip
def test_after_the_login_nobody_is_sent_elsewhere(settings: Settings, home: Path, wanted: str, goes: str) -> None:
    key = add_key(home, "me", "read")[1]
    app = wrapped(settings)
    assert log_in(app, key, wanted)["location"] == goes
    assert "<script>" not in call(app, "GET", "/login?" + urlencode({"next": wanted})).text


def test_a_cookie_seen_by_https_alone_is_kept_to_it(settings: Settings, home: Path) -> None:
    key = add_key(home, "me", "read")[1]
    app = wrapped(settings, allowed_hosts=("bot.example",))
    plain = log_in(app, key, origin="http://127.0.0.1:7860")
    assert "Secure" not in (plain["set-cookie"] or "")
    proxied = log_in(app, key, host="bot.example", origin="https://bot.example")
    assert "; Secure" in (proxied["set-cookie"] or "")


def test_logging_out_ends_it(settings: Settings, home: Path) -> None:
    key = add_key(home, "me", "read")[1]
    app = wrapped(settings)
    held = cookie(log_in(app, key))
    asked = call(app, "GET", "/logout", held)
    assert (asked.status, asked["set-cookie"]) == (200, None)
    assert call(app, "GET", "/", held).status == 200
    out = call(app, "POST", "/logout", held)
    assert (out.status, out["location"]) == (303, "/login")
    assert "Max-Age=0" in (out["set-cookie"] or "")
    # Not for this browser alone: the cookie is worth nothing to anybody.
    assert call(app, "GET", "/", held).status == 401
    assert call(app, "POST", "/logout").status == 303


def test_a_cookie_ends_with_its_key(settings: Settings, home: Path) -> None:
    key = add_key(home, "me", "read")[1]
    app = wrapped(settings)
    held = cookie(log_in(app, key))
    assert call(app, "GET", "/", held).status == 200
    remove_key(home, "me")
    assert call(app, "GET", "/", held).status == 401
    assert call(app, "GET", "/", {**held, **HTML})["location"] == "/login"


def test_a_cookie_ends_with_its_time_and_there_are_only_so_many(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, _ = add_key(home, "me", "read")
    now = [0.0]
    logins = Logins(KeyRing(home), lambda: now[0])
    token = logins.open(kept)
    now[0] = LOGIN_SECONDS - 1
    assert logins.find(token) == kept
    now[0] = LOGIN_SECONDS
    assert logins.find(token) is None
    assert logins._open == {}
    monkeypatch.setattr(login, "MAX_LOGINS", 2)
    tokens = [logins.open(kept) for _ in range(3)]
    assert [logins.find(one) for one in tokens] == [None, kept, kept]
    assert logins.find("") is None
    assert not any(one in logins._open for one in tokens)  # kept as digests


def test_damaged_keys_let_nobody_log_in(settings: Settings, home: Path) -> None:
    key = add_key(home, "me", "read")[1]
    app = wrapped(settings)
    held = cookie(log_in(app, key))
    (home / "keys.json").write_text("{")
    assert log_in(app, key).status == 503
    assert call(app, "GET", "/", {**held, **HTML}).status == 503


def test_our_cookie_is_found_among_others() -> None:
    assert cookie_of("a=b; groundrule_login=x=y; c") == "x=y"
    assert cookie_of("xgroundrule_login=x; groundrule_login2=y") is None
    assert cookie_of("") is None
