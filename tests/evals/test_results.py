"""Results by commit, what changed between two, the gate, and the README's table."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evals import results
from evals.asking import case_key
from evals.gate import GATES, Gate, load_gates, pass_gates
from evals.metrics.catalogue import METRICS
from evals.results import RESULTS, Change, changes, code_sha256, keep, latest, load_result
from evals.summary import BY_KIND
from evals.table import BEGIN, END, replaced, table
from ingest.errors import DocumentError, PathError, StoreError
from tests.evals.made import case, evaluation, marked, nugget, recommendation, reply, result

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING = Change("then", 0, (), (), {})


# --- what changed


def test_broken_and_mended_cases() -> None:
    before = result({"a": "right", "b": "right", "c": "wrong", "d": "missing", "e": "wrong"}, right=0.4, crag=0.0)
    now = result({"a": "right", "b": "wrong", "c": "right", "d": "right", "e": "missing"}, right=0.6, crag=0.0)
    found = changes(before, now, "then")
    assert found == Change("then", 5, ("b",), ("c", "d"), {"right": (0.4, 0.6)})
    assert found.as_json() == {
        "since": "then",
        "compared": 5,
        "broken": ["b"],
        "mended": ["c", "d"],
        "figures": {"right": [0.4, 0.6]},
    }
    assert json.loads(json.dumps(found.as_json())) == found.as_json()


def test_right_to_missing_is_broken_too() -> None:
    assert changes(result({"a": "right"}), result({"a": "missing"}), "then").broken == ("a",)


def test_nothing_changed() -> None:
    same = result({"a": "right", "b": "wrong"}, right=0.5)
    assert changes(same, same, "then") == Change("then", 2, (), (), {})


def test_an_altered_case_and_a_new_one_are_not_compared() -> None:
    before, now = result({"a": "right", "b": "right"}, right=1.0), result({"c": "wrong"}, right=0.0)
    now["verdicts"]["wrong"] += [case_key(case("a", nuggets=[nugget("new")]))]
    now["verdicts"]["right"] += [case_key(case("b"))]
    # Nor are the figures: they are over other cases.
    assert changes(before, now, "then") == Change("then", 1, (), (), {})


def test_figures_that_one_of_both_lacks_are_not_compared() -> None:
    found = changes(result({"a": "right"}, right=1.0), result({"a": "right"}, crag=1.0), "then")
    assert found.figures == {}


def test_an_id_may_hold_a_colon() -> None:
    found = changes(result({"x:1": "right"}), result({"x:1": "wrong"}), "then")
    assert found.broken == ("x:1",)


# --- keeping


def test_what_is_kept_is_loaded_again(tmp_path: Path) -> None:
    made = evaluation(marked("a"), marked("b", "wrong")).result
    file = keep(made, tmp_path / "new" / "results")
    again = load_result(file)
    assert again["at"][:10].replace("-", "") == file.name[:8]
    assert file.name == f"{file.name[:15]}-{again['commit']}.json"
    # Curves are drawn and not compared.
    wanted = {**made, "refusing": {key: value for key, value in made["refusing"].items() if key != "curve"}}
    assert {key: value for key, value in again.items() if key not in ("at", "commit")} == wanted
    assert changes(made, again, "then").compared == 2


def test_the_latest_is_the_newest_by_name(tmp_path: Path) -> None:
    assert latest(tmp_path / "none") is None
    assert latest(tmp_path) is None
    for name in ("20260101T000000-b.json", "20251231T235959-z.json", "notes.md"):
        (tmp_path / name).write_text("{}")
    assert latest(tmp_path) == tmp_path / "20260101T000000-b.json"


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be written: .+ Choose another with --results"):
        keep(evaluation(marked("a")).result, tmp_path / "file")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "is no result of this release"),
        ("{}", "is no result of this release"),
        ('{"schema": 2, "metrics": {}, "kinds": {}, "verdicts": {}}', "is no result of this release"),
        ('{"schema": 1, "metrics": [], "kinds": {}, "verdicts": {}}', "is no result of this release"),
        ('{"schema": 1, "metrics": {}, "kinds": {}}', "is no result of this release"),
        ("\udcff", "is no JSON"),
    ],
)
def test_what_is_no_result_is_a_clear_error(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "r.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DocumentError, match=rf"r\.json {message}.*groundrule eval"):
        load_result(file)


def test_a_result_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PathError, match="cannot be read: No such file"):
        load_result(tmp_path / "none.json")


def test_our_own_results_can_be_read() -> None:
    for file in RESULTS.glob("*.json"):
        assert load_result(file)["cases"] > 0


def test_the_code_has_one_digest() -> None:
    assert code_sha256() == code_sha256()
    assert len(code_sha256()) == 64


def git(folder: Path, *arguments: str) -> None:
    own = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_commit_is_that_of_our_own_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert results._commit() == "no-commit"
    git(tmp_path, "init")
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "results.py").write_text("")
    (tmp_path / "README.md").write_text("of something else")
    git(tmp_path, "add", "README.md")
    git(tmp_path, "commit", "-m", "somebody else's")
    # An installation within another project's checkout is not that project's commit.
    assert results._commit() == "no-commit"
    git(tmp_path, "add", "evals")
    git(tmp_path, "commit", "-m", "ours")
    commit = results._commit()
    assert len(commit) == 12
    (tmp_path / "README.md").write_text("changed")
    assert results._commit() == commit
    (tmp_path / "evals" / "results.py").write_text("changed")
    assert results._commit() == f"{commit}+changes"


# --- the gate


def gate(metric: str = "right", **fields: Any) -> Gate:
    return Gate(metric=metric, why="because", **fields)


MEASURED = {
    **result({"a": "right", "b": "wrong"}, right=0.5, unacceptable_first=0.25),
    "kinds": {"recommend": {"metrics": {"right": {"value": 0.75}}}},
    "failures": 2,
}


@pytest.mark.parametrize(
    ("one", "value", "passed"),
    [
        (gate(at_least=0.5), 0.5, True),
        (gate(at_least=0.51), 0.5, False),
        (gate(at_least=0), 0.5, True),
        (gate("unacceptable_first", at_most=0.25), 0.25, True),
        (gate("unacceptable_first", at_most=0.24), 0.25, False),
        (gate("unacceptable_first", at_most=0), 0.25, False),
        (gate(kind="recommend", at_least=0.75), 0.75, True),
        (gate(kind="recommend", at_least=0.76), 0.75, False),
        # What was not measured does not pass, whichever bound it has.
        (gate(kind="roles", at_least=0), None, False),
        (gate("crag", kind="recommend", at_least=-1), None, False),
        (gate("vital_nuggets", at_least=0), None, False),
        (gate("vital_nuggets", at_most=1), None, False),
        (gate("failures", at_most=2), 2.0, True),
        (gate("failures", at_most=1), 2.0, False),
        (gate("broken_cases", at_most=1), 1.0, True),
        (gate("broken_cases", at_most=0), 1.0, False),
    ],
)
def test_each_kind_of_gate(one: Gate, value: float | None, passed: bool) -> None:
    (found,) = pass_gates([one], MEASURED, Change("then", 3, ("a",), ("b", "c"), {}))
    assert (found.value, found.passed) == (value, passed)
    assert found.as_json() == {**one.model_dump(exclude_none=True), "value": value, "passed": passed}


def test_without_an_earlier_result_no_case_is_broken() -> None:
    (found,) = pass_gates([gate("broken_cases", at_most=0)], MEASURED, None)
    assert (found.value, found.passed) == (0.0, True)


def test_outcomes_are_told_in_a_sentence() -> None:
    gates = [gate(at_least=0.6), gate("unacceptable_first", at_most=0.125), gate(kind="roles", at_least=0.5)]
    assert [one.sentence for one in pass_gates(gates, MEASURED, None)] == [
        "right is 0.5; the gate asks for at least 0.6: because",
        "unacceptable_first is 0.25; the gate asks for at most 0.125: because",
        "right over roles was not measured; the gate asks for at least 0.5: because",
    ]
    near = {**MEASURED, "metrics": {"right": {"value": 0.949996}}}
    (found,) = pass_gates([gate(at_least=0.95)], near, None)
    assert not found.passed
    assert found.sentence.startswith("right is 0.949996; the gate asks for at least 0.95")


def test_a_file_of_gates(tmp_path: Path) -> None:
    file = tmp_path / "g.toml"
    file.write_text(
        '[[gate]]\nmetric = "right"\nat_least = 0.5\nwhy = "a"\n'
        '[[gate]]\nmetric = "crag"\nkind = "roles"\nat_most = 1\nwhy = "b"\n'
    )
    assert load_gates(file) == (
        Gate(metric="right", at_least=0.5, why="a"),
        Gate(metric="crag", kind="roles", at_most=1.0, why="b"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[gate]", r"g\.toml is no valid TOML"),
        ("", r"g\.toml: gate: Field required"),
        ("gate = []", r"g\.toml: gate: .*at least 1 item"),
        ("other = 1", r"g\.toml: gate: Field required"),
        ('[[gate]]\nmetric = "right"\nat_least = 0.5', r"g\.toml: gate\.0\.why: Field required"),
        ('[[gate]]\nmetric = "right"\nat_least = 0.5\nwhy = ""', r"g\.toml: gate\.0\.why: "),
        (
            '[[gate]]\nmetric = "rihgt"\nat_least = 0.5\nwhy = "a"',
            r"g\.toml: gate\.0\.metric: .*'rihgt' is not measured",
        ),
        ('[[gate]]\nmetric = "right"\nwhy = "a"', r"g\.toml: gate\.0: .*give at_least or at_most, one of them"),
        (
            '[[gate]]\nmetric = "right"\nat_least = 0\nat_most = 1\nwhy = "a"',
            r"g\.toml: gate\.0: .*give at_least or at_most, one of them",
        ),
        (
            '[[gate]]\nmetric = "right"\nat_least = 1\nwhy = "a"\n[[gate]]\nmetric = "right"\nat_least = "x"\nwhy = "a"',
            r"g\.toml: gate\.1\.at_least: ",
        ),
        (
            '[[gate]]\nmetric = "failures"\nkind = "roles"\nat_most = 0\nwhy = "a"',
            r"g\.toml: gate\.0: .*failures is not told by kind; right, crag",
        ),
        (
            '[[gate]]\nmetric = "top_one"\nkind = "recommend"\nat_least = 0.5\nwhy = "a"',
            r"g\.toml: gate\.0: .*top_one is not told by kind",
        ),
        ('[[gate]]\nmetric = "right"\nat_least = 0.5\nwhy = "a"\nmore = 1', r"g\.toml: gate\.0\.more: "),
    ],
)
def test_a_wrong_gate_names_file_and_field(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "g.toml"
    file.write_text(text)
    with pytest.raises(DocumentError, match=message):
        load_gates(file)


def test_gates_that_are_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(PathError, match=r"none\.toml cannot be read: No such file"):
        load_gates(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(DocumentError, match=r"bad\.toml is no valid TOML"):
        load_gates(tmp_path / "bad.toml")


def test_our_own_gates_are_valid_and_ask_for_what_is_better() -> None:
    better = {metric.name: metric.better for metric in METRICS}
    for one in load_gates(GATES):
        assert not one.kind or one.metric in BY_KIND
        if one.metric in better:
            assert better[one.metric] == ("higher" if one.at_least is not None else "lower"), one.metric


# --- the table


def kept_result(**fields: Any) -> Mapping[str, Any]:
    ones = [
        marked("a", "right", kind="when_fits", marks={"false_refusal": 0.0}),
        marked("b", "wrong", kind="odd|one", marks={"false_refusal": 0.0}),
    ]
    return {**evaluation(*ones).result, "commit": "abc", "at": "2026-05-04T03:02:01+00:00", **fields}


def test_the_table_tells_figures_and_kinds() -> None:
    assert table(kept_result()).split("\n") == [
        "2 cases at commit `abc`, 2026-05-04: 1 right, 0 missing, 1 wrong.",
        "",
        "| measured | figure | 95 % | cases |",
        "| --- | --- | --- | --- |",
        "| Right | 0.500 | 0.000 to 1.000 | 2 |",
        "| CRAG score | 0.000 | -1.000 to 1.000 | 2 |",
        "| Refused when it should not, lower is better | 0.000 | 0.000 to 0.000 | 2 |",
        "",
        "| kind of question | right | missing | wrong |",
        "| --- | --- | --- | --- |",
        r"| odd\|one | 0 | 0 | 1 |",
        "| when fits | 1 | 0 | 0 |",
    ]


def test_the_table_tells_how_the_rival_does() -> None:
    rows = [
        {"title": "Right", "ours": 0.75, "theirs": 0.5, "low": -0.1, "high": 0.6},
        {"title": "Characters", "ours": 500.4, "theirs": 13000.0, "low": -14000.0, "high": -11000.2},
    ]
    made = table(kept_result(rival={"name": "quick-start", "figures": rows}))
    assert made.split("\n")[-4:] == [
        "| beside the quick-start | Groundrule | it | difference, 95 % |",
        "| --- | --- | --- | --- |",
        "| Right | 0.750 | 0.500 | -0.100 to +0.600 |",
        "| Characters | 500 | 13,000 | -14,000 to -11,000 |",
    ]


def test_a_result_that_was_not_kept_makes_no_table() -> None:
    with pytest.raises(DocumentError, match="was not kept"):
        table(evaluation(marked("a")).result)


def test_what_stands_between_the_marks_is_replaced() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = replaced(text, "| new |")
    assert once == f"before\n{BEGIN}\n| new |\n{END}\nafter\n"
    assert replaced(once, "| new |") == once


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END}\n{BEGIN}\n", f"{BEGIN}\n"])
def test_a_text_without_both_marks_is_a_clear_error(text: str) -> None:
    with pytest.raises(DocumentError, match="no place for the table"):
        replaced(text, "x")


def test_a_result_with_everything_in_it_is_kept_whole(tmp_path: Path) -> None:
    first = reply("x", kind="recommendation", recommendation=recommendation("gas", share=0.9))
    ones = [
        marked("a", "right", first, kind="recommend", expect="recommend", best_models=["gas"], marks={"top_one": 1.0}),
        marked("b", "right", reply(confidence=0.1, kind="refusal"), expect="refuse", marks={"refusal_recall": 1.0}),
        marked("c", "right", reply(confidence=0.9)),
    ]
    made = evaluation(*ones).result
    again = load_result(keep(made, tmp_path))
    assert (again["calibration"], again["confusion"]) == (made["calibration"], made["confusion"])
    assert again["refusing"]["auroc"] == {"value": 1.0, "low": 1.0, "high": 1.0}
