"""`groundrule eval` over the real product and a few cases: what is written, what is printed, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from bot.assistant import Assistant
from bot.service.reports import Reports
from bot.surfaces.cli import main
from evals.cases import load_cases
from evals.commands import evaluate
from evals.evaluation import LEDGER
from evals.results import load_result
from evals.sets import DATASETS
from evals.table import BEGIN, END
from ingest.errors import DocumentError, GroundruleError, PathError, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

KINDS = (
    "pros_cons", "compare", "multi_turn", "recommend", "clarify", "unanswerable", "out_of_scope", "injection", "roles"
)  # fmt: skip
QUESTION = "What are the pros of the factory model?"
OWN: list[dict[str, Any]] = [
    {"id": "own-right", "turns": [QUESTION], "nuggets": [{"text": "it is it", "regex": "factory", "vital": True}]},
    {"id": "own-wrong", "turns": [QUESTION], "forbidden": ["factory"], "why": "WHY it is so", "paraphrases": ["factory pros?"]},
    {"id": "own-swap", "turns": ["Compare factory and federated"], "nuggets": [{"text": "x", "regex": ".", "vital": True}]},
]  # fmt: skip
# They take longer to draw than most runs to be asked; the plain run has its own.
PLOTS = dict.fromkeys(("figures", "kinds"), "<svg></svg>")
WIDE = ("metrics.json", "summary.json", "timings.json", "report.html", "cases.jsonl")


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve cases: the first of ours of each of nine kinds, and three whose outcome is known."""
    ours = load_cases([DATASETS])
    picked = [next(case for case in ours if case.kind == kind) for kind in KINDS]
    lines = [case.model_dump_json() for case in picked]
    lines += [json.dumps({"kind": "own", "expect": "answer", **one}) for one in OWN]
    file = tmp_path_factory.mktemp("cases") / "twelve.jsonl"
    file.write_text("\n".join(lines))
    return file


class Lent:
    """The tests' one assistant, which outlives whoever borrows it: to build another takes longer than to ask it."""

    def __init__(self, lender: Any) -> None:
        self._lender = lender

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._lender, name)
        return Lent(found) if name == "library" else found

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def really(real_home: Path, cases: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Result]:
    """Runs `groundrule eval` on the twelve, with nothing kept from before and without the rival."""
    none = tmp_path_factory.mktemp("results")

    def invoke(*arguments: object, out: Path, rival: bool = False) -> Result:
        fixed = ["--home", real_home, "--set", cases, "--out", out, "--results", none]
        given = [*fixed, *([] if rival else ["--no-rival"]), *arguments]
        return CliRunner().invoke(evaluate, [str(one) for one in given])

    return invoke


@pytest.fixture
def run(really: Callable[..., Result], assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The same with the product and the plots lent, once what is asked for has passed the checks that come before it is built."""
    monkeypatch.setattr("evals.plan.build_assistant", lambda *_: Lent(assistant))
    monkeypatch.setattr("evals.report.page._plots", lambda *_: PLOTS)
    return really


@pytest.fixture(scope="module")
def first(really: Callable[..., Result], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A plain run with one worker and a product of its own, which several tests look at."""
    out = tmp_path_factory.mktemp("first") / "deep" / "out"
    return out, really("--workers", 1, out=out)


def changed(file: Path, target: Path, *, verdict: str, id_: str) -> Path:
    """A result in which a case had another verdict."""
    found = load_result(file)
    (key,) = (key for keys in found["verdicts"].values() for key in keys if key.startswith(f"{id_}:"))
    for keys in found["verdicts"].values():
        keys[:] = [one for one in keys if one != key]
    found["verdicts"][verdict].append(key)
    target.write_text(json.dumps(found))
    return target


# --- a run


def test_a_run_writes_its_report_and_prints_the_main_figures(first: tuple[Path, Result]) -> None:
    out, done = first
    assert done.exit_code == 0, done.output
    assert sorted(file.name for file in out.iterdir()) == sorted(WIDE)
    result = load_result(out / "metrics.json")
    assert (result["cases"], result["failures"]) == (12, 0)
    counts = {verdict: len(keys) for verdict, keys in result["verdicts"].items()}
    assert done.stdout.startswith(
        f"12 cases: {counts['right']} right, {counts['missing']} missing, {counts['wrong']} wrong"
    )
    right = result["metrics"]["right"]
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert f"Right {right['value']:.3f} ({right['low']:.3f} to {right['high']:.3f}) n=12" in lines
    assert "own 2 right, 0 missing, 1 wrong" in lines
    assert f"The report is {out / 'report.html'}." in done.stderr
    keys = {key.split(":")[0]: verdict for verdict, keys in result["verdicts"].items() for key in keys}
    assert (keys["own-right"], keys["own-wrong"]) == ("right", "wrong")
    assert "own-wrong" in (out / "report.html").read_text()


def test_the_chat_page_reads_the_figures_in_short(first: tuple[Path, Result]) -> None:
    out, _ = first
    found = Reports(out).figures()
    assert found is not None
    result = load_result(out / "metrics.json")
    brief, _ = found
    assert brief.about == result["about"]
    assert (brief.cases, brief.failures, brief.thresholds) == (12, 0, 0)
    assert brief.verdicts.right == len(result["verdicts"]["right"])
    right = brief.figures[0]
    assert (right.title, right.better, right.share) == ("Right", "higher", True)
    assert {"value": right.value, "low": right.low, "high": right.high, "n": right.n} == result["metrics"]["right"]
    assert len(brief.figures) == len(result["metrics"])


def test_each_case_is_in_the_json_beside_the_page(first: tuple[Path, Result], cases: Path) -> None:
    lines = [json.loads(line) for line in (first[0] / "cases.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [case.id for case in load_cases([cases])]
    wrong = next(line for line in lines if line["id"] == "own-wrong")
    assert (wrong["verdict"], wrong["forbidden"], wrong["turns"]) == ("wrong", ["factory"], [QUESTION])
    assert wrong["reply"]["answer"].startswith("**Pros of Factory**")
    assert len(wrong["paraphrased"]) == 1
    assert wrong["marks"]["paraphrase_verdict"] == 1.0
    swapped = next(line for line in lines if line["id"] == "own-swap")
    assert swapped["swapped_question"] == "Compare federated and factory"
    assert "order_verdict" in swapped["marks"]


def test_how_long_it_took_is_told_apart(first: tuple[Path, Result]) -> None:
    out, _ = first
    times = json.loads((out / "timings.json").read_text())
    assert times["workers"] == 1
    assert times["answers"]["n"] >= 12
    assert "milliseconds" not in (out / "metrics.json").read_text() + (out / "cases.jsonl").read_text()


def test_many_workers_find_byte_for_byte_what_one_finds(
    first: tuple[Path, Result], run: Callable[..., Result], tmp_path: Path
) -> None:
    done = run("--workers", 4, "--json", out=tmp_path)
    assert done.exit_code == 0, done.output
    for name in ("metrics.json", "summary.json", "cases.jsonl"):
        assert (tmp_path / name).read_bytes() == (first[0] / name).read_bytes(), name
    # What is printed for programs is one document, with the figures of the file in it.
    printed = json.loads(done.stdout)
    assert {**load_result(tmp_path / "metrics.json")}.items() <= printed.items()
    assert printed["timings"]["workers"] == 4
    assert (printed["change"], printed["gate"], printed["judge"]) == (None, [], None)
    assert printed["report"] == str(tmp_path / "report.html")


def test_a_run_that_was_stopped_goes_on_and_finds_the_same(
    first: tuple[Path, Result], run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = Assistant.ask

    def until(most: int) -> Callable[..., Any]:
        def counted(self: Assistant, question: str, *rest: Any, **more: Any) -> Any:
            if len(asked) >= most:
                raise KeyboardInterrupt
            asked.append(question)
            return ask(self, question, *rest, **more)

        return counted

    monkeypatch.setattr(Assistant, "ask", until(9))
    stopped = run("--workers", 1, out=tmp_path)
    assert stopped.exit_code == 1
    assert f"Stopped. What was answered is kept in {tmp_path}; the same command goes on from there." in stopped.stderr
    assert [file.name for file in tmp_path.iterdir()] == [LEDGER]
    kept = len((tmp_path / LEDGER).read_text().splitlines()) - 1
    assert kept >= 1
    before = len(asked)
    monkeypatch.setattr(Assistant, "ask", until(10_000))
    done = run("--workers", 1, out=tmp_path)
    assert done.exit_code == 0, done.output
    for name in ("metrics.json", "summary.json", "cases.jsonl"):
        assert (tmp_path / name).read_bytes() == (first[0] / name).read_bytes(), name
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(WIDE)
    # What was asked of a case that was not finished is asked again, and nothing else.
    lines = [json.loads(line) for line in (tmp_path / "cases.jsonl").read_text().splitlines()]
    turns = sum(
        len(line["turns"]) * (1 + len(line["paraphrased"]) + bool(line["swapped_question"])) for line in lines[kept:]
    )
    assert len(asked) - before == turns


def test_a_failure_after_the_answers_loses_none(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burnt(*_: object) -> str:
        raise StoreError("no space")

    with monkeypatch.context() as patched:
        patched.setattr("evals.plan.page", burnt)
        done = run("--kind", "own", out=tmp_path)
    assert isinstance(done.exception, StoreError)
    monkeypatch.setattr(Assistant, "ask", burnt)
    # Of a larger set, too, only the others are asked.
    assert run("--kind", "own", "--kind", "roles", out=tmp_path).exit_code == 0
    lines = [json.loads(line) for line in (tmp_path / "cases.jsonl").read_text().splitlines()]
    assert [(line["kind"], bool(line["failure"])) for line in lines] == [("roles", True), *[("own", False)] * 3]


def test_a_product_that_fails_at_a_case_fails_the_gate_and_says_where(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Assistant.ask

    def burnt(self: Assistant, question: str, *rest: Any) -> Any:
        if question.startswith("Compare"):
            raise ValueError("the oven is cold")
        return ask(self, question, *rest)

    monkeypatch.setattr(Assistant, "ask", burnt)
    gates = tmp_path / "g.toml"
    gates.write_text('[[gate]]\nmetric = "failures"\nat_most = 0\nwhy = "It never fails."\n')
    done = run("--kind", "own", "--gate", "--gates", gates, out=tmp_path / "out")
    assert done.exit_code == 1
    assert "failures is 1; the gate asks for at most 0: It never fails." in done.stdout
    assert "No answer: ValueError: the oven is cold" in (tmp_path / "out" / "report.html").read_text()
    assert load_result(tmp_path / "out" / "metrics.json")["cases"] == 3


def test_a_gate_that_fails_names_the_case_that_broke(
    first: tuple[Path, Result], run: Callable[..., Result], tmp_path: Path
) -> None:
    earlier = changed(first[0] / "metrics.json", tmp_path / "earlier.json", verdict="right", id_="own-wrong")
    gates = tmp_path / "g.toml"
    gates.write_text('[[gate]]\nmetric = "broken_cases"\nat_most = 0\nwhy = "Nothing breaks."\n')
    both = ("--gates", gates, "--baseline", earlier)
    done = run("--kind", "own", "--gate", *both, out=tmp_path / "out")
    assert done.exit_code == 1
    assert "broken: 1 (own-wrong)" in done.stdout
    assert "Gate: 0 of 1 thresholds hold." in done.stdout
    assert "broken_cases is 1; the gate asks for at most 0: Nothing breaks." in done.stdout
    html = (tmp_path / "out" / "report.html").read_text()
    assert "Broken: own-wrong." in html
    assert "What changed since earlier" in html
    # Without --gate it is told and decides nothing.
    told = run("--kind", "own", *both, "--json", out=tmp_path / "out")
    assert told.exit_code == 0
    printed = json.loads(told.stdout)
    assert printed["change"]["broken"] == ["own-wrong"]
    assert [one["passed"] for one in printed["gate"]] == [False]


def test_a_blind_run_shows_no_case(first: tuple[Path, Result], run: Callable[..., Result], tmp_path: Path) -> None:
    # What an earlier run left in the folder is gone, too.
    (tmp_path / "cases.jsonl").write_text(f'{{"turns": ["{QUESTION}"]}}')
    earlier = changed(first[0] / "metrics.json", tmp_path / "earlier.json", verdict="right", id_="own-wrong")
    done = run("--blind", "--baseline", earlier, "--kind", "own", "--kind", "compare", out=tmp_path)
    assert done.exit_code == 0, done.output
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "earlier.json",
        "metrics.json",
        "report.html",
        "summary.json",
        "timings.json",
    ]
    written = done.output + "".join(
        (tmp_path / name).read_text() for name in ("metrics.json", "report.html", "summary.json", "timings.json")
    )
    answers = [json.loads(line) for line in (first[0] / "cases.jsonl").read_text().splitlines()]
    hidden = [text for line in answers for text in (*line["turns"], line["reply"]["answer"])]
    assert load_result(tmp_path / "metrics.json")["cases"] == 4
    assert not [text for text in (*hidden, "WHY it is so", "Pros of Factory") if text in written]
    assert "broken: 1" in done.stdout
    assert "own-wrong" not in done.stdout + (tmp_path / "report.html").read_text()


def test_a_result_is_kept_and_compared_with_and_makes_the_table(run: Callable[..., Result], tmp_path: Path) -> None:
    results = tmp_path / "results"
    kept = run("--keep", "--results", results, out=tmp_path / "out")
    assert kept.exit_code == 0, kept.output
    (file,) = results.glob("*.json")
    assert f"Kept as {file}." in kept.stderr
    again = run("--kind", "own", "--results", results, out=tmp_path / "out")
    assert f"Since {file.stem}, 3 cases compared:" in again.stdout
    assert "broken: 0" in again.stdout

    def table(*arguments: object) -> Result:
        return CliRunner().invoke(evaluate, ["table", "--results", str(results), *map(str, arguments)])

    made = table()
    assert made.exit_code == 0
    assert made.stdout.startswith("12 cases at commit `")
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n\n{BEGIN}\n{END}\n\nEnd.\n")
    failed = table("--check", readme)
    assert isinstance(failed.exception, DocumentError)
    assert "does not hold the figures of" in str(failed.exception)
    assert table("--write", readme).exit_code == 0
    assert readme.read_text() == f"# Title\n\n{BEGIN}\n{made.stdout}{END}\n\nEnd.\n"
    assert table("--check", readme).exit_code == 0
    readme.write_text(readme.read_text().replace("12 cases", "13 cases"))
    assert isinstance(table("--check", readme).exception, DocumentError)
    assert table("--write", readme).exit_code == 0
    assert table("--check", readme).exit_code == 0


def test_the_rival_is_asked_the_same_cases(run: Callable[..., Result], tmp_path: Path) -> None:
    done = run("--kind", "own", "--kind", "pros_cons", "--rival", out=tmp_path, rival=True)
    assert done.exit_code == 0, done.output
    assert list(load_result(tmp_path / "metrics.json")["kinds"]) == ["own", "pros_cons"]
    rival = load_result(tmp_path / "metrics.json")["rival"]
    rows = {row["title"]: row for row in rival["figures"]}
    assert rows["Right"]["n"] == 4
    assert {row["better"] for row in rows.values()} <= {"neither", ""}
    # It answers with whole chunks, so ours are shorter; a passage is its own citation, which says nothing.
    assert rows["Characters of an answer"]["value"] < 0
    assert "Supported statements" not in rows
    assert rows["Vital facts in the first 13,000 characters found"]["n"] == 3
    assert f"Beside it: {rival['name']}" in (tmp_path / "report.html").read_text()


# --- usage


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--gate", "--judge", 2), "--judge does not go with --gate"),
        (("--keep", "--kind", "roles"), "--keep goes with whole sets"),
        (("--keep", "--blind"), "--keep goes with whole sets"),
        (("--baseline", "none.json"), "none.json cannot be read"),
        (("--gates", "none.toml"), "none.toml cannot be read"),
        (("--set", "none.jsonl"), "none.jsonl does not exist"),
        (("--agreement", "none.jsonl"), "none.jsonl does not exist"),
        (("--judge", 1), "no judge is set. Set GROUNDRULE_JUDGE_URL"),
        (("--generator", "gpt-9"), "--generator names the model 'gpt-9', but GROUNDRULE_LLM_URL is not set"),
        (("--corpus", "none"), "corpus folder .*none does not exist"),
    ],
)
def test_what_cannot_be_asked_for_is_found_before_anything_is_asked(
    run: Callable[..., Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[object, ...],
    message: str,
) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Assistant, "ask", never)
    done = run(*arguments, out=tmp_path / "out")
    assert isinstance(done.exception, UsageError), done.exception
    with pytest.raises(UsageError, match=message):
        raise done.exception
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [("--judge", "0"), ("--judge", "21"), ("--workers", "0"), ("--workers", "65"), ("--worker", "1"), ("nonsense",)],
)
def test_click_tells_usage_errors_with_status_2(arguments: tuple[str, ...]) -> None:
    done = CliRunner().invoke(evaluate, arguments)
    assert done.exit_code == 2
    assert "Usage: eval" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("--write", "a", "--check", "b"), UsageError, "give --write or --check, one of them"),
        (("--results", "none"), PathError, "no result is kept in none. Run `groundrule eval --keep` first"),
        (("--result", "none.json"), PathError, "none.json cannot be read"),
    ],
)
def test_usage_of_the_table(arguments: tuple[str, ...], error: type[GroundruleError], message: str) -> None:
    done = CliRunner().invoke(evaluate, ["table", *arguments])
    with pytest.raises(error, match=message):
        raise done.exception or AssertionError


def test_a_table_goes_into_files_that_have_a_place_for_it(first: tuple[Path, Result], tmp_path: Path) -> None:
    def failed(result: Path, *arguments: object) -> str:
        done = CliRunner().invoke(evaluate, ["table", "--result", str(result), *map(str, arguments)])
        assert isinstance(done.exception, GroundruleError), done.exception
        return str(done.exception)

    made = first[0] / "metrics.json"
    assert "was not kept" in failed(made)
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps({**load_result(made), "commit": "abc", "at": "2026-05-04T00:00:00+00:00"}))
    assert "none.md cannot be used: No such file" in failed(kept, "--check", tmp_path / "none.md")
    (tmp_path / "bare.md").write_text("# No place\n")
    assert "no place for the table" in failed(kept, "--write", tmp_path / "bare.md")
    assert (tmp_path / "bare.md").read_text() == "# No place\n"
    (tmp_path / "odd.md").write_bytes(b"\xff\xfe")
    assert "odd.md cannot be used: it is not UTF-8" in failed(kept, "--write", tmp_path / "odd.md")


def test_errors_are_one_line_and_a_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def status(*arguments: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main(["eval", *arguments])
        return int(ended.value.code or 0)

    assert status("--gate", "--judge", "1") == 2
    (tmp_path / "bad.json").write_text("{")
    assert status("--baseline", str(tmp_path / "bad.json")) == 1
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("groundrule: ") for line in lines)


def test_an_out_folder_that_cannot_be_written(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    done = run("--kind", "own", out=tmp_path / "out")
    assert isinstance(done.exception, StoreError)
    assert "Choose another place with --out" in str(done.exception)


# --- the schema


def test_the_schema_is_one_and_asks_for_what_a_case_needs() -> None:
    printed = CliRunner().invoke(evaluate, ["schema"])
    assert printed.exit_code == 0
    found = json.loads(printed.stdout)
    assert set(found["required"]) == {"id", "kind", "turns", "expect"}
    assert found["properties"]["expect"]["enum"] == ["answer", "refuse", "clarify", "recommend"]
    assert found["properties"]["turns"]["minItems"] == 1
    (nugget,) = (one for name, one in found["$defs"].items() if name == "Nugget")
    assert set(nugget["required"]) == {"text", "regex"}
    assert nugget["additionalProperties"] is False
    assert all("Attributes:" not in str(one.get("title")) for one in found["properties"].values())


def test_our_cases_are_as_the_schema_says() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    found = json.loads(CliRunner().invoke(evaluate, ["schema"]).stdout)
    validator = jsonschema.Draft202012Validator(found)
    validator.check_schema(found)
    files = [*DATASETS.glob("*.jsonl"), *(DATASETS / "held-out").glob("*.jsonl")]
    assert len(files) >= 5
    for file in files:
        for line in file.read_text().splitlines():
            assert not list(validator.iter_errors(json.loads(line))), line
    good = {"id": "a", "kind": "k", "turns": ["q"], "expect": "answer"}
    assert validator.is_valid(good)
    faults: list[dict[str, Any]] = [
        {"expect": "guess"},
        {"turns": []},
        {"turns": "q"},
        {"id": ""},
        {"nuggets": [{"text": "x"}]},
    ]
    for fault in faults:
        assert not validator.is_valid({**good, **fault}), fault
