"""A real Chroma server of our own, which can be stopped and started again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from evals.doubles.ports import free_port
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["ChromaProcess"]

_UP_SECONDS = 240.0
_END_SECONDS = 180.0


class ChromaProcess:
    """A server over a folder; gone, with its data kept, between `stop` and `start`.

    Args:
        folder: For its data and its log.
    """

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._folder = folder
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers.

        Raises:
            GroundruleError: It ended, or takes too long.
        """
        binary = Path(sys.executable).parent / "chroma"
        where = ["--path", str(self._folder / "data"), "--host", "127.0.0.1", "--port", str(self._port)]
        with (self._folder / "log").open("ab") as log:
            self._running = subprocess.Popen(  # noqa: S603 - comes with the install
                [str(binary), "run", *where],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self._folder, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + _UP_SECONDS
        while True:
            try:
                urlopen(f"{self.url}/api/v2/heartbeat", timeout=5).close()  # noqa: S310 - our own address
            except (URLError, OSError):
                if self._running.poll() is not None or time.monotonic() > end:
                    said = (self._folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:]
                    raise GroundruleError(f"Chroma's server did not start: {said}") from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Ends it without a warning, as a machine that fails does."""
        if self._running is not None:
            self._running.kill()
            self._running.wait(timeout=_END_SECONDS)
            self._running = None

    def freeze(self) -> None:
        """It stands still: what connects is not answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on, with what has been asked meanwhile."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._running is not None:
            self._running.send_signal(number)

    def __enter__(self) -> ChromaProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
