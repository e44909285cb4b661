from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.advising.evidence import require_rubric_book
from bot.deciding.rubric import Scorecard
from evals.scenarios import Scenario, load_scenarios
from ingest.config import BUNDLED_CORPUS
from ingest.errors import DocumentError
from ingest.pack import load_pack

if TYPE_CHECKING:
    from bot.assistant import Assistant

FOLDER = Path(__file__).parent.parent.parent / "evals" / "datasets" / "scenarios"
WRITTEN, HELD_OUT = FOLDER / "written.jsonl", FOLDER / "held-out.jsonl"
# What the issue of the rubric asks for, in both forms.
ENOUGH = 0.95
# Messy wording that nobody looked at while the words were written: 21 of 35 when measured, 2 of them plainly wrong.
HELD_OUT_FLOOR, HELD_OUT_WRONG = 20, 2


@pytest.fixture(scope="module")
def cards() -> dict[str, Scorecard]:
    pack = load_pack(BUNDLED_CORPUS)
    rubric = require_rubric_book(pack).rubric
    return {d.id: Scorecard(rubric, d.id, [option.id for option in d.options]) for d in pack.decisions}


def first_in_conversation(assistant: Assistant, scenario: Scenario) -> str | None:
    """The option that comes first in the answer to the scenario's last message."""
    session = None
    for turn in scenario.turns:
        answer = assistant.ask(turn, session)
        session = answer.session
    made = [one for one in (answer.recommendation, *answer.other_decisions) if one]
    return next((one.ranking[0].option for one in made if one.decision == scenario.decision), None)


def test_the_scenarios_speak_of_what_the_rubric_knows(cards: dict[str, Scorecard]) -> None:
    scenarios = load_scenarios([FOLDER])
    assert len(scenarios) >= 60
    levels = require_rubric_book(load_pack(BUNDLED_CORPUS)).rubric.criteria
    for one in scenarios:
        card = cards[one.decision]
        assert {*one.acceptable, *one.unacceptable} <= set(card.options), one.id
        assert all(level in levels[criterion].levels for criterion, level in one.facts.items()), one.id


def test_told_as_facts_an_acceptable_option_comes_first(cards: dict[str, Scorecard]) -> None:
    scenarios = load_scenarios([FOLDER])
    first = {one.id: cards[one.decision].decide(one.facts).first.option for one in scenarios}
    assert [one.id for one in scenarios if first[one.id] in one.unacceptable] == []
    missed = [one.id for one in scenarios if first[one.id] not in one.acceptable]
    assert len(missed) <= (1 - ENOUGH) * len(scenarios), missed


def test_a_clear_winner_is_an_acceptable_one(cards: dict[str, Scorecard]) -> None:
    for one in load_scenarios([FOLDER]):
        decision = cards[one.decision].decide(one.facts)
        assert not decision.clear_winner or decision.first.option in one.acceptable, one.id


def test_told_in_free_words_an_acceptable_option_comes_first(assistant: Assistant) -> None:
    scenarios = load_scenarios([WRITTEN])
    first = {one.id: first_in_conversation(assistant, one) for one in scenarios}
    assert [one.id for one in scenarios if first[one.id] in one.unacceptable] == []
    missed = [one.id for one in scenarios if first[one.id] not in one.acceptable]
    assert len(missed) <= (1 - ENOUGH) * len(scenarios), missed


def test_words_never_looked_at_are_read_no_worse_than_measured(assistant: Assistant) -> None:
    scenarios = load_scenarios([HELD_OUT])
    first = [first_in_conversation(assistant, one) for one in scenarios]
    assert sum(f in one.acceptable for f, one in zip(first, scenarios, strict=True)) >= HELD_OUT_FLOOR
    assert sum(f in one.unacceptable for f, one in zip(first, scenarios, strict=True)) <= HELD_OUT_WRONG


def test_an_option_cannot_be_both(tmp_path: Path) -> None:
    line = {"id": "a", "decision": "d", "turns": ["q"], "facts": {}, "acceptable": ["x"], "unacceptable": ["x"]}
    file = tmp_path / "s.jsonl"
    file.write_text(json.dumps({**line, "why": "w"}))
    with pytest.raises(DocumentError, match=r"s\.jsonl, line 1: .*x cannot be both"):
        load_scenarios([file])
