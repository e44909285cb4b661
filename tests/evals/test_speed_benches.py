"""What times new processes and warm answers."""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from evals.benches import scaling, starting
from evals.benches import start as start_command
from evals.benches.answer import answer
from evals.benches.answering import Timed, measure, summarise
from evals.benches.processes import run_apart
from evals.benches.scale import scale
from evals.benches.scaling import ask, build, grown
from evals.benches.start import start
from evals.report.plots import scale_plot
from ingest.config import Settings
from ingest.errors import GroundruleError, UsageError


def test_a_command_is_timed_and_must_end_as_expected() -> None:
    assert starting.time_of([sys.executable, "-c", "import sys; sys.exit(2)"], 2) > 0
    with pytest.raises(GroundruleError, match="ended with 3: no"):
        starting.time_of([sys.executable, "-c", "import sys; sys.stderr.write('well\\nno\\n'); sys.exit(3)"])
    with pytest.raises(GroundruleError, match="it said nothing"):
        starting.time_of([sys.executable, "-c", "raise SystemExit(1)"])


def test_what_needs_no_index_is_run_as_a_user_runs_it(tmp_path: Path) -> None:
    arms = starting.arms(Settings(home=tmp_path))
    assert set(starting.SECONDS) < set(arms)
    assert {name for one in starting.RATIOS for name in (one.ours, one.other)} < set(arms)
    bare, help_, usage = (arms[name]() for name in ("python", "help", "usage error"))
    assert bare < help_
    assert bare < usage


def test_ratios_are_of_one_round() -> None:
    def of(ask: float, serve: float) -> dict[str, float]:
        return {"ask": ask, "libraries": 10.0, "serve": serve, "page libraries": 20.0}

    # The middle of the ratios, not the ratio of the middles.
    rounds = [of(2.0, 10.0), of(4.0, 10.0) | {"libraries": 40.0}, of(3.0, 4.0)]
    assert starting.ratios(rounds) == {"ask to libraries": 0.2, "serve to page libraries": 0.5}


def test_the_command_tells_seconds_ratios_and_what_is_wanted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seconds = {"python": 0.02, "help": 0.2, "usage error": 0.1, "ask": 3.0, "libraries": 10.0}
    seconds |= {"serve": 8.0, "page libraries": 20.0}
    runs: list[str] = []

    def run(name: str) -> float:
        runs.append(name)
        return seconds[name]

    def made(_: Settings) -> dict[str, Any]:
        return {name: partial(run, name) for name in seconds}

    monkeypatch.setattr(starting, "arms", made)
    arguments = ["--rounds", "2", "--home", str(tmp_path)]
    done = CliRunner().invoke(start, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["ratios"] == {"ask to libraries": 0.3, "serve to page libraries": 0.4}
    assert result["seconds"] == seconds
    # Once before anything counts.
    assert runs == list(seconds) * 3
    shown = CliRunner().invoke(start, arguments).stdout
    assert "ask takes 0.30 of libraries; at most 0.35 is wanted" in shown
    assert "help               0.20 s; at most 0.3 is wanted" in shown
    assert start_command.__all__ == ["start"]


def test_groups_are_held_against_the_floor() -> None:
    timed = [Timed("factual", 0.01, 0.01 * n) for n in range(1, 6)] + [Timed("recommend", 0.01, 0.03)] * 3
    found = summarise(timed)
    assert found["floor"] == {"median_ms": 10.0, "count": 8}
    assert found["facts"]["to_floor"] == found["recommendations"]["to_floor"] == 3.0
    assert found["facts"]["count"] == 5
    assert found["facts"]["p95_ms"] == 48.0
    assert found["recommendations"]["p95_to_median"] == 1.0
    assert found["recommend"] == found["recommendations"]
    assert "recommendations" not in summarise(timed[:5])


def test_each_question_is_searched_and_answered_once() -> None:
    told: list[tuple[str, str]] = []

    class Answering:
        def ask(self, question: str) -> None:
            told.append(("ask", question))

    assistant: Any = Answering()
    asked = [("factual", "a?"), ("recommend", "b?")]
    kinds = [one.kind for one in measure(asked, lambda question: told.append(("search", question)), assistant)]
    assert kinds == ["factual", "recommend"]
    assert told == [("search", "a?"), ("ask", "a?"), ("search", "b?"), ("ask", "b?")]


def test_real_answers_are_timed(real_home: Path) -> None:
    done = CliRunner().invoke(answer, ["--questions", "60", "--home", str(real_home), "--json"])
    assert done.exit_code == 0, done.output
    groups = json.loads(done.stdout)["groups"]
    assert groups["floor"]["count"] == 20
    assert groups["facts"]["to_floor"] > 0
    assert groups["facts"]["count"] + groups.get("recommendations", {"count": 0})["count"] == 20


def test_growth_is_told_in_embeddings() -> None:
    small, large = {"search_ms": 6.0, "encode_ms": 3.0}, {"search_ms": 30.0, "encode_ms": 10.0}
    assert grown([small, {"search_ms": 1.0, "encode_ms": 1.0}, large]) == 1.5


def test_a_step_runs_apart_and_says_why_it_failed(capfd: pytest.CaptureFixture[str]) -> None:
    # A module that prints what it was given.
    assert run_apart("tests.evals.echo", "say", {"a": [1]}) == {"step": "say", "given": {"a": [1]}}
    with pytest.raises(GroundruleError, match="'fail' ended with status 3; what it said stands above"):
        run_apart("tests.evals.echo", "fail", None)
    assert "cannot" in capfd.readouterr().err


def test_a_library_is_grown_built_and_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def here(_: str, step: str, given: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            json.dumps({"build": build, "ask": ask}[step](json.loads(json.dumps(given))))
        )
        return found

    # Four processes would load everything anew.
    monkeypatch.setattr(scaling, "run_apart", here)
    plot = tmp_path / "curves.svg"
    arguments = ["--sizes", "40,100", "--questions", "10", "--made-up", "--store", "embedded", "--plot", str(plot)]
    done = CliRunner().invoke(scale, [*arguments, "--json", "--home", str(tmp_path / "home")])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    small, large = result["stores"]["embedded"]
    assert [small["added"], large["added"]] == [40, 60]
    assert [small["passages"], large["passages"]] == [40, 100]
    assert 0 < small["index_mib"] < large["index_mib"]
    assert 0 < small["words_mib"] <= large["words_mib"]
    assert small["search_ms"] > small["encode_ms"] > 0
    assert all(value > 0 for name, value in large.items() if name != "words_seconds")
    assert result["growth"]["embedded"] == grown([small, large])
    assert plot.read_text().count("<svg") == 1
    assert ElementTree.parse(plot).getroot().tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own


def test_what_is_not_known_of_a_server_is_not_drawn() -> None:
    own = dict.fromkeys(("search_ms", "ask_ms", "passages_per_second", "index_mib", "open_seconds", "memory_mib"), 7.0)
    rows = [{**own, "passages": size} for size in (40, 100)]
    drawn = scale_plot({"here": rows, "served": [{**row, "index_mib": None} for row in rows]})
    written = set(re.findall(r">([^<>]+)</text>", drawn))
    assert {"here", "served", "passages"} < written
    assert not any("s-" in text for text in written)


@pytest.mark.parametrize("sizes", ["many", "100,40", "40,40", "5", ""])
def test_sizes_rise(sizes: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(scale, ["--sizes", sizes, "--home", str(tmp_path)])
    assert isinstance(done.exception, UsageError)
    assert "--sizes" in str(done.exception)
