"""The headers that tell a browser what it must not do with our responses, and which other pages may call us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Send

__all__ = ["Header", "open_to", "protected", "without_cors"]

Header = tuple[bytes, bytes]

_FEATURES = ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "microphone", "payment", "usb")
_ALWAYS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", ", ".join(f"{feature}=()" for feature in _FEATURES).encode()),
)
_POLICY = b"content-security-policy"
# The chat page's library writes its settings into the page as a script and makes functions of text, so scripts
# cannot be bound to hashes. What is left: nothing is loaded from, sent to or framed by anyone else.
_PAGE_POLICY = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; connect-src 'self'; "
    b"worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
# Anything else is no page: should a browser take it for one, it may do nothing.
_DATA_POLICY = b"default-src 'none'; frame-ancestors 'none'"
# A year, as browsers want it; only for what has come by https.
_HTTPS_ONLY: Header = (b"strict-transport-security", b"max-age=31536000")
_NOT_KEPT: Header = (b"cache-control", b"no-store")

_CALLED_WITH = ("GET", "POST", "DELETE")
_SENT = ("Authorization", "X-API-Key", "X-Request-ID", "Last-Event-ID", "Mcp-Protocol-Version", "Mcp-Session-Id")
_SHOWN = ("X-Request-ID", "Retry-After", "RateLimit", "RateLimit-Policy", "Mcp-Session-Id")


def protected(headers: Sequence[Header], *, https: bool, kept: bool) -> list[Header]:
    """The headers of a response with those that protect it; what it says for itself stays.

    Args:
        headers: Its own, names in lower case.
        https: Whether it goes out encrypted.
        kept: Whether a browser may keep it: a file of the page, not an answer.
    """
    own = dict(headers)
    policy = _PAGE_POLICY if own.get(b"content-type", b"").startswith(b"text/html") else _DATA_POLICY
    added = [*_ALWAYS, (_POLICY, policy)]
    if not kept:
        added.append(_NOT_KEPT)
    if https:
        added.append(_HTTPS_ONLY)
    return [*headers, *(header for header in added if header[0] not in own)]


def open_to(origins: Sequence[str], app: ASGIApp) -> ASGIApp:
    """The application, readable from a browser for pages of these origins and no other.

    No cookie is taken from them: a page of another origin shows a key or is nobody.
    """
    return CORSMiddleware(
        app, allow_origins=origins, allow_methods=_CALLED_WITH, allow_headers=_SENT, expose_headers=_SHOWN
    )


def without_cors(send: Send) -> Send:
    """Drops what the application says of other origins: the chat page's library would open to any."""

    async def closed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", [])
            message["headers"] = [one for one in headers if not one[0].lower().startswith(b"access-control-")]
        await send(message)

    return closed
