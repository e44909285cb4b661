"""What the chat page shows after each event, without a browser."""

from __future__ import annotations

import asyncio
import threading
import time
import typing
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from bot.service.service import Service
from bot.surfaces.page.messages import linked, messages_of, question_text
from bot.surfaces.page.talk import Talk
from bot.types import Answer
from ingest.errors import ConversationError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from bot.surfaces.page.view import View

ORGANISATION = "We are 30 people with two models live, and nobody regulates us. How should we organise?"


@pytest.fixture
def talk(service: Service) -> Talk:
    return Talk(service)


def asked(talk: Talk, question: str, session: str = "", **more: Any) -> View:
    *_, view = talk.ask(question, session, **more)
    return view


def words(view: View) -> list[str]:
    """The user's messages."""
    return [one["content"] for one in view.messages or [] if one["role"] == "user"]


def test_a_question_is_shown_at_once_and_then_its_answer(talk: Talk) -> None:
    first, *_, last = talk.ask("pros of the factory model", "")
    assert first.messages == [{"role": "user", "content": "pros of the factory model"}]
    assert first.box == ""
    assert last.session
    assert last.messages is not None
    assert "Pros of Factory" in last.messages[-1]["content"]
    assert last.sources is not None
    assert last.sources.count("<article") == 4
    assert last.side == "sources"


def test_each_number_is_a_link_to_its_passage(talk: Talk) -> None:
    view = asked(talk, "pros of the factory model")
    (stored,) = talk.service.history(str(view.session))
    answer = Answer.model_validate(stored.answer)
    text = linked(answer)
    for one in answer.citations:
        passage = one.passage_id.replace("#", "%23")
        assert f'[\\[{one.number}\\]](#passage/{one.number}/{passage} "{one.attribution}, ' in text
    assert text.count("](#passage/") == answer.answer.count("[1]") + len(answer.citations) - 1


def test_what_looks_like_a_number_but_is_the_users_own_is_no_link(talk: Talk) -> None:
    answer = Answer(
        session="s", question="q", kind="fact", answer="You said \\[1\\], and [7] is cited nowhere.", confidence=1
    )
    assert linked(answer) == answer.answer


def test_what_cannot_be_asked_stays_in_the_box(talk: Talk) -> None:
    (view,) = talk.ask("???", "")
    assert (view.box, view.messages) == ("???", None)
    assert view.notice is not None
    assert "empty" in view.notice


def test_a_conversation_comes_back_as_it_stood(talk: Talk) -> None:
    view = asked(talk, ORGANISATION)
    view = asked(talk, "Why not Federated?", str(view.session))
    again = talk.open(str(view.session))
    assert again == view
    assert words(again) == [ORGANISATION, "Why not Federated?"]


def test_one_that_is_not_kept_is_a_new_one_with_a_word_of_why(talk: Talk) -> None:
    view = talk.open("f" * 32)
    assert (view.session, view.messages) == ("", [])
    assert "not kept any more" in str(view.notice)
    assert 'data-event="ask"' in str(view.under)


def test_a_corrected_fact_decides_anew_and_is_said_in_the_chat(talk: Talk) -> None:
    view = asked(talk, ORGANISATION)
    session = str(view.session)
    corrected = talk.correct(session, "use-cases", "many")
    assert words(corrected)[1] == "Correction: Use cases in production: fifty and more (was: fewer than ten)"
    assert corrected.side == "decision"
    assert corrected.decision != view.decision
    unknown = talk.correct(session, "use-cases", "")
    assert words(unknown)[2] == "Correction: Use cases in production: unknown"


def test_what_no_rubric_knows_is_not_corrected(talk: Talk) -> None:
    view = asked(talk, ORGANISATION)
    refused = talk.correct(str(view.session), "<b>", "many")
    assert "no such criterion" in str(refused.notice)
    # What was chosen in vain is not left standing.
    assert refused.decision == view.decision
    assert len(talk.service.history(str(view.session))) == 1


def test_the_last_question_is_edited_in_its_place(talk: Talk) -> None:
    session = str(asked(talk, "pros of the factory model").session)
    asked(talk, "cons of the *factory* model", session)
    editing = talk.edit(session)
    assert editing.box == "cons of the *factory* model"
    assert editing.editing == talk.service.history(session)[-1].key
    assert "Cancel editing" in str(editing.tools)
    assert talk.settle(session).editing == ""
    view = asked(talk, "cons of the federated model", session, replacing=str(editing.editing))
    assert words(view) == ["pros of the factory model", "cons of the federated model"]


def test_a_choice_of_facts_is_no_question_to_edit_or_repeat(talk: Talk) -> None:
    session = str(asked(talk, ORGANISATION).session)
    talk.correct(session, "use-cases", "many")
    assert talk.edit(session).notice == "There is no last question to edit."
    (again,) = talk.again(session, 2, ORGANISATION)
    assert "choice of facts" in str(again.notice)
    assert len(talk.service.history(session)) == 2


def test_asking_again_replaces_the_answer(talk: Talk) -> None:
    session = str(asked(talk, "pros of the factory model").session)
    before = talk.service.history(session)
    *_, view = talk.again(session, 1, "something else")
    after = talk.service.history(session)
    assert words(view) == ["pros of the factory model"]
    assert before[0].at != after[0].at


def test_who_may_only_read_neither_votes_nor_takes_back_nor_deletes(talk: Talk) -> None:
    session = str(asked(talk, "pros of the factory model").session)
    refusals = [
        talk.vote(session, 1, "up", may_write=False),
        talk.vote(session, 1, None, may_write=False),
        asked(talk, "cons of the factory model", session, replacing="it", may_delete=False),
        talk.delete(session, may_write=False),
    ]
    assert all("may only read" in str(view.notice) for view in refusals)
    assert talk.service.votes(session) == {}
    assert len(talk.service.history(session)) == 1


def test_a_vote_is_stored_and_words_are_added_to_it(talk: Talk) -> None:
    session = str(asked(talk, "pros of the factory model").session)
    assert "no vote yet" in str(talk.comment(session, 1, "too long").notice)
    voted = talk.vote(session, 1, "down")
    assert (voted.votes, voted.judged) == (["down"], 1)
    said = talk.comment(session, 1, "too long")
    assert (said.judged, said.words) == (0, "")
    # A further click on the thumb leaves the words.
    talk.vote(session, 1, "down")
    (stored,) = [one for one in talk.service._feedback.entries() if one.session == session]
    assert (stored.kind, stored.comment) == ("down", "too long")
    assert talk.open(session).votes == ["down"]
    back = talk.vote(session, 1, None)
    assert (back.votes, back.judged, back.notice) == ([], 0, "Your vote is taken back.")
    assert talk.service.votes(session) == {}


def test_a_question_about_something_else_leaves_the_decision_beside_the_chat(talk: Talk) -> None:
    first = asked(talk, ORGANISATION)
    second = asked(talk, "What does an MLOps engineer do?", str(first.session))
    assert second.side == "sources"
    assert second.decision == first.decision


def test_deleting_deletes_and_leaving_does_not(talk: Talk) -> None:
    session = str(asked(talk, "pros of the factory model").session)
    assert talk.leave().session == ""
    assert len(talk.service.history(session)) == 1
    assert talk.delete(session).notice == "The conversation is deleted."
    assert "not kept any more" in str(talk.open(session).notice)


def test_who_wants_a_conversation_gone_is_told_that_it_is_not(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(_self: Service, session: str) -> bool:
        raise ConversationError(f"{session} is locked.")

    monkeypatch.setattr(Service, "forget", stuck)
    assert talk.delete("mine").notice == "The conversation is not deleted: mine is locked."


def test_what_got_no_answer_is_asked_again_and_nothing_else(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: Service, *_: Any, **__: Any) -> Answer:
        raise ConversationError("the disk is full.")

    session = str(asked(talk, "pros of the factory model").session)
    with monkeypatch.context() as patch:
        patch.setattr(Service, "ask", broken)
        failed = asked(talk, "cons of the factory model", session)
    assert "No answer could be given" in (failed.messages or [])[-1]["content"]
    *_, view = talk.again(session, 2, "cons of the factory model")
    assert words(view) == ["pros of the factory model", "cons of the factory model"]


def test_an_edit_that_fails_leaves_what_was_there(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: Service, *_: Any, **__: Any) -> Answer:
        raise RuntimeError("a fault")

    session = str(asked(talk, "pros of the factory model").session)
    before = talk.service.history(session)
    with monkeypatch.context() as patch:
        patch.setattr(Service, "ask", broken)
        failed = asked(talk, "cons of the factory model", session, replacing=before[0].key)
    assert failed.working is False
    assert "server's log" in (failed.messages or [])[-1]["content"]
    assert talk.service.history(session) == before


def test_a_question_asked_meanwhile_is_not_taken_back(talk: Talk) -> None:
    session = str(asked(talk, "pros of the factory model").session)
    key = str(talk.edit(session).editing)
    asked(talk, "cons of the factory model", session)
    view = asked(talk, "pros of the federated model", session, replacing=key)
    assert view.box == "pros of the federated model"
    assert view.notice
    assert words(view) == ["pros of the factory model", "cons of the factory model"]


def test_a_fault_is_told_and_the_question_can_be_tried_again(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: Service, *_: Any, **__: Any) -> Answer:
        raise ConversationError("the <disk> is full.")

    monkeypatch.setattr(Service, "ask", broken)
    *_, view = talk.ask("pros of the <b>factory</b> model", "")
    assert view.messages is not None
    assert view.messages[-1]["content"] == "**No answer could be given.** the &lt;disk&gt; is full."
    assert 'data-question="pros of the &lt;b&gt;factory&lt;/b&gt; model"' in str(view.under)


def test_what_a_user_writes_is_text() -> None:
    assert question_text("<img src=x onerror=y>\n\n# *pros*") == "&lt;img src=x onerror=y&gt;\n\n\\# \\*pros\\*"


def test_an_exchange_of_another_release_can_still_be_read(talk: Talk) -> None:
    from datetime import UTC, datetime

    from bot.sessions.session import Exchange

    old = Exchange(datetime.now(UTC), {"question": "q", "answer": "Plain words [1].", "strange": True})
    assert [one["content"] for one in messages_of([old])] == ["q", "Plain words [1]."]


def test_every_handler_of_the_page_can_be_read_by_gradio(service: Service) -> None:
    """Gradio fills a handler's parameters by their annotations; those that it cannot read it passes over in silence."""
    from bot.surfaces.page.layout import make_page

    async def made() -> Any:
        return make_page(service)

    # Without a running loop Gradio makes one and leaves it open; a thread of its own, for a browser's tests may have one.
    with ThreadPoolExecutor(1) as pool:
        page = pool.submit(asyncio.run, made()).result()
    handlers = [one.fn for one in page.fns.values() if one.fn is not None and callable(one.fn)]
    assert len(handlers) > 15
    for handler in handlers:
        typing.get_type_hints(handler)


class Reader:
    """Takes an answer's views as Gradio does: one after the other in a thread, and closes them once it is told to."""

    def __init__(self, views: Generator[View]) -> None:
        self.closed = threading.Event()
        self.begun: Future[View] = Future()
        self.done = threading.Event()
        self._views = views
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        for view in self._views:
            if not self.begun.done():
                self.begun.set_result(view)
            if self.closed.is_set():
                # What is slow between the last view and its end must not let anything else overtake it.
                time.sleep(0.1)
                self._views.close()
                break
        self.done.set()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Answers are worked out, and nothing is told of it, until the event is set."""
    go_on = threading.Event()
    ask = Service.ask

    def slowly(self: Service, *args: Any, **more: Any) -> Answer:
        assert go_on.wait(120)
        return ask(self, *args, **more)

    monkeypatch.setattr(Service, "ask", slowly)
    yield go_on
    go_on.set()


ENDINGS: dict[str, Callable[[Talk, str, str], View]] = {
    "stop": lambda talk, session, run: talk.stopped(session, "cons of the factory model", run),
    "leave": lambda talk, _session, run: talk.leave(run),
    "delete": lambda talk, session, run: talk.delete(session, run),
    "may not delete": lambda talk, session, run: talk.delete(session, run, may_write=False),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_an_answer_that_is_ended_shows_nothing_afterwards(talk: Talk, slow: threading.Event, how: str) -> None:
    slow.set()
    session = str(asked(talk, "pros of the factory model").session)
    slow.clear()
    reader = Reader(talk.ask("cons of the factory model", session))
    run = str(reader.begun.result(10).run)
    reader.closed.set()
    view = ENDINGS[how](talk, session, run)
    assert reader.done.is_set()
    kept = ["pros of the factory model"] if how in {"stop", "may not delete"} else []
    assert words(view) == kept
    assert view.working is False
    slow.set()
    reader.thread.join(120)
    if how != "delete":
        assert len(talk.service.history(session)) == 1


def test_an_answer_that_is_stopped_as_it_begins_is_not_worked_out(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Answer] = []
    ended = threading.Event()
    ask = Service.ask

    def counted(self: Service, *args: Any, **more: Any) -> Answer:
        try:
            given.append(ask(self, *args, **more))
        finally:
            ended.set()
        return given[-1]

    monkeypatch.setattr(Service, "ask", counted)
    views = talk.ask("cons of the factory model", "")
    run = str(next(views).run)
    # Nobody closes it.
    stopped = talk.stopped("", "cons of the factory model", run)
    assert (stopped.messages, stopped.box) == ([], "cons of the factory model")
    assert talk.stopped("", "cons of the factory model", run, "and the pros?").box is None
    next(views)
    assert ended.wait(120)
    assert given == []
    views.close()
