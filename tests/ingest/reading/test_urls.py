"""Addresses: which are fetched, and that none leads where it should not."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ingest.errors import DocumentError, PathError
from ingest.reading.urls import Fetcher, address_of, is_public

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PAGE = b"<html><body><main><h1>Cheese</h1><p>Gouda ripens.</p></main></body></html>"
LIMIT = 100_000


class Handler(BaseHTTPRequestHandler):
    """Answers by path; counts who asks."""

    asked: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.headers["Host"], self.path))
        match self.path.split("?")[0]:
            case "/page":
                self._send(200, PAGE)
            case "/zipped":
                self._send(200, gzip.compress(PAGE), **{"Content-Encoding": "gzip"})
            case "/bomb":
                self._send(200, gzip.compress(bytes(50 * LIMIT)), **{"Content-Encoding": "gzip"})
            case "/brotli":
                self._send(200, PAGE, **{"Content-Encoding": "br"})
            case "/large":
                self._send(200, bytes(LIMIT + 1))
            case "/moved":
                self._send(302, b"", Location="/page")
            case "/around":
                self._send(302, b"", Location="/around")
            case "/inside":
                self._send(302, b"", Location=self.path.partition("?")[2])
            case "/slow":
                self.send_response(200)
                self.end_headers()
                for _ in range(200):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.05)
            case _:
                self._send(404, b"no")

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Handler.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def local(_: str, __: int) -> Sequence[str]:
    return ["127.0.0.1"]


def fetcher(seconds: float = 20.0) -> Fetcher:
    return Fetcher(LIMIT, seconds, allow_private=True, resolve=local)


def at(server: ThreadingHTTPServer, path: str) -> str:
    return f"http://cheese.example:{server.server_address[1]}{path}"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - to be refused
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("no address", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("ftp://example.com/x", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("http://ann:secret@example.com/", "has a name or password in it"),
        ("http://", "is not an address"),
        ("http://exa mple.com/\x00", "is not an address"),
        ("http://example.com/" + "x" * 3000, "is not an address"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(given: str, message: str) -> None:
    with pytest.raises(PathError, match=message) as told:
        address_of(given)
    assert "secret" not in str(told.value)


def test_an_address_loses_its_fragment_alone() -> None:
    assert address_of("https://Example.com/a?b=c#d") == "https://example.com/a?b=c"


def test_a_page_is_fetched_under_its_name_and_redirects_are_followed(server: ThreadingHTTPServer) -> None:
    fetched = fetcher().fetch(at(server, "/moved"))
    assert (fetched.address, fetched.content) == (at(server, "/page"), PAGE)
    assert Handler.asked == [(f"cheese.example:{server.server_address[1]}", path) for path in ("/moved", "/page")]
    assert fetcher().fetch(at(server, "/zipped")).content == PAGE


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/nowhere", "the server says 404 Not Found"),
        ("/large", "is larger than the"),
        ("/bomb", "is larger than the"),
        ("/brotli", "comes packed as 'br'"),
        ("/around", "is redirected more than 5 times"),
        ("/inside?file:///etc/passwd", "only http and https"),
        ("/inside?http://ann:pw@cheese.example/", "has a name or password"),
    ],
)
def test_what_cannot_be_taken_says_why(server: ThreadingHTTPServer, path: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        fetcher().fetch(at(server, path))


def test_a_page_that_drips_is_given_up_in_all(server: ThreadingHTTPServer) -> None:
    with pytest.raises(DocumentError, match="did not arrive within 0.5 seconds"):
        fetcher(0.5).fetch(at(server, "/slow"))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_this_machine_is_not_reached_in_any_spelling(server: ThreadingHTTPServer, host: str) -> None:
    with pytest.raises(DocumentError, match="no public address|is not known|is not an address"):
        Fetcher(LIMIT).fetch(f"http://{host}:{server.server_address[1]}/page")
    assert Handler.asked == []


def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    with pytest.raises(DocumentError, match="is 10.0.0.7, which is no public address"):
        Fetcher(LIMIT, resolve=lambda *_: ["93.184.215.14", "10.0.0.7"]).fetch("http://mixed.example/")


def test_a_name_is_resolved_once_and_the_address_that_was_checked_is_used(server: ThreadingHTTPServer) -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    asked = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return next(answers)

    fetched = Fetcher(LIMIT, allow_private=True, resolve=resolve).fetch(at(server, "/page"))
    # Had the connection asked for the name anew, it would have gone elsewhere.
    assert fetched.content == PAGE
    assert asked == [("cheese.example", server.server_address[1])]


def test_a_name_that_turns_private_between_redirects_is_refused(server: ThreadingHTTPServer) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.7"]])
    fetching = Fetcher(LIMIT, resolve=lambda *_: next(answers), is_allowed=lambda ip: ip == "127.0.0.1")
    with pytest.raises(DocumentError, match="'cheese.example' is 10.0.0.7, which is no public address"):
        fetching.fetch(at(server, "/moved"))
    assert [path for _, path in Handler.asked] == ["/moved"]


def test_a_redirect_to_the_inside_is_not_followed(server: ThreadingHTTPServer) -> None:
    names = {"cheese.example": "127.0.0.1", "10.0.0.7": "10.0.0.7"}
    fetching = Fetcher(LIMIT, resolve=lambda host, _: [names[host]], is_allowed=lambda ip: ip == "127.0.0.1")
    with pytest.raises(DocumentError, match="'10.0.0.7' is 10.0.0.7, which is no public address"):
        fetching.fetch(at(server, "/inside?http://10.0.0.7/page"))
    assert [path for _, path in Handler.asked] == ["/inside?http://10.0.0.7/page"]


def test_tls_is_verified_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    named: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate(tmp_path))
    context.sni_callback = lambda _, name, __: named.append(name)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.handle_error = lambda *_: None  # type: ignore[method-assign]
        running.socket = context.wrap_socket(running.socket, server_side=True)
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        with pytest.raises(DocumentError, match="CERTIFICATE_VERIFY_FAILED"):
            fetcher().fetch(f"https://cheese.example:{running.server_address[1]}/page")
        running.shutdown()
        thread.join()
    assert named == ["cheese.example"]


def own_certificate(folder: Path) -> Path:
    """A certificate for the name that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cheese.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("cheese.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    unlocked = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unlocked)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_other_services_ports_are_left_alone() -> None:
    with pytest.raises(DocumentError, match="port 25 is no web server's"):
        Fetcher(LIMIT, resolve=lambda *_: ["93.184.215.14"]).fetch("http://mail.example:25/")


def test_a_name_that_is_not_known_says_so() -> None:
    def unknown(_: str, __: int) -> Sequence[str]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(DocumentError, match="the name 'nowhere.example' is not known"):
        Fetcher(LIMIT, resolve=unknown).fetch("http://nowhere.example/")


def test_whoever_fetches_may_be_in_the_midst_of_an_event_loop() -> None:
    async def inside() -> None:
        with pytest.raises(DocumentError, match="no public address"):
            Fetcher(LIMIT).fetch("http://127.0.0.1/")

    # In a thread of its own: a browser's test before this one may have left its event loop running here.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(inside())).result()
