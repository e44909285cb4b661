"""Two server processes on one PostgreSQL, of which one is killed under load: nothing is lost and nothing is doubled."""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.assistant import Assistant
from bot.sessions.conversations import StoredConversations
from bot.sessions.feedback_store import StoredFeedback
from bot.sessions.memory import MemoryConversations
from bot.sessions.session import new_session_id
from bot.storage.database import Database
from bot.wiring import assistant_maker, ready_library
from ingest.config import Settings
from tests.bot.slack_chaos import run
from tests.fakes import WordEncoder
from tests.forking import Product
from tests.http_product import PACK

SEED = int(os.environ.get("CHAOS_SEED", "1"))
REFUSED = "refused"
KILLS = 3
CONVERSATIONS, LINES, CLIENTS = 24, 9, 16
# Each means something else after the others.
SAID = [
    "All our records are alike.",
    "Our records are nested.",
    "We run a monthly report over everything.",
    "Payments must be all or nothing.",
    "We make two field changes a month.",
    "Which kind of database fits us?",
    "What would change that?",
    "Why not a graph database?",
    "What are its pros?",
    "And its cons?",
    "And of a document store?",
    "Compare it with a relational database.",
    "Who won the cup in 1998?",
]


def test_slack_is_answered_once_by_two_of_which_one_is_killed(tmp_path: Path, postgres_url: str) -> None:
    result = run(tmp_path, seed=SEED + 4, count=120, kills=1, address=postgres_url, products=2)
    print(f"seed {SEED + 4}: {result}")  # noqa: T201 - the figures that the README tells
    assert result.wrongs == []
    assert result.given_up == 0
    assert result.kills == 1


@dataclass
class Conversation:
    """A conversation over HTTP as its clients know it."""

    session: str
    lines: list[str]
    crowded: bool
    """Whether two clients write in it at the same time."""
    answers: list[dict[str, Any]] = field(default_factory=list)
    """What they were answered, in the order in which the answers came."""
    broken: list[tuple[int, str]] = field(default_factory=list)
    """What was taken in and got no answer, and after how many answers."""
    votes: dict[int, str] = field(default_factory=dict)
    """The last vote on an answer, by its place in `answers`."""


class Clients:
    """Ask, in conversations spread over the servers; where one does not answer, they go on with the others.

    Args:
        ports: Where the servers are.
        chance: Decides.
    """

    def __init__(self, ports: list[int], chance: random.Random) -> None:
        self._ports = ports
        self._chance = chance
        self._lock = threading.Lock()
        self.statuses: Counter[int | str] = Counter()
        self.refusals: list[tuple[str, int, dict[str, Any]]] = []
        self.slowest = 0.0

    def talk(self, conversation: Conversation) -> None:
        if conversation.crowded:
            with ThreadPoolExecutor(4) as crowd:
                list(crowd.map(lambda line: self._ask(conversation, line), conversation.lines))
            return
        for line in conversation.lines:
            self._ask(conversation, line)
            if self._chance.random() < 0.3:
                self._vote(conversation)

    def _ask(self, conversation: Conversation, line: str) -> None:
        asked = {"question": line, "session": conversation.session}
        while not isinstance(answer := self._post("/api/ask", asked), dict):
            if answer != REFUSED:
                conversation.broken.append((len(conversation.answers), line))
        conversation.answers.append(answer)

    def _vote(self, conversation: Conversation) -> None:
        """On the last answer; some change their minds."""
        for vote in self._chance.choice([["up"], ["down"], ["up", "down"]]):
            while isinstance(self._post("/api/feedback", {"session": conversation.session, "vote": vote}), str):
                pass
            conversation.votes[len(conversation.answers) - 1] = vote

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | str:
        """What some server answers; how the connection ended when it does not."""
        began = time.monotonic()
        status: int | str
        connection = http.client.HTTPConnection("127.0.0.1", self._chance.choice(self._ports), timeout=20)
        with closing(connection):
            try:
                connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
                response = connection.getresponse()
                answer = json.loads(response.read())
                status = response.status
            except ConnectionRefusedError:
                status = REFUSED
            except (OSError, http.client.HTTPException, ValueError):
                status = "broken"
        with self._lock:
            if isinstance(status, int) and status >= 400:
                self.refusals.append((path, status, answer))
            self.statuses[status] += 1
            self.slowest = max(self.slowest, time.monotonic() - began)
        return answer if isinstance(status, int) else status


def test_conversations_go_on_at_the_other_of_two_of_which_one_is_killed(tmp_path: Path, postgres_url: str) -> None:
    chance = random.Random(SEED)  # noqa: S311 - a test's
    settings = Settings(home=tmp_path / "home", corpus=PACK)
    library = ready_library(settings, WordEncoder())
    arguments = {"home": str(settings.home), "database": postgres_url}
    servers = [
        Product("tests.http_product", arguments, tmp_path / f"log-{number}", restarts=number == 0)
        for number in range(2)
    ]
    conversations = [
        Conversation(new_session_id(), chance.choices(SAID, k=LINES), crowded=number % 6 == 0)
        for number in range(CONVERSATIONS)
    ]
    began = time.monotonic()
    try:
        for server in servers:
            server.wait_until_up()
        clients = Clients([server.port for server in servers], chance)
        killing = threading.Thread(target=_kill_amid, args=(servers[0], conversations))
        killing.start()
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(clients.talk, conversations))
        killing.join()
    finally:
        for server in servers:
            server.close()
    seconds = time.monotonic() - began
    assert servers[0].kills == KILLS
    told = ", ".join(f"{count} × {status}" for status, count in clients.statuses.items())
    # Whatever was answered was answered well; and there was something to lose.
    assert clients.refusals == []
    assert set(clients.statuses) == {200, 201, REFUSED, "broken"}
    reference = assistant_maker(settings, WordEncoder())(library)
    with closing(Database(postgres_url)) as database:
        kept = [_check(one, database, reference) for one in conversations]
    unseen = sum(len(answers) - len(one.answers) for answers, one in zip(kept, conversations, strict=True))
    print(  # noqa: T201 - as above
        f"seed {SEED}: {servers[0].kills} kills, {told}, {unseen} kept that nobody saw, "
        f"slowest {clients.slowest:.2f} s, {seconds:.0f} s"
    )
    # Without what was said before, many of them would be others.
    answers = [answer for one in kept for answer in one[1:]]
    alone = reference.with_conversations(MemoryConversations())
    assert sum(alone.ask(one["question"]).answer != one["answer"] for one in answers) > len(answers) / 4
    library.close()


def _kill_amid(server: Product, conversations: list[Conversation]) -> None:
    """Kills a server each time another part of what is asked is answered, as soon as it is up again."""
    for part in range(1, KILLS + 1):
        while sum(len(one.answers) for one in conversations) < CONVERSATIONS * LINES * part / (KILLS + 2):
            time.sleep(0.001)
        server.wait_until_up()
        time.sleep(0.05 * part)
        server.kill()


def _check(conversation: Conversation, database: Database, reference: Assistant) -> list[dict[str, Any]]:
    """Looks at one conversation as it is kept, which it returns."""
    kept = [dict(one.answer) for one in StoredConversations(database).history(conversation.session)]
    if conversation.crowded:
        for answer in conversation.answers:
            assert kept.count(answer) == 1
        unseen = [answer for answer in kept if answer not in conversation.answers]
        assert Counter(one["question"] for one in unseen) <= Counter(line for _, line in conversation.broken)
        return kept
    _check_order(kept, conversation)
    _check_memory(kept, reference)
    voted = {place: kept.index(conversation.answers[place]) for place in conversation.votes}
    noted = [one for one in StoredFeedback(database).entries() if one.session == conversation.session]
    votes = {kept.index(dict(one.answer)): one.kind for one in noted if one.kind != "refused"}
    assert votes == {voted[place]: vote for place, vote in conversation.votes.items()}
    refused = [kept.index(dict(one.answer)) for one in noted if one.kind == "refused"]
    assert sorted(refused) == [number for number, answer in enumerate(kept) if answer["refused"]]
    return kept


def _check_order(kept: list[dict[str, Any]], conversation: Conversation) -> None:
    """Looks that a transcript is what was answered, in that order, and here and there what a broken request left."""
    place = 0
    broken = list(conversation.broken)
    for answer in kept:
        if place < len(conversation.answers) and answer == conversation.answers[place]:
            place += 1
        else:
            broken.remove((place, answer["question"]))
    assert place == len(conversation.answers)


def _check_memory(kept: list[dict[str, Any]], reference: Assistant) -> None:
    """Looks that each answer is what a single server would have answered in this conversation."""
    alone = reference.with_conversations(MemoryConversations())
    session = new_session_id()
    for answer in kept:
        expected = alone.ask(answer["question"], session).as_json()
        for what in ("answer", "kind", "citations", "recommendation"):
            assert answer[what] == expected[what]
