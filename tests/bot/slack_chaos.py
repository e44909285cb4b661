"""Users who ask in a double of Slack while the product that answers them is killed, and what the channels show then.

Talks go on in every place and way that the app answers in, as the rules of the channels have it. A mention arrives as
two events with ids of their own; a third of all questions arrive more than once besides.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.storage.database import Database
from bot.storage.tables import EXCHANGES, SLACK_JOBS
from bot.surfaces.slack.queue import SlackQueue
from tests.forking import Product
from tests.slack_double import (
    ACK_SECONDS,
    BOT,
    BOT_USER,
    SIGNING_SECRET,
    TEAM,
    TOKEN,
    Delivered,
    Events,
    Faults,
    Message,
    SlackDouble,
)

CHANNELS = [f"C{number}" for number in range(1, 7)]
OPEN, PRIVATE, PRIVATE_OPEN, SHUT = "C7OPEN", "C8PRIVATE", "C9BOTH", "C0SHUT"
RULES = {
    OPEN: {"listen": "all"},
    PRIVATE: {"reply": "private"},
    PRIVATE_OPEN: {"listen": "all", "reply": "private"},
    SHUT: {"allowed": False},
}
# How often a talk is of a kind; what the kinds are says `Talk`.
_KINDS = {"thread": 20, "open": 4, "direct": 8, "private": 4, "private-open": 2, "command": 3, "shut": 1}
_KINDS |= {"forgotten": 2}
_DIRECT = ("direct", "forgotten")
_CHANNEL_OF = {"open": OPEN, "private": PRIVATE, "private-open": PRIVATE_OPEN, "shut": SHUT}
LEASE_SECONDS = 5.0
"""A process that stands still for as long is taken for dead, and a shared machine makes it stand still for a while."""
STILL_SECONDS = 1.0
"""A machine on which a process that only looks at the clock is kept from that for as long lets nobody be in time."""
FAULTS = Faults(fails=2, drops=2, loses=4, per_second=12)
_USERS = 16


@dataclass
class Question:
    """Something that is asked, and how its answer must look."""

    text: str
    parts: int
    user: str
    channel: str
    key: str = ""
    ts: str = ""
    delivered: Delivered = field(default_factory=Delivered)


@dataclass
class Talk:
    """Questions that are asked one after the other in one place.

    "thread": in a thread of a channel, by a mention and then without one; "open": in a thread of a channel where every
    message is answered; "direct": in direct messages; "private" and "private-open": in a thread, to be answered in
    direct messages, by mentions and without any; "command": by a slash command; "shut": where nothing is answered;
    "forgotten": in direct messages, by somebody who wants to be forgotten before the last question.
    """

    kind: str
    questions: list[Question]
    unsure: list[str] = field(default_factory=list)
    """Keys of commands that were not acknowledged: nobody counts on an answer, but there may be one."""


class Killer:
    """Kills at calls of Slack chosen beforehand: before they are applied, just after, or a moment later."""

    def __init__(self, chance: random.Random, kills: int, calls: int) -> None:
        numbers = chance.sample(range(calls // 50, calls), kills)
        self._moments = {number: chance.choice(["before", "after", "later"]) for number in numbers}
        self._chance = chance
        self.product: Product | None = None

    def __call__(self, number: int, moment: str) -> None:
        wanted = self._moments.get(number)
        if self.product is None or wanted is None:
            return
        if wanted == moment:
            self.product.kill()
        elif wanted == "later" and moment == "after":
            threading.Timer(self._chance.uniform(0, 0.1), self.product.kill).start()


def made_up(chance: random.Random, count: int) -> list[Talk]:
    """Conversations of one to seven questions each, some of which ask for an answer in several parts."""
    talks: list[Talk] = []
    number = 0
    while number < count:
        kind = chance.choices(list(_KINDS), list(_KINDS.values()))[0]
        user, channel = f"U{len(talks)}", _CHANNEL_OF.get(kind) or chance.choice(CHANNELS)
        questions = []
        for _ in range(min(1 if kind == "command" else chance.randint(1, 7), count - number)):
            parts = chance.choices([1, 2, 4], [10, 2, 1])[0]
            text = f"question {number} in {parts} parts"
            questions.append(Question(text, parts, user, f"D{user}" if kind in _DIRECT else channel))
            number += kind != "shut"
        talks.append(Talk(kind, questions))
    # First, so that some are answered when they are to be forgotten: later ones only wait for their turn.
    return sorted(talks, key=lambda talk: talk.kind != "forgotten")


class Asking:
    """Users who ask, without waiting for answers."""

    def __init__(self, double: SlackDouble, events: Events, chance: random.Random) -> None:
        self._double = double
        self._events = events
        self._chance = chance
        self._again = ThreadPoolExecutor(_USERS)
        self.repeated = 0
        self.mentions = 0
        self.noise = 0

    def ask(self, talk: Talk) -> None:
        thread = None
        for question in talk.questions:
            if talk.kind in _DIRECT:
                self._double.direct(question.user)
            if talk.kind == "forgotten" and question is talk.questions[-1]:
                self._forget(question)
            if talk.kind == "command":
                self._command(talk, question)
                continue
            mention = talk.kind in ("private", "shut") or (talk.kind == "thread" and self._often(0.2, thread is None))
            text = f"<@{BOT_USER}> {question.text}" if mention else question.text
            question.ts = self._double.write(question.channel, question.user, text, thread).ts
            question.key = f"{TEAM}:{question.channel}:{question.ts}"
            self._deliver(question, _event(question, text, thread), mention)
            thread = thread or (question.ts if talk.kind not in _DIRECT else None)
            if talk.kind == "thread" and self._often(0.1):
                self._chatter(question, thread)

    def _deliver(self, question: Question, event: dict[str, Any], mention: bool) -> None:
        kinds = ["message", "app_mention"] if mention else ["message"]
        self._chance.shuffle(kinds)
        bodies = [self._events.envelope(event | {"type": kind}) for kind in kinds]
        for other in bodies[1:]:
            self.mentions += 1
            self._again.submit(self._later, other, self._chance.choice([0.0, 0.0, self._chance.uniform(0, 3)]))
        if self._often(1 / 3):
            self.repeated += 1
            # At once, or when Slack thinks that it was not heard.
            wait = self._chance.choice([0.0, self._chance.uniform(0, 3)])
            self._again.submit(self._later, self._chance.choice(bodies), wait)
        question.delivered = self._events.deliver(bodies[0])

    def _command(self, talk: Talk, question: Question) -> None:
        """Slack does not repeat a command: who gets an error tries it again."""
        while not question.delivered.acknowledged:
            if question.key:
                talk.unsure.append(question.key)
                time.sleep(0.5)
            trigger = f"{self._double.timestamp()}.{question.user}"
            question.key = f"command:{TEAM}:{trigger}"
            question.delivered.attempts.append(self._events.command(self._fields(question, question.text, trigger)))

    def _forget(self, question: Question) -> None:
        """What is done after an acknowledgement is lost with a process: who hears nothing tries it again."""
        fields = self._fields(question, "forget", f"{self._double.timestamp()}.forget")
        time.sleep(self._chance.uniform(0, 1))
        heard = False
        while not heard:
            self._events.command(fields)
            # Soon enough that the second may be done when the first was heard of and there is a new question.
            until = time.monotonic() + self._chance.uniform(0.05, 2.0)
            while time.monotonic() < until and not heard:
                time.sleep(0.05)
                said = [one["text"] for one in self._double.responses if one["path"] == f"/response/{question.user}"]
                heard = any(text.startswith("Deleted: ") for text in said)

    def _fields(self, question: Question, text: str, trigger: str) -> dict[str, str]:
        fields = {"command": "/groundrule", "text": text, "team_id": TEAM, "channel_id": question.channel}
        fields |= {"user_id": question.user, "trigger_id": trigger}
        return fields | {"response_url": f"{self._double.response_url.rpartition('/')[0]}/{question.user}"}

    def _chatter(self, question: Question, thread: str | None) -> None:
        """What Slack reports besides, and nobody is to answer: people among themselves, the bot's words, changes."""
        self.noise += 1
        event = _event(question, "Are those messages about question 0 in 4 parts?", thread)
        event["ts"] = self._double.timestamp()
        more: dict[str, Any] = self._chance.choice(
            [
                {"text": f"<@U0ELSE> {question.text}"},
                {"user": BOT_USER, "bot_id": BOT},
                {"subtype": "message_changed", "hidden": True, "message": {"text": question.text}},
                {"subtype": "channel_join"},
            ]
        )
        self._again.submit(self._later, self._events.envelope(event | more), 0.0)

    def _later(self, body: bytes, wait: float) -> None:
        time.sleep(wait)
        self._events.deliver(body)

    def _often(self, share: float, always: bool = False) -> bool:
        return self._chance.random() < share or always

    def close(self) -> None:
        self._again.shutdown()


def _event(question: Question, text: str, thread: str | None) -> dict[str, Any]:
    event = {"type": "message", "channel": question.channel, "user": question.user, "ts": question.ts, "text": text}
    event["channel_type"] = "im" if question.channel.startswith("D") else "channel"
    return event | ({"thread_ts": thread} if thread else {})


def wrongs(double: SlackDouble, talks: list[Talk]) -> list[str]:
    """What is wrong with what the channels show; nothing, when each question is answered once and in order."""
    by_key: dict[str, dict[int, list[Message]]] = defaultdict(lambda: defaultdict(list))
    found: list[str] = []
    for message in double.by_bot():
        payload = (message.metadata or {}).get("event_payload", {})
        by_key[str(payload.get("key"))][int(payload.get("part", -1))].append(message)
        if message.text.startswith(("Looking", "Sorry")):
            found.append(f"left: {message.text!r} in {message.channel}")
    for talk in talks:
        if talk.kind == "forgotten":
            found += _wrongs_of(Talk("direct", talk.questions[-1:]), by_key)
            for question in talk.questions[:-1]:
                shown = sorted(by_key.pop(question.key, {}).items())
                whole = [(part, f"{question.text} ({part + 1} of {question.parts})") for part in range(question.parts)]
                if [(part, one.text.partition(": ")[2]) for part, ones in shown for one in ones] not in ([], whole):
                    found.append(f"{question.text!r} was forgotten, and this is shown: {shown}")
        elif talk.kind != "shut":
            found += _wrongs_of(talk, by_key)
        for key in talk.unsure:
            if any(len(messages) != 1 for messages in by_key.pop(key, {}).values()):
                found.append(f"a command that was not acknowledged is answered more than once: {key}")
    found += [f"nobody asked for {key}: {dict(parts)}" for key, parts in by_key.items()]
    return found


def _wrongs_of(talk: Talk, by_key: dict[str, dict[int, list[Message]]]) -> list[str]:
    found: list[str] = []
    last, begun = 0.0, None
    for number, question in enumerate(talk.questions, start=1):
        parts = by_key.pop(question.key, {})
        counts = {part: len(messages) for part, messages in parts.items()}
        if counts != dict.fromkeys(range(question.parts), 1):
            found.append(f"{question.text!r} of {talk.kind}: {counts}, acknowledged: {question.delivered.attempts}")
            continue
        for part in range(question.parts):
            message = parts[part][0]
            expected = f"{number}: {question.text} ({part + 1} of {question.parts})"
            if message.text != expected:
                found.append(f"{message.text!r} for {expected!r}")
            if (message.channel, message.thread) != _place(talk, question, begun):
                found.append(f"{expected!r} of {talk.kind} stands in {message.channel} {message.thread}")
            if float(message.ts) <= last:
                found.append(f"{expected!r} comes too early")
            last = float(message.ts)
        begun = begun or parts[0][0].ts
    return found


def kept_of(database: Database, talks: list[Talk]) -> list[str]:
    """What is still kept of questions that were forgotten."""
    forgotten = {question.text for talk in talks if talk.kind == "forgotten" for question in talk.questions[:-1]}
    kept = database.run(
        lambda connection: [
            *connection.execute(select(SLACK_JOBS.c.text)).scalars(),
            *(json.loads(answer)["question"] for answer in connection.execute(select(EXCHANGES.c.answer)).scalars()),
        ]
    )
    return [f"{text!r} was forgotten and is kept" for text in kept if text in forgotten]


def _place(talk: Talk, question: Question, begun: str | None) -> tuple[str, str | None]:
    """Where a part of an answer belongs, in a conversation begun by the bot's message `begun`."""
    if talk.kind in ("thread", "open"):
        return question.channel, talk.questions[0].ts
    if talk.kind == "direct":
        return question.channel, None
    return f"D{question.user}", begun


class Clock:
    """Looks at the clock, while it is entered, twenty times a second.

    Attributes:
        longest: The longest time between two looks, in seconds.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Clock:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(0.05):
            now = time.monotonic()
            self.longest, before = max(self.longest, now - before), now


@dataclass
class Result:
    """What a run showed, and its figures."""

    wrongs: list[str]
    double: SlackDouble
    events: Events
    asking: Asking
    kills: int
    given_up: int
    seconds: float
    still: float

    def __str__(self) -> str:
        counts, statuses = self.double.counts, self.events.statuses
        refused = ", ".join(f"{statuses[s]} × {s}" for s in sorted(s for s in statuses if s not in (200, None)))
        return (
            f"{self.kills} kills, {self.asking.repeated} repeated, {self.asking.mentions} mentions twice, "
            f"{self.asking.noise} of no concern, {statuses.total()} requests ({statuses[None]} without a response"
            f"{', ' * bool(refused)}{refused}), {sum(counts[m] for m in counts if '.' in m)} calls of Slack, "
            f"{counts['limited']} limited, {counts['fails']} failed, {counts['drops']} dropped, "
            f"{counts['loses']} responses lost, {counts['chat.delete']} deleted, "
            f"slowest acknowledgement {self.events.slowest:.2f} s, {self.events.late} too late, "
            f"the clock not seen for up to {self.still:.2f} s, {self.seconds:.0f} s"
        )


def run(
    folder: Path,
    seed: int,
    count: int,
    kills: int,
    *,
    address: str | None = None,
    products: int = 1,
    without: str = "",
    faults: Faults = FAULTS,
    patience: float = 600,
    pause: Callable[[random.Random], float] = lambda chance: chance.uniform(0, 0.5),
) -> Result:
    """Asks so many questions of a product that is killed so often, and looks what the channels show.

    Args:
        folder: For what is stored and said.
        seed: Of everything that is left to chance, except the order of what happens at the same time.
        count: Questions.
        kills: How often the first product is killed.
        address: The database; a file when None.
        products: How many there are; one alone begins again when it was killed.
        without: The safeguard that is taken away.
        faults: What the double does.
        patience: Seconds to wait for what is still in the queue once all is asked.
        pause: How long one that was killed is away.
    """
    chance, began = random.Random(seed), time.monotonic()  # noqa: S311 - a test's
    talks = made_up(chance, count)
    killer = Killer(chance, kills, 2 * count)
    place = address or f"sqlite:///{folder}/queue.sqlite3"
    with SlackDouble(seed, faults, killer) as double, Clock() as clock:
        double.members.update([*CHANNELS, *RULES])
        arguments: dict[str, Any] = {"home": str(folder), "database": place, "url": double.url, "token": TOKEN}
        arguments |= {"secret": SIGNING_SECRET, "rules": RULES, "lease": LEASE_SECONDS, "without": without}
        database = Database(place)
        queue = SlackQueue(database)
        queue.depth()  # the tables are there before anybody is killed
        running = [
            Product(
                "tests.slack_product", arguments, folder / f"log-{number}",
                restarts=products == 1, pause=lambda: pause(chance),
            )
            for number in range(products)
        ]  # fmt: skip
        killer.product = running[0]
        events = Events([product.port for product in running], last=running[-1].spared)
        asking = Asking(double, events, chance)
        try:
            for product in running:
                product.wait_until_up()
            with ThreadPoolExecutor(_USERS) as users:
                list(users.map(asking.ask, talks))
            asking.close()
            until = time.monotonic() + patience
            while queue.depth() and time.monotonic() < until:
                time.sleep(0.1)
            left, failed, kept = queue.depth(), queue.failed(), kept_of(database, talks)
        finally:
            for product in running:
                product.close()
            database.close()
        found = wrongs(double, talks) + [f"{left} jobs left"] * bool(left) + [str(one) for one in failed]
        found += kept + double.violations
        if events.late and clock.longest < STILL_SECONDS:
            found.append(f"{events.late} requests took longer than {ACK_SECONDS} s")
        given_up = sum(not question.delivered.acknowledged for talk in talks for question in talk.questions)
        total = sum(product.kills for product in running)
        return Result(found, double, events, asking, total, given_up, time.monotonic() - began, clock.longest)
