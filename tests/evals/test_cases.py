from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from evals.cases import load_cases
from ingest.errors import DocumentError, PathError

DATASETS = Path(__file__).parent.parent.parent / "evals" / "datasets"
CASE = {"id": "a", "kind": "factual", "turns": ["q"], "expect": "answer"}


def write(path: Path, *cases: object) -> Path:
    path.write_text("\n".join(json.dumps(case) for case in cases) + "\n")
    return path


def test_our_own_cases_are_valid_and_cover_the_kinds() -> None:
    cases = load_cases([DATASETS])
    kinds = Counter(case.kind for case in cases)
    assert len(cases) == 308
    assert kinds["unanswerable"] >= 20
    assert set(kinds) >= {
        "pros_cons",
        "factual",
        "roles",
        "compare",
        "when_fits",
        "multi_turn",
        "out_of_scope",
        "clarify",
    }
    sources = {path.stem for path in (DATASETS.parent.parent / "corpus" / "sources").glob("*.md")}
    assert {source for case in cases for source in case.gold_sources} <= sources


def test_other_keys_are_allowed(tmp_path: Path) -> None:
    assert load_cases([write(tmp_path / "a.jsonl", {**CASE, "mine": 1})])[0].id == "a"


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({**CASE, "turns": []}, "line 2: turns: "),
        ({**CASE, "expect": "guess"}, "line 2: expect: "),
        ({**CASE, "nuggets": [{"text": "t", "regex": "("}]}, "line 2: nuggets.0.regex: .*no regular expression"),
        (CASE, "line 2: id 'a' is used twice"),
        ("text", "line 2"),
    ],
)
def test_a_wrong_case_names_file_line_and_fault(tmp_path: Path, case: object, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        load_cases([write(tmp_path / "a.jsonl", CASE, case)])


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PathError, match="does not exist"):
        load_cases([tmp_path / "nothing.jsonl"])
