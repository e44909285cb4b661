"""Where a request comes from: the names by which the server may be reached, and the web pages that may write to it.

A page on the web can let its own name point to 127.0.0.1 and then read what a server there says (DNS rebinding), or
post a form to it. The first shows in the request's Host, the second in its Origin, neither of which a page can forge.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.surfaces.guard.keys import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Scope

__all__ = ["Doorplates", "address_group", "address_of", "may_write"]

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
# A provider gives one customer at least so much of the address space (RFC 6177), so it counts as one address.
_V6_CUSTOMER = 64


@dataclass(frozen=True, slots=True)
class Doorplates:
    """The names by which the server may be reached.

    Attributes:
        names: Lower case, without ports.
        any_name: Whether all are.
        any_address: Whether all IP addresses are: a name that was bent to point here is none.
    """

    names: frozenset[str]
    any_name: bool
    any_address: bool

    @classmethod
    def of(cls, host: str, allowed: Iterable[str]) -> Doorplates:
        """Those of a server that listens on `host`, and the names that the settings allow."""
        names = {host.lower(), *(_name(one) or one.lower() for one in allowed)}
        everywhere = _is_every_address(host)
        if everywhere or is_loopback(host):
            # Which nobody else can bend.
            names |= _LOCAL_NAMES
        return cls(frozenset(names), "*" in names, everywhere)

    def show(self, host: str) -> bool:
        """Whether a request's Host is one of them; its port may be any."""
        name = _name(host)
        if name is None:
            return False
        return self.any_name or name in self.names or (self.any_address and _is_address(name))


def may_write(origin: str | None, host: str, allowed: Iterable[str], site: str | None = None) -> bool:
    """Whether a request that changes something comes from no web page, from our own or from one that is allowed.

    Args:
        origin: The header that browsers add to whatever changes something; None when it is not there.
        host: The request's Host.
        allowed: Origins of other pages; `*` allows any.
        site: Sec-Fetch-Site, which says the same where a browser leaves the origin out.
    """
    if origin is None:
        return site in (None, "same-origin", "none")
    if origin in allowed or "*" in allowed:
        return True
    # A proxy in front may speak https while we speak http, so the schemes are not compared.
    return urlsplit(origin).netloc.lower() == host.lower() != ""


def address_of(scope: Scope) -> str:
    """The other end of a connection; what a request says of it (X-Forwarded-For) anybody can write."""
    client = scope.get("client")
    return address_group(client[0]) if client else "local"


def address_group(address: str) -> str:
    """What counts as one address: an IPv4 address, or the IPv6 addresses of one customer."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, _V6_CUSTOMER), strict=False))


def _name(host: str) -> str | None:
    """Host without its port, in lower case; None when it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 - it raises when it is no port
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_every_address(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host).is_unspecified
