"""The chat page. Owns gradio; asks `Assistant.ask` and shows its answers with the passages they cite."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from ingest.errors import GroundruleError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.assistant import Assistant
    from bot.types import Citation

__all__ = ["CSS", "THEME", "chat_page", "citation_panel"]

# System fonts: the page must come up without a network, and a font server is one.
_FONTS = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
THEME = gr.themes.Base(
    primary_hue="teal",
    neutral_hue="slate",
    font=_FONTS,
    font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
)

CSS = """
.gradio-container { max-width: 1280px !important; margin: 0 auto !important; }
#headline h1 { font-size: 1.6rem; margin: 0; }
#headline p { margin: .25rem 0 0; color: var(--body-text-color-subdued); }
#examples button { text-align: left; justify-content: flex-start; font-weight: 400; white-space: normal; line-height: 1.3; }
#chat .message { font-size: .97rem; }
#chat table { display: block; overflow-x: auto; }
#chat td, #chat th { vertical-align: top; min-width: 11rem; }
#chat td:first-child, #chat th:first-child { min-width: 5rem; }
.citations { display: flex; flex-direction: column; gap: .6rem; max-height: 70vh; overflow-y: auto; }
.citations h2 { font-size: 1rem; margin: 0; }
.citations .hint { color: var(--body-text-color-subdued); margin: 0; }
.citations article { border: 1px solid var(--border-color-primary); border-radius: 8px; padding: .6rem .75rem; background: var(--block-background-fill); }
.citations .number { font-weight: 700; color: var(--link-text-color); }
.citations .where { color: var(--body-text-color-subdued); font-size: .85rem; margin: 0 0 .35rem; }
.citations blockquote, .citations .notes { margin: 0; font-size: .93rem; line-height: 1.45; }
.citations blockquote { border-left: 3px solid var(--border-color-accent); padding-left: .6rem; }
@media (max-width: 640px) { #columns { flex-direction: column; } .citations { max-height: none; } }
"""

_NO_CITATIONS = '<div class="citations"><h2>Cited passages</h2><p class="hint">The passages an answer rests on appear here, numbered as in the answer.</p></div>'


@dataclass(frozen=True, slots=True)
class _Handlers:
    """What the page's events call."""

    assistant: Assistant

    def ask(self, question: str, history: list[dict[str, Any]], session: str | None) -> Iterator[tuple[Any, ...]]:
        """Shows the question at once, then the answer: (text box, chat, session, citations)."""
        asked = [*history, {"role": "user", "content": question}]
        yield "", asked, session, gr.skip()
        try:
            answer = self.assistant.ask(question, session)
        except QuestionError as error:
            # Nothing was asked, so the conversation stays as it was and the words stay in the box.
            gr.Warning(str(error))
            yield question, history, session, gr.skip()
            return
        except GroundruleError as error:
            yield (
                "",
                [*asked, {"role": "assistant", "content": f"Something is wrong here: {html.escape(str(error))}"}],
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
        if session:
            self.assistant.forget(session)
        return [], None, _NO_CITATIONS


def chat_page(assistant: Assistant) -> gr.Blocks:
    """The page over one assistant; the caller mounts or launches it."""
    handlers = _Handlers(assistant)
    pack = assistant.pack
    with gr.Blocks(title=f"Groundrule: {pack.title}", analytics_enabled=False, fill_width=True) as page:
        session = gr.State(None)
        gr.Markdown(
            f"# Groundrule\n\nAsk {pack.subject}. Every answer cites the passages it rests on.", elem_id="headline"
        )
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=3, min_width=320):
                chat = gr.Chatbot(
                    label="Conversation",
                    elem_id="chat",
                    height="62vh",
                    layout="bubble",
                    sanitize_html=True,
                    allow_tags=False,
                    feedback_options=None,
                    buttons=["copy"],
                    latex_delimiters=[],
                    placeholder="Ask a question below, or take one of the examples.",
                )
                with gr.Row():
                    box = gr.Textbox(
                        label="Your question",
                        show_label=False,
                        placeholder="What are the cons of a centralised team?",
                        lines=1,
                        max_lines=6,
                        scale=8,
                        autofocus=True,
                        elem_id="question",
                    )
                    send = gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id="send")
                with gr.Row(elem_id="examples"):
                    examples = [
                        (gr.Button(example.question, size="sm", min_width=240), example.question)
                        for example in pack.examples
                    ]
                clear = gr.Button("New conversation", size="sm", variant="secondary")
            with gr.Column(scale=2, min_width=300):
                panel = gr.HTML(_NO_CITATIONS, elem_id="panel")
        outputs = [box, chat, session, panel]
        for trigger in (box.submit, send.click):
            trigger(
                handlers.ask,
                [box, chat, session],
                outputs,
                concurrency_limit=4,
                api_visibility="private",
                show_progress="hidden",
            )
        for button, question in examples:
            button.click(
                handlers.ask,
                [gr.State(question), chat, session],
                outputs,
                concurrency_limit=4,
                api_visibility="private",
                show_progress="hidden",
            )
        clear.click(handlers.clear, [session], [chat, session, panel], api_visibility="private")
    return page


def citation_panel(citations: Sequence[Citation]) -> str:
    """The cited passages as HTML; all text in it is escaped."""
    if not citations:
        return '<div class="citations"><h2>Cited passages</h2><p class="hint">This answer cites nothing: it states no fact from the documents.</p></div>'
    return '<div class="citations"><h2>Cited passages</h2>' + "".join(_article(c) for c in citations) + "</div>"


def _article(citation: Citation) -> str:
    quote = html.escape(citation.quote)
    # Our own words never stand in quotation marks under somebody's name; a source's own words do.
    body = f'<p class="notes">{quote}</p>' if citation.text == "notes" else f"<blockquote>“{quote}”</blockquote>"
    who = ", ".join(
        html.escape(part)
        for part in (citation.author or "unknown author", citation.publisher, citation.published)
        if part
    )
    whose = "Our notes on " if citation.text == "notes" else ""
    return (
        f'<article id="citation-{citation.number}"><p class="where"><span class="number">[{citation.number}]</span> '
        f"{whose}<cite>{html.escape(citation.title)}</cite> ({who})<br>{html.escape(citation.section)}</p>{body}</article>"
    )
