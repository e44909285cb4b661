"""How a server is soaked, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evals.benches.soak_faults import FAULTS

if TYPE_CHECKING:
    from evals.benches.soak_ledger import Ledger
    from evals.benches.soak_server import Life

__all__ = ["FILES", "SHARED", "Plan", "Soaked"]

FILES, SHARED = "files", "Chroma and a language model"
"""The worlds that a server can run in."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a server is soaked.

    Attributes:
        seconds: How long; each world's turn is brought to its end whatever that says, once.
        seed: Of all that is drawn, except the order of what happens at the same time.
        users: Who ask over HTTP at the same time; one more writes in Slack.
        pause: Seconds between two questions of each at most.
        calm: Seconds between two things that are done to the server.
        fault: Seconds that a fault lasts at least.
        patience: Seconds within which everything must work again.
        worlds: Those that take turns.
        faults: Those that are made, where a world has them.
        settled: Answers after which a server's memory is settled.
        times: Kills, and ingests that are left alone, in each world's turn.
    """

    seconds: float = 3600.0
    seed: int = 1
    users: int = 4
    pause: float = 0.6
    calm: float = 15.0
    fault: float = 15.0
    patience: float = 90.0
    worlds: tuple[str, ...] = (FILES, SHARED)
    faults: tuple[str, ...] = FAULTS
    settled: int = 1000
    times: int = 2


@dataclass(frozen=True, slots=True)
class Soaked:
    """What came of it.

    Attributes:
        seconds: How long it took.
        ledger: What users were told, met and lost.
        lives: The server's processes.
        life: The one that gave the most answers.
        kills: How often the server was killed.
    """

    seconds: float
    ledger: Ledger
    lives: list[Life] = field(default_factory=list)
    kills: int = 0

    @property
    def life(self) -> Life:
        """The process that gave the most answers."""
        return max(self.lives, key=lambda one: one.looks[-1][0])

    @property
    def not_recovered(self) -> list[str]:
        """What did not work again after a fault."""
        return [f"{name}: {one}" for name, fault in self.ledger.faults.items() for one in fault.not_recovered]

    @property
    def failed(self) -> bool:
        """Whether anything was lost, did not recover or was an error that should not have been."""
        return bool(self.ledger.losses or self.ledger.errors or self.not_recovered)
