"""A Chroma server of the tests' own, which can be stopped and started again."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from tests.forking import free_port

if TYPE_CHECKING:
    from types import TracebackType


class ChromaProcess:
    """A server over a folder; gone, with its data kept, between `stop` and `start`."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._folder = folder
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        binary = Path(sys.executable).parent / "chroma"
        where = ["--path", str(self._folder / "data"), "--host", "127.0.0.1", "--port", str(self._port)]
        with (self._folder / "log").open("ab") as log:
            self._running = subprocess.Popen(
                [str(binary), "run", *where], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self._folder
            )
        end = time.monotonic() + 240
        while True:
            try:
                urlopen(f"{self.url}/api/v2/heartbeat", timeout=5).close()  # noqa: S310
            except (URLError, OSError):
                if self._running.poll() is not None or time.monotonic() > end:
                    raise AssertionError((self._folder / "log").read_text()[-2000:]) from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Ends it without a warning, as a machine that fails does."""
        if self._running is not None:
            self._running.kill()
            self._running.wait(timeout=180)
            self._running = None

    def __enter__(self) -> ChromaProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
