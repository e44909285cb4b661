"""The Slack queue and its workers: each step, and what becomes of it when something fails there."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient  # noqa: TC002 - as the other tests have it
from sqlalchemy import select, update

from bot.sessions.conversations import StoredConversations
from bot.sessions.session import Exchange, Turn
from bot.storage.database import Database
from bot.storage.tables import SLACK_JOBS
from bot.surfaces.slack import delivery
from bot.surfaces.slack.calls import open_client
from bot.surfaces.slack.claims import Claim, LostLeaseError
from bot.surfaces.slack.delivery import PLACEHOLDER
from bot.surfaces.slack.job import Job, Post
from bot.surfaces.slack.queue import SlackQueue
from bot.surfaces.slack.worker import SlackWorker
from bot.types import Answer
from ingest.errors import ConversationError, QuestionError
from tests.slack_double import TOKEN, Faults, SlackDouble, slack

LEASE = 30.0


class Clock:
    """A clock that is set by hand."""

    def __init__(self, time: float = 1_000_000.0) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time


class Answering:
    """A replier that counts, and does what it is told instead of answering."""

    def __init__(self, *instead: Callable[[], object], parts: int = 1) -> None:
        self.asked: list[tuple[str, str]] = []
        self._instead = list(instead)
        self._parts = parts

    def answer(self, job: Job, session: str) -> Answer:
        self.asked.append((job.text, session))
        if self._instead:
            self._instead.pop(0)()
        return answer(job, session)

    def posts(self, job: Job, answer: Answer, job_id: int) -> Sequence[Post]:
        return [Post(f"{answer.answer} {part}", section(f"*{answer.answer}* {part}")) for part in range(self._parts)]

    def apology(self, job: Job, reason: str) -> Post:
        return Post(f"Sorry: {reason}", section(reason))


def section(text: str) -> list[dict[str, object]]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]


def answer(job: Job, session: str = "s") -> Answer:
    return Answer(session=session, question=job.text, kind="fact", answer=f"Re {job.text}", confidence=1.0)


def job(text: str = "why?", key: str = "", **other: object) -> Job:
    given = {"kind": "question", "team": "T1", "channel": "C1", "user": "U1", "thread": "1700000000.000001", **other}
    return Job(key=key or text, text=text, **given)  # type: ignore[arg-type]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["file", "server"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    address = tmp_path / "kept.sqlite3" if request.param == "file" else request.getfixturevalue("postgres_url")
    kept = Database(address)
    yield kept
    kept.close()


@pytest.fixture
def queue(database: Database, clock: Clock) -> SlackQueue:
    return SlackQueue(database, LEASE, clock)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[SlackQueue]:
    """A queue on a file, for the workers' tests."""
    kept = Database(tmp_path / "own.sqlite3")
    yield SlackQueue(kept, LEASE)
    kept.close()


@pytest.fixture
def double() -> Iterator[SlackDouble]:
    with slack() as running:
        yield running
        assert running.violations == []


def taken(queue: SlackQueue) -> Claim:
    claim = queue.claims.take()
    assert claim is not None
    return claim


def work(queue: SlackQueue, client: WebClient, replier: Answering, **other: object) -> list[str]:
    """Answers until nothing is left that is due; what was said of it."""
    said: list[str] = []
    worker = SlackWorker(queue, client, replier, 1, said.append, **other)  # type: ignore[arg-type]
    while (claim := queue.claims.take()) is not None:
        worker._deliver(claim)
    return said


def texts(double: SlackDouble, channel: str | None = None) -> list[str]:
    return [message.text for message in double.by_bot(channel)]


# The queue


def test_a_key_is_taken_once(queue: SlackQueue) -> None:
    assert queue.put(job("a", key="k"))
    assert not queue.put(job("b", key="k"))
    assert queue.depth() == 1
    assert taken(queue).job == job("a", key="k")


def test_a_job_comes_back_as_it_was_put(queue: SlackQueue) -> None:
    form = job("", key="f", kind="form", thread=None, private=True, facts={"stage": "startup"}, decision="structure")
    queue.put(form)
    assert taken(queue).job == form


def test_what_a_database_refuses_is_left_out(queue: SlackQueue) -> None:
    queue.put(job("a\0b\ud800", key="k"))
    assert taken(queue).job.text == "ab?"


def test_many_put_one_key_at_once(queue: SlackQueue) -> None:
    new: list[bool] = []
    threads = [threading.Thread(target=lambda: new.append(queue.put(job("a")))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [False] * 7 + [True]
    assert queue.depth() == 1


def test_a_thread_is_one_conversation(queue: SlackQueue) -> None:
    assert not queue.knows_thread("T1", "C1", "1700000000.000001")
    queue.put(job("a"))
    queue.put(job("b"))
    queue.put(job("c", thread="1700000000.000002"))
    session = queue.session_of("T1", "C1", "1700000000.000001")
    assert session is not None
    assert len(session) == 32
    assert queue.session_of("T1", "C1", "1700000000.000002") not in (None, session)
    assert queue.knows_thread("T1", "C1", "1700000000.000001")
    assert not queue.knows_thread("T2", "C1", "1700000000.000001")
    assert taken(queue).session == session


def test_a_private_conversation_is_not_that_of_its_thread(queue: SlackQueue) -> None:
    for user in ("U1", "U2"):
        queue.put(job(user, user=user, private=True))
    queue.put(job("b"))
    sessions = {taken(queue).session for _ in range(3)}
    assert len(sessions) == 3


def test_direct_messages_outside_of_threads_are_one_conversation(queue: SlackQueue) -> None:
    queue.put(job("a", channel="D1", thread=None))
    queue.put(job("b", channel="D1", thread=None))
    queue.put(job("c", thread=None))
    first = taken(queue)
    assert first.session == queue.session_of("T1", "D1", None)
    assert taken(queue).job.text == "c"
    queue.claims.finish(first)
    assert taken(queue).session == first.session


def test_jobs_of_a_thread_wait_for_each_other(queue: SlackQueue) -> None:
    for text in ("a", "b"):
        queue.put(job(text))
    queue.put(job("c", thread="1700000000.000002"))
    first, other = taken(queue), taken(queue)
    assert (first.job.text, other.job.text) == ("a", "c")
    assert queue.claims.take() is None
    queue.claims.finish(first)
    assert taken(queue).job.text == "b"


def test_a_job_put_back_keeps_its_thread_waiting(queue: SlackQueue, clock: Clock) -> None:
    for text in ("a", "b"):
        queue.put(job(text))
    queue.claims.give_back(taken(queue), 10)
    assert queue.claims.take() is None
    clock.time += 10
    assert taken(queue).job.text == "a"


def test_a_dead_holder_keeps_a_job_for_its_lease(queue: SlackQueue, clock: Clock) -> None:
    queue.put(job("a"))
    dead = taken(queue)
    assert not dead.doubt
    clock.time += LEASE - 1
    assert queue.claims.beat([dead.token, "unknown"]) == {dead.token}
    clock.time += LEASE - 1
    assert queue.claims.take() is None
    clock.time += 2
    again = taken(queue)
    assert again.doubt  # it may have posted something
    assert queue.claims.beat([dead.token]) == set()
    for late in (
        lambda: queue.claims.finish(dead),
        lambda: queue.claims.post(dead, "1.1"),
        lambda: queue.claims.answer(dead, {}),
        lambda: queue.claims.give_back(dead, 0),
    ):
        with pytest.raises(LostLeaseError):
            late()
    queue.claims.finish(again)


def test_a_job_given_back_in_order_leaves_no_doubt(queue: SlackQueue) -> None:
    queue.put(job("a"))
    queue.claims.give_back(taken(queue), 0)
    claim = taken(queue)
    assert not claim.doubt
    queue.claims.give_back(claim, 0, doubt=True, failed=True)
    claim = taken(queue)
    assert (claim.doubt, claim.failures, claim.failing_since) == (True, 1, 1_000_000.0)


def test_what_is_done_is_stored(queue: SlackQueue) -> None:
    queue.put(job("a", thread=None))
    claim = queue.claims.place(taken(queue), "C1")
    claim = queue.claims.post(claim, "1700000009.000001")
    claim = queue.claims.begin(claim, "")
    claim = queue.claims.answer(claim, {"answer": "é"})
    queue.claims.give_back(claim, 0)
    again = taken(queue)
    assert again == replace(claim, token=again.token)
    assert (again.channel, again.posted, again.attempts, again.asked) == ("C1", ("1700000009.000001",), 1, "")
    # The reply has begun a thread.
    assert queue.session_of("T1", "C1", "1700000009.000001") == claim.session
    assert queue.answer_of(claim.id) == (job("a", thread=None), {"answer": "é"})
    assert queue.answer_of(claim.id + 1) is None


def test_what_is_given_up_is_told(queue: SlackQueue) -> None:
    queue.put(job("a"))
    queue.put(job("b"))
    queue.claims.finish(taken(queue), "chat.postMessage: is_archived")
    (failed,) = queue.failed()
    assert (failed.key, failed.reason, failed.at) == (
        "a",
        "chat.postMessage: is_archived",
        datetime.fromtimestamp(1_000_000, UTC),
    )
    assert taken(queue).job.text == "b"


def test_many_workers_never_share_a_job(queue: SlackQueue) -> None:
    for number in range(40):
        queue.put(job(str(number), thread=f"1700000000.{number % 10:06d}"))
    done: list[str] = []

    def answer_all() -> None:
        while queue.depth():
            if (claim := queue.claims.take()) is not None:
                done.append(claim.job.text)
                queue.claims.finish(claim)

    threads = [threading.Thread(target=answer_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, done)) == list(range(40))
    for thread_of in range(10):
        assert [int(text) for text in done if int(text) % 10 == thread_of] == list(range(thread_of, 40, 10))


def test_forgetting_a_user(queue: SlackQueue) -> None:
    queue.put(job("mine"))
    queue.put(job("theirs", user="U2", thread="1700000000.000002"))
    queue.put(job("mine in theirs", thread="1700000000.000002"))
    queue.put(job("alone", thread=None))
    sessions = {queue.session_of("T1", "C1", f"1700000000.00000{n}") for n in (1, 2)}
    forgotten: list[str] = []
    assert queue.forget_user("T1", "U1", forgotten.append) == 3
    assert sessions < set(forgotten)
    assert len(forgotten) == 3
    assert not queue.knows_thread("T1", "C1", "1700000000.000001")
    assert queue.knows_thread("T1", "C1", "1700000000.000002")
    assert queue.depth() == 1


def test_what_is_asked_after_one_wanted_to_be_forgotten_stays(queue: SlackQueue, clock: Clock) -> None:
    queue.put(job("before", thread=None, channel="D1"))
    begun = queue.session_of("T1", "D1", None)
    wanted = clock()
    clock.time += 1
    # Sent twice: the second is done when there is a new question already.
    assert queue.forget_user("T1", "U1", until=wanted) == 1
    queue.put(job("after", thread=None, channel="D1"))
    forgotten: list[str] = []
    assert queue.forget_user("T1", "U1", forgotten.append, until=wanted) == 0
    assert (forgotten, queue.depth()) == ([], 1)
    assert queue.session_of("T1", "D1", None) not in (None, begun)
    assert queue.forget_user("T1", "U1") == 1
    assert (queue.depth(), queue.session_of("T1", "D1", None)) == (0, None)


def test_what_was_forgotten_is_not_asked_by_a_late_delivery(
    database: Database, queue: SlackQueue, clock: Clock
) -> None:
    queue.put(job("done", key="T1:C1:1.1"))
    queue.claims.finish(taken(queue))
    queue.put(job("another's", key="T1:C1:1.3", user="U2"))
    queue.claims.finish(taken(queue))
    queue.put(job("waiting", key="T1:C1:1.2"))
    # What is finished goes with its conversation, whoever asked it.
    assert queue.forget_user("T1", "U1", StoredConversations(database, now=clock).forget) == 2
    kept = database.run(lambda c: str([tuple(row) for row in c.execute(select(SLACK_JOBS))]))
    assert not re.search("C1|U1|U2|done|another|waiting", kept)
    for key in ("T1:C1:1.1", "T1:C1:1.2", "T1:C1:1.3"):
        assert not queue.put(job("again", key=key))
    assert (queue.depth(), queue.failed(), queue.forget_user("T1", "U1")) == (0, [], 0)
    clock.time += 86_401
    assert queue.put(job("a day later", key="other"))
    assert database.run(lambda c: c.execute(select(SLACK_JOBS.c.key)).scalars().all()) == ["other"]


def test_a_conversation_that_cannot_be_forgotten_keeps_its_rows(queue: SlackQueue) -> None:
    queue.put(job("mine"))

    def fails(_: str) -> None:
        raise ConversationError("the disk is away")

    with pytest.raises(ConversationError):
        queue.forget_user("T1", "U1", fails)
    assert queue.depth() == 1


def test_forgetting_what_is_old(queue: SlackQueue, clock: Clock) -> None:
    queue.put(job("done"))
    queue.claims.finish(taken(queue))
    queue.put(job("waiting", thread="1700000000.000002"))
    clock.time += 10 * 86_400
    assert queue.forget_older(11) == 0
    assert queue.forget_older(9) == 1
    assert not queue.knows_thread("T1", "C1", "1700000000.000001")
    assert queue.knows_thread("T1", "C1", "1700000000.000002")
    assert queue.depth() == 1


def test_forgetting_a_conversation_covers_what_was_asked_in_it(database: Database, queue: SlackQueue) -> None:
    queue.put(job("done"))
    claim = queue.claims.answer(taken(queue), {"answer": "x"})
    queue.claims.finish(claim)
    queue.put(job("waiting"))
    assert StoredConversations(database).forget(claim.session)
    assert queue.answer_of(claim.id) is None
    assert queue.depth() == 1  # a question is not lost by what becomes of those before it


# From a job to its answer


def test_an_answer_takes_the_place_of_its_placeholder(own: SlackQueue, double: SlackDouble) -> None:
    seen: list[str] = []
    replier = Answering(lambda: seen.extend(texts(double)), parts=3)
    own.put(job())
    assert work(own, open_client(TOKEN, double.url), replier) == []
    assert seen == [PLACEHOLDER.text]
    assert texts(double) == ["Re why? 0", "Re why? 1", "Re why? 2"]
    assert [(m.thread, m.edits, m.metadata) for m in double.by_bot()] == [
        ("1700000000.000001", int(part == 0), {"event_type": "groundrule_job", "event_payload": {"key": "why?", "part": part}})
        for part in range(3)
    ]  # fmt: skip
    # Nothing was in doubt, so nothing was looked for.
    assert double.counts["conversations.replies"] == 0
    assert (own.depth(), own.failed()) == (0, [])
    stored = own.answer_of(1)
    assert stored is not None
    assert stored[1]["answer"] == "Re why?"


def test_a_reply_in_private_goes_on_in_its_thread(own: SlackQueue, double: SlackDouble) -> None:
    for text in ("a", "b"):
        own.put(job(text, private=True))
    work(own, open_client(TOKEN, double.url), Answering())
    first, second = double.by_bot("DU1")
    assert (first.thread, second.thread) == (None, first.ts)
    assert double.by_bot("C1") == []
    assert own.session_of("T1", "DU1", first.ts) is not None


def test_a_reply_that_begins_a_thread_goes_on_there(own: SlackQueue, double: SlackDouble) -> None:
    double.direct("U1")
    own.put(job("a", thread=None))
    own.put(job("b", thread=None, channel="DU1"))
    work(own, open_client(TOKEN, double.url), Answering(parts=2))
    first, second = double.by_bot("C1")
    assert (first.thread, second.thread) == (None, first.ts)
    assert own.knows_thread("T1", "C1", first.ts)
    assert [m.thread for m in double.by_bot("DU1")] == [None, None]


@pytest.mark.parametrize("lost", ["drops", "loses", "fails"])
@pytest.mark.parametrize("thread", ["1700000000.000001", None])
def test_a_lost_response_doubles_nothing(
    own: SlackQueue, double: SlackDouble, lost: str, thread: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.surfaces.slack.worker._backoff", lambda _failures: 0.0)
    own.put(job(thread=thread))
    calls = iter(["", lost, "", "", "", lost, "", lost])
    monkeypatch.setattr(double, "_fault", lambda _method: next(calls, ""))
    work(own, open_client(TOKEN, double.url), Answering(parts=3))
    work(own, open_client(TOKEN, double.url), Answering(parts=3))
    assert texts(double) == ["Re why? 0", "Re why? 1", "Re why? 2"]
    assert own.depth() == 0


def test_a_worker_killed_after_any_step_doubles_nothing(tmp_path: Path, double: SlackDouble) -> None:
    """Dies at the first, second, … call of the database or of Slack, and is followed by another."""

    class Killed(BaseException):
        pass

    client = open_client(TOKEN, double.url)
    for step in range(30):
        # Of today: what conversations remember lets what is too old expire.
        clock = Clock(time.time())
        queue = SlackQueue(Database(tmp_path / f"{step}.sqlite3"), LEASE, clock)
        queue.put(job(key=f"k{step}", thread=f"1700000000.{step:06d}"))
        left = [step]

        def dies(left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed

        conversations = StoredConversations(queue._database)
        replier = Remembering(conversations)
        died = _dying(queue, client, replier, conversations, dies)
        clock.time += LEASE + 1
        work(queue, client, replier, history=conversations.history)
        shown = [m for m in double.by_bot() if (m.metadata or {})["event_payload"]["key"] == f"k{step}"]
        assert [m.text for m in shown] == ["Re why? 0", "Re why? 1"], step
        assert len(replier.asked) <= 2
        claim_session = queue.session_of("T1", "C1", f"1700000000.{step:06d}")
        assert len(conversations.history(str(claim_session))) == 1, step
        queue._database.close()
        if not died:
            break
    assert 12 <= step < 30


@pytest.mark.parametrize("dies_too", [False, True])
def test_a_job_forgotten_after_any_step_leaves_nothing(tmp_path: Path, double: SlackDouble, dies_too: bool) -> None:
    """Forgotten at the first, second, … call of the database or of Slack, by a worker that goes on or dies there."""

    class Killed(BaseException):
        pass

    client = open_client(TOKEN, double.url)
    finished = 0
    for step in range(1, 30):
        clock = Clock(time.time())
        queue = SlackQueue(Database(tmp_path / f"{step}.sqlite3"), LEASE, clock)
        conversations = StoredConversations(queue._database)
        asked = job(key=f"k{step}", thread=f"1700000000.{step:06d}")
        queue.put(asked)
        left: list[int] = [step]
        done: list[bool] = []

        def forgets(
            queue: SlackQueue = queue,
            conversations: StoredConversations = conversations,
            left: list[int] = left,
            done: list[bool] = done,
        ) -> None:
            left[0] -= 1
            if left[0] == 0:
                done.append(queue.depth() == 0)
                queue.forget_user("T1", "U1", conversations.forget)
                if dies_too:
                    raise Killed

        replier = Remembering(conversations)
        _dying(queue, client, replier, conversations, forgets)
        clock.time += LEASE + 1
        work(queue, client, replier, history=conversations.history, forget=conversations.forget)
        if not done:
            break
        finished += done[0]
        shown = [m.text for m in double.by_bot() if (m.metadata or {})["event_payload"]["key"] == asked.key]
        # What was all said before stays in Slack, which is not ours.
        assert shown == (["Re why? 0", "Re why? 1"] if done[0] else []), step
        assert (conversations.forget_all(), queue.depth(), queue.put(asked)) == (0, 0, True), step
        queue._database.close()
    assert 12 <= step < 30
    assert finished <= 2


class Remembering(Answering):
    """Answers in two parts, and remembers what it said."""

    def __init__(self, conversations: StoredConversations) -> None:
        super().__init__(parts=2)
        self._conversations = conversations

    def answer(self, job: Job, session: str) -> Answer:
        made = super().answer(job, session)
        self._conversations.remember(session, Turn(), Exchange(datetime.now(UTC), made.as_json()))
        return made


def _dying(
    queue: SlackQueue,
    client: WebClient,
    replier: Answering,
    conversations: StoredConversations,
    dies: Callable[[], None],
) -> bool:
    """Works on a job, dying after any of its calls; whether it died."""
    worker = SlackWorker(queue, client, replier, 1, history=conversations.history, forget=conversations.forget)
    run, call, made = queue._database.run, worker._calls._call, replier.answer
    claim = taken(queue)

    def after(function: Callable[..., object]) -> Callable[..., object]:
        def called(*args: object, **names: object) -> object:
            result = function(*args, **names)
            dies()
            return result

        return called

    queue._database.run = after(run)  # type: ignore[method-assign, assignment]
    worker._calls._call = after(call)  # type: ignore[method-assign]
    replier.answer = after(made)  # type: ignore[method-assign, assignment]
    try:
        worker._deliver(claim)
    except BaseException as error:  # noqa: BLE001 - stands for a kill
        return type(error).__name__ == "Killed"
    finally:
        queue._database.run, worker._calls._call, replier.answer = run, call, made  # type: ignore[method-assign]
    return False


def test_who_lost_the_lease_removes_what_it_alone_posted(
    own: SlackQueue, double: SlackDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker sleeps through its lease just before it posts; another has answered when it wakes."""
    client = open_client(TOKEN, double.url)
    own.put(job())
    claim = taken(own)
    post = client.chat_postMessage

    def overtaken(**given: Any) -> Any:
        own._database.run(lambda c: c.execute(update(SLACK_JOBS).values(held_until=0)), writes=True)
        work(own, client, Answering())
        return post(**given)

    late = open_client(TOKEN, double.url)
    monkeypatch.setattr(late, "chat_postMessage", overtaken)
    SlackWorker(own, late, Answering(), 1)._deliver(claim)
    assert texts(double) == ["Re why? 0"]
    assert double.counts["chat.delete"] == 1
    assert own.depth() == 0


def test_what_a_zombie_left_is_removed_at_the_end(own: SlackQueue, double: SlackDouble) -> None:
    own.put(job())
    metadata = {"event_type": "groundrule_job", "event_payload": {"key": "why?", "part": 0}}
    client = open_client(TOKEN, double.url)
    silent: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False, "parse": "none"}
    for _ in range(2):
        client.chat_postMessage(
            channel="C1", text="Looking", thread_ts="1700000000.000001", metadata=metadata, **silent
        )
    own.claims.give_back(taken(own), 0, doubt=True)
    work(own, client, Answering(parts=2))
    assert texts(double) == ["Re why? 0", "Re why? 1"]


@pytest.mark.parametrize("dies", [False, True])
def test_a_job_forgotten_while_it_is_answered_leaves_nothing(own: SlackQueue, double: SlackDouble, dies: bool) -> None:
    """Nor does it where the worker dies once the answer is remembered: the next one undoes that."""
    conversations = StoredConversations(own._database)
    client = open_client(TOKEN, double.url)

    class Forgotten(Answering):
        def answer(self, job: Job, session: str) -> Answer:
            assert own.forget_user("T1", "U1", conversations.forget) == 1
            made = super().answer(job, session)
            conversations.remember(session, Turn(), Exchange(datetime.now(UTC), made.as_json()))
            assert conversations.history(session)
            if dies:
                raise SystemExit
            return made

    own.put(job())
    session = own.session_of("T1", "C1", "1700000000.000001") or ""
    replier = Forgotten()
    with pytest.raises(SystemExit) if dies else nullcontext():
        work(own, client, replier, forget=conversations.forget)
    if dies:
        assert texts(double) == [PLACEHOLDER.text]
        assert conversations.history(session)
        own._database.run(lambda c: c.execute(update(SLACK_JOBS).values(held_until=0)), writes=True)
        work(own, client, replier, forget=conversations.forget)
    assert texts(double) == []
    assert conversations.history(session) == []
    assert own.depth() == 0
    assert not own.put(job())
    assert len(replier.asked) == 1


def test_what_is_shown_of_a_forgotten_job_is_taken_back(own: SlackQueue, double: SlackDouble) -> None:
    """It was put back when Slack asked for a pause, and stands in the thread that its placeholder began."""
    own.put(job(thread=None))
    claim = own.claims.place(taken(own), "C1")
    client = open_client(TOKEN, double.url)
    calls = SlackWorker(own, client, Answering(), 1)._calls
    claim = own.claims.post(claim, calls.post("T1", "C1", None, PLACEHOLDER, "why?", 0, lambda: None))
    calls.post("T1", "C1", claim.posted[0], PLACEHOLDER, "why?", 1, lambda: None)
    own.claims.give_back(claim, 300, doubt=True)
    own.forget_user("T1", "U1")
    work(own, client, Answering())
    assert texts(double) == []
    assert own.depth() == 0


def test_what_cannot_be_taken_back_is_let_be(own: SlackQueue, double: SlackDouble) -> None:
    own.put(job())
    own.claims.give_back(own.claims.place(taken(own), "C1"), 0, doubt=True)
    own.forget_user("T1", "U1")
    double.archived.add("C1")
    assert work(own, open_client(TOKEN, double.url), Answering()) == []
    assert own.depth() == 0


def test_a_long_thread_is_looked_through(own: SlackQueue, double: SlackDouble) -> None:
    root = double.write("C1", "U1", "begin").ts
    own.put(job(thread=root))
    claim = own.claims.place(taken(own), "C1")
    client = open_client(TOKEN, double.url)
    for number in range(450):
        double.write("C1", "U2", str(number), root)
    worker = SlackWorker(own, client, Answering(), 1)
    worker._calls.post("T1", "C1", root, PLACEHOLDER, "why?", 0, lambda: None)
    own.claims.give_back(claim, 0, doubt=True)
    work(own, client, Answering())
    assert texts(double) == ["Re why? 0"]
    assert double.counts["conversations.replies"] == 6  # three pages, before and after


# What fails


def test_an_error_of_ours_is_told(own: SlackQueue, double: SlackDouble) -> None:
    def refuses() -> None:
        raise QuestionError("the question is empty.")

    own.put(job())
    assert work(own, open_client(TOKEN, double.url), Answering(refuses)) == []
    assert texts(double) == ["Sorry: the question is empty."]
    assert (own.depth(), own.failed()) == (0, [])


def test_an_unexpected_error_is_tried_three_times(
    own: SlackQueue, double: SlackDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.surfaces.slack.worker._backoff", lambda _failures: 0.0)

    def breaks() -> None:
        raise RuntimeError("xoxb-secret")

    own.put(job("twice"))
    own.put(job("always"))
    replier = Answering(breaks, breaks, lambda: None, breaks, breaks, breaks)
    said = work(own, open_client(TOKEN, double.url), replier)
    assert texts(double) == ["Re twice 0", f"Sorry: {delivery.UNEXPECTED}"]
    assert len(replier.asked) == 6
    assert len(said) == 5
    assert "RuntimeError" in said[0]
    assert "secret" not in "".join(said)


def test_a_job_that_kills_its_process_is_given_up(own: SlackQueue, double: SlackDouble) -> None:
    own.put(job())
    for _ in range(delivery.MAX_BEGUN):
        own.claims.give_back(own.claims.begin(taken(own), ""), 0)
    replier = Answering()
    work(own, open_client(TOKEN, double.url), replier)
    assert replier.asked == []
    assert texts(double) == [f"Sorry: {delivery.UNEXPECTED}"]


def test_retry_after_is_obeyed(own: SlackQueue) -> None:
    with slack(faults=Faults(per_second=1)) as double:
        own.put(job())
        began = time.monotonic()
        work(own, open_client(TOKEN, double.url), Answering(parts=3))
        assert texts(double) == ["Re why? 0", "Re why? 1", "Re why? 2"]
        assert time.monotonic() - began >= 2.0
        assert double.counts["limited"] == 2  # asked once each, and not again before the time


def test_a_long_pause_puts_the_job_back(own: SlackQueue, double: SlackDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.surfaces.slack.calls._retry_after", lambda _headers: 60.0)
    double.refuse["chat.postMessage"].append("ratelimited")
    own.put(job())
    work(own, open_client(TOKEN, double.url), Answering())
    assert own.depth() == 1
    assert double.counts["chat.postMessage"] == 1
    later = SlackQueue(own._database, LEASE, lambda: time.time() + 61)
    assert not taken(later).doubt  # Slack said that it did nothing


@pytest.mark.parametrize("code", ["channel_not_found", "is_archived", "not_in_channel"])
def test_a_channel_that_is_closed_is_given_up(own: SlackQueue, double: SlackDouble, code: str) -> None:
    double.refuse["chat.postMessage"].append(code)
    own.put(job("a"))
    own.put(job("b"))
    said = work(own, open_client(TOKEN, double.url), Answering())
    assert [failed.reason for failed in own.failed()] == [f"chat.postMessage: {code}"]
    assert said == [f"Slack job 1 is given up: chat.postMessage: {code}."]
    assert texts(double) == ["Re b 0"]


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_too_long"])
def test_blocks_that_are_refused_are_shown_as_text(own: SlackQueue, double: SlackDouble, code: str) -> None:
    double.refuse["chat.update"].append(code)
    own.put(job())
    work(own, open_client(TOKEN, double.url), Answering())
    assert [(message.text, message.blocks) for message in double.by_bot()] == [("Re why? 0", [])]
    assert own.failed() == []


def test_an_answer_that_is_refused_is_told_in_its_place(own: SlackQueue, double: SlackDouble) -> None:
    double.refuse["chat.update"].extend(["invalid_blocks", "no_such_thing"])
    own.put(job())
    work(own, open_client(TOKEN, double.url), Answering())
    assert texts(double) == ["Sorry: Slack does not take the answer (no_such_thing)"]
    assert [failed.reason for failed in own.failed()] == ["chat.update: no_such_thing"]


def test_a_placeholder_that_somebody_deleted_is_no_loss(own: SlackQueue, double: SlackDouble) -> None:
    own.put(job())
    replier = Answering(lambda: double.messages["C1"].clear())
    work(own, open_client(TOKEN, double.url), replier)
    assert texts(double) == ["Re why? 0"]


def test_a_wrong_token_keeps_the_questions(own: SlackQueue, double: SlackDouble) -> None:
    for number in range(3):
        own.put(job(str(number), thread=f"1700000000.00000{number}"))
    said = work(own, open_client("xoxb-wrong", double.url), Answering())
    assert len(said) == 1
    assert "invalid_auth" in said[0]
    assert "xoxb" not in said[0]
    assert (own.depth(), own.failed()) == (3, [])


def test_a_server_that_is_away_for_a_day_is_given_up(own: SlackQueue, double: SlackDouble) -> None:
    own.put(job())
    client = open_client(TOKEN, "http://127.0.0.1:9/api/")
    work(own, client, Answering())
    assert own.depth() == 1
    own._database.run(lambda c: c.execute(update(SLACK_JOBS).values(failing_since=1, due=0)), writes=True)
    said = work(own, client, Answering())
    assert [failed.reason for failed in own.failed()] == ["conversations.replies: URLError"]
    assert "given up after a day" in said[0]


# The workers


def test_workers_wake_when_something_is_put(own: SlackQueue, double: SlackDouble) -> None:
    worker = SlackWorker(own, open_client(TOKEN, double.url), Answering(), workers=2)
    worker.start()
    time.sleep(0.1)
    try:
        own.put(job())
        _until(lambda: texts(double) == ["Re why? 0"], 60)
        # Of another process, so that nobody is told.
        SlackQueue(own._database).put(job("b"))
        _until(lambda: "Re b 0" in texts(double), 60)
    finally:
        worker.stop(5)
    own.put(job("c"))
    time.sleep(0.1)
    assert own.depth() == 1


def test_a_long_answer_keeps_its_lease(tmp_path: Path, double: SlackDouble) -> None:
    queue = SlackQueue(Database(tmp_path / "short.sqlite3"), lease_seconds=2.0)
    replier = Answering(lambda: time.sleep(3.0))
    worker = SlackWorker(queue, open_client(TOKEN, double.url), replier, workers=2)
    worker.start()
    try:
        queue.put(job())
        _until(lambda: queue.depth() == 0, 60)
    finally:
        worker.stop(5)
        queue._database.close()
    assert len(replier.asked) == 1
    assert double.counts["conversations.replies"] == 0  # nobody else had to look


def test_who_stops_in_order_lets_go_at_once(own: SlackQueue, double: SlackDouble) -> None:
    begun, ends = threading.Event(), threading.Event()

    def takes_long() -> None:
        begun.set()
        ends.wait(60)

    worker = SlackWorker(own, open_client(TOKEN, double.url), Answering(takes_long), 1)
    own.put(job())
    worker.start()
    assert begun.wait(60)
    worker.stop(0.01)
    work(own, open_client(TOKEN, double.url), Answering())
    assert (own.depth(), texts(double)) == (0, ["Re why? 0"])
    ends.set()
    worker._threads[0].join(5)
    assert texts(double) == ["Re why? 0"]


def test_a_form_is_not_decided_twice(own: SlackQueue, double: SlackDouble) -> None:
    """Its worker dies once the answer is remembered, in words that are not the job's own."""
    conversations = StoredConversations(own._database)

    def remembered(session: str, made: Answer) -> None:
        kept = made.model_copy(update={"question": "The facts in words"})
        conversations.remember(session, Turn(), Exchange(datetime.now(UTC), kept.as_json()))

    own.put(job("", key="form:1", kind="form", thread=None, private=True))
    claim = own.claims.place(taken(own), double.direct("U1"))
    claim = own.claims.begin(claim, "")
    remembered(claim.session, answer(claim.job))
    own.claims.release([claim.token])
    replier = Answering()
    work(own, open_client(TOKEN, double.url), replier, history=conversations.history)
    assert replier.asked == []
    assert texts(double) == ["Re  0"]


def test_a_worker_outlives_a_database_that_is_away(tmp_path: Path, double: SlackDouble) -> None:
    said: list[str] = []
    database = Database(tmp_path / "away.sqlite3")
    queue = SlackQueue(database, LEASE)
    worker = SlackWorker(queue, open_client(TOKEN, double.url), Answering(), workers=1, say=said.append)
    run = database.run

    def fails(*_: object, **__: object) -> None:
        raise ConversationError("the disk is away.")

    database.run = fails  # type: ignore[method-assign, assignment]
    worker.start()
    try:
        _until(lambda: said == ["the disk is away."], 60)
        database.run = run  # type: ignore[method-assign]
        queue.put(job())
        _until(lambda: queue.depth() == 0, 60)
    finally:
        worker.stop(5)
        database.close()
    assert said == ["the disk is away."]


def _until(holds: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.02)
