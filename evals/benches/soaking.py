"""A server of ours under everything at once: it is asked at all doors while documents change, processes are killed and
what it rests on fails; and what of all that it acknowledged is there in the end.

Servers and ingests are the real commands in processes of their own. Slack and the language model are doubles on this
machine, Chroma's server is the real one. Two worlds take turns: files in a home alone, and a Chroma server with a
language model. The database is the same in both, so what is lost anywhere is seen in the end.

A server is not killed in the midst of a fault: what it could not store it holds in memory until the place works again,
and says so.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.sessions.conversations import StoredConversations
from bot.sessions.feedback import exchange_of
from bot.sessions.feedback_store import StoredFeedback
from bot.storage.database import Database
from evals.benches.processes import start_command
from evals.benches.soak_documents import Documents
from evals.benches.soak_faults import faults_of
from evals.benches.soak_ledger import Ledger, answered_once, kept_whole
from evals.benches.soak_plan import FILES, Plan, Soaked
from evals.benches.soak_probes import Probes
from evals.benches.soak_server import Server, World
from evals.benches.soak_users import CHANNEL, SlackUser, User, begin_users
from evals.cases import load_cases
from evals.doubles.chroma import ChromaProcess
from evals.doubles.model import ModelDouble
from evals.doubles.slack_events import Events
from evals.doubles.slack_web import Faults, SlackDouble
from evals.sets import DATASETS
from ingest.config import BUNDLED_CORPUS
from ingest.pack import load_pack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from evals.benches.processes import Start
    from evals.benches.soak_faults import Made

__all__ = ["soak"]

# What Slack does of a hundred calls that post, change or read.
_SLACK = Faults(fails=1, drops=1, loses=2, per_second=50)


def soak(
    place: Path, plan: Plan, told: Callable[[str, int, int], None] = lambda *_: None, start: Start = start_command
) -> Soaked:
    """Soaks a server.

    Args:
        place: An empty folder to work in.
        plan: How.
        told: Told how many seconds are over, and how many there are.
        start: Begins a command of ours.

    Raises:
        GroundruleError: A server does not start.
    """
    with ExitStack() as held:
        return _Soaking(place, plan, told, start, held).run()


class _Soaking:
    """One run; whatever it holds is let go of by the stack it is given."""

    def __init__(
        self, place: Path, plan: Plan, told: Callable[[str, int, int], None], start: Start, held: ExitStack
    ) -> None:
        self._plan = plan
        self._told = told
        self._chance = random.Random(plan.seed)  # noqa: S311 - no secret
        self._ledger = Ledger()
        self._database = place / "soak.sqlite3"
        self._double = held.enter_context(SlackDouble(plan.seed, _SLACK))
        self._double.members.add(CHANNEL)
        self._server = Server(start, place, self._database, self._double.url)
        held.callback(self._server.abandon)
        self._worlds = [self._world(name, place / f"world-{n}", held) for n, name in enumerate(plan.worlds)]
        self._documents = {
            world.name: Documents(world.home.parent, world, self._server, self._ledger, start, plan.seed)
            for world in self._worlds
        }
        cases = load_cases([DATASETS])
        self._questions = [case.turns[0] for case in cases]
        waits = (0.2, plan.fault / 2, plan.fault * 2)
        # Whoever writes last is sure to find the server up: Slack waits for minutes.
        self._events = Events([self._server.port], waits, self._server.spared)
        self._kills = 0
        self._began = time.monotonic()
        self._question = f"What are the pros of {load_pack(BUNDLED_CORPUS).options[0].name}?"

    def run(self) -> Soaked:
        """Soaks, and looks what is there."""
        plan, server = self._plan, self._server
        users = [User(server, self._ledger, self._questions, plan.pause, f"{plan.seed}-{n}") for n in range(plan.users)]
        slack = [self._slack_user(number) for number in (1, 2)]
        self._probes = Probes(server, self._ledger, self._question, slack[1])
        world = self._worlds[0]
        self._documents[world.name].ingest()
        server.begin(world)
        stop = begin_users([*users, slack[0]])
        try:
            for turn in itertools.count():
                first = turn < len(self._worlds)
                if not first and self._left <= 0:
                    break
                following = self._worlds[turn % len(self._worlds)]
                if following is not world and (first or not self._is_late):
                    world = following
                    self._move(world)
                self._turn(world, first=first)
        except BaseException:
            server.abandon()
            raise
        finally:
            stop()
        self._settle()
        return Soaked(time.monotonic() - self._began, self._ledger, server.lives, self._kills)

    @property
    def _left(self) -> float:
        return self._plan.seconds - (time.monotonic() - self._began)

    @property
    def _is_late(self) -> bool:
        """Whether the last third has begun, in which one process lives on, so that its memory can be watched."""
        return self._left < self._plan.seconds / 3

    def _world(self, name: str, folder: Path, held: ExitStack) -> World:
        folder.mkdir(parents=True)
        if name == FILES:
            return World(name, folder / "home")
        (folder / "chroma").mkdir()
        chroma = held.enter_context(ChromaProcess(folder / "chroma"))
        return World(name, folder / "home", chroma, held.enter_context(ModelDouble()))

    def _slack_user(self, number: int) -> SlackUser:
        seed = f"{self._plan.seed}-slack-{number}"
        pause = self._plan.pause * 2
        return SlackUser(self._server, self._ledger, self._questions, pause, seed, self._double, self._events)

    def _turn(self, world: World, *, first: bool) -> None:
        """Everything that can be done to a server in a world, in an order drawn by chance."""
        documents = self._documents[world.name]
        made = [one for one in faults_of(world, self._server, self._database) if one.name in self._plan.faults]
        steps: list[Callable[[], None]] = [lambda one=one: self._fault(one, world) for one in made]  # type: ignore[misc]
        for _ in range(self._plan.times):
            steps += [lambda: self._ingest(documents), lambda: self._ingest(documents, kill=True)]
        # So long does one process live that its memory can be watched.
        steps += [lambda: self._kill(world)] * (0 if self._is_late and not first else self._plan.times)
        self._chance.shuffle(steps)
        for step in steps:
            self._rest()
            if not first and self._left <= 0:
                return
            step()
        self._ingest(documents)

    def _rest(self) -> None:
        until = time.monotonic() + self._plan.calm
        while (left := until - time.monotonic()) > 0:
            threading.Event().wait(min(left, 2.0))
            self._look()

    def _look(self) -> None:
        plan = self._plan
        self._server.look(self._ledger.answers)
        self._told("seconds", int(min(plan.seconds - self._left, plan.seconds)), int(plan.seconds))
        if self._server.up.is_set() and not self._server.pid:
            self._ledger.wrong("the server has ended by itself")
            self._server.begin(self._worlds[0], self._ledger.answers)

    def _ingest(self, documents: Documents, *, kill: bool = False) -> None:
        documents.change()
        documents.ingest(kill=kill)

    def _kill(self, world: World) -> None:
        self._look()
        self._server.kill()
        self._kills += 1
        self._server.begin(world, self._ledger.answers)

    def _move(self, world: World) -> None:
        """Goes on in another world; the server is ended in order."""
        self._look()
        self._server.end()
        self._documents[world.name].ingest()
        self._server.begin(world, self._ledger.answers)

    def _fault(self, made: Made, world: World) -> None:
        fault, pid = self._ledger.faults[made.name], self._server.pid
        self._ledger.fault = made.name
        began = time.monotonic()
        try:
            fault.not_made = made.begin()
            if not fault.not_made:
                self._probes.meanwhile(made)
                if made.ingests:
                    self._documents[world.name].change()
                    self._documents[world.name].ingest(full=True, hopeless=True)
                threading.Event().wait(max(began + self._plan.fault - time.monotonic(), 0.0))
        finally:
            made.end()
        if not fault.not_made:
            self._recover(made, world, pid)
        self._ledger.fault = None

    def _recover(self, made: Made, world: World, pid: int) -> None:
        fault = self._ledger.faults[made.name]
        fault.times += 1
        seconds, wrong = self._probes.wait(made, world, self._plan.patience)
        fault.recovered_seconds.append(round(seconds, 1))
        fault.not_recovered += wrong
        if self._server.pid != pid:
            fault.not_recovered.append("the server had ended")
        self._look()

    def _settle(self) -> None:
        """Looks whether all that was acknowledged is there, once nobody asks any more."""
        until = time.monotonic() + self._plan.patience
        while (wrong := answered_once(self._ledger.events, self._double.by_bot())) and time.monotonic() < until:
            threading.Event().wait(0.5)
        self._ledger.lost(wrong)
        for violation in self._double.violations:
            self._ledger.wrong(f"Slack: {violation}")
        self._look()
        self._server.end()
        with closing(Database(self._database)) as database:
            conversations, feedback = StoredConversations(database), StoredFeedback(database)
            votes = {one.exchange: str(one.kind) for one in feedback.entries(("up", "down"))}
            for session, talk in self._ledger.talks.items():
                history = [one.answer for one in conversations.history(session)]
                self._ledger.lost(kept_whole(session, talk, history, partial(_vote_on, votes, session)))
                self._ledger.count("exchanges kept", len(talk.said))
                self._ledger.count("votes kept", sum(vote is not None for vote in talk.votes.values()))


def _vote_on(votes: Mapping[str, str], session: str, answer: Mapping[str, Any]) -> str | None:
    return votes.get(exchange_of(session, answer))
