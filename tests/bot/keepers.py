"""A PostgreSQL server of the tests' own, where one is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "s3cret-of-the-test"  # noqa: S105 - of a server that lives as long as a test


@contextmanager
def postgres_server() -> Iterator[str | None]:
    """The address of an empty database; None where no server or no driver is installed."""
    if not shutil.which("initdb") or not shutil.which("pg_ctl"):
        yield None
        return
    # PostgreSQL refuses to run as root.
    who: dict[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        (Path(folder) / "password").write_text(PASSWORD)
        Path(folder).chmod(0o777)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        make = ["initdb", "-D", str(data), "-N", "-U", "keeper", "-A", "scram-sha-256", f"--pwfile={folder}/password"]
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        start = ["pg_ctl", "-D", str(data), "-w", "-l", f"{folder}/log", "-o", options, "start"]
        for command in (make, start):
            subprocess.run(command, check=True, capture_output=True, timeout=60, cwd="/", **who)
        try:
            yield f"postgresql://keeper:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            stop = ["pg_ctl", "-D", str(data), "-m", "immediate", "stop"]
            subprocess.run(stop, check=True, capture_output=True, timeout=60, cwd="/", **who)
