"""The page on which a browser shows its key, and the cookie that stands for the key from then on.

A cookie is a random number that this process knows, for twelve hours: the key itself stays out of the browser, logging
out ends it, and so does removing the key. A restart asks for the key again.
"""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import time
from collections import OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.surfaces.guard.origins import address_of
from bot.surfaces.guard.rates import Rates
from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from bot.surfaces.guard.keys import Key, KeyRing

__all__ = ["LOGIN", "LOGOUT", "LoginPages", "Logins", "cookie_of", "login_address"]

LOGIN, LOGOUT = "/login", "/logout"
COOKIE = "groundrule_login"
LOGIN_SECONDS = 12 * 3600
TRIES_PER_MINUTE = 10  # from one address
# Each is some 300 bytes, and only who has a key can make one.
MAX_LOGINS = 10_000
_STYLE = (
    ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}"
    "body{display:grid;place-items:center;min-height:90vh;margin:0;padding:0 1rem}"
    "main{width:100%;max-width:24rem}h1{font-size:1.5rem}label,input,button{display:block;width:100%}"
    "input,button{box-sizing:border-box;font:inherit;padding:.5rem;margin:.25rem 0 1rem}"
    "[role=alert]{border-left:.25rem solid;padding-left:.75rem}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Logins:
    """Who is logged in."""

    def __init__(self, ring: KeyRing, clock: Callable[[], float] = time.monotonic) -> None:
        self._ring = ring
        self._clock = clock
        self._open: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def open(self, key: Key) -> str:
        """Lets a key's holder in.

        Returns:
            What the cookie says.
        """
        token = secrets.token_urlsafe(32)
        self._open[_digest(token)] = (key.id, self._clock() + LOGIN_SECONDS)
        if len(self._open) > MAX_LOGINS:
            self._open.popitem(last=False)
        return token

    def find(self, token: str) -> Key | None:
        """The key behind a cookie; None when it was never given, has expired, was ended or its key removed."""
        id_, until = self._open.get(_digest(token), ("", 0.0))
        if not id_ or self._clock() >= until:
            self.close(token)
            return None
        return self._ring.with_id(id_)

    def close(self, token: str) -> None:
        """Logs out."""
        self._open.pop(_digest(token), None)


def cookie_of(header: str) -> str | None:
    """Our cookie among a request's."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def login_address(path: str, query: str) -> str:
    """Address of the login page for who wanted to go elsewhere."""
    wanted = f"{path}?{query}" if query else path
    return LOGIN if wanted == "/" else f"{LOGIN}?next={quote(wanted, safe='')}"


class LoginPages:
    """The application behind `/login` and `/logout`."""

    def __init__(self, ring: KeyRing, logins: Logins) -> None:
        self._ring = ring
        self._logins = logins
        self._tries = Rates(TRIES_PER_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        try:
            response = await self._answer(Request(scope, receive))
        except StoreError:
            # The gate, through which the next request for the page goes, logs it.
            response = _ask_for_key("/", "This server cannot read its keys now, so it lets nobody in.", 503)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD", "POST"):
            return Response(status_code=405, headers={"allow": "GET, HEAD, POST"})
        if request.scope["path"] == LOGOUT:
            return self._log_out(request)
        if not self._ring.required():
            return RedirectResponse("/", 303)
        if request.method == "POST":
            return await self._log_in(request)
        return _ask_for_key(_safe(request.query_params.get("next", "/")))

    async def _log_in(self, request: Request) -> Response:
        quota = self._tries.take(address_of(request.scope))
        form = await _read_form(request)
        wanted = _safe(form.get("next", "/"))
        if quota is not None and not quota.allowed:
            fault = f"Too many tries. Wait {quota.seconds} seconds."
            return _ask_for_key(wanted, fault, 429, {"retry-after": str(quota.seconds)})
        key = self._ring.find(form.get("key", "").strip())
        if key is None:
            return _ask_for_key(wanted, "That is no key of this server.", 401)
        return _let_in(self._logins.open(key), wanted, request)

    def _log_out(self, request: Request) -> Response:
        if request.method != "POST":
            # A link that logs out could be put into any page.
            form = f'<form method="post" action="{LOGOUT}"><button type="submit">Log out</button></form>'
            return _page("Log out", form, 200)
        token = cookie_of(request.headers.get("cookie", ""))
        if token is not None:
            self._logins.close(token)
        return _let_out()


async def _read_form(request: Request) -> dict[str, str]:
    """The fields of a posted form; what is none has none."""
    body = (await request.body()).decode("utf-8", errors="replace")
    try:
        return {name: values[0] for name, values in parse_qs(body, max_num_fields=10).items()}
    except ValueError:
        return {}


def _safe(wanted: str) -> str:
    """Where to go after the login: a path of this server, or its page."""
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if ours and not wanted.startswith((LOGIN, LOGOUT)) else "/"


def _let_in(token: str, wanted: str, request: Request) -> Response:
    """Sends a browser on with its cookie."""
    response = RedirectResponse(_safe(wanted), 303)
    # Behind a proxy that speaks https we see http, but the browser says what it sees.
    https = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https:")
    response.set_cookie(COOKIE, token, LOGIN_SECONDS, path="/", secure=https, httponly=True, samesite="strict")
    return response


def _let_out() -> Response:
    """Sends a browser to the login page without its cookie."""
    response = RedirectResponse(LOGIN, 303)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


def _ask_for_key(wanted: str, fault: str = "", status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    alert = f'<p role="alert" id="fault">{html.escape(fault)}</p>' if fault else ""
    described = ' aria-describedby="fault" aria-invalid="true"' if fault else ""
    return _page(
        "Log in",
        f'{alert}<form method="post" action="{LOGIN}"><label for="key">API key</label>'
        f'<input id="key" name="key" type="password" autocomplete="current-password" required autofocus{described}>'
        f'<input name="next" type="hidden" value="{html.escape(wanted)}">'
        '<button type="submit">Log in</button></form>',
        status,
        headers,
    )


def _page(title: str, body: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}: Groundrule</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    )
    return HTMLResponse(text, status, {"content-security-policy": _POLICY, **(headers or {})})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
