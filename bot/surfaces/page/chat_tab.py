"""The chat's tab: its components, which event calls what, and how what is to be shown reaches them."""

from __future__ import annotations

# Read at run time too: Gradio finds out by a handler's annotations what to hand it.
from collections.abc import Callable, Iterator  # noqa: TC003
from itertools import count
from typing import TYPE_CHECKING, Any

import gradio as gr

from bot.composing.draft import escape
from bot.surfaces.guard.caller import caller_of
from bot.surfaces.page.decision import no_decision
from bot.surfaces.page.parts import QUICK, own_part, told
from bot.surfaces.page.reading import nothing_cited
from bot.surfaces.page.templating import render

if TYPE_CHECKING:
    from bot.surfaces.page.talk import Talk
    from bot.surfaces.page.view import View

__all__ = ["ChatTab"]

CONCURRENCY = 4
"""Questions answered at the same time; more wait their turn."""
_PARTS = (
    *("notice", "box", "session", "messages", "under", "sources", "decision"),
    *("tools", "side", "ask", "stop", "comment", "editing", "pending", "judged"),
)
_COUNT = count()
_THUMBS: dict[str | None, str | None] = {"up": "Like", "down": "Dislike", None: None}


class ChatTab:
    """The chat's components and events, within a tab.

    Args:
        talk: What events call.
    """

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        pack = talk.service.assistant.pack
        self.session = gr.Textbox("", visible=False)
        # Not Gradio's `State`: that lives in one server's memory, and keeps a connection open for each open page, of
        # which a browser has six to one server.
        self.editing = gr.Checkbox(visible=False)
        self.pending = gr.Textbox("", visible=False)
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
        asking: dict[str, Any] = {
            "show_progress": "hidden",
            "api_visibility": "private",
            "concurrency_limit": CONCURRENCY,
        }

        def ask(question: str, session: str, editing: bool, request: gr.Request) -> Iterator[tuple[Any, ...]]:
            may = caller_of(request).may("delete")
            yield from map(_shown, talk.ask(question, session, editing=editing, may_delete=may))

        def choose(session: str, chosen: gr.EventData) -> Iterator[tuple[Any, ...]]:
            yield from map(_shown, talk.ask(told(chosen, "question"), session))

        def correct(session: str, chosen: gr.EventData) -> Iterator[tuple[Any, ...]]:
            yield from map(_shown, talk.correct(session, told(chosen, "criterion"), told(chosen, "level")))

        def again(session: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
            yield from map(_shown, talk.again(session, may_delete=caller_of(request).may("delete")))

        def show(chosen: gr.EventData) -> tuple[Any, ...]:
            return _shown(talk.show(told(chosen, "passage"), told(chosen, "number")))

        def stop(session: str, question: str) -> tuple[Any, ...]:
            return _shown(talk.stopped(session, question))

        def vote(session: str, given: gr.LikeData, request: gr.Request) -> tuple[Any, ...]:
            number = (given.index if isinstance(given.index, int) else given.index[0]) // 2 + 1
            may = caller_of(request).may("vote")
            return _shown(talk.vote(session, number, "up" if given.liked else "down", may_write=may))

        def comment(session: str, number: int, words: str, request: gr.Request) -> tuple[Any, ...]:
            return _shown(talk.comment(session, number, words, may_write=caller_of(request).may("vote")))

        def delete(session: str, request: gr.Request) -> tuple[Any, ...]:
            return _shown(talk.delete(session, may_write=caller_of(request).may("delete")))

        asked = [session, self.editing]
        answers = [
            self.box.submit(ask, [self.box, *asked], self._outputs, **asking),
            self.ask.click(ask, [self.box, *asked], self._outputs, **asking),
            self.under.ask(choose, [session], self._outputs, **asking),
            self.under.correct(correct, [session], self._outputs, **asking),
            self.decision.correct(correct, [session], self._outputs, **asking),
            self.messages.retry(again, [session], self._outputs, **asking),
        ]
        simple: list[tuple[Any, Callable[..., View]]] = [
            (self.tools.leave, lambda _session: talk.leave()),
            (self.tools.edit, talk.edit),
            (self.tools.settle, talk.settle),
            (self.sources.back, talk.cited),
        ]
        for trigger, call in simple:
            trigger(_one(call), [session], self._outputs, **QUICK)
        self.tools.delete(delete, [session], self._outputs, **QUICK)
        for panel in (self.sources, self.decision):
            panel.open(show, None, self._outputs, **QUICK)
        self.stop.click(stop, [session, self.pending], self._outputs, cancels=answers, **QUICK)
        self.messages.like(vote, [session], self._outputs, **QUICK)
        for sent in (self.words.submit, self.send_words.click):
            sent(comment, [session, self.judged, self.words], self._outputs, **QUICK).then(
                lambda: "", None, [self.words], **QUICK
            )

    def restore(self, page: gr.Blocks) -> None:
        """Shows, when the page is loaded, the conversation that its address names."""
        page.load(
            _one(self._talk.open),
            [self.session],
            self._outputs,
            js="() => groundrule.session()",
            show_progress="hidden",
            api_visibility="private",
        )


def _one(call: Callable[[str], View]) -> Callable[[str], tuple[Any, ...]]:
    return lambda session: _shown(call(session))


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
        keep if view.judged is None else view.judged,
    )
