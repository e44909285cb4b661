"""What is taken away of a conversation: complete, linked, printable; and what others wrote in it stays text."""

from __future__ import annotations

import datetime as dt
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from bot.service.away import record_of, transcript_of
from bot.sessions.memory import MemoryConversations
from bot.sessions.session import Exchange, Turn
from bot.surfaces.guard.guard import guarded
from bot.surfaces.guard.keys import KeyRing
from bot.surfaces.http.api import make_api
from bot.surfaces.http.metrics import Metrics
from bot.types import Answer, Citation
from ingest.errors import MissingError, UsageError
from ingest.reading.markdown import split_front_matter
from ingest.rich_text import markdown_html

if TYPE_CHECKING:
    from bot.assistant import Assistant
    from bot.service.service import Service
    from ingest.config import Settings

SESSION = "taken-away"
QUESTION = "We are 12 people with two models live. How should we organise?"
NASTY = (
    "<script>alert(1)</script> **bold** [a](javascript:alert(1)) ![x](http://x.example/x.png) \"' onload=x [1] &amp;"
)
AT = dt.datetime(2026, 3, 4, 5, 6, tzinfo=dt.UTC)


class Page(HTMLParser):
    """The elements of a page, the ids, where links lead to, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = {name: value or "" for name, value in attrs}
        self.attributes |= set(given)
        self.ids += [given["id"]] if given.get("id") else []
        self.links += [given["href"]] if given.get("href") else []

    def handle_data(self, data: str) -> None:
        self.text += data

    def check(self) -> None:
        """Nothing runs, nothing is loaded, and every link within the page leads somewhere in it."""
        assert not self.tags & {"script", "img", "iframe", "link", "object", "form", "svg"}
        assert not [name for name in self.attributes if name.startswith("on") or name == "src"]
        assert len(self.ids) == len(set(self.ids))
        assert all(link.lower().startswith(("#", "https://", "http://")) for link in self.links)
        assert {link[1:] for link in self.links if link.startswith("#")} <= set(self.ids)


def citation(number: int, **fields: Any) -> Citation:
    plain: dict[str, Any] = {
        "number": number, "passage_id": "p", "source_id": "s", "title": "A title", "author": "Ann Example",
        "publisher": "The Press", "published": "2020-01-01", "section": "Section", "quote": "Words.", "start": 3,
        "end": 9, "document_sha256": "ab" * 32, "text": "original", "url": None,
    }  # fmt: skip
    return Citation(**{**plain, **fields})


def told(assistant: Assistant, *answers: Answer) -> Service:
    """A service with a conversation in which these answers were given."""
    from bot.service.service import Service

    kept = MemoryConversations()
    for answer in answers:
        kept.remember(SESSION, Turn(), Exchange(AT, answer.as_json()))
    return Service(assistant.with_conversations(kept), feedback=None)  # type: ignore[arg-type]


@pytest.fixture
def nasty(assistant: Assistant) -> Service:
    """A conversation in which everything that a user or a document can write tries to be more than text."""
    cited = citation(
        1, title=NASTY, author=NASTY, publisher=NASTY, section=NASTY, quote=NASTY, source_id=NASTY, url="javascript:alert(1)"
    )  # fmt: skip
    first = Answer(
        session=SESSION,
        question=f"# Heading\n{NASTY}\n\n---\n1. one",
        kind="fact",
        answer="Said. [1]\n\n> \\[2\\] &lt;script&gt;",
        citations=(cited,),
        confidence=1.0,
    )
    return told(assistant, first)


def test_markdown_becomes_html_in_which_html_is_text() -> None:
    html = markdown_html(f"{NASTY}\n\n<b>x</b>\n\n<http://a.example> <javascript:alert(1)> [b](HTTPS://b.example)")
    page = Page(html)
    page.check()
    assert page.links == ["http://x.example/x.png", "http://a.example", "HTTPS://b.example"]
    assert "<script>alert(1)</script>" in page.text
    assert "<b>x</b>" in page.text
    assert page.tags == {"p", "strong", "a"}


def test_numbers_in_brackets_are_links_unless_they_are_escaped_code_or_in_a_link() -> None:
    html = markdown_html("One [1][2]. \\[3\\] `[4]` [see [5]](https://a.example) &#91;6&#93;", lambda n: f"#c-{n}")
    assert Page(html).links == ["#c-1", "#c-2", "https://a.example"]
    assert '<a href="#c-1">[1]</a><a href="#c-2">[2]</a>' in html
    assert Page(markdown_html("[1]")).links == []


def test_items_of_a_numbered_list_can_be_led_to() -> None:
    html = markdown_html("3. three\n4. four\n\n- other", anchor=lambda n: f"c-{n}")
    assert Page(html).ids == ["c-3", "c-4"]


def test_a_record_as_a_page_says_all_that_the_markdown_says(service: Service) -> None:
    service.ask(QUESTION, SESSION, door="http")
    written, html = record_of(service, SESSION, "markdown"), record_of(service, SESSION, "html")
    today = dt.datetime.now(dt.UTC).date().isoformat()
    assert (written.name, html.name) == (f"groundrule-record-{today}.md", f"groundrule-record-{today}.html")
    assert (written.media_type, html.media_type) == ("text/markdown", "text/html")
    assert written.text == service.record(session=SESSION)
    page = Page(html.text)
    page.check()
    fields, body = split_front_matter(written.text, "")
    assert fields["rubric_sha256"] in page.text
    assert f"Rubric version {fields['rubric_version']}" in page.text
    count = int(re.findall(r"^(\d+)\. ", body, re.MULTILINE)[-1])
    numbers = [f"citation-{n}" for n in range(1, count + 1)]
    assert [id_ for id_ in page.ids if id_.startswith("citation-")] == numbers
    assert {link[1:] for link in page.links} >= set(numbers)
    for words in ("Context", "Ranking", "Pros and cons", "Consequences"):
        assert words in page.text
    assert "@media print" in html.text
    assert "@page" in html.text
    assert html.text.count("<title>") == 1


def test_what_was_only_supposed_is_not_recorded(service: Service) -> None:
    service.ask(QUESTION, "supposing", door="http")
    before = record_of(service, "supposing", "markdown").text
    supposed = service.ask("What if we had 50 models?", "supposing", door="http")
    assert supposed.recommendation is not None
    assert supposed.recommendation.supposed
    assert record_of(service, "supposing", "markdown").text == before


def test_each_decision_that_was_made_has_a_record_of_its_own(service: Service) -> None:
    made = service.recommend({"use-cases": "few", "stage": 12, "data-volume": "small"}, session="both", door="http")
    assert made.recommendation is not None
    (other,) = made.other_decisions
    for one in (made.recommendation, other):
        fields = split_front_matter(record_of(service, "both", "markdown", one.decision).text, "")[0]
        assert fields["decision"] == one.decision
        assert set(fields["facts"]) == {fact.criterion for fact in one.facts}
        assert fields["ranking"][0]["option"] == one.ranking[0].option


def test_what_cannot_be_recorded_is_said(service: Service) -> None:
    with pytest.raises(MissingError):
        record_of(service, "nobody", "html")
    service.ask("hello", "greeted", door="http")
    with pytest.raises(UsageError, match="nothing was recommended"):
        record_of(service, "greeted", "html")


def test_a_transcript_holds_every_question_answer_and_cited_passage(service: Service) -> None:
    answers = [
        service.ask(q, "talk", door="http") for q in (QUESTION, "What are the pros of the factory model?", "hello")
    ]
    markdown = transcript_of(service, "talk", "markdown").text
    page = Page(transcript_of(service, "talk", "html").text)
    page.check()
    for number, answer in enumerate(answers, start=1):
        assert answer.question in markdown
        assert answer.question in page.text
        assert answer.answer in markdown
        for one in answer.citations:
            where = f"Characters {one.start} to {one.end} of {one.source_id}, sha256 "
            assert f"{where}`{one.document_sha256}`" in markdown
            assert where + one.document_sha256 in page.text
            assert one.quote in page.text
            assert f"citation-{number}-{one.number}" in page.ids
            # The notes are our words: nobody's name stands over them in quotation marks.
            assert f"“{one.quote}”" not in page.text + markdown
    kept = json.loads(transcript_of(service, "talk", "json").text)
    assert [one["answer"] for one in kept["exchanges"]] == [answer.as_json() for answer in answers]
    assert (kept["schema"], kept["session"]) == (1, "talk")


def test_an_originals_words_are_quoted_and_notes_are_not(assistant: Assistant) -> None:
    cited = (
        citation(1),
        citation(2, text="notes", url="https://example.com/a?b=1&c=2", quote="Ours.", author=None, publisher=None),
    )
    answer = Answer(session=SESSION, question="Who?", kind="fact", answer="Both. [1][2]", citations=cited, confidence=1)
    service = told(assistant, answer)
    assert transcript_of(service, SESSION, "markdown").text == (
        "# Conversation of 4 March 2026\n\n## Question 1\n\n> Who?\n\n*Answered on 4 March 2026, 05:06 UTC*\n\n"
        "Both. [1][2]\n\n### Sources of answer 1\n\n"
        "**\\[1\\]** A title (Ann Example, The Press, 2020-01-01), *Section*\n\n> “Words.”\n\n"
        f"Characters 3 to 9 of s, sha256 `{'ab' * 32}`.\n\n"
        "**\\[2\\]** Our notes on [A title](https://example.com/a?b=1&c=2) (2020-01-01), *Section*\n\n> Ours.\n\n"
        f"Characters 3 to 9 of s, sha256 `{'ab' * 32}`.\n"
    )
    html = transcript_of(service, SESSION, "html")
    assert html.name == "groundrule-conversation-2026-03-04.html"
    assert '<blockquote class="claim">“Words.”</blockquote>' in html.text
    assert '<p class="claim">Ours.</p>' in html.text
    page = Page(html.text)
    assert page.links == ["#citation-1-1", "#citation-1-2", "https://example.com/a?b=1&c=2"]
    assert "Our notes on A title (author unknown, 2020-01-01), Section" in page.text


def test_what_others_wrote_is_text_on_a_page(nasty: Service) -> None:
    page = Page(transcript_of(nasty, SESSION, "html").text)
    page.check()
    # As often as it was written: the question, and six fields of the citation.
    assert page.text.count(NASTY) == 7
    assert page.links == ["#citation-1-1"]


def test_what_others_wrote_is_text_in_markdown(nasty: Service) -> None:
    text = transcript_of(nasty, SESSION, "markdown").text
    page = Page(markdown_html(text))
    page.check()
    assert page.links == []
    assert page.text.count("<script>alert(1)</script> **bold** [a](javascript:alert(1))") == 7
    # The answer's own, the titles, and what sources are set in: no heading, list or rule of the question's.
    assert len(re.findall("<h1>|<h2>|<h3>", markdown_html(text))) == 3
    assert not page.tags & {"hr", "li", "ol"}
    assert "javascript:" not in re.sub(r"\\\[a\\\]\(javascript", "", text)


def test_an_answer_of_another_release_is_shown_as_far_as_it_is_known(assistant: Assistant) -> None:
    service = told(assistant)
    newer = {**citation(1).model_dump(mode="json"), "colour": "red"}
    damaged = {"number": "none"}
    told_then = {"question": "Q?", "answer": "A. [1]", "citations": [newer, damaged], "mood": "good"}
    service.assistant._conversations.remember(SESSION, Turn(), Exchange(AT, told_then))
    assert "**\\[1\\]** A title" in transcript_of(service, SESSION, "markdown").text
    assert json.loads(transcript_of(service, SESSION, "json").text)["exchanges"][0]["answer"] == told_then


def test_files_over_http(service: Service, settings: Settings) -> None:
    service.ask(QUESTION, SESSION, door="http")
    app = guarded(make_api(service, Metrics()), settings, KeyRing(settings.home), host="127.0.0.1")
    client = TestClient(app, "http://127.0.0.1:7860")
    kinds = {"markdown": ("text/markdown", "md"), "html": ("text/html", "html"), "json": ("application/json", "json")}
    for what, name in (("record", "record"), ("transcript", "conversation")):
        for form, (media_type, suffix) in kinds.items():
            got = client.get(f"/api/conversations/{SESSION}/{what}", params={"format": form})
            if (what, form) == ("record", "json"):
                assert (got.status_code, got.json()["code"]) == (422, "invalid-request")
                continue
            assert got.status_code == 200
            assert got.headers["content-type"].partition(";")[0] == media_type
            assert re.fullmatch(
                rf'attachment; filename="groundrule-{name}-\d{{4}}-\d\d-\d\d\.{suffix}"',
                got.headers["content-disposition"],
            )
            policy = got.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; ")
            assert "script" not in policy
            assert ("style-src 'unsafe-inline'" in policy) == (form == "html")
    shown = client.get(f"/api/conversations/{SESSION}/transcript?format=html&inline=true")
    assert shown.headers["content-disposition"].startswith("inline; ")
    for path, status in (
        ("nobody/transcript", 404),
        ("nobody/record", 404),
        (f"{SESSION}/record?decision=lunch", 422),
    ):
        got = client.get(f"/api/conversations/{path}")
        assert (got.status_code, got.headers["content-type"]) == (status, "application/problem+json")


def test_without_a_rubric_there_is_no_record(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest.errors import PackError

    def none(*_: Any, **__: Any) -> str:
        raise PackError("no rubric.")

    monkeypatch.setattr(service, "record", none)
    got = TestClient(make_api(service, Metrics())).get("/api/conversations/x/record")
    assert (got.status_code, got.json()["code"]) == (409, "no-rubric")
