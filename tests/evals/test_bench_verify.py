"""`groundrule bench verify` on small sets of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from evals.benches.bench import bench
from evals.benches.planted import KINDS, plant
from evals.metrics.curves import auroc, fit_logistic
from ingest.errors import DocumentError, GroundruleError, PathError, UsageError

MILL = "The mill at Orrin Bridge was built in 1790 by Per Holm. It grinds rye for Dunmere, and Dunmere pays Orrin Bridge in salt."
LINES: list[dict[str, Any]] = [
    {"id": "a", "passages": [MILL], "response": "The mill at Orrin Bridge was built in 1790.", "label": "supported"},
    {"id": "b", "passages": [MILL], "response": "I love big cities, don't you think so?", "label": "unsupported"},
    {"id": "c", "passages": [MILL], "response": "It grinds rye for Dunmere.", "label": "supported", "note": 1},
    {"id": "d", "passages": [MILL], "response": "The mill was built in 1815 by Per Holm.", "label": "unsupported"},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES), encoding="utf-8")
    return path


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(bench, ["verify", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_each_line_gets_score_and_verdict(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    figures = json.loads(run("--set", file, "--out", out, "--json"))
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["supported"] for line in lines] == [True, False, True, False]
    assert [{k: v for k, v in line.items() if k not in {"score", "supported"}} for line in lines] == LINES
    assert figures["auroc"]["value"] == 1.0
    assert figures["flagged_supported"] == 0.0
    assert figures["caught_unsupported"] == 1.0


def test_without_labels_there_is_no_curve(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps({k: v for k, v in LINES[0].items() if k != "label"}), encoding="utf-8")
    figures = json.loads(run("--set", path, "--json"))
    assert figures["auroc"] is None
    assert "AUROC" not in run("--set", path)


def test_planted_errors_are_counted(file: Path) -> None:
    for kind in KINDS:
        figures = json.loads(run("--set", file, "--plant", kind, "--sentences", "--json"))
        assert figures["flagged_unchanged"] == 0.0
        assert figures["flagged_planted"] == 1.0
        assert figures["items"] >= 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"id": "a"}', DocumentError),
        ("not json", DocumentError),
        ("", DocumentError),
        ('{"id": "a", "passages": [], "response": "x"}', DocumentError),
        ('{"id": "a", "passages": ["x"], "response": "x", "label": "maybe"}', DocumentError),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, text: str, error: type[GroundruleError]) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=r"bad\.jsonl"):
        run("--set", path)


def test_bad_requests_are_usage_errors(file: Path, tmp_path: Path) -> None:
    with pytest.raises(PathError):
        run("--set", tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="--out is the set"):
        run("--set", file, "--out", file)
    with pytest.raises(UsageError, match="--plant"):
        run("--set", file, "--sentences")
    assert PathError.exit_code == UsageError.exit_code == 2


def test_the_fit_can_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    lines = [line | {"id": f"{line['id']}{n}", "passages": [f"{MILL} {n}"]} for n in range(10) for line in LINES]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    result = CliRunner().invoke(
        bench, ["fit-verify", "--short", str(path), "--long", str(path), "--json"], catch_exceptions=False
    )
    fitted = json.loads(result.stdout)
    assert set(fitted["models"]) == {"SHORT", "LONG"}
    assert fitted["held_out"]["short"]["value"] > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_planting_is_repeatable_and_changes_something(kind: str) -> None:
    first = plant(kind, MILL, [MILL], "seed")  # type: ignore[arg-type]
    assert first is not None
    assert first != MILL
    assert first == plant(kind, MILL, [MILL], "seed")  # type: ignore[arg-type]


def test_what_offers_no_place_is_left_out() -> None:
    assert plant("number", "No figures here.", ["No figures here."], "s") is None
    assert plant("names", "it rains", ["it rains"], "s") is None
    # Members of one list say the same in any order.
    listed = "We met Ada and Bo."
    assert all(plant("names", listed, [listed], str(n)) is None for n in range(20))


def test_auroc_by_hand() -> None:
    found = auroc([True, True, False, False], [0.9, 0.4, 0.5, 0.1])
    assert found is not None
    assert found.value == 0.75
    assert found.low <= found.value <= found.high
    assert auroc([True, True], [0.1, 0.2]) is None


def test_a_fit_finds_the_feature_that_tells() -> None:
    rows = [[float(n % 2), float(n % 3)] for n in range(60)]
    base, weights = fit_logistic(rows, [row[0] > 0 for row in rows], 1.0, balanced=False)
    assert weights[0] > 5 * abs(weights[1])
    assert base < 0
