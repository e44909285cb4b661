"""Commands of ours as the tests of the soak run them: real ones, but for the encoder, forked from the process that has
loaded the libraries."""

from __future__ import annotations

import itertools
import subprocess
from typing import TYPE_CHECKING, Any, NoReturn

from tests.commands import become, end_after, forked
from tests.fakes import WordEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ingest.config import Settings


class Forked:
    """A process as `subprocess.Popen` has it."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path, without: str = "") -> None:
        self._process = forked(_run, list(arguments), dict(environment), str(log), without)
        self.pid = int(self._process.pid or 0)

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("groundrule", timeout or 0.0)
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def sabotage(what: str) -> None:
    """Takes away what keeps conversations or an error clear, to show that the soak notices."""
    from bot.sessions.conversations import StoredConversations

    if what == "keeping":
        remember, numbers = StoredConversations.remember, itertools.count()

        def forgetful(*args: Any, **more: Any) -> None:
            if next(numbers) % 3:
                remember(*args, **more)

        StoredConversations.remember = forgetful  # type: ignore[method-assign]


class QuickEncoder(WordEncoder):
    """Made at once; it keeps nothing of what it encoded."""

    def encode(self, texts: Sequence[str]) -> Any:
        vectors = super().encode(texts)
        self.encoded.clear()
        return vectors

    def load_ahead(self) -> None:
        """There is nothing to load."""


def _run(arguments: list[str], environment: dict[str, str], log: str, without: str) -> NoReturn:
    become(environment, stdout=log, stderr=log)
    from bot.surfaces.cli import main
    from ingest.embedding import choice

    def made(_: Settings) -> QuickEncoder:
        return QuickEncoder("quick")

    # The commands import it when they are run.
    choice.make_encoder = made  # type: ignore[assignment]
    sabotage(without)
    end_after(lambda: main(arguments))
