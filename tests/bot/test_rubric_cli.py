"""`recommend`, `rubric`, `record` and `replay` as a user runs them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from ingest.config import BUNDLED_CORPUS
from tests.bot.test_cli import assert_one_line_error, run

if TYPE_CHECKING:
    from pathlib import Path

FACTS = ("--facts", "use-cases=few", "--facts", "stage=60", "--facts", "aim=product")


def test_recommend_takes_levels_and_numbers(home: Path) -> None:
    done = run("recommend", *FACTS, home=home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("**Decentralised** fits best")
    assert "size and stage: small start-up (our cut-off)" in done.stdout
    # Neither an index nor a model is needed.
    assert not home.exists()


@pytest.mark.parametrize("name", ["facts.yaml", "facts.json"])
def test_recommend_takes_a_file(home: Path, tmp_path: Path, name: str) -> None:
    facts = {"use-cases": 12, "governance": "strict", "present": "decentralised"}
    text = json.dumps(facts) if name.endswith("json") else "\n".join(f"{k}: {v}" for k, v in facts.items())
    (tmp_path / name).write_text(text)
    made = json.loads(run("recommend", "--facts", str(tmp_path / name), "--json", home=home).stdout)["recommendation"]
    assert {f["criterion"]: f["level"] for f in made["facts"]} == {"use-cases": "growing", "governance": "strict"}
    assert made["present"] == "decentralised"
    assert made["ranking"][0]["low"] <= made["ranking"][0]["score"] <= made["ranking"][0]["high"]


def test_the_same_input_gives_the_same_bytes(home: Path) -> None:
    once, again = (run("recommend", *FACTS, "--json", home=home).stdout for _ in range(2))
    assert json.loads(once)["recommendation"] == json.loads(again)["recommendation"]


def test_the_interview_asks_and_stops_when_nothing_can_change(home: Path) -> None:
    replies = ["sorry?", "2", "3 models", "", *["1"] * 20]
    done = run("recommend", "--json", home=home, stdin="\n".join(replies).encode())
    assert done.returncode == 0, done.stderr
    assert "I cannot read 'sorry?' as an answer" in done.stderr
    assert "So far: " in done.stderr
    made = json.loads(done.stdout)["recommendation"]
    levels = {fact["criterion"]: fact["level"] for fact in made["facts"]}
    assert levels["aim"] == "product"
    assert levels["use-cases"] == "few"
    assert made["next_question"] is None
    # Many questions were left: there were answers for all of them.
    assert done.stderr.count("?\n") < len(replies)


def test_the_interview_ends_at_the_end_of_the_input_and_at_q(home: Path) -> None:
    for stdin in (b"", b"q\n"):
        done = run("recommend", home=home, stdin=stdin)
        assert done.returncode == 0, done.stderr
        assert "please tell me about it" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("recommend", "--facts", "use-case=few"), 2, ("use-case", "Did you mean 'use-cases'?")),
        (("recommend", "--facts", "use-cases=loads"), 2, ("loads", "few, growing, many", "number")),
        (("recommend", "--facts", "nothing.yaml"), 2, ("nothing.yaml", "neither KEY=LEVEL nor a file")),
        (("recommend", "--facts", "present=matrix"), 2, ("matrix", "no such option")),
        (("recommend", "--decision", "colour", "--facts", "stage=60"), 2, ("colour", "operating-structure")),
        (("rubric", "explain", "matrix"), 2, ("matrix", "decentralised")),
        (("rubric", "show", "--decision", "colour"), 2, ("colour", "operating-structure")),
        (("recommend", "--facts", "use-cases=inf"), 2, ("inf", "number")),
        (("record",), 2, ("nothing to record",)),
        (("record", "--answer", "none.json"), 2, ("none.json", "cannot be read")),
        (("replay", "none.md"), 2, ("none.md", "cannot be read")),
    ],
)
def test_bad_input_is_one_line(home: Path, arguments: tuple[str, ...], status: int, words: tuple[str, ...]) -> None:
    assert_one_line_error(run(*arguments, home=home), status, *words)
    assert not home.exists()


def test_rubric_show_names_every_criterion_option_weight_and_on_demand_the_evidence(home: Path) -> None:
    plain = run("rubric", "show", home=home).stdout
    full = run("rubric", "show", "--evidence", home=home).stdout
    for words in (
        "use cases in production (use-cases)",
        "0.12",
        "Federated + CoE",
        "The weights are ours",
    ):
        assert words in plain
    quote = "decentralised operating models often bring efficiency and rapid results"
    assert quote not in " ".join(plain.split())
    assert quote in " ".join(full.split())
    data = json.loads(run("rubric", "show", "--json", home=home).stdout)
    assert data["version"] == "1.0.0"


def test_rubric_explain_names_reasons_and_an_organisation_it_fits(home: Path) -> None:
    done = run("rubric", "explain", "factory", home=home).stdout
    for words in ("Speaks for it", "Speaks against it", "our notes on Ordax 2024", "An organisation it fits best:"):
        assert words in done


def test_a_record_is_replayed_as_the_same_and_as_changed(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "record.md"
    done = run("record", *FACTS, "--title", "How we organise ML", "--out", str(out), home=home)
    assert done.returncode == 0, done.stderr
    text = out.read_text()
    for heading in (
        "# How we organise ML",
        "## Context",
        "## Decision",
        "## Ranking",
        "## Pros and cons",
        "## Consequences",
    ):
        assert heading in text
    assert "| size and stage | small start-up (our cut-off) | given |" in text
    same = run("replay", str(out), home=home)
    assert (same.returncode, same.stdout.startswith("The same")) == (0, True), same.stdout
    corpus = tmp_path / "corpus"
    shutil.copytree(BUNDLED_CORPUS, corpus)
    rubric = corpus / "rubric.yaml"
    before = "few: {score: 2, evidence: [few-use-cases]}"
    assert before in rubric.read_text()
    rubric.write_text(rubric.read_text().replace(before, "few: {score: 1, evidence: [few-use-cases]}"))
    changed = run("replay", str(out), "--corpus", str(corpus), home=home)
    assert changed.returncode == 1
    assert changed.stdout.startswith("Changed, but decentralised still comes first.")
    assert "the rubric has changed" in changed.stdout
    assert "decentralised: " in changed.stdout
    assert_one_line_error(run("record", *FACTS, "--out", str(out), home=home), 2, "not overwritten")
    assert out.read_text() == text


def test_a_record_of_an_answer_keeps_the_users_words(real_home: Path, tmp_path: Path) -> None:
    asked = run("ask", "--json", "We're 12 people with two models live. How should we organise?", home=real_home)
    (tmp_path / "answer.json").write_text(asked.stdout)
    done = run("record", "--answer", str(tmp_path / "answer.json"), home=real_home)
    assert done.returncode == 0, done.stderr
    assert "| fewer than ten (our cut-off) | “two models live” |" in done.stdout
    (tmp_path / "record.md").write_text(done.stdout)
    assert run("replay", str(tmp_path / "record.md"), home=real_home).returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"present": null', '"present": "matrix"', ("matrix", "no such option")),
        ('"level": "few"', '"level": "heaps"', ("heaps",)),
    ],
)
def test_a_record_of_a_stale_answer_is_refused(
    home: Path, tmp_path: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    answer = json.dumps(json.loads(run("recommend", *FACTS, "--json", home=home).stdout))
    assert old in answer
    (tmp_path / "answer.json").write_text(answer.replace(old, new))
    assert_one_line_error(run("record", "--answer", str(tmp_path / "answer.json"), home=home), 2, *words)


def test_check_holds_recommendations_to_the_packs_documents(real_home: Path, tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text(
        json.dumps({"id": "a", "turns": ["We're 12 people with two models live. How should we organise?"]})
    )
    out = tmp_path / "a.jsonl"
    assert run("ask", "--batch", str(questions), "--out", str(out), home=real_home).returncode == 0
    done = run("check", "--answers", str(out), home=real_home)
    assert done.returncode == 0, done.stdout
    assert "0 faults" in done.stdout
    out.write_text(out.read_text().replace("few use cases", "new use cases"))
    broken = run("check", "--answers", str(out), home=real_home)
    assert broken.returncode == 1
    assert "! " in broken.stdout


def test_the_starter_pack_has_a_rubric_that_holds_and_decides(home: Path, tmp_path: Path) -> None:
    mine = str(tmp_path / "mine")
    assert run("init", mine, home=home).returncode == 0
    done = run("check", "--corpus", mine, home=home)
    assert done.returncode == 0, done.stdout + done.stderr
    facts = ("--facts", "difference=difference", "--facts", "developers=8")
    made = json.loads(run("recommend", *facts, "--json", "--corpus", mine, home=home).stdout)["recommendation"]
    assert made["ranking"][0]["option"] == "build"
