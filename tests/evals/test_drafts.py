"""From feedback to draft cases, and from those that a person finished to cases."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from bot.sessions.feedback import Feedback, FeedbackKind
from bot.sessions.feedback_store import StoredFeedback
from bot.storage import file as sqlite_file
from bot.storage.address import DATABASE_FILE
from evals.cases import load_cases
from evals.drafting import accept, draft
from evals.drafts import accept_drafts, append_drafts, drafts_of
from ingest.errors import ConversationError, DocumentError, PathError, StoreError, UsageError
from ingest.index import folders

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
FINISHED = {
    "id": "fb-1",
    "kind": "factual",
    "turns": ["first?", "and that?"],
    "expect": "answer",
    "nuggets": [{"text": "seven", "regex": r"seven|\b7\b", "vital": True}],
    "forbidden": [],
    "gold_sources": ["s"],
    "why": "The source counts seven.",
}
DRAFT_ONLY = {"given": "Six [1].", "comment": "it is seven"}


def said(how: FeedbackKind = "down", comment: str = "", number: int = 1, **answer: Any) -> Feedback:
    given = {"question": "q", "kind": "fact", "answer": "Six [1].", "citations": [], **answer}
    return Feedback(number, AT, "a", how, comment, ("first?", "and that?"), given)


def fields(*feedback: Feedback) -> dict[str, Any]:
    (one,) = drafts_of(feedback)
    return dict(one.fields)


def lines(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8-sig").splitlines()]


def write(file: Path, *objects: object) -> Path:
    file.write_text("".join(json.dumps(one) + "\n" for one in objects), encoding="utf-8")
    return file


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    return tmp_path / "drafts.jsonl"


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    return tmp_path / "cases.jsonl"


def test_a_draft_holds_what_can_be_known_and_leaves_the_rest() -> None:
    cited = [{"source_id": "b"}, {"source_id": "a"}, {"source_id": "b"}]
    one = said(comment="it is seven → 7", citations=cited)
    assert fields(one) == {
        "id": f"fb-20260504-030201-{one.exchange[:12]}",
        "draft": True,
        "kind": "factual",
        "turns": ["first?", "and that?"],
        "expect": "answer",
        "nuggets": [],
        "forbidden": [],
        "gold_sources": ["b", "a"],
        "why": "",
        "given": "Six [1].",
        "comment": "it is seven → 7",
    }


@pytest.mark.parametrize(
    ("kind", "guessed", "expected"),
    [
        ("recommendation", "recommend", "recommend"),
        ("comparison", "compare", "answer"),
        ("pros_cons", "pros_cons", "answer"),
        ("fact", "factual", "answer"),
        ("clarification", "clarify", "clarify"),
        ("smalltalk", "smalltalk", "answer"),
        ("refusal", "factual", "answer"),
        ("a kind of later", "factual", "answer"),
    ],
)
def test_what_was_voted_down_is_guessed_by_the_kind_of_its_answer(kind: str, guessed: str, expected: str) -> None:
    one = fields(said("down", kind=kind))
    assert (one["kind"], one["expect"]) == (guessed, expected)
    assert ("best_models" in one) == (expected == "recommend")


def test_what_was_refused_is_taken_for_unanswerable_until_somebody_objects() -> None:
    refused, down = said("refused", kind="refusal"), said("down", "it is in there", 2, kind="refusal")
    alone = fields(refused)
    assert (alone["kind"], alone["expect"], alone["comment"]) == ("unanswerable", "refuse", "")
    (both,) = drafts_of([refused, down])
    assert both.said == (1, 2)
    assert both.fields["id"] == alone["id"]
    assert (both.fields["kind"], both.fields["expect"]) == ("factual", "answer")
    assert both.fields["comment"] == "it is in there"


def test_drafts_are_added_and_none_twice(drafts: Path) -> None:
    three = drafts_of([said(number=n, answer=f"{n}") for n in (1, 2, 3)])
    first = append_drafts(drafts, three[:1])
    assert (first.new, first.known) == (tuple(three[:1]), ())
    assert stat.S_IMODE(drafts.stat().st_mode) == 0o600
    # A person edited it, with an editor that writes no last line's end.
    mine = '\ufeff{"id": "' + three[0].fields["id"] + '", "why":  "mine", "given": ""}'
    drafts.write_text(mine, encoding="utf-8")
    drafts.chmod(0o644)
    again = append_drafts(drafts, three, 1)
    assert (again.new, again.known) == ((three[1],), (three[0],))
    assert drafts.read_text(encoding="utf-8").startswith(mine + "\n{")
    assert lines(drafts)[1:] == [three[1].fields]
    assert stat.S_IMODE(drafts.stat().st_mode) == 0o644
    before = drafts.read_bytes()
    assert append_drafts(drafts, three[:2]).new == ()
    assert drafts.read_bytes() == before
    assert [path.name for path in drafts.parent.iterdir()] == [drafts.name]


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        ('{"draft": true, "id": "a"}\n{"id": \n', DocumentError, "line 2 is no JSON object.*one draft a line"),
        ("[]\n", DocumentError, "line 1 is no JSON object"),
        (json.dumps(FINISHED) + "\n", UsageError, "holds cases, and drafts do not go among them"),
    ],
)
def test_a_file_of_something_else_is_left_alone(drafts: Path, content: str, error: type[Exception], words: str) -> None:
    drafts.write_text(content)
    with pytest.raises(error, match=words):
        append_drafts(drafts, drafts_of([said()]))
    assert drafts.read_text() == content


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere.*cannot be written: No such file"):
        append_drafts(tmp_path / "nowhere" / "d.jsonl", drafts_of([said()]))
    with pytest.raises(StoreError, match="cannot be read: Is a directory"):
        append_drafts(tmp_path, drafts_of([said()]))
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(drafts: Path, tmp_path: Path) -> None:
    target = write(tmp_path / "target.jsonl", {"draft": True, "id": "a"})
    drafts.symlink_to(target)
    append_drafts(drafts, drafts_of([said()]))
    assert drafts.is_symlink()
    assert len(lines(target)) == 2


def test_a_finished_draft_becomes_a_case_and_the_others_stay_as_they_are(drafts: Path, cases: Path) -> None:
    cases.write_text(json.dumps({**FINISHED, "id": "old"}), encoding="utf-8")  # without a last line's end
    cases.chmod(0o664)
    finished = {"mine": "zwölf", **FINISHED, **DRAFT_ONLY}
    unfinished = '{"id":"fb-2",  "draft": true, "kind": "factual", "turns": ["q"], "expect": "answer"}\r'
    drafts.write_text(
        unfinished
        + "\n"
        + json.dumps(finished)
        + "\n\n"
        + json.dumps({**FINISHED, **DRAFT_ONLY, "id": "fb-3", "draft": False})
        + "\nnot finished",
        encoding="utf-8",
        newline="",
    )
    taken = accept_drafts(drafts, cases)
    assert taken.accepted == ("fb-1", "fb-3")
    assert [where for where, _ in taken.missing] == [f"{drafts}, line 1 (fb-2)", f"{drafts}, line 5"]
    assert drafts.read_bytes().decode() == unfinished + "\n\nnot finished"
    assert lines(cases) == [{**FINISHED, "id": "old"}, {"mine": "zwölf", **FINISHED}, {**FINISHED, "id": "fb-3"}]
    assert "zwölf" in cases.read_text(encoding="utf-8")
    assert [case.id for case in load_cases([cases])] == ["old", "fb-1", "fb-3"]
    assert stat.S_IMODE(cases.stat().st_mode) == 0o664
    assert sorted(path.name for path in cases.parent.iterdir()) == ["cases.jsonl", "drafts.jsonl"]


VITAL = "`nuggets` has no vital one"
WHY = "`why` is empty"


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"draft": True}, ["`draft` is still set"]),
        ({"draft": "no"}, ["`draft` is still set"]),
        ({"draft": None}, ["`draft` is still set"]),
        ({"why": " \n"}, [WHY]),
        ({"nuggets": []}, [VITAL]),
        ({"nuggets": [{"text": "t", "regex": "x"}]}, [VITAL]),
        ({"nuggets": [], "why": "", "draft": True}, ["`draft` is still set", VITAL, WHY]),
        ({"nuggets": [{"text": "t", "regex": "(", "vital": True}]}, ["nuggets.0.regex: .*no regular expression"]),
        ({"nuggets": [{"text": "t", "regex": "a*", "vital": True}]}, ["the regex 'a\\*' matches whatever is said"]),
        ({"nuggets": [{"regex": "x", "vital": True}]}, ["nuggets.0.text: Field required"]),
        ({"expect": "guess"}, ["expect: Input should be"]),
        ({"turns": [], "kind": 3}, ["kind: ", "turns: "]),
        ({"forbidden": ["["]}, ["forbidden: .*no regular expression"]),
        ({"id": ""}, ["id: "]),
        ({"expect": "recommend"}, ["`best_models` is empty"]),
    ],
)
def test_what_a_draft_lacks_is_said(drafts: Path, cases: Path, change: dict[str, Any], faults: list[str]) -> None:
    write(drafts, {**FINISHED, **change})
    before = drafts.read_bytes()
    taken = accept_drafts(drafts, cases)
    ((_, found),) = taken.missing
    assert len(found) == len(faults)
    for told, wanted in zip(found, faults, strict=True):
        assert_matches(wanted, told)
    assert taken.accepted == ()
    assert taken.broken == ("draft" not in change)
    assert drafts.read_bytes() == before
    assert not cases.exists()


def assert_matches(pattern: str, text: str) -> None:
    with pytest.raises(ValueError, match=pattern):
        raise ValueError(text)


@pytest.mark.parametrize(
    "change",
    [
        {"expect": "refuse", "nuggets": []},
        {"expect": "clarify", "nuggets": []},
        {"expect": "recommend", "nuggets": [], "best_models": ["any"]},
    ],
)
def test_only_an_answer_needs_nuggets(drafts: Path, cases: Path, change: dict[str, Any]) -> None:
    write(drafts, {**FINISHED, **change})
    assert accept_drafts(drafts, cases).accepted == ("fb-1",)


@pytest.mark.parametrize("where", ["cases", "drafts"])
def test_an_id_that_is_taken_is_an_error_and_nothing_is_lost(drafts: Path, cases: Path, where: str) -> None:
    other = {**FINISHED, "why": "Another one."}
    fine = {**FINISHED, "id": "fb-0"}
    write(cases, *([other] if where == "cases" else []))
    write(drafts, fine, FINISHED, *([other] if where == "drafts" else []))
    before = (cases.read_bytes(), drafts.read_bytes())
    line = 2 if where == "cases" else 3
    with pytest.raises(DocumentError, match=rf"line {line} \(fb-1\): .*another case of that id.*nothing was changed"):
        accept_drafts(drafts, cases)
    assert (cases.read_bytes(), drafts.read_bytes()) == before


def test_drafts_that_were_taken_over_before_the_power_failed_are_only_taken_out(drafts: Path, cases: Path) -> None:
    write(cases, FINISHED)
    write(drafts, {**FINISHED, **DRAFT_ONLY})
    before = cases.read_bytes()
    assert accept_drafts(drafts, cases).accepted == ("fb-1",)
    assert (cases.read_bytes(), drafts.read_bytes()) == (before, b"")


def test_files_that_cannot_be_what_they_are_said_to_be_are_clear_errors(
    drafts: Path, cases: Path, tmp_path: Path
) -> None:
    with pytest.raises(PathError, match="drafts.jsonl is no file"):
        accept_drafts(drafts, cases)
    write(drafts, FINISHED)
    with pytest.raises(UsageError, match="names the drafts themselves"):
        accept_drafts(drafts, tmp_path / "x" / ".." / "drafts.jsonl")
    with pytest.raises(StoreError, match="cannot be written"):
        accept_drafts(drafts, tmp_path / "nowhere" / "cases.jsonl")
    cases.write_text('{"id": "a"}\n')
    with pytest.raises(DocumentError, match="cases.jsonl, line 1: kind"):
        accept_drafts(drafts, cases)
    assert lines(drafts) == [FINISHED]


@pytest.mark.parametrize(("draft_key", "refused"), [(True, True), ("true", True), (False, False)])
def test_a_draft_among_the_cases_is_refused(cases: Path, draft_key: object, refused: bool) -> None:
    write(cases, {**FINISHED, "id": "whole"}, {**FINISHED, "draft": draft_key})
    if not refused:
        assert [case.id for case in load_cases([cases])] == ["whole", "fb-1"]
        assert "draft" not in load_cases([cases])[0].model_dump()
        return
    with pytest.raises(
        DocumentError, match="line 2: draft: is a draft: finish it and take it over with `groundrule eval accept`"
    ):
        load_cases([cases])


@pytest.fixture
def store(home: Path) -> Iterator[StoredFeedback]:
    with closing(StoredFeedback(home / DATABASE_FILE)) as opened:
        opened.add("refused", "a", ["q1"], {"question": "q1", "kind": "refusal", "answer": "No."})
        opened.add("up", "a", ["q2"], {"question": "q2", "kind": "fact", "answer": "Fine."})
        opened.add("down", "b", ["q3"], {"question": "q3", "kind": "fact", "answer": "Six."}, "seven")
        yield opened


def run(*arguments: object) -> str:
    done = CliRunner().invoke(draft, [str(one) for one in arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_the_command_drafts_once_and_again_when_told(store: StoredFeedback, drafts: Path) -> None:
    told = run("--out", drafts)
    assert (
        told
        == f"2 new drafts in {drafts}.\nEdit them, then run `groundrule eval accept {drafts} --into CASES.jsonl`.\n"
    )
    assert [(one["kind"], one["turns"], one["given"]) for one in lines(drafts)] == [
        ("unanswerable", ["q1"], "No."),
        ("factual", ["q3"], "Six."),
    ]
    before = drafts.read_bytes()
    assert run("--out", drafts).startswith("Nothing to draft")
    assert run("--out", drafts, "--again").startswith(f"0 new drafts in {drafts}.\n2 stood there already.\n")
    assert drafts.read_bytes() == before
    elsewhere = drafts.with_name("elsewhere.jsonl")
    assert run("--out", elsewhere, "--again", "--limit", 1).startswith(f"1 new draft in {elsewhere}.\n1 more can be")
    assert lines(elsewhere) == lines(drafts)[:1]
    store.add("down", "c", ["q4"], {"question": "q4", "kind": "fact", "answer": "Eight."})
    report = json.loads(run("--out", drafts, "--json"))
    assert report == {"file": str(drafts), "drafted": [lines(drafts)[2]["id"]], "known": 0, "waiting": 0}


def test_a_limit_leaves_the_newer_ones_for_the_next_time(store: StoredFeedback, drafts: Path) -> None:
    assert json.loads(run("--out", drafts, "--limit", 1, "--json"))["waiting"] == 1
    assert [one.kind for one in store.entries(("refused", "down"), undrafted=True)] == ["down"]
    run("--out", drafts, "--limit", 1)
    assert [one["turns"] for one in lines(drafts)] == [["q1"], ["q3"]]


def test_without_feedback_nothing_is_made(drafts: Path, home: Path) -> None:
    assert run("--out", drafts).startswith("Nothing to draft")
    assert json.loads(run("--out", drafts, "--json"))["drafted"] == []
    assert not drafts.exists()
    assert not home.exists()


def test_what_could_not_be_written_is_drafted_the_next_time(store: StoredFeedback, drafts: Path) -> None:
    write(drafts, FINISHED)
    done = CliRunner().invoke(draft, ["--out", str(drafts)])
    assert isinstance(done.exception, UsageError)
    drafts.unlink()
    run("--out", drafts)
    assert len(lines(drafts)) == 2


def test_what_could_not_be_marked_is_not_drafted_twice(
    store: StoredFeedback, drafts: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(home / DATABASE_FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = CliRunner().invoke(draft, ["--out", str(drafts)])
        assert isinstance(done.exception, ConversationError)
    assert len(lines(drafts)) == 2
    assert "2 stood there already." in run("--out", drafts)
    assert len(lines(drafts)) == 2
    assert run("--out", drafts).startswith("Nothing to draft")


def test_two_commands_at_once_lose_nothing(store: StoredFeedback, drafts: Path, home: Path) -> None:
    """Their reading and writing of the file do not mix, though each replaces it whole."""
    from evals.drafting import _alone
    from ingest.config import Settings

    made = drafts_of([said(number=n, answer=f"{n}") for n in range(40)])
    together = threading.Barrier(4)
    failed: list[Exception] = []

    def work(part: int) -> None:
        try:
            together.wait(timeout=180)
            for number in range(part, 40, 4):
                with _alone(Settings(home=home)):
                    append_drafts(drafts, [made[number]])
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert {one["id"] for one in lines(drafts)} == {one.fields["id"] for one in made}


def test_a_refusal_goes_all_the_way_to_a_case(store: StoredFeedback, drafts: Path, cases: Path) -> None:
    run("--out", drafts)
    first, second = lines(drafts)
    del first["draft"]
    write(drafts, {**first, "id": "c1", "why": "No source tells."}, {**second, "why": "unsure"})
    done = CliRunner().invoke(accept, [str(drafts), "--into", str(cases)], catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"Accepted into {cases}: 1. Left in {drafts}: 1.",
        (
            f"{drafts}, line 2 ({second['id']}): `draft` is still set: take it out once the case is finished; "
            "`nuggets` has no vital one: add a fact that a right answer holds, with `vital` true."
        ),
    ]
    (case,) = load_cases([cases])
    assert (case.id, case.turns, case.expect) == ("c1", ("q1",), "refuse")
    assert set(lines(cases)[0]) == set(FINISHED)
    assert lines(drafts) == [{**second, "why": "unsure"}]


def test_a_draft_declared_finished_that_is_not_is_status_1(drafts: Path, cases: Path, home: Path) -> None:
    write(drafts, {**FINISHED, "why": ""}, {**FINISHED, "id": "fb-2"})
    done = CliRunner().invoke(accept, [str(drafts), "--into", str(cases)])
    assert done.exit_code == 1
    assert "line 1 (fb-1): `why` is empty" in done.stdout
    assert [case.id for case in load_cases([cases])] == ["fb-2"]


def test_accepting_wants_both_files(drafts: Path) -> None:
    done = CliRunner().invoke(accept, [str(drafts)])
    assert done.exit_code == 2
    assert "--into" in done.stderr


def test_both_commands_wait_for_another(
    store: StoredFeedback, drafts: Path, cases: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "LOCK_SECONDS", 0.05)
    write(drafts, {**FINISHED, **DRAFT_ONLY})
    calls = ((draft, ["--out", str(drafts)]), (accept, [str(drafts), "--into", str(cases)]))
    with folders.writing(home / "drafts"), ThreadPoolExecutor(1) as another:
        for command, arguments in calls:
            done = another.submit(CliRunner().invoke, command, arguments).result(timeout=180)
            assert_matches("another process has been writing", str(done.exception))
    assert lines(drafts) == [{**FINISHED, **DRAFT_ONLY}]
    assert not cases.exists()
