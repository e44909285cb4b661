"""Many at once on one database: threads, processes, and a server that goes away and comes back."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.sessions.conversations import StoredConversations, stored_conversations
from bot.sessions.feedback_store import StoredFeedback, stored_feedback
from bot.sessions.session import Turn
from bot.storage import database as database_module
from bot.storage import server as server_module
from bot.storage.database import Database, open_database
from bot.storage.turns import Turns
from ingest.config import Settings
from ingest.errors import ConversationError
from tests.bot.keepers import Server
from tests.bot.test_conversations import FULL, exchange
from tests.bot.test_migrations import together
from tests.commands import begin_code

if TYPE_CHECKING:
    from collections.abc import Iterator

WORK = Table("work", MetaData(), Column("id", Integer, primary_key=True), Column("by", Text))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    address = tmp_path / "c.sqlite3" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with closing(Database(address, pytest.fail)) as opened:
        yield opened


def test_one_database_serves_all_that_is_stored(home: Path) -> None:
    settings = Settings(home=home)
    told: list[str] = []
    with closing(open_database(settings, told.append)) as shared:
        talks = stored_conversations(settings, database=shared)
        store = stored_feedback(settings, database=shared)
        assert (talks.place, store.place) == (shared.name, shared.name)
        talks.remember("a", FULL, exchange("q"))
        store.add("up", "a", ["q"], exchange("q").answer)
        engine = shared._engine
        # What does not own it does not close it.
        talks.close()
        assert shared._engine is engine
        assert len(store.entries()) == 1


def test_what_is_closed_opens_again(database: Database) -> None:
    store = StoredFeedback(database)
    store.add("up", "a", ["q"], exchange("q").answer)
    database.close()
    assert len(store.entries()) == 1


def test_sixty_four_threads_are_all_served(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    talks = StoredConversations(database)
    talks.remember("shared", FULL)

    def talk(number: int) -> None:
        for asked in range(3):
            assert talks.last("shared") == FULL
            talks.remember("shared", FULL, exchange(f"{number}.{asked}"))
            talks.remember(f"own {number}", FULL, exchange(f"{number}.{asked}"))

    together(talk, 64)
    asked = [one.question for one in talks.history("shared")]
    # The transcript keeps a hundred.
    assert len(set(asked)) == len(asked) == 100
    assert all(len(talks.history(f"own {number}")) == 3 for number in range(64))
    if database.locks_rows:
        used = database.run(
            lambda connection: connection.execute(
                text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            ).scalar_one()
        )
        assert used <= server_module.CONNECTIONS


def test_places_are_given_in_the_order_of_coming() -> None:
    turns, order = Turns(1, 10), []
    threads = []

    def take(number: int) -> None:
        with turns.one():
            order.append(number)

    with turns.one():
        for number in range(5):
            threads.append(threading.Thread(target=take, args=(number,)))
            threads[-1].start()
            while len(turns._waiting) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_who_waits_too_long_is_told_and_loses_no_place() -> None:
    turns = Turns(2, 0.02)
    with turns.one():
        with turns.one(), pytest.raises(TimeoutError, match="busy for 0.02 s"), turns.one():
            pytest.fail("there were two places only")
        with turns.one():
            pass
    with turns.one(), turns.one():
        pass


def test_a_place_that_is_kept_too_long_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_TURN_SECONDS", 0.05)
    with closing(Database(tmp_path / "c.sqlite3")) as kept:
        talks = StoredConversations(kept)

        def meanwhile(_: Connection) -> None:
            with ThreadPoolExecutor() as other:
                error = other.submit(talks.remember, "a", FULL).exception(timeout=180)
            assert isinstance(error, ConversationError)
            assert "others have kept it busy for 0.05 s" in str(error)

        kept.run(meanwhile, writes=True)


def test_conflicts_are_tried_again_but_not_for_ever(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_PAUSE_SECONDS", 0)
    tried = []

    def work(connection: Connection) -> None:
        tried.append(1)
        for _ in range(2):
            connection.execute(text("INSERT INTO conversations (session, used, turn) VALUES ('a', 1, '')"))

    with pytest.raises(ConversationError, match=r"(?i)unique"):
        database.run(work, writes=True)
    assert len(tried) == 5
    # Nothing of the attempts stays.
    rows = database.run(lambda connection: connection.execute(text("SELECT count(*) FROM conversations")).scalar_one())
    assert rows == 0

    def at_last(connection: Connection) -> str:
        tried.append(1)
        if len(tried) < 8:
            raise IntegrityError("", None, Exception("another was faster"))
        return "done"

    assert database.run(at_last) == "done"
    assert len(tried) == 8


@pytest.fixture
def queue(postgres_url: str) -> Iterator[tuple[Database, Database]]:
    """Two processes' databases, with a table of ten rows."""
    with closing(Database(postgres_url)) as one, closing(Database(postgres_url)) as other:
        one.run(WORK.create, writes=True)
        rows = [{"id": number} for number in range(10)]
        one.run(lambda connection: connection.execute(insert(WORK), rows), writes=True)
        yield one, other


def test_rows_that_somebody_works_on_are_skipped(queue: tuple[Database, Database]) -> None:
    free = select(WORK.c.id).where(WORK.c.by.is_(None)).order_by(WORK.c.id).limit(1).with_for_update(skip_locked=True)
    taken: list[int] = []

    def take(number: int) -> None:
        mine = queue[number % 2]

        def work(connection: Connection) -> int | None:
            id_: int | None = connection.execute(free).scalar()
            connection.execute(update(WORK).where(WORK.c.id == id_).values(by=f"{number}"))
            return id_

        while (id_ := mine.run(work, writes=True)) is not None:
            taken.append(id_)

    assert queue[0].locks_rows
    together(take)
    assert sorted(taken) == list(range(10))


def test_a_file_needs_no_row_locks(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "c.sqlite3")) as file:
        assert not file.locks_rows
        file.run(WORK.create, writes=True)
        free = select(WORK.c.id).with_for_update(skip_locked=True)
        assert file.run(lambda connection: connection.execute(free).all(), writes=True) == []


def test_two_who_wait_for_each_other_are_both_served(queue: tuple[Database, Database]) -> None:
    tried = [0, 0]
    both, done = threading.Barrier(2), threading.Event()

    def change(number: int) -> None:
        def work(connection: Connection) -> None:
            tried[number] += 1
            # Who gave way could come before who waits for what was let go of, and both would wait again.
            assert tried[number] == 1 or done.wait(timeout=180)
            first, second = (0, 1) if number else (1, 0)
            add = "UPDATE work SET by = coalesce(by, '') || :by WHERE id = :id"
            connection.execute(text(add), {"by": str(number), "id": first})
            if tried[number] == 1:
                both.wait(timeout=180)
            connection.execute(text(add), {"by": str(number), "id": second})

        queue[number].run(work, writes=True)
        done.set()

    together(change, 2)
    assert sorted(tried) == [1, 2]
    both_rows = select(WORK.c.by).where(WORK.c.id < 2)
    found = queue[0].run(lambda connection: connection.execute(both_rows).scalars().all())
    assert [sorted(by) for by in found] == [["0", "1"], ["0", "1"]]


def test_a_serialisation_failure_is_tried_again(queue: tuple[Database, Database]) -> None:
    one, other = queue
    tried = []

    def work(connection: Connection) -> None:
        tried.append(1)
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        connection.execute(select(WORK.c.by)).all()
        if len(tried) == 1:
            other.run(lambda second: second.execute(update(WORK).values(by="other")), writes=True)
        connection.execute(update(WORK).values(by="one"))

    one.run(work, writes=True)
    assert len(tried) == 2
    assert set(one.run(lambda connection: connection.execute(select(WORK.c.by)).scalars())) == {"one"}


def test_a_server_may_go_away_and_come_back(postgres: Server, postgres_url: str) -> None:
    with closing(StoredConversations(postgres_url)) as talks:
        talks.remember("a", FULL, exchange("1"))
        # Between two questions: nobody notices, though every connection is gone.
        postgres.stop()
        postgres.start()
        assert talks.last("a") == FULL
        talks.remember("a", FULL, exchange("2"))
        postgres.stop()
        try:
            for act in (lambda: talks.remember("a", FULL, exchange("lost")), lambda: talks.last("a")):
                with pytest.raises(ConversationError, match=r"cannot be used: .*refused.*Check that the server runs"):
                    act()
        finally:
            postgres.start()
        talks.remember("a", FULL, exchange("3"))
        assert [one.question for one in talks.history("a")] == ["1", "2", "3"]


def test_a_database_that_was_emptied_under_us_is_made_anew(postgres_url: str) -> None:
    with closing(StoredConversations(postgres_url)) as talks:
        talks.remember("a", FULL)
        talks._database.run(
            lambda connection: connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public")), writes=True
        )
        talks.remember("b", FULL)
        assert (talks.last("a"), talks.last("b")) == (Turn(), FULL)


_TALKER = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from bot.sessions.conversations import StoredConversations
from bot.sessions.session import Exchange, Turn
backend, place, name = sys.argv[1:]
store = StoredConversations(Path(place) if backend == "sqlite" else place)
for number in range(10_000):
    said = f"{name}.{number}"
    for session in ("shared", f"own {name} {number // 50}"):
        store.remember(session, Turn(question=said), Exchange(datetime.now(UTC), {"question": said}))
    print(json.dumps(said), flush=True)
    if name == "lives" and number == 79:
        break
store.close()
"""


def test_of_two_processes_one_is_killed_and_nothing_is_lost_or_doubled(database: Database, tmp_path: Path) -> None:
    """What a process was told to be stored stays stored; the other one goes on without an error."""
    place: Any = database.file or database._url.render_as_string(hide_password=False)
    backend = "sqlite" if database.file else "postgresql"
    said_by = {name: tmp_path / name for name in ("dies", "lives")}
    for pipe in said_by.values():
        os.mkfifo(pipe)
    dies, lives = (begin_code(_TALKER, backend, str(place), name, stdout=str(said_by[name])) for name in said_by)
    with said_by["dies"].open() as first, said_by["lives"].open() as second:
        told = {"dies": [json.loads(first.readline()) for _ in range(20)]}
        dies.kill()
        told["dies"] += [json.loads(line) for line in first.read().splitlines() if line.endswith('"')]
        told["lives"] = [json.loads(line) for line in second.read().splitlines()]
    for process in (dies, lives):
        process.join(180)
    assert (dies.exitcode, lives.exitcode) == (-signal.SIGKILL, 0)
    assert told["lives"] == [f"lives.{number}" for number in range(80)]
    talks = StoredConversations(database)
    for name, said in told.items():
        kept = [one.question for part in range(10) for one in talks.history(f"own {name} {part}")]
        # The last one may have been stored without that it could be told.
        assert kept in (said, [*said, f"{name}.{len(said)}"])
    shared = [one.question for one in talks.history("shared")]
    assert len(shared) == len(set(shared)) == 100
    assert talks.last("shared").question == shared[-1]
    assert [one for one in shared if one.startswith("lives")] == told["lives"][
        -len([one for one in shared if one.startswith("lives")]) :
    ]
