"""What commands say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no file that is always full")
def test_who_tells_something_goes_on_where_it_can_be_written_nowhere() -> None:
    """A log on a full disk: what is told there was once said in the midst of an answer, and by a Slack worker."""
    code = "from ingest.console import notice; notice('one'); notice('two'); print('went on', flush=True)"
    with FULL.open("w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=full, text=True, check=False)
    assert done.stdout == "went on\n"
