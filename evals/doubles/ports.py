"""Ports for servers that are stopped and come back under the same address."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

from ingest.errors import GroundruleError

__all__ = ["free_port"]

# Below those that the kernel gives to outgoing connections, which would else take the port of one that was killed.
_PORTS = range(20_000, 32_000)
_TRIES = 100


def free_port() -> int:
    """A port of this machine on which nobody listens.

    Raises:
        GroundruleError: None was found.
    """
    for port in random.sample(_PORTS, _TRIES):
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    raise GroundruleError(f"of {_TRIES} ports from {_PORTS.start} none is free. End some servers of this machine.")
