"""The double of Slack for tests: what it is made of, and one whose app is in some channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from evals.doubles.slack_channels import BOT, BOT_USER, TEAM, Message
from evals.doubles.slack_events import ACK_SECONDS, SIGNING_SECRET, Delivered, Events
from evals.doubles.slack_web import TOKEN, Faults, SlackDouble

__all__ = [
    "ACK_SECONDS",
    "BOT",
    "BOT_USER",
    "SIGNING_SECRET",
    "TEAM",
    "TOKEN",
    "Delivered",
    "Events",
    "Faults",
    "Message",
    "SlackDouble",
    "slack",
]


@contextmanager
def slack(seed: int = 0, faults: Faults | None = None, channels: Sequence[str] = ("C1",)) -> Iterator[SlackDouble]:
    """A double whose app is in some channels."""
    with SlackDouble(seed, faults or Faults()) as double:
        double.members.update(channels)
        yield double
