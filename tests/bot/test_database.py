"""The database of conversations when all is well, and when it is not."""

from __future__ import annotations

import json
import socket
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from bot.sessions.conversations import StoredConversations, stored_conversations
from bot.sessions.safe import SafeConversations
from bot.sessions.session import Limits, Turn
from bot.storage import file as sqlite_file
from bot.storage.address import DATABASE_FILE
from bot.surfaces.cli import main
from bot.surfaces.commands.forget import forget
from ingest.config import Settings, load_settings
from ingest.errors import ConversationError, SettingError
from tests.bot.clock import Clock
from tests.bot.keepers import PASSWORD as SERVER_PASSWORD
from tests.bot.test_conversations import DAY, FULL, exchange
from tests.commands import begin_code

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNHEARD = "a merger that nobody may hear of"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(file: Path, clock: Clock, said: list[str]) -> Iterator[StoredConversations]:
    with closing(StoredConversations(file, Limits(days=30), said.append, clock)) as opened:
        yield opened


def on_disk(file: Path) -> bytes:
    return b"".join(path.read_bytes() for path in file.parent.iterdir() if path.is_file())


def test_conversations_outlive_their_process_in_a_private_file(store: StoredConversations, file: Path) -> None:
    store.remember("a", FULL, exchange("a"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    store.close()
    with closing(StoredConversations(file, now=Clock())) as again:
        assert (again.last("a"), again.history("a")) == (FULL, [exchange("a")])


def test_reading_and_forgetting_make_no_file(store: StoredConversations, file: Path) -> None:
    assert (store.last("a"), store.history("a"), store.forget("a")) == (Turn(), [], False)
    assert (store.forget_all(), store.forget_older(1)) == (0, 0)
    assert not file.parent.exists()


_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from bot.sessions.conversations import StoredConversations
from bot.sessions.session import Exchange, Turn
store = StoredConversations(Path(sys.argv[1]))
for number in range(40):
    name = f"{sys.argv[2]}.{number}"
    store.remember("shared", Turn(question=name), Exchange(datetime.now(UTC), {"question": name}))
store.close()
"""


def test_two_processes_may_write_at_once(file: Path) -> None:
    """They begin together, so that both find no file, or one without tables."""
    both = [begin_code(_WRITER, str(file), name) for name in "ab"]
    for process in both:
        process.join(180)
    assert [process.exitcode for process in both] == [0, 0]
    with closing(StoredConversations(file)) as store:
        said = [one.question for one in store.history("shared")]
        assert sorted(said) == sorted(f"{name}.{number}" for name in "ab" for number in range(40))
        assert store.last("shared").question == said[-1]


@pytest.mark.parametrize("way", ["one", "all", "older", "expired"])
def test_what_is_deleted_is_nowhere_on_the_disk(
    store: StoredConversations, file: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    # As most builds of SQLite are; some overwrite by themselves.
    monkeypatch.setattr(sqlite_file, "_PRAGMAS", ("PRAGMA secure_delete=OFF", *sqlite_file._PRAGMAS))
    for number in range(10):
        store.remember("a", Turn(question=UNHEARD), exchange(f"{number}: {UNHEARD}", 5000))
    assert UNHEARD.encode() in on_disk(file)
    clock.seconds += 31 * DAY
    if way == "one":
        store.forget("a")
    elif way == "all":
        store.forget_all()
        # Ten exchanges' worth of zeros is not what is left: the space is given back.
        store.close()
        assert file.stat().st_size < 110_000
    elif way == "older":
        store.forget_older(30)
    else:
        store.remember("b", Turn(question="harmless"))
    assert UNHEARD.encode() not in on_disk(file)
    store.close()
    assert UNHEARD.encode() not in on_disk(file)


def test_a_log_that_is_being_read_is_told(
    store: StoredConversations, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_SECONDS", 0.05)
    store.remember("a", Turn(question=UNHEARD))
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM conversations").fetchall()
        with pytest.raises(ConversationError, match="may still stand in its log.*Delete again"):
            store.forget("a")
    assert not store.forget("a")
    assert UNHEARD.encode() not in on_disk(file)


@pytest.mark.parametrize("damage", [b"this is no database " * 400, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(
    store: StoredConversations, file: Path, said: list[str], damage: bytes
) -> None:
    file.parent.mkdir()
    file.write_bytes(damage)
    assert store.last("a") == Turn()
    store.remember("a", FULL)
    assert store.last("a") == FULL
    (kept,) = store.set_aside
    assert kept.read_bytes() == damage
    assert len(said) == 1
    assert str(kept) in said[0]
    store.forget_all()
    assert store.set_aside == []


def test_damage_in_the_middle_of_a_conversation_is_survived(
    store: StoredConversations, file: Path, said: list[str]
) -> None:
    for number in range(30):
        store.remember(f"s{number}", FULL, exchange("a", 2000))
    store.close()
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\x5a" * (len(whole) - 4096))
    store.remember("a", FULL)
    assert store.last("a") == FULL
    assert len(said) == len(store.set_aside) == 1


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE groundrule_revision SET version_num = '9999'",
            r"another release.*layout 9999, this one knows \d{4}\)",
        ),
        # What a way back of a later release might leave.
        ("DROP TABLE groundrule_revision", r"another release.*layout version 3, this one knows"),
    ],
)
def test_a_newer_layout_is_left_alone(store: StoredConversations, file: Path, statement: str, words: str) -> None:
    store.remember("a", FULL)
    store.close()
    with closing(sqlite3.connect(file)) as newer, newer:
        newer.execute(statement)
    before = file.read_bytes()
    for act in (lambda: store.last("a"), lambda: store.remember("a", Turn()), lambda: store.forget("a")):
        with pytest.raises(ConversationError, match=words):
            act()
    assert file.read_bytes() == before
    assert store.set_aside == []


@pytest.mark.parametrize(
    ("pragma", "words"),
    [("PRAGMA query_only=ON", "readonly"), ("PRAGMA max_page_count=12", "full")],
    ids=["read-only", "disk full"],
)
def test_a_place_that_cannot_be_written_is_a_clear_error_and_loses_nothing(
    store: StoredConversations, file: Path, monkeypatch: pytest.MonkeyPatch, pragma: str, words: str
) -> None:
    store.remember("a", FULL, exchange("kept"))
    store.close()
    monkeypatch.setattr(sqlite_file, "_PRAGMAS", (*sqlite_file._PRAGMAS, pragma))
    with pytest.raises(ConversationError, match=words) as error:
        store.remember("a", Turn(), exchange(UNHEARD, 100_000))
    assert UNHEARD not in str(error.value)
    assert (store.last("a"), store.history("a")) == (FULL, [exchange("kept")])
    assert store.set_aside == []


def test_a_locked_file_is_a_clear_error(
    store: StoredConversations, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_SECONDS", 0.05)
    store.remember("a", FULL)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConversationError, match="locked"):
            store.remember("a", Turn())
        assert store.last("a") == FULL  # readers do not wait
    store.remember("a", Turn(question="later"))
    assert store.last("a").question == "later"


def test_a_folder_in_place_of_the_file_is_a_clear_error(store: StoredConversations, file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(ConversationError, match="unable to open"):
        store.last("a")


def test_a_file_that_is_removed_under_us_is_made_anew(store: StoredConversations, file: Path) -> None:
    store.remember("a", FULL)
    for path in file.parent.iterdir():
        path.unlink()
    assert store.last("a") == Turn()
    store.remember("a", FULL)
    store.close()
    assert store.last("a") == FULL


PASSWORD = "hunter2-x"  # noqa: S105


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nonsense", "is no database address"),
        ("", "is no database address"),
        (f"postgresql://me:{PASSWORD}@host:port/db", "is no database address"),
        (f"mysql://me:{PASSWORD}@host/db", "'mysql' database, which is not supported"),
        (f"postgresql+asyncpg://me:{PASSWORD}@host/db", "not supported"),
        ("sqlite://", "names no SQLite file"),
        ("sqlite:///:memory:", "names no SQLite file"),
        ("sqlite:///file:x?uri=true", "names no SQLite file"),
    ],
)
def test_a_wrong_address_is_a_setting_error_that_tells_no_password(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str, words: str
) -> None:
    monkeypatch.setenv("GROUNDRULE_DATABASE_URL", address)
    with pytest.raises(SettingError, match=words) as error:
        stored_conversations(load_settings())
    assert PASSWORD not in str(error.value)
    with pytest.raises(SystemExit) as end:
        main(["ask", "--session", "a", "What is a factory?"])
    assert end.value.code == 2
    told = capsys.readouterr().err
    assert words in told
    assert PASSWORD not in told
    assert not home.exists()


def test_the_password_is_in_no_setting_that_is_shown() -> None:
    settings = Settings.model_validate({"home": "/h", "database_url": f"postgresql://me:{PASSWORD}@h/d"})
    assert PASSWORD not in repr(settings) + str(settings.model_dump())


def test_a_server_that_is_not_there_is_a_clear_error_without_user_and_password() -> None:
    pytest.importorskip("psycopg")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"postgresql://me-myself:{PASSWORD}@127.0.0.1:{free.getsockname()[1]}/talks"
        with closing(StoredConversations(address)) as store:
            with pytest.raises(
                ConversationError, match=r"postgresql://127\.0\.0\.1/talks cannot be used: .*refused"
            ) as error:
                store.last("a")
            assert PASSWORD not in str(error.value)
            assert "me-myself" not in str(error.value)


def test_a_server_tells_no_password_when_it_refuses(postgres_url: str) -> None:
    with (
        closing(StoredConversations(postgres_url.replace(SERVER_PASSWORD, PASSWORD))) as store,
        pytest.raises(ConversationError, match="cannot be used: .*authentication failed") as error,
    ):
        store.remember("a", FULL)
    assert PASSWORD not in str(error.value)


def test_answers_go_on_from_memory_while_the_store_fails(
    store: StoredConversations, file: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_SECONDS", 0.05)
    safe = SafeConversations(store, Limits(), said.append)
    safe.remember("a", Turn(question="1"), exchange("1"))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in "23":
            safe.remember("a", Turn(question=number), exchange(number))
            assert safe.last("a").question == number
        assert store.last("a").question == "1"
        assert len(said) == 1
        assert said[0].startswith("Warning: the conversations in")
        with pytest.raises(ConversationError):
            safe.forget("b")
    safe.remember("a", Turn(question="4"), exchange("4"))
    assert store.last("a").question == "4"
    assert [one.question for one in store.history("a")] == ["1", "2", "3", "4"]
    assert safe.history("a") == store.history("a")
    assert len(said) == 1


@pytest.mark.parametrize(("drop", "left", "last"), [(1, "12", "2"), (2, "1", "1"), (3, "", ""), (9, "", "")])
@pytest.mark.parametrize("later", [False, True], ids=["at once", "once all is stored"])
def test_what_was_said_while_the_store_failed_can_be_taken_back(
    store: StoredConversations,
    file: Path,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    drop: int,
    left: str,
    last: str,
    later: bool,
) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_SECONDS", 0.05)
    safe = SafeConversations(store, Limits(), said.append)
    safe.remember("a", Turn(question="1"), exchange("1"))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in "23":
            safe.remember("a", Turn(question=number), exchange(number))
        with pytest.raises(ConversationError):
            safe.rewind("a", 3)
        assert safe.last("a").question == "3"
        assert len(safe.history("a")) == 3
    if later:
        safe.remember("a", Turn(question="4"), exchange("4"))
        assert safe.rewind("a", 1) == 1
    assert safe.rewind("a", drop) == min(drop, 3)
    assert "".join(one.question for one in safe.history("a")) == left
    assert safe.last("a").question == last
    safe.remember("a", Turn(question="5"), exchange("5"))
    assert "".join(one.question for one in store.history("a")) == left + "5"
    assert safe.rewind("a", 1) == 1
    assert store.last("a").question == last


def test_what_is_taken_back_is_nowhere_on_the_disk(
    store: StoredConversations, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_PRAGMAS", ("PRAGMA secure_delete=OFF", *sqlite_file._PRAGMAS))
    store.remember("a", FULL, exchange("harmless"))
    store.remember("a", Turn(question=UNHEARD * 50), exchange(UNHEARD * 50))
    assert UNHEARD.encode() in on_disk(file)
    assert store.rewind("a", 1) == 1
    assert UNHEARD.encode() not in on_disk(file)


@pytest.fixture
def stored(home: Path) -> Iterator[StoredConversations]:
    with closing(stored_conversations(Settings(home=home))) as store:
        for session in ("a", "b", "c"):
            store.remember(session, FULL, exchange(session))
        yield store


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(forget, arguments, input=answer, catch_exceptions=True)
    return done.exit_code, done.stdout


def test_the_command_forgets_one_conversation(stored: StoredConversations) -> None:
    assert run("a") == (0, "Forgotten: a\n")
    assert run("a") == (0, "Nothing is stored of 'a'.\n")
    assert [bool(stored.history(session)) for session in "abc"] == [False, True, True]


def test_the_command_forgets_all_only_when_told_twice(stored: StoredConversations) -> None:
    assert run("--all", answer="n\n")[0] == 1
    assert run("--all")[0] == 1
    assert stored.last("a") == FULL
    assert run("--all", answer="y\n") == (0, "Forgotten: 3 conversations\n")
    assert stored.last("a") == Turn()
    assert run("--all", "--yes") == (0, "Forgotten: 0 conversations\n")


def test_the_command_forgets_by_age(stored: StoredConversations) -> None:
    assert run("--older-than", "1") == (0, "Forgotten: 0 conversations\n")
    assert run("--older-than", "0") == (0, "Forgotten: 3 conversations\n")


def test_the_command_names_files_that_were_set_aside(home: Path) -> None:
    home.mkdir()
    (home / DATABASE_FILE).write_bytes(b"no database " * 1000)
    done = CliRunner().invoke(forget, ["a"])
    assert done.stdout == "Nothing is stored of 'a'.\n"
    assert "may still hold conversations" in done.stderr
    assert run("--all", "--yes")[0] == 0
    assert not list(home.glob("*damaged*"))


@pytest.mark.parametrize("arguments", [[], ["a", "--all"], ["--all", "--older-than", "3"], ["a", "--older-than", "3"]])
def test_the_command_wants_one_thing(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    done = CliRunner().invoke(forget, arguments)
    assert "say what to forget" in str(done.exception)


def test_a_stored_row_that_is_no_turn_is_no_turn(store: StoredConversations, file: Path) -> None:
    store.remember("a", FULL, exchange("1"))
    store.remember("a", FULL, exchange("2"))
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("UPDATE conversations SET turn = '{\"version\": 99}'")
        other.execute("UPDATE exchanges SET answer = ? WHERE answer LIKE '%\"1\"%'", ("[" * 100_000,))
    assert store.last("a") == Turn()
    assert [one.question for one in store.history("a")] == ["2"]


def test_a_transcript_is_plain_json_in_the_table(store: StoredConversations, file: Path) -> None:
    """So that a user can read what is kept of them with any SQLite tool."""
    store.remember("a", FULL, exchange("1"))
    with closing(sqlite3.connect(file)) as other:
        (text,) = other.execute("SELECT answer FROM exchanges").fetchone()
    assert json.loads(text) == exchange("1").answer
