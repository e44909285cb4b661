"""The engine, on the bundled rubric and on an unrelated one: exact values, then what must hold of any facts."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.advising.evidence import require_rubric_book
from bot.deciding.decision import Decision
from bot.deciding.rubric import MIDDLE, POINTS_PER_SCORE, Scorecard
from bot.deciding.rubric_model import Rubric
from bot.deciding.rubric_proofs import effect_of, unproved, way_to_win
from ingest.config import BUNDLED_CORPUS
from ingest.pack import load_pack

DATABASE_PACK = Path(__file__).parent.parent / "packs" / "database"
_PACKS = {folder.name: load_pack(folder) for folder in (BUNDLED_CORPUS, DATABASE_PACK)}
_RUBRICS = {name: require_rubric_book(pack).rubric for name, pack in _PACKS.items()}
CASES = [(name, d.id) for name, pack in _PACKS.items() for d in pack.decisions if d.id in _RUBRICS[name].decisions]


def _options(pack: str, decision: str) -> list[str]:
    return [option.id for d in _PACKS[pack].decisions if d.id == decision for option in d.options]


_CARDS = {(p, d): Scorecard(_RUBRICS[p], d, _options(p, d)) for p, d in CASES}
every_decision = pytest.mark.parametrize("case", CASES, ids=lambda case: case[1])


@st.composite
def facts_of(draw: st.DrawFn, card: Scorecard) -> dict[str, str]:
    known = draw(st.sets(st.sampled_from(card.criteria)))
    return {c: draw(st.sampled_from(card.levels[c])) for c in sorted(known)}


def _bytes(decision: Decision) -> str:
    return json.dumps(dataclasses.asdict(decision))


def test_a_score_can_be_checked_by_hand() -> None:
    decision = _CARDS["database", "database-kind"].decide({"shape": "connected", "reports": "reports"})
    # 50 + 25 x weight x score: shape weighs 0.4, reports 0.2.
    assert {s.option: s.score for s in decision.ranking} == {
        "relational": 50 + 25 * 0.2 * 2,
        "document": 50 - 25 * 0.4,
        "graph": 50 + 25 * 0.4 * 2 - 25 * 0.2 * 2,
    }
    assert decision.tied == ("graph", "relational")
    assert decision.margin == 0
    assert not decision.clear_winner


def test_an_unknown_criterion_makes_the_interval() -> None:
    known = {"shape": "nested", "reports": "no-reports", "transactions": "apart"}
    decision = _CARDS["database", "database-kind"].decide(known)
    spans = {s.option: (s.low, s.high) for s in decision.ranking}
    # `changes` weighs 0.25: -2 to 0 for relational, 0 to +2 for document, nothing for graph.
    assert spans == {"relational": (27.5, 40.0), "document": (70.0, 82.5), "graph": (50.0, 50.0)}
    assert decision.settled
    assert decision.next_question is None


def test_reasons_say_points_and_lead_with_their_evidence() -> None:
    decision = _CARDS["database", "database-kind"].decide({"shape": "nested", "transactions": "together"})
    assert [(r.criterion, r.points, r.lead, r.evidence) for r in decision.reasons] == [
        ("shape", 20.0, 20.0, ("nested", "flexible")),
        ("transactions", -3.8, -3.8, ("joins",)),
    ]


def test_tipping_points_are_single_changes_the_nearest_first() -> None:
    card = _CARDS["database", "database-kind"]
    decision = card.decide({"shape": "alike", "changes": "rarely"})
    assert decision.first.option == "relational"
    assert [(t.criterion, t.after, t.winner) for t in decision.tipping_points] == [
        ("shape", "connected", "graph"),
        ("shape", "nested", "document"),
    ]
    for tip in decision.tipping_points:
        assert card.winners({**decision.facts, tip.criterion: tip.after}) == (tip.winner,)


def test_with_nothing_known_all_are_level_and_something_is_asked() -> None:
    for card in _CARDS.values():
        decision = card.decide({})
        assert {s.score for s in decision.ranking} == {MIDDLE}
        assert not decision.clear_winner
        assert decision.next_question is not None


def test_facts_of_another_decision_are_passed_over_and_an_unknown_level_is_an_error() -> None:
    card = _CARDS["database", "database-kind"]
    assert card.decide({"colour": "red", "shape": "nested"}).facts == {"shape": "nested"}
    with pytest.raises(KeyError, match="shape has no level 'round'"):
        card.decide({"shape": "round"})


def test_a_skipped_question_is_not_asked_but_settles_nothing() -> None:
    card = _CARDS["database", "database-kind"]
    decision = card.decide({}, skip=card.criteria)
    assert decision.next_question is None
    assert not decision.settled


@every_decision
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_better_answer_for_an_option_never_lowers_it(case: tuple[str, str], data: st.DataObject) -> None:
    card = _CARDS[case]
    facts = data.draw(facts_of(card))
    criterion = data.draw(st.sampled_from(card.criteria))
    option = data.draw(st.sampled_from(card.options))
    level = data.draw(st.sampled_from(card.levels[criterion]))
    points = card.points(criterion, level)[option]
    now = card.points(criterion, facts[criterion])[option] if criterion in facts else 0.0
    before = {s.option: s for s in card.decide(facts).ranking}[option].score
    after = {s.option: s for s in card.decide({**facts, criterion: level}).ranking}[option].score
    assert after >= before if points >= now else after <= before


@every_decision
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_unknown_only_widens_the_intervals(case: tuple[str, str], data: st.DataObject) -> None:
    card = _CARDS[case]
    facts = data.draw(facts_of(card))
    fewer = {c: level for c, level in facts.items() if data.draw(st.booleans())}
    narrow = {s.option: s for s in card.decide(facts).ranking}
    for wide in card.decide(fewer).ranking:
        assert wide.low <= narrow[wide.option].low <= narrow[wide.option].score
        assert narrow[wide.option].score <= narrow[wide.option].high <= wide.high


@every_decision
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_question_is_asked_exactly_while_an_answer_can_change_who_comes_first(
    case: tuple[str, str], data: st.DataObject
) -> None:
    card = _CARDS[case]
    facts = data.draw(facts_of(card))
    decision = card.decide(facts)
    asked = decision.next_question
    if asked is None:
        # Whatever the open answers are, the first stays first.
        for _ in range(30):
            rest = {c: data.draw(st.sampled_from(card.levels[c])) for c in decision.unknown}
            assert set(card.winners({**facts, **rest})) & set(decision.tied)
        return
    assert asked.criterion in decision.unknown
    others = [c for c in decision.unknown if c != asked.criterion]
    alone = {card.winners({**facts, asked.criterion: level}) for level in card.levels[asked.criterion]}
    assert dict(asked.winners) == {
        level: card.winners({**facts, asked.criterion: level}) for level in card.levels[asked.criterion]
    }
    if all(set(decision.tied) & set(winners) for winners in alone) and len(alone) == 1:
        # No single answer does: then there are other answers with which this one does.
        draw = np.random.RandomState(3)
        assert any(
            len({card.winners({**rest, asked.criterion: level}) for level in card.levels[asked.criterion]}) > 1
            for rest in (
                {**facts, **{c: card.levels[c][draw.randint(len(card.levels[c]))] for c in others}} for _ in range(4000)
            )
        )


@every_decision
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_neither_names_nor_order_change_anything(case: tuple[str, str], data: st.DataObject) -> None:
    pack, id_ = case
    card = _CARDS[case]
    facts = data.draw(facts_of(card))
    order = data.draw(st.permutations(card.options))
    new = {option: f"x{n}" for n, option in enumerate(order)}
    raw = _RUBRICS[pack].model_dump(by_alias=True)
    chosen = raw["decisions"][id_]
    chosen["present"], chosen["disagreements"] = {}, []
    criteria = list(chosen["criteria"].items())
    chosen["criteria"] = dict(data.draw(st.permutations(criteria)))
    for weighing in chosen["criteria"].values():
        weighing["scores"] = {new[option]: cells for option, cells in weighing["scores"].items()}
    renamed = Scorecard(Rubric.model_validate(raw), id_, [new[option] for option in order])
    one, other = card.decide(facts), renamed.decide(facts)
    assert {new[s.option]: (s.score, s.low, s.high, s.first_share) for s in one.ranking} == {
        s.option: (s.score, s.low, s.high, s.first_share) for s in other.ranking
    }
    assert [q.criterion for q in one.questions] == [q.criterion for q in other.questions]
    assert one.clear_winner == other.clear_winner
    assert {new[option] for option in one.tied} == set(other.tied)


@every_decision
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_the_same_facts_give_the_same_bytes(case: tuple[str, str], data: st.DataObject) -> None:
    card = _CARDS[case]
    facts = data.draw(facts_of(card))
    again = Scorecard(_RUBRICS[case[0]], case[1], card.options)
    assert _bytes(card.decide(facts)) == _bytes(again.decide(dict(reversed(facts.items()))))


@every_decision
def test_every_option_can_win_and_every_criterion_counts(case: tuple[str, str]) -> None:
    card = _CARDS[case]
    for option in card.options:
        facts = way_to_win(card, option)
        assert facts is not None
        assert card.winners(facts) == (option,)
    for criterion in card.criteria:
        effect = effect_of(card, criterion)
        assert effect is not None
        rest, one, other = effect
        assert not set(card.winners({**rest, criterion: one})) & set(card.winners({**rest, criterion: other}))
    assert list(unproved(card)) == []


def test_an_option_that_cannot_win_and_a_criterion_without_effect_are_found() -> None:
    raw = _RUBRICS["database"].model_dump(by_alias=True)
    weighings = raw["decisions"]["database-kind"]["criteria"]
    for option in ("relational", "document", "graph"):
        levels = weighings["shape"]["scores"][option]
        weighings["shape"]["scores"][option] = {k: v for k, v in levels.items() if v["score"] > 0 and option != "graph"}
    weighings["changes"]["weight"], weighings["shape"]["weight"] = 0.0001, 0.6499
    found = list(unproved(Scorecard(Rubric.model_validate(raw), "database-kind", ["relational", "document", "graph"])))
    assert any("'graph' comes first" in fault for fault in found)
    assert any("'changes' changes who comes first" in fault for fault in found)


def test_shares_sum_to_one_and_are_rounded() -> None:
    for card in _CARDS.values():
        shares = [s.first_share for s in card.decide({}).ranking]
        assert sum(shares) == pytest.approx(1, abs=0.01)
        assert all(share == round(share, 3) for share in shares)


def test_a_decision_takes_far_less_than_drawing_its_weights_anew() -> None:
    """Twelve criteria and six options; the issue's 3 ms are measured by hand, for seconds are no test."""
    case = CASES[0]
    card = _CARDS[case]
    assert len(card.criteria) >= 12
    assert len(card.options) == 6
    facts = {c: card.levels[c][0] for c in card.criteria[::2]}
    began = time.perf_counter()
    for _ in range(20):
        card.decide(facts)
    decided = (time.perf_counter() - began) / 20
    began = time.perf_counter()
    Scorecard(_RUBRICS[case[0]], case[1], card.options)
    assert decided < time.perf_counter() - began
    assert POINTS_PER_SCORE * 2 + MIDDLE == 100
