"""Fixtures that all tests share. No test reaches beyond this machine."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from evals.doubles.chroma import ChromaProcess
from ingest.config import Settings
from tests.bot.keepers import Server, running_server
from tests.fakes import WordEncoder
from tests.model_server import missing, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.assistant import Assistant
    from bot.service.service import Service

# Several processes of tests share the cores: threads of the models would only take them from one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What a test, or an import, leaves is mostly let go of by counting: to look for the rest after every 700 objects takes
# long.
gc.set_threshold(50_000, 20, 20)

REPOSITORY = Path(__file__).resolve().parent.parent
_NUMBERS = itertools.count()
_LOOPBACK = ("127.0.0.1", "::1", "localhost", "0.0.0.0")  # noqa: S104 - compared with, not bound to


def pytest_collection_finish() -> None:
    """What is there once all tests are known stays to the end: to look it through for garbage took a tenth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails a test that connects to another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _LOOPBACK:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache for all tests of a run, in all its processes: the embedding model is converted once, in the first."""
    root = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(
            "GROUNDRULE_CACHE", str((root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / "cache")
        )
        yield


@pytest.fixture(autouse=True)
def _own_settings(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No test sees the settings or the data of whoever runs it."""
    for name in [name for name in os.environ if name.startswith("GROUNDRULE_")]:
        if name != "GROUNDRULE_CACHE" and not name.startswith("GROUNDRULE_REQUIRE_"):
            monkeypatch.delenv(name)
    # Most tests store nothing: for them no folder is made, which would take longer than they do.
    own = (
        request.getfixturevalue("tmp_path")
        if "tmp_path" in request.fixturenames
        else tmp_path_factory.getbasetemp() / f"unmade-{next(_NUMBERS)}"
    )
    monkeypatch.setenv("GROUNDRULE_HOME", str(own / "home"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def settings(home: Path) -> Settings:
    """Settings with an empty home and the bundled pack."""
    return Settings(home=home)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture(scope="session")
def chroma_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaProcess]:
    """A real Chroma server for all tests that ask for one."""
    with ChromaProcess(tmp_path_factory.mktemp("chroma-server")) as running:
        yield running


@pytest.fixture
def chroma(chroma_process: ChromaProcess) -> ChromaProcess:
    """The same, with nothing on it."""
    from ingest.index.chroma import chroma_server

    server = chroma_server(chroma_process.url)
    for name in server.names():
        server.drop(name)
    return chroma_process


@pytest.fixture(scope="session")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose index was built with the real model, once for all processes of tests; each has its own copy."""
    from bot.wiring import ready_library
    from ingest.embedding.choice import make_encoder

    root = tmp_path_factory.getbasetemp()
    # Of several processes, each has a folder of its own within the run's.
    built = (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / "built-home"
    with FileLock(f"{built}.lock"):
        if not (built / "whole").exists():
            settings = Settings(home=built / "home")
            ready_library(settings, make_encoder(settings)).close()
            (built / "whole").touch()
    home = tmp_path_factory.mktemp("real-home") / "home"
    shutil.copytree(built / "home", home)
    return home


@pytest.fixture(scope="session")
def assistant(real_home: Path) -> Iterator[Assistant]:
    """The product over the bundled notes, as a user has it."""
    from bot.wiring import build_assistant

    built = build_assistant(Settings(home=real_home))
    yield built
    built.library.close()


@pytest.fixture
def service(assistant: Assistant, tmp_path: Path) -> Iterator[Service]:
    """What the doors call, over the product; votes go to a database of the test's own."""
    from bot.service.service import Service
    from bot.sessions.feedback_store import StoredFeedback

    feedback = StoredFeedback(tmp_path / "feedback.sqlite3")
    yield Service(assistant, feedback)
    feedback.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where a real, very small language model is served; skips what asks for it where none is installed."""
    if lacking := missing():
        if os.environ.get("GROUNDRULE_REQUIRE_MODEL"):
            pytest.fail(f"{lacking}, and GROUNDRULE_REQUIRE_MODEL asks for it")
        pytest.skip(lacking)
    with serving() as served:
        yield f"{served}/v1"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for all tests; skips what asks for it where none is installed."""
    with running_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """The address of an empty PostgreSQL database of the test's own."""
    with postgres.database() as address:
        yield address
