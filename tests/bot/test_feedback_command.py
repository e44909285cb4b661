"""`groundrule feedback`: a table for people, lines for programs, and a file that is there whole or not at all."""

from __future__ import annotations

import json
import stat
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from bot.sessions.feedback_store import StoredFeedback
from bot.storage.address import DATABASE_FILE
from bot.surfaces.commands import feedback as command
from bot.surfaces.commands.feedback import feedback
from ingest.errors import StoreError, UsageError
from tests.bot.clock import Clock
from tests.bot.test_conversations import DAY
from tests.bot.test_feedback import answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

BEGAN = "2027-01-15"


@pytest.fixture
def store(home: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoredFeedback]:
    """Three pieces of feedback, a day apart."""
    monkeypatch.setattr("time.time", clock)
    with closing(StoredFeedback(home / DATABASE_FILE, now=clock)) as opened:
        cited = [{"number": 1, "source_id": "s", "quote": "é"}]
        opened.add("up", "a", ["first?"], answer(citations=cited), "fine")
        clock.seconds += DAY
        opened.add("down", "a", ["first?", "and that?"], answer("No."), "[bold]no[/bold] \x1b[2J\u202e\nreally")
        clock.seconds += DAY
        opened.add("refused", "b", ["What does it cost?"], answer("Not known.", "b"))
        yield opened


def run(home: Path, *arguments: str) -> Result:
    done = CliRunner().invoke(feedback, [*arguments, "--home", str(home)], env={"COLUMNS": "120"})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def kinds(text: str) -> list[str]:
    return [json.loads(line)["kind"] for line in text.splitlines()]


def test_the_list_is_a_table_with_the_newest_first(store: StoredFeedback, home: Path) -> None:
    lines = run(home, "list").stdout.splitlines()
    assert [word in lines[1] for word in ("When (UTC)", "Kind", "Question", "Comment")] == [True] * 4
    told = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if line.startswith("│")]
    assert told == [
        [f"{BEGAN[:-2]}17 08:00", "refused", "What does it cost?", ""],
        # What users write is neither markup nor an order to the terminal.
        [f"{BEGAN[:-2]}16 08:00", "down", "and that?", "[bold]no[/bold] [2J really"],
        [f"{BEGAN} 08:00", "up", "first?", "fine"],
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ["refused", "down", "up"]),
        (["--kind", "up"], ["up"]),
        (["--kind", "up", "--kind", "down"], ["down", "up"]),
        (["--since", "2027-01-16"], ["refused", "down"]),
        (["--since", "2027-01-16T08:30"], ["refused"]),
        (["--limit", "2"], ["refused", "down"]),
        (["--kind", "up", "--since", "2027-01-17"], []),
    ],
)
def test_feedback_is_chosen(store: StoredFeedback, home: Path, options: list[str], expected: list[str]) -> None:
    listed = json.loads(run(home, "list", "--json", *options).stdout)
    assert [one["kind"] for one in listed] == expected
    if "--limit" not in options:
        done = run(home, "export", *options)
        assert kinds(done.stdout) == expected[::-1]
        assert ("No feedback is stored that you ask for." in done.stderr) == (not expected)


def test_programs_get_what_a_list_shows(store: StoredFeedback, home: Path) -> None:
    (one,) = json.loads(run(home, "list", "--json", "--kind", "up").stdout)
    at = one.pop("at")
    assert at.startswith(f"{BEGAN}T08:00:00")
    assert at.endswith("+00:00")
    assert one == {"id": 1, "kind": "up", "session": "a", "question": "first?", "comment": "fine", "drafted": False}


def test_what_the_list_leaves_out_is_counted(store: StoredFeedback, home: Path) -> None:
    assert run(home, "list", "--limit", "1").stdout.endswith("2 older; --limit shows more.\n")
    assert "older" not in run(home, "list", "--limit", "3").stdout


def test_an_empty_store_says_so(home: Path) -> None:
    assert run(home, "list").stdout == "No feedback is stored.\n"
    assert run(home, "list", "--json").stdout == "[]\n"
    out = home.parent / "feedback.jsonl"
    done = run(home, "export", "--out", str(out))
    assert (done.stdout, done.stderr) == ("", "No feedback is stored.\n")
    assert not out.exists()
    assert not home.exists()


def test_none_of_these_is_not_nothing(store: StoredFeedback, home: Path) -> None:
    assert run(home, "list", "--since", "2030-01-01").stdout == "No feedback is stored that you ask for.\n"


def test_an_export_holds_everything(store: StoredFeedback, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "feedback.jsonl"
    done = run(home, "export", "--out", str(out))
    assert (done.stdout, done.stderr) == ("", f"Written to {out}: 3 pieces of feedback.\n")
    first, second, _ = (json.loads(line) for line in out.read_text(encoding="utf-8").splitlines())
    (one, two, _) = store.entries()
    assert first["answer"] == one.answer
    assert first["answer"]["citations"] == [{"number": 1, "source_id": "s", "quote": "é"}]
    # Whole, as it came: what reads it is no terminal.
    assert (second["turns"], second["comment"]) == (["first?", "and that?"], two.comment)
    assert "\u202e" in second["comment"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert out.read_text(encoding="utf-8") == run(home, "export").stdout


def test_a_file_is_written_over_only_when_told(store: StoredFeedback, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "feedback.jsonl"
    out.write_text("mine")
    with pytest.raises(UsageError, match="is there already and is not overwritten"):
        run(home, "export", "--out", str(out))
    assert out.read_text() == "mine"
    assert "1 piece of" in run(home, "export", "--out", str(out), "--force", "--kind", "up").stderr
    assert kinds(out.read_text()) == ["up"]


def test_what_fails_half_way_leaves_what_was_there(
    store: StoredFeedback, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, seen = command._whole, []

    def fail(one: Any) -> dict[str, Any]:
        seen.append(one)
        if len(seen) == 2:
            raise OSError(28, "No space left on device")
        return whole(one)

    out = tmp_path / "feedback.jsonl"
    out.write_text("mine")
    monkeypatch.setattr(command, "_whole", fail)
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        run(home, "export", "--out", str(out), "--force")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["feedback.jsonl"]
    assert out.read_text() == "mine"
    with pytest.raises(StoreError, match="cannot be written"):
        run(home, "export", "--out", str(tmp_path / "nowhere" / "f.jsonl"))


def test_pages_are_put_together(store: StoredFeedback, clock: Clock) -> None:
    for number in range(4):
        store.add("up", f"{number}", ["q"], answer(str(number)))
    for page in (1, 2, 7, 100):
        assert list(store.each(page=page)) == store.entries()
    assert [one.kind for one in store.each(("down", "refused"), page=1)] == ["down", "refused"]
    assert (store.count(), store.count(["up"]), store.count([])) == (7, 5, 0)
    clock.seconds += 29 * DAY
    # What has expired is gone.
    assert store.count() == len(list(store.each())) == 5
