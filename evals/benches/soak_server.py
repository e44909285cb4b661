"""The server that is soaked: begun, killed, ended and begun again under the same address, with its memory along."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evals.benches.processes import end, environment_with, resident, wait_ready
from evals.doubles.model import MODEL
from evals.doubles.ports import free_port
from evals.doubles.slack_events import SIGNING_SECRET
from evals.doubles.slack_web import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evals.benches.processes import Process, Start
    from evals.doubles.chroma import ChromaProcess
    from evals.doubles.model import ModelDouble

__all__ = ["Life", "Server", "World"]


@dataclass(frozen=True, slots=True)
class World:
    """What a server runs in.

    Attributes:
        name: In words.
        home: Its data folder.
        chroma: The Chroma server that holds its index; files in the home when None.
        model: Its language model; none when None.
    """

    name: str
    home: Path
    chroma: ChromaProcess | None = None
    model: ModelDouble | None = None

    def settings(self) -> dict[str, str]:
        """Its settings."""
        found = {"home": str(self.home)}
        if self.chroma:
            found["chroma_url"] = self.chroma.url
        if self.model:
            # One that hangs is given up soon: in that time a user asks nothing else.
            found |= {"llm_url": self.model.url, "llm_model": MODEL, "llm_first_token": "1.5", "llm_timeout": "10"}
        return found


@dataclass(slots=True)
class Life:
    """A server process from its start to its end.

    Attributes:
        world: Name of what it ran in.
        looks: Answers that it had given, and its resident memory then, in MiB.
    """

    world: str
    looks: list[tuple[int, float]] = field(default_factory=list)

    def settled(self, answers: int) -> float | None:
        """The memory once it had given so many answers."""
        return next((mib for given, mib in self.looks if given >= answers), None)


class Server:
    """`groundrule serve`, as often as it is begun.

    Args:
        start: Begins a command of ours.
        folder: For its log.
        database: Where it keeps conversations, whatever its world.
        slack_url: The address of Slack's Web API.

    Attributes:
        port: Where it listens on this machine.
        lives: Its processes so far, with the present one.
        up: Set while it takes requests.
    """

    def __init__(self, start: Start, folder: Path, database: Path, slack_url: str) -> None:
        self.port = free_port()
        self.log = folder / "server.log"
        self.lives: list[Life] = []
        self.up = threading.Event()
        self._start = start
        self._process: Process | None = None
        self._mercy = threading.RLock()
        self._abandoned = threading.Event()
        self._answers_before = 0
        self._shared = {
            "database_url": f"sqlite:///{database}",
            "rate_per_minute": "0",
            "max_sessions": "1000000",
            "slack_api_url": slack_url,
            "slack_bot_token": TOKEN,
            "slack_signing_secret": SIGNING_SECRET,
        }

    @property
    def pid(self) -> int:
        """The number of its process; 0 while there is none, or when that has ended by itself."""
        return self._process.pid if self._process and self._process.poll() is None else 0

    def mark(self) -> int:
        """Names its present life, for who wants to know later whether it went on: 0 while it is down."""
        return len(self.lives) if self.up.is_set() else 0

    def environment(self, world: World) -> dict[str, str]:
        """The environment of all commands of a world."""
        return environment_with(**self._shared, **world.settings())

    def begin(self, world: World, answers: int = 0) -> None:
        """Begins it, and waits until it is ready.

        Args:
            world: What it runs in.
            answers: Answers that were given before.

        Raises:
            GroundruleError: It does not start.
        """
        environment = self.environment(world)
        self._process = self._start(["serve", "--port", str(self.port)], environment, self.log)
        wait_ready(self._process, self.port, self.log)
        self.lives.append(Life(world.name))
        self._answers_before = answers
        self.look(answers)
        self.up.set()

    def look(self, answers: int) -> None:
        """Notes its memory.

        Args:
            answers: Answers that were given by now.
        """
        if self.pid:
            self.lives[-1].looks.append((answers - self._answers_before, round(resident(self.pid), 1)))

    def kill(self) -> None:
        """Kills it."""
        with self._mercy:
            self.up.clear()
            if self._process:
                self._process.kill()
                self._process.wait()

    def end(self) -> None:
        """Ends it in order."""
        with self._mercy:
            self.up.clear()
            if self._process and self._process.poll() is None:
                end(self._process)

    def abandon(self) -> None:
        """Kills it for good: nobody is to wait for it."""
        self._abandoned.set()
        self.kill()

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Is up, and stays so; or will never be up again."""
        while True:
            while not self.up.wait(0.1):
                if self._abandoned.is_set():
                    yield
                    return
            with self._mercy:
                if self.up.is_set():
                    yield
                    return
