"""The command as a user runs it: a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.commands import run_command

QUESTION = "pros of the factory model"


def run(*arguments: str | bytes, home: Path, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[str]:
    environment = {
        key: value
        for key, value in os.environ.items()
        if key == "GROUNDRULE_CACHE" or not key.startswith("GROUNDRULE_")
    }
    given = {**environment, "GROUNDRULE_HOME": str(home), **env}
    done = run_command([os.fsdecode(argument) for argument in arguments], given, stdin)
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace")
    )


def assert_one_line_error(done: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert all(word in lines[0] for word in words), lines[0]


def test_help_names_every_command_and_loads_nothing_heavy(home: Path) -> None:
    code = (
        "import sys\nfrom bot.surfaces.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'llama_index', 'chromadb', 'gradio', 'fastapi',"
        " 'pydantic', 'numpy', 'sqlalchemy'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=True)
    assert "LOADED []" in done.stdout
    for command in ("ask", "check", "forget", "ingest", "init", "search", "serve"):
        assert f"\n  {command} " in done.stdout


def test_ask_prints_the_answer_and_its_sources(real_home: Path) -> None:
    done = run("ask", QUESTION, home=real_home)
    assert done.returncode == 0
    assert done.stdout.startswith("**Pros of Factory**, four from our notes on Ordax 2024:")
    assert "[4] our notes on Ordax 2024, Factory Operating Model" in done.stdout
    assert done.stderr == ""


def test_ask_json_is_the_contract_and_nothing_else(real_home: Path) -> None:
    answer = json.loads(run("ask", "--json", QUESTION, home=real_home).stdout)
    assert (answer["schema"], answer["kind"], len(answer["citations"])) == (1, "pros_cons", 4)


def test_a_conversation_goes_on_in_another_process_until_it_is_forgotten(real_home: Path, tmp_path: Path) -> None:
    place = f"sqlite:///{tmp_path}/kept.sqlite3"
    assert run("ask", "--session", "plan", QUESTION, home=real_home, GROUNDRULE_DATABASE_URL=place).returncode == 0
    assert run(
        "ask", "--session", "plan", "and the cons?", home=real_home, GROUNDRULE_DATABASE_URL=place
    ).stdout.startswith("**Cons of Factory")
    forgotten = run("forget", "plan", home=real_home, GROUNDRULE_DATABASE_URL=place)
    assert (forgotten.returncode, forgotten.stdout, forgotten.stderr) == (0, "Forgotten: plan\n", "")
    anew = json.loads(
        run("ask", "--json", "--session", "plan", "and the cons?", home=real_home, GROUNDRULE_DATABASE_URL=place).stdout
    )
    assert (anew["session"], anew["kind"]) == ("plan", "clarification")


def test_a_single_question_is_not_kept(real_home: Path, tmp_path: Path) -> None:
    place = tmp_path / "kept.sqlite3"
    run("ask", QUESTION, home=real_home, GROUNDRULE_DATABASE_URL=f"sqlite:///{place}")
    assert not place.exists()


def test_a_question_is_answered_where_conversations_cannot_be_kept(real_home: Path, tmp_path: Path) -> None:
    place = f"sqlite:///{tmp_path}"  # a folder, not a file
    done = run("ask", "--session", "plan", QUESTION, home=real_home, GROUNDRULE_DATABASE_URL=place)
    assert done.returncode == 0
    assert done.stdout.startswith("**Pros of Factory**")
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith(f"Warning: the conversations in {tmp_path} cannot be used: unable to open")
    assert_one_line_error(
        run("forget", "plan", home=real_home, GROUNDRULE_DATABASE_URL=place), 1, str(tmp_path), "cannot be used"
    )


def test_ask_reads_standard_input(real_home: Path) -> None:
    assert "Pros of Factory" in run("ask", "-", home=real_home, stdin=QUESTION.encode()).stdout


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("ask",), b"", ("no question",)),
        (("ask", ""), b"", ("the question is empty",)),
        (("ask", "x" * 100_000), b"", ("100,000 characters", "4,000")),
        (("ask", b"caf\xe9"), b"", ("not valid UTF-8",)),
        (("ask", "-"), b"caf\xe9", ("not valid UTF-8",)),
        (("ask", "--batch", "nothing.jsonl", "--out", "o"), b"", ("nothing.jsonl", "cannot be read")),
        (("ask", "--batch", "nothing.jsonl"), b"", ("--out",)),
        (("ask", "x", "--corpus", "nowhere"), b"", ("nowhere", "does not exist")),
        (("ask", "--session", "x" * 129, "x"), b"", ("session identifier", "129")),
        (("ask", "--session", "a\nb", "x"), b"", ("session identifier", "control")),
        (("forget",), b"", ("--older-than DAYS",)),
        (("ingest", "nowhere.md"), b"", ("nowhere.md", "does not exist")),
        (("ingest", "--only"), b"", ("--only",)),
    ],
)
def test_a_usage_error_is_one_line_and_status_2(
    home: Path, arguments: tuple[str | bytes, ...], stdin: bytes, words: tuple[str, ...]
) -> None:
    assert_one_line_error(run(*arguments, home=home, stdin=stdin), 2, *words)
    assert not home.exists()


def test_an_unknown_option_and_command_are_status_2(home: Path) -> None:
    for arguments in (("ask", "--colour", "x"), ("dance",), ("search", "-k", "0", "x")):
        done = run(*arguments, home=home)
        assert done.returncode == 2
        assert "Error: " in done.stderr
        assert "Traceback" not in done.stderr


def test_a_data_folder_that_cannot_be_made_is_status_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert_one_line_error(_without_building_notice(run("ask", QUESTION, home=tmp_path / "file")), 1, "cannot be")


_AS_ANOTHER_USER = """
import os, sys
import ingest.pipeline, ingest.embedding.sentence, rich.console, rich.progress, rich.markdown
from bot.surfaces.cli import main
for arguments in (["ask", ""], ["ask", "x", "--corpus", "nowhere"]):
    # Everything is imported before the switch: the other user may not be allowed to read this installation.
    try:
        main(arguments)
    except SystemExit:
        pass
sys.stderr.flush()
print("SWITCH", file=sys.stderr, flush=True)
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
main(["ask", sys.argv[1]])
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX users")
@pytest.mark.parametrize("built", [False, True])
def test_a_read_only_data_folder_is_status_1(real_home: Path, built: bool) -> None:
    """Root may write anywhere, so as root the command runs as nobody.

    Its folder is not pytest's, which a second run beside this one closes to others.
    """
    with tempfile.TemporaryDirectory() as folder:
        _assert_read_only_is_status_1(Path(folder), real_home, built)


def _assert_read_only_is_status_1(parent: Path, real_home: Path, built: bool) -> None:
    home = parent / "home"
    home.mkdir()
    if built:
        shutil.copytree(real_home, home, dirs_exist_ok=True)
        (home / "index" / "bundled" / "CURRENT").chmod(0o444)
        next(home.glob("index/bundled/generation-*/manifest.json")).write_text("damaged")
    for folder in [home, *home.rglob("*")]:
        folder.chmod(0o555 if folder.is_dir() else 0o444)
    parent.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", _AS_ANOTHER_USER, QUESTION],
        capture_output=True,
        text=True,
        env={**os.environ, "GROUNDRULE_HOME": str(home), "HOME": str(parent)},
        timeout=600,
        check=False,
    )
    for folder in [home, *home.rglob("*")]:
        folder.chmod(0o755)
    done.stderr = done.stderr.partition("SWITCH\n")[2]
    assert_one_line_error(_without_building_notice(done), 1, "Permission denied", "permissions")


def _without_building_notice(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    kept = [line for line in done.stderr.splitlines() if "uilding the index" not in line and "built anew" not in line]
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout, "\n".join(kept))


def test_a_damaged_index_is_set_aside_rebuilt_and_said_so(home: Path) -> None:
    assert run("check", home=home).returncode == 0
    (database,) = home.glob("index/bundled/generation-*/chroma/chroma.sqlite3")
    database.write_bytes(b"no database at all")
    done = run("ask", QUESTION, home=home)
    assert done.returncode == 0
    assert "Pros of Factory" in done.stdout
    assert "is damaged" in done.stderr
    assert "kept in" in done.stderr
    assert len(list(home.glob("index/bundled/damaged-*"))) == 1


def test_batch_answers_in_order_and_reports_what_it_leaves_out(real_home: Path, tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": 1, "turns": [QUESTION, "and the cons?"], "other": "key"}),
        "not json",
        json.dumps({"id": "no turns"}),
        json.dumps({"id": "empty", "turns": [" "]}),
        json.dumps({"id": "last", "turns": ["hello"]}),
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n")
    out = tmp_path / "out.jsonl"
    done = run("ask", "--batch", str(tmp_path / "in.jsonl"), "--out", str(out), home=real_home)
    assert done.returncode == 1
    assert [word in done.stderr for word in ("line 2", "line 3", "line 4")] == [True] * 3
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert [item["id"] for item in answers] == [1, "last"]
    assert [answer["kind"] for answer in answers[0]["answers"]] == ["pros_cons", "pros_cons"]
    assert answers[0]["answers"][0]["session"] == answers[0]["answers"][1]["session"]
    checked = run("check", "--answers", str(out), home=real_home)
    assert checked.returncode == 0
    assert "7 citations: 0 faults" in checked.stdout


def test_check_finds_a_citation_that_lost_its_span(real_home: Path, tmp_path: Path) -> None:
    answer = json.loads(run("ask", "--json", QUESTION, home=real_home).stdout)
    answer["citations"][2]["start"] += 1
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps({"id": "a", "answers": [answer]}) + "\n")
    done = run("check", "--answers", str(path), home=real_home)
    assert done.returncode == 1
    assert "[3] ordax-2024 does not read" in done.stdout


def test_search_ranks_passages(real_home: Path) -> None:
    found = json.loads(run("search", "--json", "-k", "3", "separate budget", home=real_home).stdout)
    assert [hit["rank"] for hit in found] == [1, 2, 3]
    assert "budget" in found[0]["text"]
    assert_one_line_error(run("search", "x", "--source", "nobody", home=real_home), 2, "nobody", "ordax-2024")


def test_own_documents_are_ingested_and_answered_from(tmp_path: Path, home: Path) -> None:
    note = tmp_path / "acme.md"
    note.write_text("---\nauthor: Ann Example\n---\n# ACME\n\n- ACME keeps zeppelin telemetry in Brisbane.\n")
    report = json.loads(run("ingest", "--json", str(note), home=home).stdout)
    assert report["summary"] == {"added": 5}
    answer = json.loads(run("ask", "--json", "Where does ACME keep its zeppelin telemetry?", home=home).stdout)
    assert answer["citations"][0]["quote"] == "ACME keeps zeppelin telemetry in Brisbane."
    assert (answer["citations"][0]["author"], answer["citations"][0]["text"]) == ("Ann Example", "original")


def test_ingest_reports_failures_with_status_1_and_keeps_the_rest(tmp_path: Path, home: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "good.md").write_text("# Good\n\n- A good claim.\n")
    (tmp_path / "docs" / "bad.md").write_bytes(bytes(range(256)))
    done = run("ingest", str(tmp_path / "docs"), home=home)
    assert done.returncode == 1
    assert "! failed" in done.stdout
    assert "5 documents" in done.stdout


def test_init_writes_a_pack_that_answers(tmp_path: Path, home: Path) -> None:
    pack = tmp_path / "mine"
    assert run("init", str(pack), home=home).returncode == 0
    done = run("ask", "--corpus", str(pack), "What are the pros of buying?", home=home)
    assert "**Pros of Buy**, one from" in done.stdout
    assert_one_line_error(run("init", str(pack), home=home), 2, "not an empty folder")


def test_version(home: Path) -> None:
    assert run("--version", home=home).stdout.startswith("groundrule 0.")
