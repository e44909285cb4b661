"""What a server of ours bears, asked over loopback from another process.

The server is the real `groundrule serve` in a process of its own, with an empty database. Questions are the first turns
of our own cases, one after another, each of a conversation of its own. The yardstick is the bare encoder: how many
queries a second it embeds, one at a time, in the same run and with the server idle.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evals.benches.processes import end, resident, start_command, wait_ready
from evals.doubles.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.config import Settings

__all__ = ["SETTLED", "Level", "ask_for", "encoder_loads", "encoder_rate", "memory_along", "served"]

MEMORY_CLIENTS = 8
# After so many questions everything that is kept is as large as it gets: caches are full, all models have been used.
SETTLED = 2000
LOOKS = 19
ENCODED_SECONDS = 5.0
ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Level:
    """What a number of clients met.

    Attributes:
        clients: How many asked at the same time, each one question after the other.
        answers: How many answers they got.
        errors: How many questions got none.
        per_second: Answers a second.
        p50: Milliseconds within which half of the answers came.
        p95: The same for 95 %.
        p99: The same for 99 %.
    """

    clients: int
    answers: int
    errors: int
    per_second: float
    p50: float
    p95: float
    p99: float


def encoder_rate(settings: Settings, asked: Sequence[str]) -> float:
    """Queries a second that the encoder embeds one at a time."""
    from ingest.embedding.choice import make_encoder

    encoder = make_encoder(settings)
    encoder.encode([asked[0]])
    began = time.perf_counter()
    count = 0
    while (spent := time.perf_counter() - began) < ENCODED_SECONDS:
        encoder.encode([asked[count % len(asked)]])
        count += 1
    return count / spent


@contextlib.contextmanager
def served(settings: Settings) -> Iterator[tuple[str, int, int]]:
    """A server of ours with an empty database: host, port and process."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = {
            **os.environ,
            "GROUNDRULE_RATE_PER_MINUTE": "0",
            "GROUNDRULE_MAX_CONCURRENT": "1024",
            "GROUNDRULE_DATABASE_URL": f"sqlite:///{folder}/load.sqlite3",
        }
        log = Path(folder) / "log"
        command = ["serve", "--port", str(port), "--home", str(settings.home), "--corpus", str(settings.corpus)]
        server = start_command(command, environment, log)
        try:
            wait_ready(server, port, log)
            yield "127.0.0.1", port, server.pid
        finally:
            end(server)


def ask_for(host: str, port: int, asked: Sequence[str], clients: int, seconds: float) -> Level:
    """Asks for some time."""
    until = time.monotonic() + seconds
    return _ask(host, port, asked, clients, lambda _: time.monotonic() < until)


def _ask(host: str, port: int, asked: Sequence[str], clients: int, goes_on: Any) -> Level:
    """Asks with so many clients while `goes_on` says so of the number of questions begun."""
    lock = threading.Lock()
    begun = 0
    times: list[float] = []
    errors = 0

    def client() -> None:
        nonlocal begun, errors
        connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
        while True:
            with lock:
                number, begun = begun, begun + 1
            if not goes_on(number):
                break
            body = json.dumps({"question": asked[number % len(asked)]})
            start = time.perf_counter()
            try:
                connection.request("POST", "/api/ask", body, {"Content-Type": "application/json"})
                reply = connection.getresponse()
                held = json.loads(reply.read())
                right = reply.status == http.HTTPStatus.OK and bool(held.get("answer"))
            except (OSError, http.client.HTTPException, ValueError):
                right = False
                connection.close()
            took = (time.perf_counter() - start) * 1000
            with lock:
                if right:
                    times.append(took)
                else:
                    errors += 1
        connection.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=client, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - began
    spread = np.quantile(times, [0.5, 0.95, 0.99]) if times else [0.0, 0.0, 0.0]
    p50, p95, p99 = (round(float(value), 1) for value in spread)
    return Level(clients, len(times), errors, round(len(times) / spent, 1), p50, p95, p99)


def memory_along(
    host: str, port: int, pid: int, asked: Sequence[str], questions: int, told: Any
) -> tuple[dict[str, Any] | None, int]:
    """Resident memory along so many questions, in MiB, and how many got no answer; None where none are asked."""
    if questions <= SETTLED:
        return None, 0
    errors = _ask(host, port, asked, MEMORY_CLIENTS, lambda number: number < SETTLED).errors
    seen = [resident(pid)]
    step = (questions - SETTLED) // (LOOKS - 1)
    for look in range(LOOKS - 1):
        told("memory", look, LOOKS - 1)
        errors += _ask(host, port, asked, MEMORY_CLIENTS, lambda number: number < step).errors
        seen.append(resident(pid))
    told("memory", LOOKS - 1, LOOKS - 1)
    # The trend, not two single looks: what an allocator holds goes up and down.
    slope = float(np.polyfit(np.arange(len(seen)) * step, seen, 1)[0])
    return {
        "questions": questions,
        "settled_questions": SETTLED,
        "settled_mib": round(seen[0], 1),
        "end_mib": round(seen[-1], 1),
        "growth": round(seen[-1] / seen[0], 3),
        "mib_per_1000_questions": round(slope * 1000, 3),
        "looks_mib": [round(one, 1) for one in seen],
    }, errors


def encoder_loads(host: str, port: int) -> int | None:
    """How many embedding models a server has loaded, as its figures tell; None where they do not."""
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/metrics")
        with connection.getresponse() as reply:
            text = reply.read().decode()
    finally:
        connection.close()
    found = re.search(r"(?m)^groundrule_encoder_loads (\d+)", text)
    return int(found[1]) if found else None
