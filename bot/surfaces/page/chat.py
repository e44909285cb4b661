"""The chat page. Owns gradio; asks `Assistant.ask` and shows its answers with the passages they cite."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from bot.composing.draft import escape
from ingest.errors import GroundruleError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.service.service import Service
    from bot.types import Citation

__all__ = ["STYLE_SHEET", "THEME", "chat_page", "citation_panel"]

# System fonts: the page must come up without a network, and a font server is one.
_FONTS = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
THEME = gr.themes.Base(
    primary_hue="teal",
    neutral_hue="slate",
    font=_FONTS,
    font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
)

STYLE_SHEET = Path(__file__).with_name("chat.css")

# Questions answered at the same time; more wait their turn.
CONCURRENCY = 4

# A long answer is read from its beginning: the question moves to the top, not the answer's end to the bottom.
_SHOW_QUESTION = """() => {
  const asked = [...document.querySelectorAll("#chat .user")].pop();
  if (asked) asked.scrollIntoView({block: "start", behavior: "auto"});
}"""
_EMPTY_PANEL = "The passages an answer rests on appear here, numbered as in the answer."
_UNCITED = "This answer cites nothing: it states no fact from the documents."


@dataclass(frozen=True, slots=True)
class _Handlers:
    """What the page's events call."""

    service: Service

    def ask(self, question: str, history: list[dict[str, Any]], session: str | None) -> Iterator[tuple[Any, ...]]:
        """Shows the question at once, then the answer: (text box, chat, session, citations)."""
        # The chat shows Markdown; what a user writes is text.
        shown = "\n\n".join(escape(line) for line in question.splitlines() if line.strip())
        asked = [*history, {"role": "user", "content": shown}]
        yield "", asked, session, gr.skip()
        try:
            answer = self.service.ask(question, session, door="page")
        except QuestionError as error:
            # Nothing was asked, so the conversation stays as it was and the words stay in the box.
            gr.Warning(str(error))
            yield question, history, session, gr.skip()
            return
        except GroundruleError as error:
            yield (
                "",
                [*asked, {"role": "assistant", "content": f"Something is wrong here: {escape(str(error))}"}],
                session,
                gr.skip(),
            )
            return
        yield (
            "",
            [*asked, {"role": "assistant", "content": answer.answer}],
            answer.session,
            citation_panel(answer.citations),
        )

    def clear(self, session: str | None) -> tuple[Any, ...]:
        """Forgets the conversation: (chat, session, citations)."""
        try:
            if session:
                self.service.forget(session)
        except GroundruleError as error:
            # A new chat begins all the same; who wants the old one gone has to know that it is not.
            gr.Warning(f"The conversation is not deleted: {error}")
        return [], None, _panel(_hint(_EMPTY_PANEL))


def chat_page(service: Service) -> gr.Blocks:
    """The page over one service; the caller mounts or launches it."""
    handlers = _Handlers(service)
    pack = service.assistant.pack
    page: gr.Blocks
    with gr.Blocks(title=f"Groundrule: {pack.title}", analytics_enabled=False, fill_width=True) as page:
        session = gr.State(None)
        gr.Markdown(
            f"# Groundrule\n\nAsk {escape(pack.subject)}. Every answer cites the passages it rests on.",
            elem_id="headline",
        )
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=3, min_width=320):
                chat = gr.Chatbot(
                    label="Conversation",
                    show_label=False,
                    elem_id="chat",
                    height="58vh",
                    layout="bubble",
                    sanitize_html=True,
                    allow_tags=False,
                    feedback_options=None,
                    buttons=["copy"],
                    latex_delimiters=[],
                    autoscroll=False,
                    placeholder="Ask a question below, or take one of the examples.",
                )
                with gr.Row():
                    box = gr.Textbox(
                        label="Your question",
                        show_label=False,
                        placeholder="Your question",
                        lines=1,
                        max_lines=6,
                        scale=8,
                        autofocus=True,
                        elem_id="question",
                    )
                    send = gr.Button("Ask", variant="primary", scale=1, min_width=90, elem_id="send")
                    clear = gr.Button("New chat", variant="secondary", scale=1, min_width=90, elem_id="clear")
                with gr.Row(elem_id="examples"):
                    examples = [(gr.Button(e.question, size="sm", min_width=260), e.question) for e in pack.examples]
            with gr.Column(scale=2, min_width=300):
                panel = gr.HTML(_panel(_hint(_EMPTY_PANEL)), elem_id="panel")
        asked: dict[str, Any] = {
            "outputs": [box, chat, session, panel],
            "concurrency_limit": CONCURRENCY,
            "api_visibility": "private",
            "show_progress": "hidden",
        }
        events = [
            box.submit(handlers.ask, [box, chat, session], **asked),
            send.click(handlers.ask, [box, chat, session], **asked),
            *(button.click(handlers.ask, [gr.State(text), chat, session], **asked) for button, text in examples),
        ]
        for event in events:
            event.then(None, js=_SHOW_QUESTION, api_visibility="private")
        for trigger in (clear.click, chat.clear):
            trigger(handlers.clear, [session], [chat, session, panel], api_visibility="private")
    return page


def citation_panel(citations: Sequence[Citation]) -> str:
    """The cited passages as HTML; all text in it is escaped."""
    return _panel("".join(map(_article, citations)) if citations else _hint(_UNCITED))


def _panel(body: str) -> str:
    return (
        f'<section class="citations" aria-label="Cited passages" tabindex="0"><h2>Cited passages</h2>{body}</section>'
    )


def _hint(text: str) -> str:
    return f'<p class="hint">{text}</p>'


def _article(citation: Citation) -> str:
    quote = html.escape(citation.quote)
    # Our own words never stand in quotation marks under somebody's name; a source's own words do.
    notes = citation.text == "notes"
    claim = f'<p class="claim">{quote}</p>' if notes else f'<blockquote class="claim">“{quote}”</blockquote>'
    origin = [citation.author or "author unknown", citation.publisher, citation.published]
    who = ", ".join(html.escape(part) for part in origin if part)
    where = f"{'Our notes on ' if notes else ''}<cite>{html.escape(citation.title)}</cite> ({who})"
    return (
        f'<article id="citation-{citation.number}"><p class="where"><span class="number">[{citation.number}]</span> '
        f"{where}<br>{html.escape(citation.section)}</p>{claim}</article>"
    )
