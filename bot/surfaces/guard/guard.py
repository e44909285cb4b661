"""What stands between the network and the application: it lets requests in or not, keeps limits and notes what passed.

Pure ASGI: it looks at the first line and the headers of a request, counts what passes, and keeps no stream back.
"""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response

from bot.surfaces.guard.access import rule_for
from bot.surfaces.guard.caller import NOBODY, STATE
from bot.surfaces.guard.exchange import CLIENT_GONE, AppRun, Exchange
from bot.surfaces.guard.gate import MAX_HEAD, STANDING_STREAMS, Gate, Refusal
from bot.surfaces.guard.headers import open_to, without_cors
from bot.surfaces.guard.login import LOGIN, LOGOUT, LoginPages, Logins
from bot.surfaces.guard.logs import ACCESS, REQUEST_ID, told_fault
from bot.surfaces.problems import problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.surfaces.guard.keys import KeyRing
    from ingest.config import Settings

__all__ = ["guarded", "server_arguments"]

_IDLE_SECONDS = 15
_STOP_SECONDS = 3
# Scope key under which a request's exchange goes from the guard's outer side to its inner side.
_EXCHANGE = "groundrule.exchange"
_FAULTS = logging.getLogger("groundrule.server")


def guarded(
    app: ASGIApp,
    settings: Settings,
    keys: KeyRing,
    *,
    host: str,
    observe: Callable[[str, str, int, float], None] | None = None,
) -> ASGIApp:
    """The application behind its guard.

    A request that passes has `scope["state"]["request_id"]` (in Starlette `request.state.request_id`), and
    `scope["state"]["caller"]`, which `bot.surfaces.guard.caller.caller_of` reads.

    Args:
        app: Everything that the server serves.
        settings: Limits, names and origins.
        keys: Who may come in.
        host: Address that the server listens on.
        observe: Told of each request when it has ended: method, route, status and seconds.
    """
    return _Guard(app, settings, keys, host, observe)


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
        "h11_max_incomplete_event_size": MAX_HEAD,
        "limit_concurrency": STANDING_STREAMS + 4 * settings.max_concurrent,
        "timeout_keep_alive": _IDLE_SECONDS,
        "timeout_graceful_shutdown": _STOP_SECONDS,
    }


class _Guard:
    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        keys: KeyRing,
        host: str,
        observe: Callable[[str, str, int, float], None] | None,
    ) -> None:
        logins = Logins(keys)
        self._app = app
        self._login_pages = LoginPages(keys, logins)
        self._gate = Gate(settings, keys, logins, host)
        self._seconds = settings.request_timeout
        self._across = open_to(settings.cors_origins, self._admit)
        self._observe = observe

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
        # Who calls is not known yet; the gate finds out.
        scope.setdefault("state", {}).update({"request_id": exchange.request_id, STATE: NOBODY})
        scope[_EXCHANGE] = exchange
        REQUEST_ID.set(exchange.request_id)
        try:
            self._gate.check_head(exchange)
            # Only browsers send it; what other pages may read is for the headers to say.
            next_ = self._across if b"origin" in exchange.headers else self._admit
            await next_(scope, receive, exchange.send)
        except Refusal as refusal:
            await _refuse(exchange, refusal, receive, exchange.send)
        except Exception as error:  # noqa: BLE001 - a fault of the guard's own lets nobody in and shows nothing
            broken = _broken(exchange, error)
            if not exchange.status:
                await _refuse(exchange, broken, receive, exchange.send)
        finally:
            self._note(exchange, perf_counter() - begun)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange: Exchange = scope[_EXCHANGE]
        try:
            self._gate.enter(exchange)
        except Refusal as refusal:
            await _refuse(exchange, refusal, receive, send)
            return
        try:
            await self._run(exchange, receive, send)
        finally:
            self._gate.leave(exchange)

    async def _run(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        """Lets the application answer, within its time."""
        rule = exchange.rule
        app = self._login_pages if rule.path in (LOGIN, LOGOUT) else self._app

        async def too_large() -> None:
            await _refuse(exchange, self._gate.too_large(exchange), receive, send)

        inner = without_cors(send) if b"origin" in exchange.headers else send
        run = AppRun(receive, inner, self._gate.body_limit(exchange), too_large)
        deadline = asyncio.timeout(None if rule.lane == "standing" else self._seconds)
        fault: Exception | None = None
        try:
            async with deadline:
                await app(exchange.scope, run.receive, run.send)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the client is told and the log says where
            fault = error
        if run.cut:
            return
        refusal: Refusal | None = None
        if deadline.expired():
            _FAULTS.warning("gave up %s after %g s", exchange.route, self._seconds)
            detail = f"there was no answer within {self._seconds:g} seconds."
            refusal = Refusal(504, "timed-out", detail, {"Connection": "close"})
        elif fault is not None and not run.gone:
            refusal = _broken(exchange, fault)
        if refusal is None:
            await run.release()
        elif not run.started:
            await _refuse(exchange, refusal, receive, send)
        # Else a stream has begun: it breaks off without its end, so that nobody takes it for whole.

    def _note(self, exchange: Exchange, seconds: float) -> None:
        status = exchange.status or CLIENT_GONE
        if self._observe is not None:
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
                "broken_off": None if exchange.complete else True,
            }
            ACCESS.log(level, "request", extra={"fields": fields})


def _broken(exchange: Exchange, fault: Exception) -> Refusal:
    """What is said of an exception that nobody caught; the log has its place."""
    _FAULTS.error("internal fault in %s", exchange.route, extra={"fields": told_fault(fault)})
    detail = f"internal fault. Report it with the request's id, {exchange.request_id}."
    return Refusal(500, "internal-fault", detail, {})


async def _refuse(exchange: Exchange, why: Refusal, receive: Receive, send: Send) -> None:
    if why.status == 303:
        response: Response = RedirectResponse(why.headers["Location"], 303)
    else:
        path = exchange.scope["path"]
        response = problem(path, why.status, why.code, why.detail, exchange.request_id, headers=why.headers)
    await response(exchange.scope, receive, send)
