"""An NLI model may take support away, and is asked only where that could matter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.verifying.inference import CONTRADICTED_FROM
from bot.verifying.verify import Verifier
from bot.wiring import make_verifier
from evals.benches.bench import bench
from ingest.config import Settings
from ingest.embedding.cross_encoder import EntailmentScorer
from ingest.errors import EncoderError
from tests.cross_encoders import make_cross_encoder

ORCHARD = "The orchard above Pellworth was planted by Mira Stane. Its pears are picked in September and sold in Ostrel."
MILL = "The mill grinds rye for the whole valley, and its wheel turns in winter too."
REWORDED = "Mira Stane planted the orchard above Pellworth."


@dataclass(frozen=True)
class Found:
    contradiction: float


class Says:
    """Finds sentences with a word denied with a probability, and no others."""

    def __init__(self, word: str, probability: float = 0.9) -> None:
        self.word = word
        self.probability = probability
        self.asked: list[tuple[str, str]] = []

    def entailment(self, pairs: Sequence[tuple[str, str]]) -> list[Found]:
        self.asked += pairs
        return [Found(self.probability if self.word in sentence else 0.0) for _, sentence in pairs]


def test_a_contradiction_takes_support_away_and_says_so() -> None:
    plain = Verifier().sentence(REWORDED, [ORCHARD])
    assert plain.supported
    verdict = Verifier(inference=Says("Mira")).sentence(REWORDED, [ORCHARD])
    assert not verdict.supported
    assert verdict.score < plain.score
    assert verdict.reasons == (f"the NLI model finds that the passage denies it (probability 0.90): '{REWORDED}'",)


@pytest.mark.parametrize(("probability", "supported"), [(CONTRADICTED_FROM, False), (CONTRADICTED_FROM - 0.01, True)])
def test_below_the_threshold_nothing_changes(probability: float, supported: bool) -> None:
    verdict = Verifier(inference=Says("Mira", probability)).sentence(REWORDED, [ORCHARD])
    assert verdict.supported is supported
    assert (verdict == Verifier().sentence(REWORDED, [ORCHARD])) is supported


def test_it_is_held_against_the_passage_that_shares_most_words() -> None:
    for passages in ([MILL, ORCHARD], [ORCHARD, MILL]):
        model = Says("nothing")
        assert Verifier(inference=model).sentence(REWORDED, passages).supported
        assert model.asked == [(ORCHARD, REWORDED)]


@pytest.mark.parametrize(
    "sentence",
    [
        # A copy, ...
        "Its pears are picked in September and sold in Ostrel.",
        # ... what the rules find contradicted, ...
        "The orchard above Pellworth was not planted by Mira Stane.",
        # ... and what is nowhere in the passage.
        "Herons nest along every canal in Quillby.",
    ],
)
def test_it_is_not_asked_where_its_word_would_change_nothing(sentence: str) -> None:
    model = Says("")
    assert Verifier(inference=model).sentence(sentence, [ORCHARD]) == Verifier().sentence(sentence, [ORCHARD])
    assert model.asked == []


def test_one_sentence_speaks_against_a_whole_text() -> None:
    model = Says("rye")
    text = f"{REWORDED} The mill of the valley grinds rye in winter too."
    assert Verifier().text(text, [ORCHARD, MILL]).supported
    verdict = Verifier(inference=model).text(text, [ORCHARD, MILL])
    assert not verdict.supported
    assert [premise for premise, _ in model.asked] == [ORCHARD, MILL]
    assert len(verdict.reasons) == 1


def test_the_setting_is_obeyed_with_a_real_model(tmp_path: Path) -> None:
    labels = ("contradiction", "neutral", "entailment")
    folder = make_cross_encoder(tmp_path / "one", labels)
    turned = make_cross_encoder(tmp_path / "two", labels[::-1])
    # Its weights are drawn at random: under one order of names or the other it is sure to find more of a contradiction.
    found = [EntailmentScorer(str(one)).entailment([(ORCHARD, REWORDED)])[0].contradiction for one in (folder, turned)]
    for one, probability in zip((folder, turned), found, strict=True):
        verdict = make_verifier(Settings(home=tmp_path, nli_model=str(one))).sentence(REWORDED, [ORCHARD])
        assert verdict.supported is (probability < CONTRADICTED_FROM)
    assert max(found) >= CONTRADICTED_FROM > min(found)
    assert make_verifier(Settings(home=tmp_path)).sentence(REWORDED, [ORCHARD]).supported


def test_the_benchmark_obeys_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text(json.dumps({"id": "1", "passages": [ORCHARD], "response": REWORDED, "label": "supported"}) + "\n")
    command = ["verify", "--set", str(file), "--json"]
    assert CliRunner().invoke(bench, command, catch_exceptions=False).exit_code == 0
    monkeypatch.setenv("GROUNDRULE_NLI_MODEL", str(tmp_path / "nothing"))
    with pytest.raises(EncoderError, match="GROUNDRULE_NLI_MODEL"):
        CliRunner().invoke(bench, command, catch_exceptions=False)
