"""The Slack queue under everything that can go wrong: each question is answered once, whatever is killed or lost.

The real app behind its route, a real Slack client and the real workers run in a process of their own against a double
of Slack, and are killed in the middle of its calls. What counts is what the channels show in the end.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.bot.slack_chaos import run
from tests.slack_double import Faults

SEED = int(os.environ.get("CHAOS_SEED", "1"))


def test_a_thousand_events_and_more_than_twenty_kills(tmp_path: Path) -> None:
    result = run(tmp_path, seed=SEED, count=1000, kills=26)
    print(f"seed {SEED}: {result}")  # noqa: T201 - the figures that the README tells
    assert result.wrongs == []
    assert result.given_up == 0
    assert result.kills >= 20
    assert result.asking.repeated >= 280
    assert result.double.counts["loses"] >= 40
    assert result.events.late == 0


@pytest.mark.parametrize("without", ["look", "key"])
def test_without_a_safeguard_it_would_show(without: str, tmp_path: Path) -> None:
    """Takes away the look for what was posted, or the unique key: then answers are there twice."""
    faults = Faults(loses=20)
    result = run(tmp_path, seed=3, count=40, kills=2, without=without, faults=faults, patience=10)
    assert any(re.search(r"\{.*: 2", wrong) for wrong in result.wrongs), result.wrongs
