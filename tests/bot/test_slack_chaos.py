"""The Slack queue under everything that can go wrong: each question is answered once, whatever is killed or lost.

A real Bolt app, a real Slack client and the real workers run in a process of their own against a double of Slack, and
are killed in the middle of its calls. What counts is what the channels show in the end.
"""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.storage.database import Database
from bot.surfaces.slack.queue import SlackQueue
from tests.slack_double import BOT_USER, SIGNING_SECRET, TEAM, TOKEN, Delivered, Events, Faults, Message, SlackDouble

ROOT = Path(__file__).resolve().parents[2]
CHANNELS = [f"C{number}" for number in range(1, 9)]
LEASE_SECONDS = 2.0
FAULTS = Faults(fails=2, drops=2, loses=4, per_second=8)


@dataclass
class Question:
    """Something that is asked, and how its answer must look."""

    text: str
    parts: int
    user: str
    channel: str
    ts: str = ""
    delivered: Delivered = field(default_factory=Delivered)

    @property
    def key(self) -> str:
        return f"msg:{TEAM}:{self.channel}:{self.ts}"


@dataclass
class Talk:
    """Questions that are asked one after the other in one place.

    "thread": in a thread of a channel; "direct": in direct messages; "private": in a thread, to be answered in direct
    messages; "alone": in a channel, each to be answered outside of any thread.
    """

    kind: str
    questions: list[Question]


class Product:
    """The process under test: when it is killed, a spare one begins where it ended."""

    def __init__(self, settings: dict[str, Any], log: Path, *, restarts: bool = True) -> None:
        self._command = [sys.executable, "-m", "tests.slack_product", json.dumps(settings)]
        self.port = settings["port"]
        self._log = log.open("ab")
        self._restarts = restarts
        self._ends = False
        self.mercy = threading.RLock()
        self.kills = 0
        self._current = self._spawn()
        self._spare = self._spawn() if restarts else None
        self._begin(self._current)
        self._thread = threading.Thread(target=self._keep_up, daemon=True)
        self._thread.start()

    def kill(self) -> None:
        """Kills it at once, by a signal that no process can hear."""
        with self.mercy:
            if self._current.poll() is None:
                self._current.kill()
                self.kills += 1

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Is up, and stays so."""
        with self.mercy:
            self.wait_until_up()
            yield

    def wait_until_up(self) -> None:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        pytest.fail(f"the product does not listen; its last words: {Path(self._log.name).read_text()[-2000:]}")

    def close(self) -> None:
        self._ends = True
        for process in (self._current, self._spare):
            if process is not None:
                process.kill()
                process.wait()
        self._thread.join()
        for process in (self._current, self._spare):
            if process is not None:
                process.kill()
                process.wait()
                for stream in (process.stdin, process.stdout):
                    if stream is not None:
                        stream.close()
        self._log.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._log}
        return subprocess.Popen(self._command, cwd=ROOT, env=environment, **pipes)

    @staticmethod
    def _begin(process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        process.stdin.write(b"go\n")
        process.stdin.flush()

    def _keep_up(self) -> None:
        while self._restarts:
            ended = self._current
            ended.wait()
            if self._ends or self._spare is None:
                return
            for stream in (ended.stdin, ended.stdout):
                if stream is not None:
                    stream.close()
            self._current = self._spare
            self._begin(self._current)
            self._spare = self._spawn()


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
        kind = chance.choices(["thread", "direct", "private", "alone"], [12, 5, 2, 1])[0]
        user, channel = f"U{len(talks)}", chance.choice(CHANNELS)
        questions = []
        for _ in range(1 if kind == "alone" else chance.randint(1, 7)):
            if number == count:
                break
            parts = chance.choices([1, 2, 4], [10, 2, 1])[0]
            hint = {"alone": " alone", "private": " privately"}.get(kind, "")
            text = f"question {number} in {parts} parts{hint}"
            questions.append(Question(text, parts, user, f"D{user}" if kind == "direct" else channel))
            number += 1
        talks.append(Talk(kind, questions))
    return talks


class Asking:
    """Users who ask, without waiting for answers; a third of what they write arrives more than once."""

    def __init__(self, double: SlackDouble, events: Events, chance: random.Random) -> None:
        self._double = double
        self._events = events
        self._chance = chance
        self._again = ThreadPoolExecutor(16)
        self.repeated = 0

    def ask(self, talk: Talk) -> None:
        thread = None
        for question in talk.questions:
            if talk.kind == "direct":
                self._double.direct(question.user)
            mention = talk.kind != "direct" and (thread is None or self._chance.random() < 0.2)
            text = f"<@{BOT_USER}> {question.text}" if mention else question.text
            question.ts = self._double.write(question.channel, question.user, text, thread).ts
            event = {"type": "message", "channel": question.channel, "user": question.user, "ts": question.ts}
            event |= {"text": text, "channel_type": "im" if talk.kind == "direct" else "channel"}
            if thread is not None:
                event["thread_ts"] = thread
            self._deliver(question, event)
            thread = thread or (question.ts if talk.kind in ("thread", "private") else None)

    def _deliver(self, question: Question, event: dict[str, Any]) -> None:
        body, drawn = self._events.envelope(event), self._chance.random()
        if drawn < 1 / 3:
            self.repeated += 1
            # A mention comes as two events with ids of their own; or one comes twice, at once or later.
            twin = self._events.envelope(event | {"type": "app_mention"}) if drawn < 1 / 9 else body
            wait = 0.0 if drawn < 2 / 9 else self._chance.uniform(0, 3)
            self._again.submit(self._repeat, twin, wait)
        question.delivered = self._events.deliver(body)

    def _repeat(self, body: bytes, wait: float) -> None:
        time.sleep(wait)
        self._events.deliver(body)

    def close(self) -> None:
        self._again.shutdown()


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
        last, begun = 0.0, None
        for number, question in enumerate(talk.questions, start=1):
            parts = by_key.pop(question.key, {})
            counts = {part: len(messages) for part, messages in parts.items()}
            if counts != dict.fromkeys(range(question.parts), 1):
                found.append(f"{question.text!r} of {talk.kind}: {counts}, acknowledged: {question.delivered.attempts}")
                continue
            first = parts[0][0]
            for part in range(question.parts):
                message = parts[part][0]
                expected = f"{1 if talk.kind == 'alone' else number}: {question.text} ({part + 1} of {question.parts})"
                if message.text != expected:
                    found.append(f"{message.text!r} for {expected!r}")
                where = _place(talk, question, first if part else None, begun)
                if (message.channel, message.thread) != where:
                    found.append(f"{expected!r} in {message.channel} {message.thread}, not in {where}")
                if float(message.ts) <= last:
                    found.append(f"{expected!r} comes too early")
                last = float(message.ts)
            begun = begun or first.ts
    found += [f"nobody asked for {key}: {dict(parts)}" for key, parts in by_key.items()]
    return found


def _place(talk: Talk, question: Question, first: Message | None, begun: str | None) -> tuple[str, str | None]:
    """Where a part belongs: after `first`, the answer's first part, in a conversation begun by the message `begun`."""
    if talk.kind == "thread":
        return question.channel, talk.questions[0].ts
    if talk.kind == "direct":
        return question.channel, None
    if talk.kind == "private":
        return f"D{question.user}", begun
    return question.channel, first.ts if first else None


@dataclass
class Result:
    """What a run showed, and its figures."""

    wrongs: list[str]
    double: SlackDouble
    events: Events
    kills: int
    repeated: int
    given_up: int
    seconds: float

    def __str__(self) -> str:
        counts = self.double.counts
        return (
            f"{self.kills} kills, {self.repeated} repeated, {self.events.retried} deliveries failed, "
            f"{self.events.sent} requests, {sum(counts[m] for m in counts if '.' in m)} calls, "
            f"{counts['limited']} limited, {counts['fails']} failed, {counts['drops']} dropped, "
            f"{counts['loses']} responses lost, {counts['chat.delete']} deleted, "
            f"slowest acknowledgement {self.events.slowest:.2f} s, {self.seconds:.0f} s"
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
    patience: float = 90,
) -> Result:
    """Asks so many questions of a product that is killed so often, and looks what the channels show."""
    chance, began = random.Random(seed), time.monotonic()  # noqa: S311 - a test's
    talks = made_up(chance, count)
    killer = Killer(chance, kills, 2 * count)
    with SlackDouble(seed, faults, killer) as double:
        double.members.update(CHANNELS)
        place = address or str(folder / "queue.sqlite3")
        place = place if "://" in place else f"sqlite:///{place}"
        settings: dict[str, Any] = {
            "database": place,
            "url": double.url,
            "token": TOKEN,
            "secret": SIGNING_SECRET,
            "without": without,
        }
        settings |= {"lease": LEASE_SECONDS, "workers": 6}
        database = Database(place)
        queue = SlackQueue(database)
        queue.depth()  # the tables are there before anybody is killed
        running = [
            Product(settings | {"port": _free_port()}, folder / f"log-{number}", restarts=products == 1)
            for number in range(products)
        ]
        killer.product = running[0]
        events = Events([product.port for product in running], last=running[-1].spared)
        asking = Asking(double, events, chance)
        try:
            for product in running:
                product.wait_until_up()
            with ThreadPoolExecutor(12) as users:
                list(users.map(asking.ask, talks))
            asking.close()
            until = time.monotonic() + patience
            while queue.depth() and time.monotonic() < until:
                time.sleep(0.1)
            left, failed = queue.depth(), queue.failed()
        finally:
            for product in running:
                product.close()
            database.close()
        found = wrongs(double, talks) + [f"{left} jobs left"] * bool(left) + [str(one) for one in failed]
        found += double.violations
        given_up = sum(not question.delivered.acknowledged for talk in talks for question in talk.questions)
        total = sum(product.kills for product in running)
        return Result(found, double, events, total, asking.repeated, given_up, time.monotonic() - began)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_thousand_events_and_more_than_twenty_kills(tmp_path: Path) -> None:
    result = run(tmp_path, seed=int(os.environ.get("GROUNDRULE_CHAOS_SEED", "1")), count=1000, kills=24)
    print(result)  # noqa: T201 - the figures that the README tells
    assert result.wrongs == []
    assert result.given_up == 0
    assert result.kills >= 20
    assert result.repeated >= 280
    assert result.double.counts["loses"] >= 40
    assert result.events.late == 0


@pytest.mark.parametrize("without", ["look", "key"])
def test_without_a_safeguard_it_would_show(without: str, tmp_path: Path) -> None:
    """Takes away the look for what was posted, or the unique key: then answers are there twice."""
    faults = Faults(loses=20)
    result = run(tmp_path, seed=3, count=60, kills=3, without=without, faults=faults, patience=30)
    assert any(re.search(r"\{.*: 2", wrong) for wrong in result.wrongs), result.wrongs


def test_two_processes_on_one_server_of_which_one_is_killed(tmp_path: Path, postgres_url: str) -> None:
    result = run(tmp_path, seed=5, count=200, kills=1, address=postgres_url, products=2)
    print(result)  # noqa: T201 - as above
    assert result.wrongs == []
    assert result.given_up == 0
    assert result.kills == 1
    assert result.events.late == 0
