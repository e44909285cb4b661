"""`groundrule bench retrieval` and `answerability` on a small set of our own, with the real model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from evals.benches.beir import load_judgements, load_queries
from evals.benches.bench import bench
from evals.metrics.curves import interval, risk_coverage
from ingest.errors import DocumentError, PathError, UsageError

DOCUMENTS = {
    "mill": "The mill at Orrin Bridge grinds rye for Dunmere. Per Holm built it in 1790 from the stones of an older one.",
    "ferry": "A ferry crosses the sound from Dunmere twice a day. In winter it waits for the ice to break.",
    "school": "The school at Orrin Bridge has forty pupils and two teachers, who share one stove.",
}
QUERIES = {"q1": ["Who built the mill?"], "q2": ["Is there a ferry?", "How often does it cross?"], "q3": ["Unjudged?"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines(tmp_path / "corpus.jsonl", [{"_id": id_, "title": "", "text": text} for id_, text in DOCUMENTS.items()])
    lines(
        tmp_path / "queries.jsonl",
        [{"_id": id_, "text": turns[-1], "metadata": {"turns": turns}} for id_, turns in QUERIES.items()],
    )
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tmill\t1\nq2\tferry\t1\n")
    return tmp_path


def lines(path: Path, values: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(bench, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_documents_are_found_and_unjudged_queries_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A set's documents have no business in an index that others are answered from.
    monkeypatch.setenv("GROUNDRULE_CHROMA_URL", "http://127.0.0.1:9")
    figures = json.loads(run("retrieval", "--beir", folder, "--turns", "2", "--json"))
    assert figures["queries"] == 2
    assert figures["ndcg@10"] == figures["recall@10"] == 1.0
    assert figures["ndcg@10_95"] == [1.0, 1.0]
    told = run("retrieval", "--beir", folder, "--variant", "words-only")
    assert "ndcg@10" in told
    assert "2 queries" in told


def test_confidence_is_added_to_each_line(folder: Path) -> None:
    asked = lines(
        folder / "asked.jsonl",
        [
            {"id": "a", "turns": ["Who built the mill at Orrin Bridge?"], "label": "answerable", "note": 1},
            {"id": "b", "turns": ["What is the salary of Zorblax in Timbuktu?"], "label": "unanswerable"},
            {"id": "c", "turns": ["Is there a ferry?", "and in winter?"], "label": "partial"},
        ],
    )
    out = folder / "out.jsonl"
    figures = json.loads(run("answerability", "--set", asked, "--beir", folder, "--out", out, "--measures", "--json"))
    written = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["id"] for line in written] == ["a", "b", "c"]
    assert written[0]["note"] == 1
    assert written[0]["confidence"] > written[1]["confidence"]
    assert written[1]["measures"]["unknown_name"] == 1
    assert (figures["questions"], figures["judged"], figures["auroc"]["value"]) == (3, 2, 1.0)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("corpus.jsonl", '{"_id": "a"}\n', "line 1: 'text'"),
        ("corpus.jsonl", "nonsense\n", "line 1"),
        ("queries.jsonl", '{"_id": "q1", "text": 3}\n', "line 1: text is no text"),
        ("qrels/test.tsv", "a\tb\tc\nq1\tmill\n", "line 2"),
    ],
)
def test_a_wrong_line_is_named(folder: Path, file: str, text: str, message: str) -> None:
    (folder / file).write_text(text)
    with pytest.raises(DocumentError, match=message):
        run("retrieval", "--beir", folder)


def test_what_is_not_there_or_cannot_be_is_said(folder: Path) -> None:
    with pytest.raises(PathError, match="does not exist"):
        run("retrieval", "--beir", folder / "nowhere")
    asked = lines(folder / "asked.jsonl", [{"id": "a", "turns": []}])
    with pytest.raises(DocumentError, match="'a' has no turns"):
        run("answerability", "--set", asked, "--beir", folder)
    with pytest.raises(UsageError, match="the set itself"):
        run("answerability", "--set", asked, "--beir", folder, "--out", asked)


def test_the_layout_is_read(folder: Path) -> None:
    assert [query.turns for query in load_queries(folder)] == [tuple(turns) for turns in QUERIES.values()]
    assert load_judgements(folder) == {"q1": {"mill": 1}, "q2": {"ferry": 1}}


def test_risk_and_coverage_by_hand() -> None:
    rows = {row["from"]: row for row in risk_coverage([True, False, True, False], [0.9, 0.6, 0.6, 0.1])}
    assert (rows[0.0]["coverage"], rows[0.0]["risk"]) == (1.0, 0.5)
    assert rows[0.5]["coverage"] == 0.75
    assert rows[0.5]["risk"] == pytest.approx(1 / 3, abs=1e-3)
    assert (rows[0.9]["coverage"], rows[0.9]["risk"]) == (0.25, 0.0)
    assert (rows[1.0]["coverage"], rows[1.0]["risk"]) == (0.0, 0.0)


def test_an_interval_holds_its_mean() -> None:
    span = interval([0.0, 1.0, 1.0, 1.0])
    assert span.low < span.value == 0.75 < span.high
    assert interval([1.0, 1.0]).low == 1.0
    assert interval([]).value == 0.0
