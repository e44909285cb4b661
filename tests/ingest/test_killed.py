"""An ingest that ends before its time: killed, or stopped by Ctrl-C."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from evals.benches import killing
from evals.benches.made_up import HashEncoder, prose_of, write_documents
from ingest.config import BUNDLED_CORPUS, Settings
from ingest.index.chroma import DATABASE
from ingest.index.folders import FolderGeneration
from ingest.index.generations import index_slot
from ingest.pipeline import build_index
from tests.commands import forked


def begin_ingest(home: Path, folder: Path, seconds: float = 0.0005) -> Any:
    """As the bench begins one; forked from the process that all tests share."""
    return forked(killing._ingest, str(home), str(folder), seconds)  # type: ignore[arg-type] # it ends its process


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_ingests_that_are_killed_at_any_moment_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # `groundrule bench kill` does the same for longer.
    monkeypatch.setattr(killing, "begin_ingest", begin_ingest)
    result = killing.kill_often(tmp_path, rounds=8, seed=7)
    assert result.faults == []
    assert result.kills > 0
    assert result.reads > 0
    assert result.new >= 2  # the first and the last are let be


def test_ctrl_c_stops_soon_and_the_next_run_goes_on(tmp_path: Path) -> None:
    folder, home = tmp_path / "documents", tmp_path / "home"
    write_documents(prose_of(BUNDLED_CORPUS / "sources"), folder, 4, 1200)
    # The whole would take more than a minute.
    running = begin_ingest(home, folder, seconds=0.06)
    slot = index_slot(Settings(home=home))
    until = time.monotonic() + 180
    while not _written(slot.generations()) and time.monotonic() < until:
        time.sleep(0.05)
    begun = time.monotonic()
    os.kill(running.pid, signal.SIGINT)
    running.join(120)
    assert running.exitcode == 130
    assert time.monotonic() - begun < 60
    assert slot.current() is None
    report = build_index(Settings(home=home), HashEncoder(dimension=16), [folder], only=True)
    assert 0 < report.embedded < report.passages == 1200
    assert len(slot.generations()) == 1


def _written(generations: object) -> int:
    """How many passages are there; read without Chroma, which would set about making tables that are not there yet."""
    for one in generations:  # type: ignore[attr-defined]
        assert isinstance(one, FolderGeneration)
        database = one.folder / "chroma" / DATABASE
        with (
            suppress(sqlite3.OperationalError),
            closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as it,
        ):
            return int(it.execute("SELECT count(*) FROM embeddings").fetchone()[0])
    return 0
