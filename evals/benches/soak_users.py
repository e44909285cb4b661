"""Users who ask a server at all its doors, and write down what they were told."""

from __future__ import annotations

import random
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.sessions.session import new_session_id
from evals.benches.soak_doors import Said, ask_at_api, ask_at_openai, ask_in_events, call
from evals.benches.soak_ledger import Talk, kept_whole
from evals.doubles.slack_channels import BOT_USER, TEAM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evals.benches.soak_ledger import Ledger
    from evals.benches.soak_server import Server
    from evals.doubles.slack_events import Events
    from evals.doubles.slack_web import SlackDouble

__all__ = ["CHANNEL", "SlackUser", "User", "begin_users"]

CHANNEL = "C0SOAK"
_DOORS = {"api": 4, "events": 3, "openai": 2, "openai stream": 1}
_MOST_TURNS = 6
# Of answers that are voted on, of conversations that are read at once, of Slack's events that come twice.
_VOTES, _READ, _TWICE, _MENTIONS = 0.05, 0.2, 0.25, 0.3


class User(threading.Thread):
    """Asks, one conversation after the other, until told to stop.

    Args:
        server: Is asked.
        ledger: Where what was told is written.
        questions: Are asked.
        pause: Seconds between two questions at most.
        seed: Of what is asked where.
    """

    def __init__(self, server: Server, ledger: Ledger, questions: Sequence[str], pause: float, seed: str) -> None:
        super().__init__(name=f"soak-{seed}", daemon=True)
        self._server = server
        self._ledger = ledger
        self._questions = questions
        self._pause = pause
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Ends it after the question at hand."""
        self._stopped.set()

    def run(self) -> None:
        """Talks until told to stop."""
        while not self._stopped.is_set():
            try:
                self.talk()
            except Exception as error:  # noqa: BLE001 - a user who is gone would look like one who is content
                self._ledger.wrong(f"the bench itself: {error!r}")
                return

    def talk(self) -> None:
        """One conversation."""
        door = self._chance.choices(list(_DOORS), list(_DOORS.values()))[0]
        asked = [self._chance.choice(self._questions) for _ in range(self._chance.randint(1, _MOST_TURNS))]
        if door.startswith("openai"):
            for turns in range(1, len(asked) + 1):
                chat = partial(ask_at_openai, questions=asked[:turns], stream=door.endswith("stream"))
                self._tell(door, chat)
            return
        session = new_session_id()
        talk = self._ledger.talk(session)
        ask = ask_at_api if door == "api" else ask_in_events
        for question in asked:
            said = self._tell(door, partial(ask, question=question, session=session))
            if said is None:
                return
            if said.kind == "answer":
                talk.said.append((question, said.text))
                if not talk.unsure and self._chance.random() < _VOTES:
                    self._vote(session, talk)
            else:
                talk.unsure.append(question)
        if talk.said and self._chance.random() < _READ:
            self._read(session, talk)

    def _tell(self, door: str, ask: Callable[[int], Said]) -> Said | None:
        """Asks once the server is up, and writes down what is told; None where it is time to stop."""
        self._stopped.wait(self._chance.uniform(0, self._pause))
        while not self._server.up.wait(0.1):
            if self._stopped.is_set():
                return None
        if self._stopped.is_set():
            return None
        mark, fault = self._server.mark(), self._ledger.fault
        said = ask(self._server.port)
        self._ledger.note(door, said, fault, excused=not mark or mark != self._server.mark())
        return said

    def _vote(self, session: str, talk: Talk) -> None:
        vote = self._chance.choice(["up", "down"])
        said = self._tell("votes", lambda port: call(port, "POST", "/api/feedback", {"session": session, "vote": vote}))
        if said is not None:
            talk.votes[len(talk.said) - 1] = vote if said.kind == "answer" else None

    def _read(self, session: str, talk: Talk) -> None:
        """Looks at once whether the conversation is kept."""
        said = self._tell("histories", lambda port: call(port, "GET", f"/api/conversations/{session}"))
        if said is not None and said.kind == "answer":
            history = [one["answer"] for one in said.body["exchanges"]]
            plain = Talk(talk.said, talk.unsure)
            self._ledger.lost(kept_whole(session, plain, history, lambda _: None))


class SlackUser(User):
    """Writes in Slack: direct messages and mentions, some of which Slack reports twice.

    Args:
        server: Is told.
        ledger: Where each event is written.
        questions: Are asked.
        pause: Seconds between two messages at most.
        seed: Of what is written where.
        double: Slack.
        events: Brings what is written.
    """

    def __init__(
        self,
        server: Server,
        ledger: Ledger,
        questions: Sequence[str],
        pause: float,
        seed: str,
        double: SlackDouble,
        events: Events,
    ) -> None:
        super().__init__(server, ledger, questions, pause, seed)
        self._double = double
        self._events = events
        self._name = f"U{seed.upper()}".replace("-", "")

    def talk(self) -> None:
        """One message."""
        self._stopped.wait(self._chance.uniform(0, self._pause))
        if not self._stopped.is_set():
            self.write(self._chance.choice(self._questions))

    def write(self, question: str) -> str:
        """Writes a message; the key of its event."""
        mention = self._chance.random() < _MENTIONS
        channel = CHANNEL if mention else self._double.direct(self._name)
        text = f"<@{BOT_USER}> {question}" if mention else question
        stamp = self._double.write(channel, self._name, text).ts
        key = f"{TEAM}:{channel}:{stamp}"
        event: dict[str, Any] = {"channel": channel, "user": self._name, "ts": stamp, "text": text}
        event["channel_type"] = "channel" if mention else "im"
        kinds = ["app_mention", "message"] if mention else ["message"]
        bodies = [self._events.envelope(event | {"type": kind}) for kind in kinds]
        began = time.monotonic()
        delivered = [self._events.deliver(body) for body in bodies]
        self._ledger.event(key, acknowledged=any(one.acknowledged for one in delivered))
        if self._chance.random() < _TWICE and time.monotonic() - began < 1:
            self._events.deliver(bodies[0])
        return key


def begin_users(users: Sequence[User]) -> Callable[[], None]:
    """Begins users; returns what stops them and waits until they have."""
    for user in users:
        user.start()

    def stop() -> None:
        for user in users:
            user.stop()
        for user in users:
            user.join()

    return stop
