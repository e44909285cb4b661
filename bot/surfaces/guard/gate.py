"""Who is let in: the checks that a request passes before the application sees it, and how it is told no."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.surfaces.guard.access import READING
from bot.surfaces.guard.caller import ANYBODY, STATE, Caller
from bot.surfaces.guard.login import Logins, cookie_of, login_address
from bot.surfaces.guard.origins import Doorplates, address_of, may_write
from bot.surfaces.guard.rates import Quota, Rates
from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.surfaces.guard.exchange import Exchange
    from bot.surfaces.guard.keys import KeyRing
    from ingest.config import Settings

__all__ = ["FILES_AT_ONCE", "MAX_HEAD", "STANDING_STREAMS", "Gate", "Refusal"]

# Wrong keys from one address: nobody guesses 256 bits, but whoever tries should cost little.
WRONG_KEYS_PER_MINUTE = 30
STANDING_STREAMS = 512
"""Streams that stay open while a page is looked at; each costs a connection and no work."""
FILES_AT_ONCE = 512
"""Files of the page that are sent at the same time. A browser that is new here asks for seventy, six at a time, and a
page of which one is refused stays dead; each costs a connection and hardly any work."""
_KIB = 1024
# The server itself bounds only what arrives in pieces.
MAX_HEAD = 32 * _KIB
_FORM_BYTES = 8 * _KIB
# The page sends its whole conversation along: up to 100 exchanges, as many as are kept.
_PAGE_BYTES = 4 * _KIB * _KIB
# The parts around a file in an upload.
_AROUND_FILE = 64 * _KIB
_DIGITS = 18
_FAULTS = logging.getLogger("groundrule.server")


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - it says no; nothing went wrong
    """Why a request is not let in.

    Attributes:
        status: HTTP status; 303 sends a browser to the login page.
        code: For programs.
        detail: For people.
        headers: What goes with it.
    """

    status: int
    code: str
    detail: str
    headers: Mapping[str, str]


class Gate:
    """The checks, and what they count."""

    def __init__(self, settings: Settings, keys: KeyRing, logins: Logins, host: str) -> None:
        """A gate through which nobody has come.

        Args:
            settings: Limits, names and origins.
            keys: Who may come in.
            logins: Who has a cookie for a key.
            host: Address that the server listens on.
        """
        self._keys = keys
        self._logins = logins
        self._plates = Doorplates.of(host, settings.allowed_hosts)
        self._origins = settings.cors_origins
        self._bodies = {
            "usual": settings.max_body_kb * _KIB,
            "form": _FORM_BYTES,
            "page": max(_PAGE_BYTES, settings.max_body_kb * _KIB),
            "document": settings.max_document_mb * _KIB * _KIB + _AROUND_FILE,
        }
        at_once = settings.max_concurrent
        self._room = {"work": at_once, "files": FILES_AT_ONCE, "slack": at_once, "standing": STANDING_STREAMS}
        self._busy = dict.fromkeys(self._room, 0)
        self._rates = Rates(settings.rate_per_minute)
        self._wrong = Rates(WRONG_KEYS_PER_MINUTE)
        self._told_of_keys = ""

    def check_head(self, exchange: Exchange) -> None:
        """Whether the head of a request has a sane size, and a Host by which the server goes.

        Raises:
            Refusal: It has not.
        """
        scope = exchange.scope
        size = sum(len(name) + len(value) for name, value in scope["headers"]) + len(scope.get("query_string", b""))
        if size > MAX_HEAD:
            detail = f"address and headers are larger than {MAX_HEAD // _KIB} KiB."
            raise Refusal(431, "head-too-large", detail, {})
        if not self._plates.show(exchange.header(b"host") or ""):
            detail = (
                "this server does not go by the name in the request's Host. Use its own address, "
                "or add the name to GROUNDRULE_ALLOWED_HOSTS."
            )
            raise Refusal(421, "unknown-host", detail, {})

    def enter(self, exchange: Exchange) -> None:
        """Lets a request in; `leave` has to follow.

        Raises:
            Refusal: It may not come in, or not now.
        """
        self._check_origin(exchange)
        self._check_key(exchange)
        self._check_rate(exchange)
        self._check_body(exchange)
        self._check_room(exchange.rule.lane)
        if exchange.rule.lane in self._busy:
            self._busy[exchange.rule.lane] += 1

    def leave(self, exchange: Exchange) -> None:
        """Makes room for another."""
        if exchange.rule.lane in self._busy:
            self._busy[exchange.rule.lane] -= 1

    def body_limit(self, exchange: Exchange) -> int:
        """Largest body of such a request, in bytes."""
        return self._bodies[exchange.rule.body]

    def too_large(self, exchange: Exchange) -> Refusal:
        """What is said to a larger one; the server drops its rest, so that a client still sending gets to read this."""
        detail = f"the request is larger than {self.body_limit(exchange) // _KIB} KiB, the most taken here."
        return Refusal(413, "too-large", detail, {})

    def _check_origin(self, exchange: Exchange) -> None:
        if exchange.scope["method"] in READING:
            return
        origin, site = exchange.header(b"origin"), exchange.header(b"sec-fetch-site")
        if not may_write(origin, exchange.header(b"host") or "", self._origins, site):
            detail = "a page of another origin may not write here. Add its origin to GROUNDRULE_CORS_ORIGINS."
            raise Refusal(403, "cross-origin", detail, {})

    def _check_key(self, exchange: Exchange) -> None:
        needs = exchange.rule.needs
        if needs == "public":
            return
        try:
            if self._keys.required():
                self._check_scope(exchange)
                exchange.scope["state"][STATE] = Caller(keys=True, scope=exchange.key.scope if exchange.key else None)
            else:
                exchange.scope["state"][STATE] = ANYBODY
            self._told_of_keys = ""
        except StoreError as error:
            # Its message names a file of the server; whoever runs it finds that in the log, once.
            if str(error) != self._told_of_keys:
                _FAULTS.error("%s", error)
                self._told_of_keys = str(error)
            detail = "the server cannot read its API keys, so it lets nobody in. Its log says why."
            raise Refusal(503, "keys-unreadable", detail, {"Retry-After": "60"}) from error
        if needs == "nobody":
            raise Refusal(404, "not-found", "there is nothing at this address.", {})

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
            raise Refusal(
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
            raise Refusal(303, "login", "", {"Location": where})
        needs = "read" if exchange.rule.needs == "nobody" else exchange.rule.needs
        raise Refusal(
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
        if said is None:
            return
        if not said.isdigit():
            raise Refusal(400, "bad-length", "Content-Length is no number.", {"Connection": "close"})
        # Python refuses to read numbers of thousands of digits.
        if len(said) > _DIGITS or int(said) > self.body_limit(exchange):
            raise self.too_large(exchange)

    def _check_room(self, lane: str) -> None:
        if lane in self._room and self._busy[lane] >= self._room[lane]:
            detail = f"{self._room[lane]} requests are being worked on, the most at a time. Try again in a second."
            raise Refusal(503, "busy", detail, {"Retry-After": "1"})


def _check_quota(quota: Quota | None) -> None:
    if quota is not None and not quota.allowed:
        detail = f"more than {quota.limit} requests in a minute. Try again in {quota.seconds} seconds."
        raise Refusal(429, "rate-limited", detail, quota.headers)


def _presented(exchange: Exchange) -> str | None:
    """The key that a request shows in a header."""
    scheme, _, key = (exchange.header(b"authorization") or "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    return exchange.header(b"x-api-key") or None
