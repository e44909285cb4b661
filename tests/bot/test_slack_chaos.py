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
# CI asks a thousand questions and kills 26 times: `CHAOS_EVENTS=1000 pytest tests/bot/test_slack_chaos.py -s`.
COUNT = int(os.environ.get("CHAOS_EVENTS", "250"))


def test_each_question_is_answered_once_whatever_is_killed_or_lost(tmp_path: Path) -> None:
    result = run(tmp_path, seed=SEED, count=COUNT, kills=26 * COUNT // 1000)
    print(f"seed {SEED}: {result}")  # noqa: T201 - the figures that the README tells
    assert result.wrongs == []
    assert result.given_up == 0
    # A third of all are repeated, and some kills meet who is dead already.
    assert result.kills >= 20 * COUNT // 1000
    assert result.asking.repeated >= 0.28 * COUNT * (1 if COUNT >= 1000 else 0.8)
    assert result.double.counts["loses"] >= 0.04 * COUNT


@pytest.mark.parametrize("without", ["look", "key"])
def test_without_a_safeguard_it_would_show(without: str, tmp_path: Path) -> None:
    """Takes away the look for what was posted, or the unique key: then answers are there twice."""
    faults = Faults(loses=20)
    result = run(tmp_path, seed=3, count=40, kills=2, without=without, faults=faults)
    assert any(re.search(r"\{.*: 2", wrong) for wrong in result.wrongs), result.wrongs
