"""Answers as Slack messages and modals: limits, what is shown, and the form made from a rubric."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.service.recommending import open_advisor
from bot.surfaces.slack.blocks import DOWN, RECORD, SCORECARD, SOURCES, UP, answer_posts, text_post, text_view
from bot.surfaces.slack.form import UNKNOWN, choice_blocks, facts_of, form_view, named_decision
from bot.surfaces.slack.job import Job
from bot.surfaces.slack.replier import ServiceReplier
from bot.surfaces.slack.scorecard import decision_record, scorecard, sources
from bot.types import Answer, Citation, KnownFact, Ranked, Recommendation, Tipping
from ingest.config import BUNDLED_CORPUS
from ingest.pack import load_pack
from tests.bot.test_slack_mrkdwn import FORMS, markup, only_links, special

if TYPE_CHECKING:
    from bot.advising.advisor import Advisor
    from bot.assistant import Assistant
    from bot.service.service import Service

JOB = Job("T:C:1", "question", "T", "C", "U", "1", "Which *one* fits <us>?")
PRIVATE = Job("T:C:1", "question", "T", "C", "U", None, "Which *one* fits <us>?", private=True)


@pytest.fixture(scope="module")
def advisor() -> Advisor:
    return open_advisor(load_pack(BUNDLED_CORPUS))


def citation(number: int, **changes: Any) -> Citation:
    fields = {
        "number": number, "passage_id": f"p{number}", "source_id": "d", "title": "A title", "author": "Ann Example",
        "publisher": None, "published": "2020-01-01", "section": "Section", "quote": "Words.", "start": 0, "end": 6,
        "document_sha256": "0", "text": "original", "url": None,
    }  # fmt: skip
    return Citation.model_validate({**fields, **changes})


def answer(text: str, kind: str = "fact", **more: Any) -> Answer:
    return Answer.model_validate(
        {"session": "s", "question": "q", "kind": kind, "answer": text, "confidence": 0.79, **more}
    )


RECOMMENDED = Recommendation(
    decision="operating-structure",
    rubric_version="1.0.0",
    rubric_sha256="ab" * 32,
    ranking=(
        Ranked(option="decentralised", name="Decentralised", score=59.2, low=31, high=82.5, first_share=0.472),
        Ranked(option="factory", name="Factory", score=4, low=0, high=50, first_share=0),
    ),
    clear_winner=False,
    facts=(
        KnownFact(criterion="use-cases", level="few", said="two *models*", how="number"),
        KnownFact(criterion="stage", level="small-startup", said="small-startup", how="chosen"),
    ),
    unknown=("aim", "governance"),
    next_question="?",
    tipping_points=(Tipping(criterion="use-cases", before="few", after="many", winner="factory"),),
    present="factory",
)


def kinds(blocks: Any) -> list[str]:
    return [block["type"] for block in blocks]


def actions(blocks: Any) -> list[str]:
    return [one["action_id"] for block in blocks if block["type"] == "actions" for one in block["elements"]]


def contexts(blocks: Any) -> list[str]:
    return [block["elements"][0]["text"] for block in blocks if block["type"] == "context"]


def test_a_fact_shows_its_words_its_confidence_its_sources_and_buttons() -> None:
    (post,) = answer_posts(JOB, answer("Big data is **more** than 1 TB. [1]", citations=[citation(1)]), 7)
    assert post.text == "Big data is more than 1 TB. [1]"
    assert kinds(post.blocks) == ["section", "context", "context", "actions"]
    assert post.blocks[0]["text"] == {"type": "mrkdwn", "verbatim": True, "text": "Big data is *more* than 1 TB. [1]"}
    assert contexts(post.blocks) == [
        "*Confidence 79 %* that the sources hold the answer.",
        "[1] Example 2020, Section",
    ]
    assert actions(post.blocks) == [UP, DOWN, SOURCES]
    assert {one["value"] for one in post.blocks[-1]["elements"]} == {"7"}


def test_a_refusal_says_so() -> None:
    (post,) = answer_posts(JOB, answer("The documents do not say.", "refusal", refused=True), 7)
    assert contexts(post.blocks) == ["*Not in the sources*, so I do not answer it."]
    assert actions(post.blocks) == [UP, DOWN]


def test_a_recommendation_says_how_clear_it_is_and_opens_its_scorecard() -> None:
    (post,) = answer_posts(JOB, answer("**Decentralised**", "recommendation", recommendation=RECOMMENDED), 7)
    assert contexts(post.blocks) == [
        "*Not clear yet*: Decentralised comes first under 47 % of the weightings and open answers. Rubric 1.0.0."
    ]
    assert actions(post.blocks) == [UP, DOWN, SCORECARD, RECORD]
    unclear = RECOMMENDED.model_copy(update={"clear_winner": True, "facts": ()})
    (post,) = answer_posts(JOB, answer("x", "recommendation", recommendation=unclear), 7)
    assert contexts(post.blocks)[0].startswith("*Clear winner*: Decentralised")
    assert RECORD not in actions(post.blocks)


def test_a_question_back_and_small_talk_have_nothing_to_vote_on() -> None:
    for kind in ("clarification", "smalltalk"):
        (post,) = answer_posts(JOB, answer("Which do you mean?", kind), 7)
        assert kinds(post.blocks) == ["section"]


def test_who_phrased_it_is_said() -> None:
    (post,) = answer_posts(JOB, answer("x", "clarification", generator="qwen2.5:7b"), 7)
    assert contexts(post.blocks) == ["Phrased by qwen2.5:\u20607b, each sentence checked against what it cites."] or (
        contexts(post.blocks)[0].replace("\u2060", "").startswith("Phrased by qwen2.5:7b")
    )
    (post,) = answer_posts(JOB, answer("x", "clarification", generator="extractive (m: timed out)"), 7)
    assert contexts(post.blocks) == ["Without the language model m: timed out."]


def test_a_private_answer_says_what_was_asked() -> None:
    (post,) = answer_posts(PRIVATE, answer("x", "smalltalk"), 7)
    assert contexts(post.blocks) == ["You asked: _Which ∗one∗ fits &lt;us&gt;?_"]
    form = Job("f", "form", "T", "C", "U", None, "", private=True)
    assert contexts(answer_posts(form, answer("x", "smalltalk"), 7)[0].blocks) == ["From the form that you filled in:"]


def test_citations_of_one_section_share_a_line_and_no_more_are_shown_than_fit() -> None:
    same = [citation(1), citation(2, section="Other"), citation(3)]
    (post,) = answer_posts(JOB, answer("x", citations=same), 7)
    assert contexts(post.blocks)[1] == "[1] [3] Example 2020, Section\n[2] Example 2020, Other"
    many = [citation(n, section=f"Section {n}") for n in range(1, 16)]
    (post,) = answer_posts(JOB, answer("x", citations=many), 7)
    lines = contexts(post.blocks)[1].split("\n")
    assert (len(lines), lines[-1]) == (11, "+ 5 more under Sources")


def test_a_long_answer_is_several_messages_divided_between_paragraphs() -> None:
    paragraphs = [f"Paragraph {number}. {'word ' * 100}".strip() for number in range(20)]
    posts = answer_posts(JOB, answer("\n\n".join(paragraphs), citations=[citation(1)]), 7)
    assert len(posts) == 3
    assert [bool(actions(post.blocks)) for post in posts] == [False, False, True]
    shown = [block["text"]["text"] for post in posts for block in post.blocks if block["type"] == "section"]
    assert shown == paragraphs


def hold(blocks: Any, most: int) -> None:
    """Slack's limits for blocks, and that nobody is spoken to."""
    assert 1 <= len(blocks) <= most
    for block in blocks:
        if block["type"] == "section":
            assert 1 <= len(block["text"]["text"]) <= 3000
            assert special(only_links(block["text"]["text"])) == []
        elif block["type"] == "context":
            assert 1 <= len(block["elements"]) <= 10
            for element in block["elements"]:
                assert 1 <= len(element["text"]) <= 2000
                assert special(element["text"]) == []
        elif block["type"] == "actions":
            assert len(block["elements"]) <= 25
        else:
            assert block["type"] == "divider"


quoted = st.one_of(st.sampled_from(FORMS), st.text(max_size=80), st.just("x" * 400), st.just("&" * 400))


@settings(deadline=None)
@given(markdown=markup.map(lambda text: text * 6), quotes=st.lists(quoted, max_size=40), asked=quoted)
def test_whatever_is_answered_every_message_and_modal_keeps_slacks_limits(
    markdown: str, quotes: list[str], asked: str
) -> None:
    cited = [citation(n, quote=quote or "x", section=quote, author=quote) for n, quote in enumerate(quotes, 1)]
    made = answer(markdown, citations=cited, generator=asked or "extractive")
    job = Job("k", "question", "T", "C", "U", None, asked, private=True)
    posts = answer_posts(job, made, 1)
    for post in posts:
        assert 1 <= len(post.text) < 4000
        assert special(post.text) == []
        hold(post.blocks, 50)
    assert sum(bool(actions(post.blocks)) for post in posts) == 1
    for text in (markdown, sources(cited)):
        view = text_view("Sources", text)
        hold(view["blocks"], 100)
        assert len(json.dumps(view, ensure_ascii=False).encode()) < 250_000


def test_a_styled_word_between_colons_is_no_emoji() -> None:
    (post,) = answer_posts(Job("k", "question", "T", "C", "U", None, "x"), answer("a :*bold*: :**b**:"), 1)
    assert special(post.blocks[0]["text"]["text"]) == []


def test_a_modal_that_has_no_room_says_so() -> None:
    view = text_view("Sources", "\n\n".join(f"paragraph {n}" for n in range(150)))
    assert len(view["blocks"]) == 99
    assert contexts(view["blocks"]) == ["The rest (52 parts) has no room here."]
    assert len(text_view("x", "\n\n".join(f"paragraph {n}" for n in range(99)))["blocks"]) == 99


# What the buttons show


def test_the_scorecard_has_bars_intervals_facts_and_what_would_change_it(advisor: Advisor) -> None:
    text = scorecard(answer("x", "recommendation", recommendation=RECOMMENDED), advisor)
    assert "1. Decentralised\n   ██████░░░░   59  (31 to 82)  first 47 %" in text
    assert "2. Factory\n   ░░░░░░░░░░    4  (0 to 50)  first 0 %" in text
    assert "- use cases in production: fewer than ten (“two \\*models\\*”)" in text
    assert "- size and stage: small start-up\n" in text
    assert "- use cases in production: fifty and more instead of fewer than ten → **Factory**" in text
    assert "**Not known:** aim of the ML work and need for uniform governance" in text
    assert "**What you have today:** Factory" in text
    assert "no clear winner yet" in text


def test_sources_quote_originals_and_not_our_notes() -> None:
    shown = sources([citation(1), citation(2, text="notes", url="https://example.com/a")])
    assert shown.split("\n\n") == [
        "**\\[1\\]** A title (Ann Example, 2020-01-01), *Section*",
        "> “Words.”",
        "**\\[2\\]** Our notes on [A title](https://example.com/a) (Ann Example, 2020-01-01), *Section*",
        "> Words.",
    ]


def test_the_decision_record_is_that_of_the_answers_own_facts(advisor: Advisor) -> None:
    made = answer("x", "recommendation", recommendation=RECOMMENDED)
    record = decision_record(made, advisor, dt.date(2026, 1, 2))
    assert "Date: 2026-01-02" in record
    assert "two \\*models\\*" in record
    assert not record.startswith("---")


# The form


def test_the_form_asks_everything_a_decision_rests_on_within_slacks_limits(advisor: Advisor) -> None:
    for decision, card in advisor.cards.items():
        view = form_view(decision, advisor, {"channel": "C1"})
        inputs = [block for block in view["blocks"] if block["type"] == "input"]
        assert {block["block_id"] for block in inputs} == {*card.criteria, "present"}
        assert len(view["blocks"]) <= 100
        for block in inputs:
            assert 1 <= len(block["label"]["text"]) <= 2000
            assert len(block.get("hint", {"text": ""})["text"]) <= 2000
            assert block["optional"]
            options = block["element"]["options"]
            assert 2 <= len(options) <= 100
            assert options[-1]["value"] == UNKNOWN
            assert all(1 <= len(one["text"]["text"]) <= 75 for one in options)
            if block["block_id"] != "present":
                criterion = advisor.book.rubric.criteria[block["block_id"]]
                assert block["label"]["text"] == criterion.question
                assert [one["value"] for one in options[:-1]] == list(criterion.levels)
        assert len(view["title"]["text"]) <= 24
        assert json.loads(view["private_metadata"]) == {"channel": "C1", "decision": decision}


def test_a_decision_is_named_by_its_id_its_name_or_its_noun(advisor: Advisor) -> None:
    assert named_decision("operating-structure", advisor) == "operating-structure"
    assert named_decision("Operating  Model", advisor) == "operating-structure"
    assert named_decision("what scale of MLOps is practised", advisor) == "operations-scale"
    assert named_decision("something else", advisor) is None
    assert [one["value"] for one in choice_blocks(advisor)[1]["elements"]] == list(advisor.cards)


def test_facts_are_what_was_chosen() -> None:
    chosen = {"selected_option": {"value": "few"}}
    values = {"use-cases": {"use-cases": chosen}, "aim": {"aim": {"selected_option": None}},
              "stage": {"stage": {"selected_option": {"value": UNKNOWN}}}}  # fmt: skip
    assert facts_of({"state": {"values": values}}) == {"use-cases": "few"}
    assert facts_of({}) == {}


# The replier


def test_the_replier_answers_questions_and_forms_in_their_conversation(service: Service, assistant: Assistant) -> None:
    replier = ServiceReplier(service)
    question = Job("k", "question", "T", "C", "U", "1", "What are the pros of the factory model?")
    told = replier.answer(question, "replier-1")
    direct = assistant.ask("What are the pros of the factory model?")
    assert (told.answer, told.citations, told.session) == (direct.answer, direct.citations, "replier-1")
    form = Job("f", "form", "T", "C", "U", None, "", True, {"use-cases": "few"}, "operating-structure")
    made = replier.answer(form, "replier-2")
    assert made.recommendation is not None
    assert made.recommendation.decision == "operating-structure"
    after = replier.answer(Job("g", "question", "T", "C", "U", None, "What would change that?"), "replier-2")
    assert after.recommendation is not None
    assert [fact.criterion for fact in after.recommendation.facts] == ["use-cases"]
    (post,) = replier.posts(question, told, 3)
    assert actions(post.blocks) == [UP, DOWN, SOURCES]
    for session in ("replier-1", "replier-2"):
        assistant.forget(session)


def test_an_apology_says_why_and_quotes_nobody_into_a_mention(service: Service) -> None:
    post = ServiceReplier(service).apology(JOB, "the question has 5,000 characters <!channel>")
    assert post.text.replace("\u2060", "") == (
        "I could not answer that. The question has 5,000 characters &lt;!channel&gt;."
    )
    hold(post.blocks, 50)
    private = Job("k", "question", "T", "C", "U", None, "x" * 300, private=True)
    assert "…”: Something went wrong." in ServiceReplier(service).apology(private, " ").text


def test_a_few_words_are_one_message() -> None:
    assert text_post("**Hello**").blocks[0]["text"]["text"] == "*Hello*"
