"""The chat's tab: its components, which event calls what, and how what is to be shown reaches them."""

from __future__ import annotations

# Read at run time too: Gradio finds out by a handler's annotations what to hand it.
from collections.abc import Callable, Generator, Iterator  # noqa: TC003
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING, Any

import gradio as gr

from bot.composing.draft import escape
from bot.surfaces.guard.caller import caller_of
from bot.surfaces.page.decision import no_decision
from bot.surfaces.page.parts import EACH, QUICK, own_part, told
from bot.surfaces.page.reading import nothing_cited
from bot.surfaces.page.templating import render

if TYPE_CHECKING:
    from bot.service.kept import Vote
    from bot.surfaces.page.talk import Talk
    from bot.surfaces.page.view import View

__all__ = ["ChatTab"]

_PARTS = (
    *("notice", "box", "session", "messages", "under", "sources", "decision"),
    *("tools", "side", "ask", "stop", "comment", "editing", "pending", "run", "judged", "words"),
)
_COUNT = count()
_THUMBS: dict[str | None, str | None] = {"up": "Like", "down": "Dislike", None: None}


class ChatTab:
    """The chat's components and events, within a tab.

    Args:
        talk: What events call.
        answers: Questions answered at the same time; more wait their turn.
    """

    def __init__(self, talk: Talk, answers: int) -> None:
        self._talk = talk
        self._answers = answers
        pack = talk.service.assistant.pack
        self.session = gr.Textbox("", visible=False)
        # Not Gradio's `State`: that lives in one server's memory, and costs each open page a connection, of which a
        # browser has six to one server.
        self.editing = gr.Textbox("", visible=False)
        self.pending = gr.Textbox("", visible=False)
        self.run = gr.Textbox("", visible=False)
        self.judged = gr.Number(0, precision=0, visible=False)
        self.notice = own_part("notice", "")
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=3, min_width=320, elem_id="talk"):
                self.tools = own_part("tools", "", "leave", "edit", "settle", "delete")
                self.messages = gr.Chatbot(
                    label="Conversation",
                    show_label=False,
                    elem_id="chat",
                    height="56vh",
                    layout="bubble",
                    sanitize_html=True,
                    allow_tags=False,
                    buttons=["copy"],
                    latex_delimiters=[],
                    autoscroll=False,
                    placeholder=f"Ask {escape(pack.subject)}.",
                )
                with gr.Row(elem_id="comment", visible=False) as self.comment:
                    self.words = gr.Textbox(
                        label="What was right or wrong with it? (optional)", lines=1, max_lines=4, scale=8
                    )
                    self.send_words = gr.Button("Send", scale=1, min_width=90)
                self.under = own_part("under", "", "ask", "correct")
                with gr.Row(elem_id="asking"):
                    self.box = gr.Textbox(
                        label="Your question",
                        show_label=False,
                        container=False,
                        placeholder="Your question",
                        lines=1,
                        max_lines=6,
                        scale=8,
                        autofocus=True,
                        elem_id="question",
                    )
                    self.ask = gr.Button("Ask", variant="primary", scale=1, min_width=90, elem_id="send")
                    self.stop = gr.Button("Stop", variant="stop", scale=1, min_width=90, elem_id="stop", visible=False)
            with gr.Column(scale=2, min_width=300, elem_id="beside"), gr.Tabs(elem_id="sides") as self.side:
                with gr.Tab("Sources", id="sources"):
                    self.sources = own_part("sources", nothing_cited(asked=False), "open", "back")
                with gr.Tab("Decision", id="decision"):
                    self.decision = own_part("decision", no_decision(), "open", "correct")
        self._connect()

    @property
    def _outputs(self) -> list[Any]:
        return [getattr(self, part) for part in _PARTS]

    def _connect(self) -> None:
        talk, session = self._talk, self.session
        asking: dict[str, Any] = {**QUICK, "concurrency_limit": self._answers, "concurrency_id": "answers"}

        def ask(question: str, session: str, editing: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
            may = caller_of(request).may("delete")
            yield from _each(talk.ask(question, session, replacing=editing, may_delete=may))

        def choose(session: str, chosen: gr.EventData) -> Iterator[tuple[Any, ...]]:
            yield from _each(talk.ask(told(chosen, "question"), session))

        def correct(session: str, chosen: gr.EventData) -> tuple[Any, ...]:
            return _shown(talk.correct(session, told(chosen, "criterion"), told(chosen, "level")))

        def again(session: str, asked: str, data: gr.RetryData, request: gr.Request) -> Iterator[tuple[Any, ...]]:
            may = caller_of(request).may("delete")
            yield from _each(talk.again(session, _number(data.index), asked, may_delete=may))

        def show(chosen: gr.EventData) -> tuple[Any, ...]:
            return _shown(talk.show(told(chosen, "passage"), told(chosen, "number")))

        def stop(session: str, question: str, run: str, typed: str) -> tuple[Any, ...]:
            return _shown(talk.stopped(session, question, run, typed))

        def vote(session: str, given: gr.LikeData, request: gr.Request) -> tuple[Any, ...]:
            # A thumb that is taken back comes as neither.
            liked: Vote | None = "up" if given.liked is True else "down" if given.liked is False else None
            may = caller_of(request).may("vote")
            return _shown(talk.vote(session, _number(given.index), liked, may_write=may))

        def comment(session: str, number: int, words: str, request: gr.Request) -> tuple[Any, ...]:
            return _shown(talk.comment(session, number, words, may_write=caller_of(request).may("vote")))

        def leave(run: str) -> tuple[Any, ...]:
            return _shown(talk.leave(run))

        def delete(session: str, run: str, request: gr.Request) -> tuple[Any, ...]:
            return _shown(talk.delete(session, run, may_write=caller_of(request).may("delete")))

        answers = [
            # One event of two ways to ask. What is asked while an answer is on its way is asked after it: with what is
            # in the box then, which is nothing where somebody pressed twice.
            gr.on(
                [self.box.submit, self.ask.click],
                ask,
                [self.box, session, self.editing],
                self._outputs,
                trigger_mode="always_last",
                **asking,
            ),
            self.under.ask(choose, [session], self._outputs, **asking),
            self.messages.retry(again, [session, self.pending], self._outputs, **asking),
        ]
        for panel in (self.under, self.decision):
            panel.correct(correct, [session], self._outputs, **EACH)
        for trigger, call in ((self.tools.edit, talk.edit), (self.tools.settle, talk.settle)):
            trigger(_one(call), [session], self._outputs, **QUICK)
        self.sources.back(_one(talk.cited), [session], self._outputs, **EACH)
        for panel in (self.sources, self.decision):
            panel.open(show, None, self._outputs, **EACH)
        # What is stopped, left or deleted must not come back with an answer that is still on its way. The browser takes
        # an element's events in their order: what cancels goes before what then shows, and waits for the end.
        for trigger in (self.stop.click, self.tools.leave, self.tools.delete):
            trigger(None, cancels=answers)
        self.stop.click(stop, [session, self.pending, self.run, self.box], self._outputs, **QUICK)
        self.tools.leave(leave, [self.run], self._outputs, **QUICK)
        self.tools.delete(delete, [session, self.run], self._outputs, **QUICK)
        self.messages.like(vote, [session], self._outputs, **EACH)
        gr.on(
            [self.words.submit, self.send_words.click],
            comment,
            [session, self.judged, self.words],
            self._outputs,
            **QUICK,
        )

    def restore(self, page: gr.Blocks) -> None:
        """Shows, when the page is loaded, the conversation that its address names."""
        page.load(
            _one(self._talk.open),
            [self.session],
            self._outputs,
            js="() => groundrule.session()",
            **QUICK,
        )


def _number(index: int | tuple[int, int]) -> int:
    """The number, from 1, of the exchange that a message belongs to."""
    return (index if isinstance(index, int) else index[0]) // 2 + 1


def _one(call: Callable[[str], View]) -> Callable[[str], tuple[Any, ...]]:
    return lambda session: _shown(call(session))


def _each(views: Generator[View]) -> Iterator[tuple[Any, ...]]:
    # Closed with what reads them: `map` would leave that to the garbage.
    with closing(views):
        for view in views:
            yield _shown(view)


def _shown(view: View) -> tuple[Any, ...]:
    """A view as updates of the components, in the order of `_PARTS`."""
    keep = gr.skip()
    box: dict[str, Any] = {} if view.box is None else {"value": view.box}
    if view.editing is not None:
        box["placeholder"] = "Your question, asked anew" if view.editing else "Your question"
    chat: dict[str, Any] = {} if view.messages is None else {"value": view.messages}
    if view.votes is not None:
        chat["feedback_value"] = [_THUMBS[vote] for vote in view.votes]
    values = (view.under, view.sources, view.decision, view.tools)
    return (
        # Said again it is a notice again.
        keep if view.notice is None else render("notice", words=view.notice, number=next(_COUNT)),
        gr.update(**box) if box else keep,
        keep if view.session is None else view.session,
        gr.update(**chat) if chat else keep,
        *(keep if value is None else value for value in values),
        keep if view.side is None else gr.update(selected=view.side),
        keep if view.working is None else gr.update(visible=not view.working),
        keep if view.working is None else gr.update(visible=view.working),
        keep if view.judged is None else gr.update(visible=view.judged > 0),
        keep if view.editing is None else view.editing,
        keep if view.pending is None else view.pending,
        keep if view.run is None else view.run,
        keep if view.judged is None else view.judged,
        keep if view.words is None else view.words,
    )
