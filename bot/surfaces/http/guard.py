"""What stands between the network and the application: who may come in, how much, how often, and what is noted of it.

Pure ASGI: it looks at the first line and the headers of a request, counts what passes, and keeps nothing back.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse

from bot.surfaces.http.access import READING, rule_for
from bot.surfaces.http.exchange import CLIENT_GONE, AppRun, Exchange
from bot.surfaces.http.headers import open_to, without_cors
from bot.surfaces.http.login import LOGIN, LOGOUT, LoginPages, Logins, cookie_of, login_address
from bot.surfaces.http.logs import ACCESS, REQUEST_ID, told_fault
from bot.surfaces.http.origins import Doorplates, address_of, may_write
from bot.surfaces.http.problems import problem
from bot.surfaces.http.rates import Quota, Rates
from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.surfaces.http.keys import KeyRing
    from ingest.config import Settings

__all__ = ["guarded", "server_arguments"]

# Wrong keys and logins from one address: nobody guesses 256 bits, but whoever tries should cost little.
WRONG_KEYS_PER_MINUTE = 30
LOGINS_PER_MINUTE = 10
# Streams that stay open while a page is looked at; each costs a connection and no work.
STANDING_STREAMS = 512
_KIB = 1024
_FORM_BYTES = 8 * _KIB
# The page sends its whole conversation along: up to 100 exchanges, as many as are kept.
_PAGE_BYTES = 4 * _KIB * _KIB
# The parts around a file in an upload.
_AROUND_FILE = 64 * _KIB
_HEADER_BYTES = 32 * _KIB
_IDLE_SECONDS = 15
_STOP_SECONDS = 3
_FAULTS = logging.getLogger("groundrule.server")

Observer = "Callable[[str, str, int, float], None]"


def guarded(
    app: ASGIApp,
    settings: Settings,
    keys: KeyRing,
    *,
    host: str,
    observe: Callable[[str, str, int, float], None] | None = None,
) -> ASGIApp:
    """The application behind its guard.

    A request that passes has `scope["state"]["request_id"]` (in Starlette `request.state.request_id`).

    Args:
        app: Everything that the server serves.
        settings: Limits, names and origins.
        keys: Who may come in.
        host: Address that the server listens on.
        observe: Told of each request when it has ended: method, route, status and seconds.
    """
    return _Guard(app, settings, keys, host, observe or (lambda *_: None))


def server_arguments(settings: Settings) -> dict[str, Any]:
    """What uvicorn is to be told, so that nothing passes by the guard.

    Its faster parser knows no limit to headers. It must not believe X-Forwarded-For, which anybody can write, and its
    own log shows query strings.
    """
    return {
        "http": "h11",
        "ws": "none",
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
        "log_config": None,
        "h11_max_incomplete_event_size": _HEADER_BYTES,
        "limit_concurrency": STANDING_STREAMS + 4 * settings.max_concurrent,
        "timeout_keep_alive": _IDLE_SECONDS,
        "timeout_graceful_shutdown": _STOP_SECONDS,
    }


@dataclass(frozen=True, slots=True)
class _Refusal(Exception):  # noqa: N818 - it says no; nothing went wrong
    """Why a request is not let in."""

    status: int
    code: str
    detail: str
    headers: Mapping[str, str]


class _Guard:
    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        keys: KeyRing,
        host: str,
        observe: Callable[[str, str, int, float], None],
    ) -> None:
        self._app = app
        self._keys = keys
        self._observe = observe
        self._plates = Doorplates.of(host, settings.allowed_hosts)
        self._origins = settings.cors_origins
        self._across = open_to(settings.cors_origins, self._admit)
        self._seconds = settings.request_timeout
        self._bodies = {
            "usual": settings.max_body_kb * _KIB,
            "form": _FORM_BYTES,
            "page": max(_PAGE_BYTES, settings.max_body_kb * _KIB),
            "document": settings.max_document_mb * _KIB * _KIB + _AROUND_FILE,
        }
        at_once = settings.max_concurrent
        self._room = {"work": at_once, "files": at_once, "slack": at_once, "standing": STANDING_STREAMS}
        self._busy = dict.fromkeys((*self._room, "open"), 0)
        self._rates = Rates(settings.rate_per_minute)
        self._wrong = Rates(WRONG_KEYS_PER_MINUTE)
        self._logins = Logins(keys)
        self._login_pages = LoginPages(keys, self._logins, Rates(LOGINS_PER_MINUTE))
        self._told_of_keys = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            # Nothing here speaks it, and a browser would open one from any page.
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = perf_counter()
        exchange = Exchange(scope, send, rule_for(scope["method"], scope["path"]))
        scope.setdefault("state", {})["request_id"] = exchange.request_id
        scope["groundrule.exchange"] = exchange
        REQUEST_ID.set(exchange.request_id)
        try:
            if not self._plates.show(exchange.header(b"host") or ""):
                detail = (
                    "this server does not go by the name in the request's Host. Use its own address, "
                    "or add the name to GROUNDRULE_ALLOWED_HOSTS."
                )
                await self._refuse(exchange, _Refusal(421, "unknown-host", detail, {}), receive, exchange.send)
            elif b"origin" in exchange.headers:
                await self._across(scope, receive, exchange.send)
            else:
                await self._admit(scope, receive, exchange.send)
        finally:
            self._note(exchange, perf_counter() - begun)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request in, or says why not."""
        exchange: Exchange = scope["groundrule.exchange"]
        lane = exchange.rule.lane
        try:
            self._check_origin(exchange)
            self._check_key(exchange)
            self._check_rate(exchange)
            self._check_body(exchange)
            self._check_room(lane)
        except _Refusal as refusal:
            await self._refuse(exchange, refusal, receive, send)
            return
        self._busy[lane] += 1
        try:
            await self._run(exchange, receive, send)
        finally:
            self._busy[lane] -= 1

    def _check_origin(self, exchange: Exchange) -> None:
        if exchange.scope["method"] in READING:
            return
        origin, site = exchange.header(b"origin"), exchange.header(b"sec-fetch-site")
        if not may_write(origin, exchange.header(b"host") or "", self._origins, site):
            detail = "a page of another origin may not write here. Add its origin to GROUNDRULE_CORS_ORIGINS."
            raise _Refusal(403, "cross-origin", detail, {})

    def _check_key(self, exchange: Exchange) -> None:
        needs = exchange.rule.needs
        if needs == "public":
            return
        try:
            if self._keys.required():
                self._check_scope(exchange)
        except StoreError as error:
            # Its message names a file of the server; whoever runs it finds that in the log, once.
            if str(error) != self._told_of_keys:
                _FAULTS.error("%s", error)
                self._told_of_keys = str(error)
            detail = "the server cannot read its API keys, so it lets nobody in. Its log says why."
            raise _Refusal(503, "keys-unreadable", detail, {"Retry-After": "60"}) from error
        if needs == "nobody":
            raise _Refusal(404, "not-found", "there is nothing at this address.", {})

    def _check_scope(self, exchange: Exchange) -> None:
        needs = exchange.rule.needs
        presented = _presented(exchange)
        if presented:
            exchange.key = self._keys.find(presented)
        elif (token := cookie_of(exchange.header(b"cookie") or "")) is not None:
            exchange.key = self._logins.find(token)
        if exchange.key is None:
            self._refuse_stranger(exchange, wrong=bool(presented))
        elif needs in ("read", "write", "admin") and not exchange.key.may(needs):
            raise _Refusal(
                403,
                "scope-missing",
                f"this needs a key with the scope {needs}; this one has {exchange.key.scope}.",
                {"WWW-Authenticate": f'Bearer realm="groundrule", error="insufficient_scope", scope="{needs}"'},
            )

    def _refuse_stranger(self, exchange: Exchange, *, wrong: bool) -> None:
        address = address_of(exchange.scope)
        quota = self._rates.take(address) if exchange.rule.counted else None
        _check_quota(quota)
        if wrong:
            _check_quota(self._wrong.take(address))
        scope = exchange.scope
        page = exchange.scope["method"] in ("GET", "HEAD") and "text/html" in (exchange.header(b"accept") or "")
        if page and not wrong:
            where = login_address(scope["path"], scope.get("query_string", b"").decode("latin-1"))
            raise _Refusal(303, "login", "", {"location": where})
        needs = "read" if exchange.rule.needs == "nobody" else exchange.rule.needs
        raise _Refusal(
            401,
            "key-wrong" if wrong else "key-missing",
            ("this is no key of this server. " if wrong else "")
            + f"It needs an API key with the scope {needs}, sent as `Authorization: Bearer KEY` or `X-API-Key: KEY`.",
            {"WWW-Authenticate": 'Bearer realm="groundrule"' + (', error="invalid_token"' if wrong else "")},
        )

    def _check_rate(self, exchange: Exchange) -> None:
        if exchange.rule.counted:
            key = exchange.key
            quota = self._rates.take(f"key {key.id}" if key else address_of(exchange.scope))
            _check_quota(quota)
            if quota is not None:
                exchange.added = [(name.lower().encode(), value.encode()) for name, value in quota.headers.items()]

    def _check_body(self, exchange: Exchange) -> None:
        said = exchange.headers.get(b"content-length")
        if said is not None and (not said.isdigit() or int(said) > self._bodies[exchange.rule.body]):
            raise self._too_large(exchange)

    def _too_large(self, exchange: Exchange) -> _Refusal:
        limit = self._bodies[exchange.rule.body]
        # What is left of the body is not read, so nothing else can follow on the connection.
        return _Refusal(
            413,
            "too-large",
            f"the request is larger than {limit // _KIB} KiB, the most taken here.",
            {"connection": "close"},
        )

    def _check_room(self, lane: str) -> None:
        if lane in self._room and self._busy[lane] >= self._room[lane]:
            detail = f"{self._room[lane]} requests are being worked on, the most at a time. Try again in a second."
            raise _Refusal(503, "busy", detail, {"Retry-After": "1"})

    async def _run(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        """Lets the application answer, within its time."""
        scope, rule = exchange.scope, exchange.rule
        app = self._login_pages if rule.path in (LOGIN, LOGOUT) else self._app

        async def too_large() -> None:
            await self._refuse(exchange, self._too_large(exchange), receive, send)

        inner = without_cors(send) if b"origin" in exchange.headers else send
        run = AppRun(receive, inner, self._bodies[rule.body], too_large)
        deadline = asyncio.timeout(None if rule.lane == "standing" else self._seconds)
        fault: Exception | None = None
        try:
            async with deadline:
                await app(scope, run.receive, run.send)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the client is told and the log says where
            fault = error
        if run.cut or (exchange.complete and fault is None):
            return
        if deadline.expired():
            _FAULTS.warning("gave up %s after %g s", exchange.route, self._seconds)
            await self._say_late(exchange, run, receive, send)
        elif fault is not None and not run.gone:
            _FAULTS.error("internal fault in %s", exchange.route, extra={"fields": told_fault(fault)})
            await self._say_broken(exchange, run, receive, send)
        else:
            await run.release()

    async def _say_late(self, exchange: Exchange, run: AppRun, receive: Receive, send: Send) -> None:
        # A stream that has begun is broken off: the connection closes before its end, so nobody takes it for whole.
        if not run.started:
            detail = f"there was no answer within {self._seconds:g} seconds."
            await self._refuse(exchange, _Refusal(504, "timed-out", detail, {"connection": "close"}), receive, send)

    async def _say_broken(self, exchange: Exchange, run: AppRun, receive: Receive, send: Send) -> None:
        if not run.started:
            detail = f"internal fault. Report it with the request's id, {exchange.request_id}; the log has the place."
            await self._refuse(exchange, _Refusal(500, "internal-fault", detail, {}), receive, send)

    async def _refuse(self, exchange: Exchange, why: _Refusal, receive: Receive, send: Send) -> None:
        if why.status == 303:
            response: Response = RedirectResponse(why.headers["location"], 303)
        else:
            path = exchange.scope["path"]
            response = problem(path, why.status, why.code, why.detail, exchange.request_id, headers=why.headers)
        await response(exchange.scope, receive, send)

    def _note(self, exchange: Exchange, seconds: float) -> None:
        status = exchange.status or CLIENT_GONE
        self._observe(exchange.method, exchange.route, status, seconds)
        # Files and health checks would drown the rest.
        quiet = exchange.rule.lane in ("files", "open") and status < 400
        level = logging.DEBUG if quiet else logging.INFO
        if ACCESS.isEnabledFor(level):
            fields = {
                "method": exchange.method,
                "path": exchange.route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "bytes": exchange.bytes,
                "key": exchange.key.name if exchange.key else None,
                "broken_off": True if not exchange.complete else None,
            }
            ACCESS.log(level, "request", extra={"fields": fields})


def _check_quota(quota: Quota | None) -> None:
    if quota is not None and not quota.allowed:
        detail = f"more than {quota.limit} requests in a minute. Try again in {quota.seconds} seconds."
        raise _Refusal(429, "rate-limited", detail, quota.headers)


def _presented(exchange: Exchange) -> str | None:
    """The key that a request shows in a header."""
    scheme, _, key = (exchange.header(b"authorization") or "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    return exchange.header(b"x-api-key") or None
