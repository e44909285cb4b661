"""Options side by side: complete by stance, cited to the character, and where they stand in the conversation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from bot.service.side_by_side import Beside, SideBySide, side_by_side
from bot.surfaces.http.api import make_api
from bot.surfaces.http.metrics import Metrics
from ingest.errors import QuestionError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.assistant import Assistant
    from bot.service.service import Service
    from ingest.types import Stance

PAIR = ("factory", "decentralised")


def lines_of(one: Beside) -> list[int]:
    return [n for part in (one.definition, one.pros, one.cons, one.fit) for line in part for n in line.citations]


def test_every_claim_is_there_under_its_stance_and_cited_to_the_character(assistant: Assistant) -> None:
    shown = side_by_side(assistant, PAIR)
    assert [one.option for one in shown.options] == list(PAIR)
    assert [c.number for c in shown.citations] == list(range(1, len(shown.citations) + 1))
    quotes = {c.number: c.quote for c in shown.citations}
    stances: tuple[tuple[Stance, str], ...] = (("pro", "pros"), ("con", "cons"), ("fit", "fit"))
    for one in shown.options:
        for stance, part in stances:
            wanted = [p.text for p in assistant.library.passages if one.option in p.options and p.stance == stance]
            lines = getattr(one, part)
            assert Counter(quotes[n] for line in lines for n in line.citations) == Counter(wanted)
            assert all(quotes[line.citations[0]] == line.text for line in lines)
        assert one.pros
        assert one.cons
        assert one.definition
        assert one.standing is None
    for citation in shown.citations:
        text = assistant.documents[citation.source_id].text
        assert text[citation.start : citation.end] == citation.quote


def test_what_two_sources_say_alike_is_one_line(assistant: Assistant) -> None:
    structures = next(d for d in assistant.pack.decisions if "factory" in [o.id for o in d.options])
    merged = 0
    for option in structures.options:
        other = next(o.id for o in structures.options if o != option)
        one = side_by_side(assistant, (option.id, other)).options[0]
        for part in (one.pros, one.cons):
            merged += sum(len(line.citations) > 1 for line in part)
    assert merged > 0


def test_where_they_stand_is_from_the_last_recommendation_and_no_supposition(service: Service) -> None:
    session = "beside"
    assert service.side_by_side(PAIR, session).options[0].standing is None
    made = service.ask("We are 12 people with two models live. How should we organise?", session, door="http")
    assert made.recommendation is not None
    service.ask("What if we had 50 models?", session, door="http")
    shown = service.side_by_side(PAIR, session)
    for one in shown.options:
        place, ranked = next((n, r) for n, r in enumerate(made.recommendation.ranking, 1) if r.option == one.option)
        assert one.standing is not None
        assert one.standing.model_dump() == {
            "place": place, "score": ranked.score, "low": ranked.low, "high": ranked.high, "first_share": ranked.first_share,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("factory",), "Give 2 to 3"),
        (("factory", "factory"), "Give 2 to 3"),
        (("factory", "decentralised", "centralised", "federated"), "Give 2 to 3"),
        (("factory", "lunch"), "'lunch' is not known"),
        (("factory", "big-data-ops"), "of operating-structure and operations-scale"),
    ],
)
def test_what_cannot_stand_side_by_side_is_said(assistant: Assistant, options: Sequence[str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        side_by_side(assistant, options)


def test_over_http_it_is_the_same(service: Service) -> None:
    with TestClient(make_api(service, Metrics())) as client:
        got = client.get("/api/side-by-side", params={"option": [*PAIR, "centralised"]})
        assert got.json()["schema"] == 1
        assert SideBySide.model_validate(got.json()) == service.side_by_side([*PAIR, "centralised"])
        for wrong in ({}, {"option": "factory"}, {"option": ["factory", "lunch"]}, {"option": PAIR, "session": ""}):
            assert client.get("/api/side-by-side", params=wrong).status_code == 422
    with pytest.raises(QuestionError):
        service.side_by_side(PAIR, "a\nb")
