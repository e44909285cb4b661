"""The page's own HTML: passages in their documents, the decision, options side by side, the rubric."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from bot.surfaces.page.comparing import compared, nothing_compared
from bot.surfaces.page.decision import decision_panel, no_decision
from bot.surfaces.page.reading import cited_passages, in_document, nothing_cited
from bot.surfaces.page.rubric import rubric_page
from bot.types import Citation
from ingest.errors import MissingError

if TYPE_CHECKING:
    from bot.service.service import Service
    from bot.types import Recommendation

ORGANISATION = "We are 30 people with two models live, and nobody regulates us. How should we organise?"


class Reader(HTMLParser):
    """The text within elements of a class, the ids, and whether every element is closed."""

    VOID = frozenset({"rect", "br", "img", "input"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if told.get("id"):
            self.ids.append(str(told["id"]))
        for name in str(told.get("class") or "").split():
            self.texts.setdefault(name, []).append("")
        if tag not in self.VOID:
            self.open.append((tag, told))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1][0] == tag
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for _, told in self.open:
            for name in str(told.get("class") or "").split():
                self.texts[name][-1] += data


def citation(**changes: Any) -> Citation:
    fields = {
        "number": 1, "passage_id": "p", "source_id": "d", "title": "A <b>title</b>", "author": None, "publisher": None,
        "published": "2020", "section": "S & T", "quote": "<script>alert(1)</script>", "start": 0, "end": 25,
        "document_sha256": "0", "text": "original", "url": None,
    }  # fmt: skip
    return Citation.model_validate({**fields, **changes})


@pytest.fixture
def made(service: Service) -> Recommendation:
    answer = service.ask(ORGANISATION, door="page")
    assert answer.recommendation is not None
    return answer.recommendation


def test_text_of_documents_is_escaped() -> None:
    shown = cited_passages([citation()])
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "A &lt;b&gt;title&lt;/b&gt;" in shown
    assert "author unknown, 2020" in shown
    Reader(shown)


def test_our_notes_never_stand_in_quotation_marks() -> None:
    assert "“" in cited_passages([citation()])
    notes = cited_passages([citation(text="notes")])
    assert "“" not in notes
    assert "Our notes on <cite>" in notes


def test_an_answer_without_citations_says_so() -> None:
    assert "cites nothing" in nothing_cited(asked=True)
    assert "cites nothing" not in nothing_cited(asked=False)


def test_every_passage_is_marked_to_the_character_in_its_whole_document(service: Service) -> None:
    for passage in list(service.assistant.passages.values())[::7]:
        reader = Reader(in_document(service, passage.id, "3"))
        document = service.document(passage.document_id)
        assert reader.texts["quoted"] == [passage.text]
        # Nothing is changed around it either: what is short enough is shown whole.
        assert reader.texts["text"] == [document.text]
        assert "[3]" in reader.texts["title"][0]


def test_of_a_long_document_what_is_near_is_shown(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.surfaces.page.reading.AROUND", 10)
    passage = next(one for one in service.assistant.passages.values() if one.start > 1000)
    reader = Reader(in_document(service, passage.id, "<i>"))
    text = service.document(passage.document_id).text
    around = text[passage.start - 10 : passage.end + 10]
    assert reader.texts["text"][0].startswith(f"{passage.start - 10:,} characters before this are not shown.")
    assert around in reader.texts["text"][0]
    assert "number" not in reader.texts


def test_a_passage_that_is_gone_is_said_to_be(service: Service) -> None:
    with pytest.raises(MissingError, match="not in the library"):
        in_document(service, "<script>", "1")


def test_the_panel_shows_the_recommendation_as_it_is(service: Service, made: Recommendation) -> None:
    panel = decision_panel([made], service.advisor)
    reader = Reader(panel)
    assert len(reader.ids) == len(set(reader.ids))
    names = re.findall(r'<th scope="row">([^<]+)</th>\s*<td class="bar">', panel)
    assert names == [one.name for one in made.ranking]
    assert [float(one) for one in reader.texts["points"]] == [round(one.score) for one in made.ranking]
    assert reader.texts["range"] == [f" ({one.low:.0f} to {one.high:.0f})" for one in made.ranking]
    chosen = re.findall(r'data-criterion="([^"]+)"[^>]*>(.*?)</select>', panel, re.DOTALL)
    picked = {criterion: re.search(r'value="([^"]*)" selected', html) for criterion, html in chosen}
    levels = {criterion: found[1] if found else None for criterion, found in picked.items()}
    known = {fact.criterion: fact.level for fact in made.facts}
    assert levels == {**dict.fromkeys(made.unknown, ""), **known}
    assert "<q>two models live</q> · read from a number, by our own cut-off" in panel
    assert made.rubric_sha256[:12] in panel
    assert "has changed since" not in panel


def test_each_score_of_the_heat_map_is_the_rubrics_and_has_its_evidence(service: Service, made: Recommendation) -> None:
    advisor = service.advisor
    panel = decision_panel([made], advisor)
    squares = re.findall(r'class="square s(-?\d)"', panel)
    weighings = advisor.book.rubric.decisions[made.decision].criteria
    facts = {fact.criterion: fact.level for fact in made.facts}
    by_weight = sorted(facts, key=lambda c: -weighings[c].weight)
    expected = [weighings[c].score(one.option, facts[c]) for c in by_weight for one in made.ranking]
    assert [int(one) for one in squares] == expected
    for why, score in zip(re.findall(r'<div class="why".*?</div>', panel, re.DOTALL), expected, strict=True):
        assert ("data-passage=" in why) == (score != 0)


def test_tipping_points_are_told_in_words(service: Service, made: Recommendation) -> None:
    assert made.tipping_points
    tip = made.tipping_points[0]
    criterion = service.advisor.book.rubric.criteria[tip.criterion]
    before, after = criterion.levels[tip.before].label, criterion.levels[tip.after].label
    winner = service.advisor.name(tip.winner)
    told = f"<em>{criterion.name}</em> were “{after}” instead of “{before}”, <strong>{winner}</strong> would come first"
    assert told in decision_panel([made], service.advisor)


def test_what_a_user_said_is_text_in_the_panel(service: Service, made: Recommendation) -> None:
    fact = made.facts[0].model_copy(update={"said": "<img src=x onerror=alert(1)>"})
    panel = decision_panel([made.model_copy(update={"facts": (fact, *made.facts[1:])})], service.advisor)
    assert "<img" not in panel
    assert "&lt;img src=x" in panel


def test_a_recommendation_of_an_older_rubric_is_shown_as_one(service: Service, made: Recommendation) -> None:
    old = made.model_copy(
        update={
            "rubric_sha256": "0" * 64,
            "facts": (*made.facts, made.facts[0].model_copy(update={"criterion": "gone"})),
            "ranking": (*made.ranking, made.ranking[0].model_copy(update={"option": "gone", "name": "Gone"})),
        }
    )
    panel = decision_panel([old], service.advisor)
    assert "the rubric has changed since" in panel
    assert 'data-criterion="gone"' not in panel
    assert decision_panel([old.model_copy(update={"decision": "gone"})], service.advisor) == no_decision()


def test_options_stand_side_by_side_with_every_line_cited(service: Service) -> None:
    view = service.side_by_side(["factory", "federated"])
    html = compared(view)
    Reader(html)
    lines = [
        line for one in view.options for field in ("definition", "pros", "cons", "fit") for line in getattr(one, field)
    ]
    assert html.count('class="quiet cite"') == sum(len(line.citations) for line in lines)
    passages = service.assistant.passages
    for one in view.citations:
        assert f'data-passage="{one.passage_id}"' in html
        assert passages[one.passage_id].text == one.quote
    assert "Fit for you" not in html
    assert "one more" in nothing_compared(1)


def test_the_rubrics_page_holds_all_of_it(service: Service) -> None:
    advisor = service.advisor
    rubric = advisor.book.rubric
    html = rubric_page(advisor)
    Reader(html)
    assert rubric.sha256 in html
    assert f"Version {rubric.version}," in html
    proofs = re.findall(r"<li><strong>([+−][12])</strong>(.*?)</li>", html, re.DOTALL)
    scored = [cell for *_, cell in rubric.cells if cell.score]
    assert sorted(score for score, _ in proofs) == sorted(f"{cell.score:+}".replace("-", "−") for cell in scored)
    assert all('data-passage="' in proof for _, proof in proofs)
    assert html.count('class="card"') == sum(len(one.criteria) for one in rubric.decisions.values())
    for one in rubric.criteria.values():
        assert one.question.replace("'", "&#39;") in html
