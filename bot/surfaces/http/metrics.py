"""What the server counts, for Prometheus. Owns prometheus_client. No label holds anything a user wrote."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.service.service import Door
    from bot.types import Answer

__all__ = ["Metrics"]

# An answer takes some ten milliseconds, one that a language model phrases some seconds.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Counts requests and answers of one server."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "groundrule_requests",
            "Requests by route and status.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._latency = Histogram(
            "groundrule_request_seconds",
            "Time until a request was answered whole.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._answers = Counter(
            "groundrule_answers", "Answers by door and kind.", ["door", "kind"], registry=self._registry
        )
        self._answering = Histogram(
            "groundrule_answer_seconds", "Time an answer took.", ["door"], buckets=_SECONDS, registry=self._registry
        )
        self._refusals = Counter("groundrule_refusals", "Questions refused.", ["door"], registry=self._registry)
        self._citations = Counter("groundrule_citations", "Citations given.", ["door"], registry=self._registry)
        self._unsupported = Counter(
            "groundrule_unsupported_sentences",
            "Sentences left out of answers because no passage supports them.",
            ["door"],
            registry=self._registry,
        )

    def answered(self, answer: Answer, door: Door) -> None:
        """Counts an answer."""
        self._answers.labels(door, answer.kind).inc()
        self._answering.labels(door).observe(answer.timings_ms.get("total", 0.0) / 1000)
        self._citations.labels(door).inc(len(answer.citations))
        self._unsupported.labels(door).inc(answer.dropped_sentences)
        if answer.refused:
            self._refusals.labels(door).inc()

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request.

        Args:
            method: HTTP method.
            route: The route's pattern, never the path itself.
            status: HTTP status.
            seconds: How long it took.
        """
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def gauge(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """Adds a figure that is read when it is asked for; one that cannot be read then is no number."""

        def read() -> float:
            try:
                return float(value())
            except GroundruleError:
                return math.nan

        Gauge(name, meaning, registry=self._registry).set_function(read)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return bytes(generate_latest(self._registry))
