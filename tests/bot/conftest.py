"""Fixtures of whatever is stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.storage.address import DATABASE_FILE
from tests.bot.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a database is to be; neither it nor its folder is there."""
    return tmp_path / "data" / DATABASE_FILE
