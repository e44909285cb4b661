"""A PostgreSQL server of the tests' own, where one is installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evals.doubles.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "s3cret-of-the-test"  # noqa: S105 - of a server that lives as long as the tests
# Where Debian puts the programs of a server, which are not on the path there.
_INSTALLED = Path("/usr/lib/postgresql")


@dataclass
class Server:
    """A running server. Nothing on it is written to the disk for good: its files go with it."""

    port: int
    _folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def address(self, database: str = "postgres") -> str:
        return f"postgresql://keeper:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of an empty database of one's own."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield self.address(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.address(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        options = (
            f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off -c deadlock_timeout=50ms"
        )
        self._control("-w", "-l", f"{self._folder}/log", "-o", options, "start")

    def stop(self) -> None:
        """Ends it at once, whatever is going on."""
        self._control("-w", "-m", "immediate", "stop")

    def _control(self, *arguments: str) -> None:
        _run(str(_program("pg_ctl")), "-D", f"{self._folder}/data", *arguments)


@contextmanager
def running_server() -> Iterator[Server]:
    """A server for as long as it is needed; skips the test where none is installed, unless one is required."""
    if lacking := missing_server():
        if os.environ.get("GROUNDRULE_REQUIRE_POSTGRES"):
            pytest.fail(f"{lacking}, and GROUNDRULE_REQUIRE_POSTGRES asks for it")
        pytest.skip(lacking)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "password").write_text(PASSWORD)
        Path(folder).chmod(0o777)
        port = free_port()
        make = ["-D", f"{folder}/data", "-N", "-U", "keeper", "-A", "scram-sha-256", f"--pwfile={folder}/password"]
        _run(str(_program("initdb")), *make)
        server = Server(port, Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def missing_server() -> str:
    """What there would have to be to run a server; empty when all is there."""
    if importlib.util.find_spec("psycopg") is None:
        return "no driver of PostgreSQL is installed"
    if not _program("initdb") or not _program("pg_ctl"):
        return "no PostgreSQL server is installed"
    return ""


def _program(name: str) -> Path | None:
    if found := shutil.which(name):
        return Path(found)
    versions = [path for path in _INSTALLED.glob(f"*/bin/{name}") if path.parts[-3].isdigit()]
    return max(versions, key=lambda path: int(path.parts[-3]), default=None)


def _run(*command: str) -> None:
    # PostgreSQL refuses to run as root.
    who: dict[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, errors="replace", timeout=600, cwd="/", **who
    )
    assert done.returncode == 0, done.stdout + done.stderr
