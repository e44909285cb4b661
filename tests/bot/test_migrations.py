"""The way from the layouts of earlier releases to this one's, on SQLite and PostgreSQL: nothing is lost on it."""

from __future__ import annotations

import importlib
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, inspect, text

from bot.sessions.conversations import StoredConversations
from bot.sessions.feedback_store import StoredFeedback
from bot.sessions.safe import SafeConversations
from bot.sessions.session import Limits, Turn
from bot.storage import file as sqlite_file
from bot.storage import layout, migrations
from bot.storage.address import checked_url
from bot.storage.database import Database
from bot.storage.layout import REVISION_TABLE, newest_revision
from bot.storage.tables import HOLDINGS, LAYOUT, METADATA
from ingest.errors import ConversationError, UsageError
from tests.bot.clock import Clock
from tests.bot.test_conversations import FULL, exchange
from tests.commands import begin_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

HERE = Path(__file__).parent
REVISIONS = sorted(path.stem for path in Path(layout.__file__).with_name("migrations").glob("r*.py"))
LAYOUTS = {
    "1": (HERE / "layout-1.sql").read_text(encoding="utf-8"),
    "2": (HERE / "layout-2.sql").read_text(encoding="utf-8"),
}
"""What releases that knew these layouts wrote: the dump of their file."""
SERVER_LAYOUT_2 = (HERE / "layout-2-postgresql.sql").read_text(encoding="utf-8")
"""What the release that knew layout 2 wrote on a server, by `pg_dump --inserts`."""
BACK_TO_1 = "DROP TABLE public.feedback; UPDATE public.groundrule_layout SET version = 1;"
"""Layout 2 only added to layout 1."""
MANY = 6


def make_old(file: Path, version: str) -> None:
    file.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(file)) as other:
        other.executescript(LAYOUTS[version])
        other.execute("PRAGMA journal_mode=WAL")


def make_old_on(address: str, version: str) -> None:
    import psycopg

    with psycopg.connect(address) as connection:
        connection.execute((SERVER_LAYOUT_2 + (BACK_TO_1 if version == "1" else "")).encode())


@pytest.fixture(params=["1", "2"])
def before(request: pytest.FixtureRequest, file: Path) -> Path:
    """A file of an earlier layout."""
    make_old(file, request.param)
    return file


@pytest.fixture(params=["sqlite-1", "sqlite-2", "postgresql-1", "postgresql-2"])
def old(request: pytest.FixtureRequest, file: Path) -> Path | str:
    """The address of a database of an earlier layout."""
    backend, version = request.param.split("-")
    if backend == "sqlite":
        make_old(file, version)
        return file
    address: str = request.getfixturevalue("postgres_url")
    make_old_on(address, version)
    return address


@pytest.fixture(params=["sqlite", "postgresql"])
def new(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """The address of a database that is not made yet."""
    if request.param == "sqlite":
        return tmp_path / "new.sqlite3"
    address: str = request.getfixturevalue("postgres_url")
    return address


@contextmanager
def connected(address: Path | str) -> Iterator[Connection]:
    """A look at a database that leaves nothing open behind it."""
    engine = create_engine(checked_url(address), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def without_added(statement: str) -> str:
    """A statement of a dump without what revision 0004 adds, where the exchange is older than that."""
    flat = re.sub(r"\s+", " ", statement).replace(" turn_before TEXT,", "")
    return re.sub(r"(?<=}'),NULL\);$", ");", flat) if flat.startswith('INSERT INTO "exchanges"') else flat


def dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as other:
        return list(other.iterdump())


def is_of_layout(address: Path | str, *versions: str) -> bool:
    """Whether a database has the tables of one of these layouts and all rows of the earlier release."""
    with connected(address) as connection:
        names = set(inspect(connection).get_table_names())
        count = connection.execute(text("SELECT count(*) FROM exchanges")).scalar_one()
        found = connection.execute(text("SELECT version FROM groundrule_layout")).scalar_one()
    expected = {"conversations", "exchanges", "groundrule_layout"} | ({"feedback"} if found > 1 else set())
    if found == 3:
        expected = {*METADATA.tables, REVISION_TABLE}
    return names == expected and count == 2 and str(found) in versions


def together(work: Callable[[int], object], count: int = MANY) -> None:
    failed: list[Exception] = []
    start = threading.Barrier(count)

    def one(number: int) -> None:
        try:
            start.wait(timeout=180)
            work(number)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.mark.parametrize("first", ["conversations", "feedback"])
def test_a_database_of_an_earlier_layout_is_led_here_and_loses_nothing(
    old: Path | str, clock: Clock, first: str
) -> None:
    with closing(StoredConversations(old, now=clock)) as talks, closing(StoredFeedback(old, now=clock)) as store:
        assert (store.entries(kinds=()) if first == "feedback" else talks.history("nobody")) == []
        assert is_of_layout(old, "3")
        assert talks.last("plan") == FULL
        assert talks.history("plan") == [exchange("first?", 3), exchange("second? \u2192 \U0001f600")]
        assert talks.last("other") == Turn(question="and?")
        kept = len(store.entries())
        talks.remember("plan", FULL, exchange("third?"))
        store.add("up", "plan", ["q"], exchange("third?").answer)
        assert (len(talks.history("plan")), len(store.entries())) == (3, kept + 1)


def test_what_an_earlier_release_stored_cannot_be_taken_back_unless_all_of_it_is(old: Path | str, clock: Clock) -> None:
    with closing(StoredConversations(old, now=clock)) as talks:
        talks.remember("plan", Turn(question="third?"), exchange("third?"))
        assert talks.rewind("plan", 1) == 1
        # What is said from now on can be.
        assert talks.last("plan") == FULL
        with pytest.raises(UsageError, match="the last 1 of 2 answers cannot be taken back: an older"):
            talks.rewind("plan", 1)
        talks.remember("plan", Turn(question="fourth?"), exchange("fourth?"))
        with pytest.raises(UsageError, match="the last 2 of 3 answers cannot be taken back"):
            talks.rewind("plan", 2)
        assert (len(talks.history("plan")), talks.last("plan").question) == (3, "fourth?")
        assert talks.rewind("plan", 3) == 3
        assert (talks.history("plan"), talks.last("plan")) == ([], Turn())


def test_every_row_and_table_of_an_old_file_stays(before: Path, clock: Clock) -> None:
    was = dump(before)
    with closing(StoredFeedback(before, now=clock)) as store:
        store.entries()
    # What was stored before there was a column has nothing there.
    now = {without_added(one) for one in dump(before)}
    lost = [one for one in was if without_added(one) not in now]
    # The mark by which a release of that layout knows that this one is not its own.
    assert lost == [one for one in was if one.startswith('INSERT INTO "groundrule_layout"')]
    assert 'INSERT INTO "groundrule_layout" VALUES(1,3);' in dump(before)
    assert f"INSERT INTO \"{REVISION_TABLE}\" VALUES('{newest_revision()}');" in dump(before)


def test_the_feedback_of_layout_2_stays(file: Path, postgres_url: str, clock: Clock) -> None:
    make_old(file, "2")
    make_old_on(postgres_url, "2")
    for address in (file, postgres_url):
        with closing(StoredFeedback(address, now=clock)) as store:
            (one,) = store.entries()
            assert (one.session, one.kind, one.comment) == ("plan", "down", "it's; wrong")
            assert one.turns == ("first?", "second? \u2192 \U0001f600")


SHAPES = {
    "sqlite": ("SELECT type, name, sql FROM sqlite_schema ORDER BY name",),
    "postgresql": (
        """SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
           FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, column_name""",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexdef",
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    ),
}


def shape(connection: Connection) -> list[tuple[Any, ...]]:
    """All that a database itself says of its tables."""
    # SQLite keeps the words by which a table was made; a column added later stands behind a blank, not in a line.
    rows = [
        tuple(re.sub(r"\s+", " ", cell) if isinstance(cell, str) else cell for cell in row)
        for one in SHAPES[connection.dialect.name]
        for row in connection.execute(text(one))
    ]
    return [row for row in rows if REVISION_TABLE not in str(row)]


def shape_of(address: Path | str) -> list[tuple[Any, ...]]:
    """The shape of a database, and that it is what the tables say."""
    with closing(Database(address)) as database:
        database.run(lambda _: None)
    with connected(address) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": REVISION_TABLE})
        assert compare_metadata(context, METADATA) == []
        return shape(connection)


def test_the_revisions_lead_to_what_the_tables_say(new: Path | str) -> None:
    with connected(new) as connection:
        METADATA.create_all(connection)
        expected = shape(connection)
        METADATA.drop_all(connection)
        connection.commit()
    assert len(expected) > 10
    assert shape_of(new) == expected


def test_an_old_database_comes_to_be_what_a_new_one_is(old: Path | str, tmp_path: Path, postgres: Any) -> None:
    if isinstance(old, Path):
        assert shape_of(old) == shape_of(tmp_path / "new.sqlite3")
    else:
        with postgres.database() as new:
            assert shape_of(old) == shape_of(new)


def test_a_difference_from_the_tables_would_be_seen(new: Path | str) -> None:
    shape_of(new)
    with connected(new) as connection:
        connection.execute(text("DROP INDEX ix_feedback_at"))
        connection.execute(text("ALTER TABLE exchanges ADD COLUMN more TEXT"))
        connection.commit()
    with pytest.raises(AssertionError, match="Left contains 2 more items, first extra item: .'remove_column'"):
        shape_of(new)


def test_each_revision_is_named_by_its_number_and_follows_the_one_before() -> None:
    followed: str | None = None
    for name in REVISIONS:
        module = importlib.import_module(f"{migrations.__name__}.{name}")
        assert (name[1:5], module.down_revision) == (module.revision, followed)
        followed = module.revision
    assert newest_revision() == followed


def test_every_table_is_forgotten_or_holds_nothing_of_anybody() -> None:
    """Who adds a table decides: name it in `HOLDINGS`, hang it on one that is, or list it here with the reason."""
    held = {one.table for one in HOLDINGS}
    held |= {
        table
        for table in METADATA.sorted_tables
        if any(key.column.table in held and key.ondelete == "CASCADE" for key in table.foreign_keys)
    }
    holds_nothing = {LAYOUT}  # a number
    assert held | holds_nothing == set(METADATA.sorted_tables)


def test_many_may_lead_a_database_at_once(old: Path | str, clock: Clock) -> None:
    def vote(number: int) -> None:
        with closing(StoredFeedback(old, now=clock)) as store:
            store.add("up", f"{number}", ["q"], exchange(f"{number}").answer)

    together(vote)
    assert is_of_layout(old, "3")
    with closing(StoredFeedback(old, now=clock)) as store:
        assert [one.kind for one in store.entries()].count("up") == MANY


def test_many_may_make_a_database_at_once(new: Path | str, clock: Clock) -> None:
    def remember(number: int) -> None:
        with closing(StoredConversations(new, now=clock)) as talks:
            talks.remember("shared", FULL, exchange(f"{number}"))

    together(remember)
    with closing(StoredConversations(new, now=clock)) as talks:
        assert len(talks.history("shared")) == MANY


_KILLED = """
import os, sys
from pathlib import Path
from sqlalchemy import Engine, event
import bot.storage.migrate
from bot.storage.database import Database
from tests.bot.test_migrations import is_of_layout

backend, place, version = sys.argv[1:]
address = Path(place) if backend == "sqlite" else place
left = 0

def count(*_):
    global left
    left -= 1
    if left < 0:
        os._exit(9)

for kind in ("before_cursor_execute", "commit"):
    event.listen(Engine, kind, count)
for number in range(10_000):
    child = os.fork()
    if not child:
        left = number
        Database(address).run(lambda _: None)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = 10_000
    assert is_of_layout(address, version, "3"), number
    if is_of_layout(address, "3"):
        break
print(number, code)
"""


@pytest.mark.parametrize("old", ["sqlite-1", "postgresql-1"], indirect=True)
def test_who_leads_a_database_may_be_killed_at_any_statement(
    old: Path | str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Before each statement, and before the last word: then the database is as it was, or as it is to be."""
    backend, version = request.node.callspec.params["old"].split("-")
    told = tmp_path / "told"
    leading = begin_code(_KILLED, backend, str(old), version, stdout=str(told))
    leading.join(600)
    assert leading.exitcode == 0
    killed, code = map(int, told.read_text().split())
    assert killed > 10
    # It was done before the first call that nothing kills.
    assert code in (0, 9)


@pytest.mark.parametrize("pragma", ["PRAGMA query_only=ON", "PRAGMA max_page_count=8"])
def test_a_file_that_cannot_be_led_here_stays_as_it_is(
    before: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, pragma: str
) -> None:
    was = dump(before)
    with monkeypatch.context() as patched, closing(StoredConversations(before, now=clock)) as talks:
        patched.setattr(sqlite_file, "_PRAGMAS", (*sqlite_file._PRAGMAS, pragma))
        with pytest.raises(ConversationError, match="readonly|full"):
            talks.last("plan")
    assert dump(before) == was
    assert not list(before.parent.glob("*damaged*"))
    with closing(StoredConversations(before, now=clock)) as talks:
        assert talks.last("plan") == FULL


def test_answers_go_on_while_an_old_file_is_held(before: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_SECONDS", 0.05)
    told: list[str] = []
    with closing(SafeConversations(StoredConversations(before, now=clock), Limits(), told.append)) as talks:
        with closing(sqlite3.connect(before, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert talks.last("plan") == Turn()
            talks.remember("plan", FULL, exchange("third?"))
            assert len(told) == 1
        talks.remember("plan", FULL, exchange("fourth?"))
        assert [one.question for one in talks.history("plan")] == [
            "first?",
            "second? \u2192 \U0001f600",
            "third?",
            "fourth?",
        ]


_NEXT = '''
"""Makes a table anew that another one refers to, and adds a table."""

from sqlalchemy import Column, Integer, Text

revision = "8888"
down_revision = "{newest}"

def upgrade(op):
    """Changes a column, and adds another."""
    with op.batch_alter_table("conversations") as batch:
        batch.alter_column("turn", existing_type=Text, nullable=True)
        batch.add_column(Column("more", Integer))
'''


@pytest.fixture
def next_release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A release with one revision more."""
    folder = tmp_path / "revisions"
    shutil.copytree(layout._FOLDER, folder)
    (folder / "r8888_next.py").write_text(_NEXT.format(newest=newest_revision()).strip())
    monkeypatch.setattr(layout, "_FOLDER", folder)


def test_a_table_made_anew_keeps_its_rows_and_those_that_refer_to_it(
    old: Path | str, clock: Clock, next_release: None
) -> None:
    with closing(StoredConversations(old, now=clock)) as talks:
        assert talks.history("plan") == [exchange("first?", 3), exchange("second? \u2192 \U0001f600")]
        columns = talks._database.run(lambda connection: inspect(connection).get_columns("conversations"))
        assert [(one["name"], one["nullable"]) for one in columns] == [
            ("session", False),
            ("used", False),
            ("turn", True),
            ("more", True),
        ]
        # And foreign keys act again: a transcript goes with its conversation.
        assert talks.forget("plan")
        left = talks._database.run(lambda connection: connection.execute(text("SELECT * FROM exchanges")).all())
        assert left == []


def test_the_release_before_leaves_what_the_next_one_made_alone(
    new: Path | str, clock: Clock, monkeypatch: pytest.MonkeyPatch, next_release: None
) -> None:
    with closing(StoredConversations(new, now=clock)) as talks:
        talks.remember("a", FULL)
    monkeypatch.setattr(layout, "_FOLDER", Path(layout.__file__).with_name("migrations"))
    with (
        closing(StoredConversations(new, now=clock)) as talks,
        pytest.raises(ConversationError, match=rf"layout 8888, this one knows {newest_revision()}\)"),
    ):
        talks.remember("a", Turn())


_QUICK = """
import sys
from pathlib import Path
from bot.sessions.conversations import StoredConversations
from bot.sessions.session import Turn
store = StoredConversations(Path(sys.argv[1]))
store.last("a")
store.remember("a", Turn(question="q"))
print("alembic" in sys.modules, "mako" in sys.modules)
"""


def test_who_finds_nothing_to_lead_does_not_load_alembic(file: Path) -> None:
    """It takes a tenth of a second, which whoever asks one question would wait for."""
    told = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", _QUICK, str(file)], capture_output=True, text=True, timeout=600, check=True
        )
        told.append(done.stdout.strip())
    assert told == ["True True", "False False"]


def test_a_revision_is_handed_its_operations(new: Path | str) -> None:
    """Not alembic's global ones, which threads would share."""
    for name in REVISIONS:
        module = importlib.import_module(f"{migrations.__name__}.{name}")
        assert module.upgrade.__annotations__["op"] == Operations.__name__
