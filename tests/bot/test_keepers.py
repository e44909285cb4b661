"""The PostgreSQL server of the tests is found where it is installed, and missed where it is required."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot import keepers
from tests.bot.keepers import missing_server, running_server


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for installed servers, and nothing on the path."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(keepers, "_INSTALLED", tmp_path)
    return tmp_path


def test_the_newest_installed_server_is_taken(installed: Path) -> None:
    assert keepers._program("initdb") is None
    for version in ("9.6", "15", "9", "common"):
        (installed / version / "bin").mkdir(parents=True)
        (installed / version / "bin" / "initdb").touch()
    assert keepers._program("initdb") == installed / "15" / "bin" / "initdb"


def test_a_missing_server_skips_unless_it_is_required(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROUNDRULE_REQUIRE_POSTGRES", raising=False)
    pytest.importorskip("psycopg")
    assert missing_server() == "no PostgreSQL server is installed"
    with pytest.raises(pytest.skip.Exception), running_server():
        pytest.fail("there is none")
    monkeypatch.setenv("GROUNDRULE_REQUIRE_POSTGRES", "1")
    with pytest.raises(pytest.fail.Exception, match="GROUNDRULE_REQUIRE_POSTGRES asks for it"), running_server():
        pytest.skip("there is none")
