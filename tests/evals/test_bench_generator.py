"""`groundrule bench generator`: the product's own work is noted, sentence by sentence. No model is needed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from bot.assistant import Assistant
from bot.llm.phrasing import Phrasing
from bot.llm.writer import Writer
from bot.wiring import ready_library
from evals.benches.bench import bench
from evals.benches.generator import Recorder, measure, summary
from evals.cases import Case
from ingest.errors import ModelTimeoutError, SettingError
from ingest.naming import Namer
from ingest.pack import load_pack
from tests.fakes import Scripted, Words

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.config import Settings
    from tests.fakes import WordEncoder

CONS = Case(id="a", kind="pros_cons", turns=("Hello!", "What are the cons of the factory model?"), expect="answer")
AGAIN = Case(id="b", kind="pros_cons", turns=("What are the pros of the factory model?",), expect="answer")
HELD = "It takes extra governance overhead, which can use up a lot of resources."


def test_each_sentence_is_noted_with_what_became_of_it(settings: Settings, encoder: WordEncoder) -> None:
    library, pack = ready_library(settings, encoder), load_pack(settings.corpus)
    model = Scripted([f"{HELD} Bakers love bread.\nBakers love bread.\nNow:\n"])
    recorder = Recorder(Writer(model, Words(), Namer(pack).option_ids), [])
    assistant = Assistant(library, pack, encoder, phrasing=Phrasing(recorder))
    rows = list(measure(assistant, recorder, [CONS]))
    assert [(row["turn"], row["state"], row["sentence"], row.get("reason")) for row in rows] == [
        (1, "shown", HELD, None),
        (1, "dropped", "Bakers love bread.", "unsupported"),
        (1, "dropped", "Bakers love bread.", "repeated"),
        (1, "dropped", "Now:", "no claim"),
    ]
    assert "organisational and governance overhead" in rows[0]["passages"][0]["text"]
    model.pieces = [f"{HELD} Bakers", ModelTimeoutError("late")]
    rows = list(measure(assistant, recorder, [CONS, AGAIN], 2))
    assert [(row["id"], row["state"], row["failure"]) for row in rows] == [("a", "withdrawn", "timed out")]
    library.close()
    assert summary(recorder.noted) == {
        "answers asked for": 2,
        "answers phrased by the model": 1,
        "answers fallen back": {"timed out": 1},
        "sentences that claim something": 3,
        "of them verified": 2,
        "share verified": 0.667,
        "sentences shown": 1,
        "of them cited": 1,
        "sentences dropped": {"unsupported": 1, "repeated": 1, "no claim": 1},
    }
    assert summary([])["share verified"] is None


def test_without_a_model_there_is_nothing_to_measure(real_home: Path, tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps(AGAIN.model_dump(include={"id", "kind", "turns", "expect"})) + "\n")
    arguments = ["generator", "--set", str(cases), "--out", str(tmp_path / "out.jsonl"), "--home", str(real_home)]
    with pytest.raises(SettingError, match="no language model is set"):
        CliRunner().invoke(bench, arguments, catch_exceptions=False)
