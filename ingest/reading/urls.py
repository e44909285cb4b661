"""Fetches pages: http and https only, from public addresses, within limits of size and time. Owns httpx.

The name in an address is resolved once, each address that it resolves to is checked, and the connection goes to one
that was checked: a name that resolves elsewhere the next moment changes nothing. TLS is verified against the name. Each
redirect is checked as the first address was. Proxies of the environment are not used, for the address that a proxy
connects to cannot be checked here.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from ingest.errors import DocumentError, PathError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence

__all__ = ["Fetched", "Fetcher", "address_of", "is_public"]

_MAX_REDIRECTS = 5
_CONNECT_SECONDS = 10.0
# Ports below this are other services' than the web's, two apart; a server that answers there by accident may be harmed.
_FIRST_FREE_PORT = 1024
_WEB_PORTS = frozenset({80, 443})
_LONGEST_ADDRESS = 2000
_HEADERS = {
    "User-Agent": "groundrule (+https://pypi.org/project/groundrule/)",
    "Accept": "text/html,application/xhtml+xml,application/pdf,text/plain,text/markdown,*/*;q=0.5",
    # Encodings that are unpacked here within a limit; httpx would unpack any at once.
    "Accept-Encoding": "gzip, deflate",
}
# IPv6 addresses that hold an IPv4 address which a gateway connects to.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave.

    Attributes:
        address: Where it was in the end, after redirects.
        content: Its bytes.
    """

    address: str
    content: bytes


def address_of(given: str) -> str:
    """The address in its usual form, without a fragment.

    Raises:
        PathError: It is not http or https, has a password in it, or is no address.
    """
    try:
        url = httpx.URL(given.strip())
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise PathError(f"{given!r:.120} is not an address. Give one such as https://example.com/page.") from error
    if url.scheme not in ("http", "https"):
        raise PathError(f"{given!r:.120} cannot be fetched: only http and https are.")
    if url.userinfo:
        raise PathError(
            f"the address of {url.host!r} has a name or password in it, which is not sent. Give it without."
        )
    if not url.host or len(given) > _LONGEST_ADDRESS:
        raise PathError(f"{given!r:.120} is not an address. Give one such as https://example.com/page.")
    return str(url.copy_with(fragment=None))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet; private, local, shared and reserved ones are not."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _run(fetching: Coroutine[Any, Any, Fetched]) -> Fetched:
    """Runs a coroutine; in a thread of its own where whoever calls is in the midst of an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(fetching)
    with ThreadPoolExecutor(1, "fetching") as thread:
        return thread.submit(asyncio.run, fetching).result()


class Fetcher:
    """Fetches addresses.

    Args:
        max_bytes: Largest document taken, unpacked.
        seconds: Longest that one may take in all, redirects included.
        allow_private: Whether addresses that are not public are fetched as well, from any port.
        resolve: Gives the IP addresses of a name and a port.
        is_allowed: Tells of an IP address whether it may be connected to.
    """

    def __init__(
        self,
        max_bytes: int,
        seconds: float = 60.0,
        *,
        allow_private: bool = False,
        resolve: Callable[[str, int], Sequence[str]] = _resolve,
        is_allowed: Callable[[str], bool] = is_public,
    ) -> None:
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._check = _Check(resolve, is_allowed, allow_private=allow_private)

    def fetch(self, address: str) -> Fetched:
        """What an address gives.

        Raises:
            DocumentError: It cannot be fetched, or may not be.
        """
        try:
            return _run(self._within_time(address))
        except _RefusedError as error:
            raise DocumentError(f"{address} {error}") from error
        except PathError as error:
            raise DocumentError(f"{address} leads on to where nothing is fetched: {error}") from error
        except TimeoutError as error:
            raise DocumentError(
                f"{address} did not arrive within {self._seconds:g} seconds. Try again, or save the page and give that."
            ) from error
        except httpx.TimeoutException as error:
            raise DocumentError(f"{address} does not answer in time. Try again later.") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise DocumentError(f"{address} cannot be fetched: {why}. Check the address and the network.") from error

    async def _within_time(self, address: str) -> Fetched:
        return await asyncio.wait_for(self._follow(address), self._seconds)

    async def _follow(self, address: str) -> Fetched:
        timeout = httpx.Timeout(self._seconds, connect=_CONNECT_SECONDS)
        # Connections are used once: one that was opened for one name is never used for another.
        async with httpx.AsyncClient(
            transport=_Pinned(self._check.addresses), trust_env=False, timeout=timeout
        ) as client:
            for _ in range(_MAX_REDIRECTS + 1):
                address = address_of(address)
                async with client.stream("GET", address, headers=_HEADERS) as response:
                    if response.has_redirect_location:
                        address = str(httpx.URL(address).join(response.headers["location"]))
                        continue
                    if response.status_code != httpx.codes.OK:
                        raise _RefusedError(
                            f"cannot be fetched: the server says {response.status_code} {response.reason_phrase}. "
                            "Check the address."
                        )
                    return Fetched(address, await self._body(response))
        raise _RefusedError(f"is redirected more than {_MAX_REDIRECTS} times. Give the address where it ends.")

    async def _body(self, response: httpx.Response) -> bytes:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
            raise _RefusedError(
                f"comes packed as {encoding[:40]!r}, which was not asked for. Save the page and give the file."
            )
        content = bytearray()
        async for part in _unpacked(response.aiter_raw(), encoding, self._max_bytes):
            content += part
            if len(content) > self._max_bytes:
                raise _RefusedError(
                    f"is larger than the {self._max_bytes / 2**20:.0f} MiB allowed. Raise GROUNDRULE_MAX_DOCUMENT_MB."
                )
        return bytes(content)


class _RefusedError(Exception):
    """What is said of an address after the address itself."""


async def _unpacked(parts: AsyncIterator[bytes], encoding: str, most: int) -> AsyncIterator[bytes]:
    """The parts unpacked, none of them to more than `most` bytes and one."""
    if encoding == "identity":
        async for part in parts:
            yield part
        return
    decoder = None
    async for part in parts:
        if decoder is None:
            # Some servers send `deflate` without the header that belongs to it.
            bare = encoding == "deflate" and part[:1] and part[0] & 0x0F != 8
            decoder = zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS | 32)
        try:
            yield decoder.decompress(part, most + 1)
            while decoder.unconsumed_tail:
                yield decoder.decompress(decoder.unconsumed_tail, most + 1)
        except zlib.error as error:
            raise _RefusedError("arrives damaged: it cannot be unpacked. Try again later.") from error
    if decoder is not None and not decoder.eof:
        raise _RefusedError("arrives incomplete. Try again later.")


class _Check:
    """Gives the IP addresses of a server, checked."""

    def __init__(
        self,
        resolve: Callable[[str, int], Sequence[str]],
        is_allowed: Callable[[str], bool],
        *,
        allow_private: bool,
    ) -> None:
        self._resolve = resolve
        self._is_allowed = is_allowed
        self._allow_private = allow_private

    async def addresses(self, url: httpx.URL) -> list[str]:
        """The IP addresses to connect to, all of them checked.

        Raises:
            _RefusedError: One of them is not public, or the port is another service's.
        """
        port = url.port or (443 if url.scheme == "https" else 80)
        if port < _FIRST_FREE_PORT and port not in _WEB_PORTS and not self._allow_private:
            raise _RefusedError(f"is not fetched: port {port} is no web server's. Save the page and give the file.")
        try:
            found = list(await asyncio.get_running_loop().run_in_executor(None, self._resolve, url.host, port))
        except (OSError, UnicodeError) as error:
            raise _RefusedError(f"cannot be fetched: the name {url.host!r} is not known. Check the address.") from error
        if not found:
            raise _RefusedError(f"cannot be fetched: the name {url.host!r} has no address.")
        hidden = next((ip for ip in found if not self._is_allowed(ip)), None)
        if hidden is not None and not self._allow_private:
            raise _RefusedError(
                f"is not fetched: {url.host!r} is {hidden}, which is no public address. "
                "GROUNDRULE_ALLOW_PRIVATE_URLS=true allows such."
            )
        return found


class _Pinned(httpx.AsyncBaseTransport):
    """Connects to an address that was checked, in the name's stead."""

    def __init__(self, addresses: Callable[[httpx.URL], Awaitable[list[str]]]) -> None:
        self._addresses = addresses
        self._inner = httpx.AsyncHTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        failure: httpx.TransportError | None = None
        for ip in await self._addresses(request.url):
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=ip),
                headers=request.headers,  # `Host` among them, which names the server
                extensions={**request.extensions, "sni_hostname": request.url.host},
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or httpx.ConnectError("no address to connect to")

    async def aclose(self) -> None:
        await self._inner.aclose()
