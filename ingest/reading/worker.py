"""The process that reads foreign formats: takes a document on its standard input, gives its reading on standard output.

It runs `serve` and nothing else of ours. Requests and replies are a length in eight bytes and so many bytes: a line of
JSON, followed in a request by the document. JSON, not pickles: what a document might make of this process cannot make
the one that reads the reply run anything.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from typing import IO, Any

from ingest.errors import DocumentError
from ingest.reading.convert import convert
from ingest.reading.formats import Reading

__all__ = ["as_reading", "limits_memory", "receive", "send", "serve"]

_LENGTH = struct.Struct(">Q")
# Seconds past the limit after which the process ends itself, should the one that waits for it be gone.
_GRACE = 5
# Number of Linux's `prctl` that asks for a signal when the parent ends.
_PR_SET_PDEATHSIG = 1


def limits_memory() -> bool:
    """Whether this platform keeps a process within a limit of memory that it has set itself."""
    return sys.platform == "linux"


def send(stream: IO[bytes], head: dict[str, Any], content: bytes = b"") -> None:
    """Writes a message: its head, and the document that goes with it."""
    line = json.dumps(head).encode() + b"\n"
    stream.write(_LENGTH.pack(len(line) + len(content)) + line)
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Reads a message; None when there are no more."""
    length = stream.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    message = stream.read(_LENGTH.unpack(length)[0])
    line, _, content = message.partition(b"\n")
    return json.loads(line), content


def as_reading(fields: dict[str, Any]) -> Reading:
    """The reading that a reply holds."""
    return Reading(fields["body"], fields["fields"], fields["kind"], tuple(fields["notes"]))


def serve(memory_mb: int) -> None:
    """Reads documents until there are no more.

    Args:
        memory_mb: Address space that the process may take, in MiB, where the platform keeps it to that.
    """
    # Ctrl-C is for the process that asked; it ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a library prints must not stand between replies.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    if limits_memory():
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
    send(replies, {"ready": True})
    while (request := receive(requests)) is not None:
        head, content = request
        signal.alarm(int(head["seconds"]) + _GRACE)
        send(replies, _answer(content, head))
        signal.alarm(0)


def _answer(content: bytes, head: dict[str, Any]) -> dict[str, Any]:
    try:
        reading = convert(content, head["name"], head["address"])
    except DocumentError as error:
        return {"failed": str(error)}
    except (MemoryError, RecursionError) as error:
        return {"exhausted": "memory" if isinstance(error, MemoryError) else "depth"}
    except Exception as error:  # noqa: BLE001 - a library's own errors are not told from a document's damage
        return {"broken": type(error).__name__}
    return {"body": reading.body, "fields": reading.fields, "kind": reading.kind, "notes": reading.notes}


def _end_with_parent() -> None:
    """Asks Linux to end this process when the one that started it ends, killed ones included."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
