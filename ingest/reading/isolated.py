"""Reads foreign formats in a process of their own, with a limit of time and memory for each document.

One process reads one document after the other. It is killed and started anew when a document takes too long or brings
it down, which costs that document alone. Platforms other than Linux have no limit of memory, only that of time.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from ingest.errors import DocumentError
from ingest.reading.convert import is_foreign, read_text
from ingest.reading.formats import kind_of
from ingest.reading.worker import as_reading, receive, send

if TYPE_CHECKING:
    from types import TracebackType

    from ingest.reading.formats import Reading

__all__ = ["MEMORY_MB", "Reader"]

MEMORY_MB = 2048
"""Address space of the process that reads, in MiB; the libraries themselves take about 400 of it."""
_START_SECONDS = 60.0
"""Longest that the process may take to start; on a busy machine its imports take some seconds."""
# What a reply may be: the text of a document is hardly ever longer than the document; escapes of JSON double it.
_MOST_REPLY = 2**30
_CODE = "import sys; sys.path[:] = {path!r}; from ingest.reading.worker import serve; serve({memory})"


class Reader:
    """Reads documents of all kinds. Use it in a `with`, which ends its process.

    Args:
        seconds: Longest that one document may take.
        memory_mb: Address space for reading it, in MiB.
    """

    def __init__(self, seconds: float = 120.0, memory_mb: int = MEMORY_MB) -> None:
        self.seconds = seconds
        self._memory_mb = memory_mb
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):  # of what it had not taken any more
                        stream.close()

    def read(self, content: bytes, name: str, address: str | None = None) -> Reading:
        """Reads a document; text here, everything else in the process.

        Args:
            content: Its bytes.
            name: Its file's name, for messages.
            address: Where it was fetched from.

        Raises:
            DocumentError: It cannot be read, or takes too much time or memory.
        """
        kind, notes = kind_of(content, name)
        if not is_foreign(kind):
            reading = read_text(content, name, kind)
            return replace(reading, notes=(*notes, *reading.notes))
        try:
            reply = self._asked(content, name, address)
        except BaseException:
            # Ctrl-C, too late, or dead: what it still does is of no use.
            self.close()
            raise
        if "failed" in reply:
            raise DocumentError(reply["failed"])
        if "broken" in reply:
            raise DocumentError(f"{name} is damaged or of an unusual make ({reply['broken']}). Get or save it anew.")
        if "exhausted" in reply:
            self.close()  # what is left of its memory is in pieces
            raise (
                self._exhausted(name)
                if reply["exhausted"] == "memory"
                else DocumentError(f"{name} is nested too deeply to be read. Save it in a simpler form.")
            )
        return as_reading(reply)

    def _exhausted(self, name: str) -> DocumentError:
        return DocumentError(
            f"{name} needs more than {self._memory_mb} MiB of memory to be read. Split it, or save it as text."
        )

    def _asked(self, content: bytes, name: str, address: str | None) -> dict[str, Any]:
        process = self._process = self._process or self._started()
        sent = threading.Thread(target=_send, args=(process, content, name, address, self.seconds), daemon=True)
        sent.start()
        try:
            return _reply(process, self.seconds)
        except TimeoutError:
            raise DocumentError(
                f"{name} was not read within {self.seconds:g} seconds. Split it, save it as text, "
                "or raise GROUNDRULE_MAX_DOCUMENT_SECONDS."
            ) from None
        except EOFError:
            raise DocumentError(
                f"{name} brought down the program that reads it (it needs too much memory, or is damaged). "
                "Split it, or save it in another form."
            ) from None

    def _started(self) -> subprocess.Popen[bytes]:
        code = _CODE.format(path=[os.path.abspath(place) for place in sys.path], memory=self._memory_mb)  # noqa: PTH100
        process = subprocess.Popen(  # noqa: S603 - this interpreter, with code of ours
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Idle threads of numeric libraries take address space each.
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
        )
        self._process = process
        try:
            _reply(process, _START_SECONDS)
        except (TimeoutError, EOFError):
            self.close()
            raise DocumentError(
                "the program that reads documents does not start. Is the machine out of memory?"
            ) from None
        return process


def _send(process: subprocess.Popen[bytes], content: bytes, name: str, address: str | None, seconds: float) -> None:
    """Sends a document: in a thread, for a process that hangs takes nothing."""
    try:
        if process.stdin is not None:
            send(process.stdin, {"name": name, "address": address, "seconds": seconds}, content)
    except (OSError, ValueError):
        pass  # it has ended, which the one who waits for its reply hears


class _Incoming:
    """A reply as it comes in, to be waited for until a moment."""

    def __init__(self, stream: IO[bytes], until: float) -> None:
        self._stream = stream
        self._until = until

    def read(self, size: int) -> bytes:
        if size > _MOST_REPLY:
            raise EOFError
        found = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._stream, selectors.EVENT_READ)
            while len(found) < size:
                if not selector.select(max(0.0, self._until - time.monotonic())):
                    raise TimeoutError
                part = os.read(self._stream.fileno(), min(size - len(found), 1 << 20))
                if not part:
                    raise EOFError
                found += part
        return bytes(found)


def _reply(process: subprocess.Popen[bytes], seconds: float) -> dict[str, Any]:
    """The next reply.

    Raises:
        TimeoutError: None came in time.
        EOFError: The process has ended.
    """
    if process.stdout is None:
        raise EOFError
    message = receive(_Incoming(process.stdout, time.monotonic() + seconds))  # type: ignore[arg-type]
    if message is None:
        raise EOFError
    return message[0]
