"""What users take away of a conversation: the decision record and the transcript, as files.

Whatever a user or a document wrote is text in them, never markup. Our notes stand without quotation marks; only an
original's own words are quoted.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from bot.composing.draft import escape
from bot.service.cited import quoted, source_line
from bot.service.pages import Told, record_page, transcript_page
from bot.types import Citation
from ingest.reading.markdown import split_front_matter
from ingest.rich_text import read_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.service.service import Service
    from bot.sessions.session import Exchange

__all__ = ["RecordForm", "TakenAway", "TranscriptForm", "record_of", "transcript_of"]

RecordForm = Literal["markdown", "html"]
TranscriptForm = Literal["markdown", "html", "json"]
_TYPES: dict[TranscriptForm, tuple[str, str]] = {
    "markdown": ("md", "text/markdown"),
    "html": ("html", "text/html"),
    "json": ("json", "application/json"),
}
# How a record begins its list of citations; no line of a user's can read so, for they are escaped.
_CITATIONS = "\n\n## Citations\n\n"
_TRANSCRIPT_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class TakenAway:
    """A file.

    Attributes:
        name: Its name, in ASCII, with a date.
        media_type: What it is; the text is in UTF-8.
        text: What it holds.
    """

    name: str
    media_type: str
    text: str


def record_of(service: Service, session: str, form: RecordForm, decision: str | None = None) -> TakenAway:
    """The decision record of a conversation's last recommendation.

    Args:
        service: Holds the conversation.
        session: Its identifier.
        form: Markdown, which can be computed again, or a page to print.
        decision: Id of the decision; the one last recommended on when None.

    Raises:
        PackError: The pack has no rubric.
        MissingError: There is no such conversation.
        UsageError: Nothing was recommended in it, or the decision is not known.
        GroundruleError: No fact bears on the decision.
    """
    text = service.record(session=session, decision=decision)
    fields, body = split_front_matter(text, "the record")
    if form == "html":
        text = _record_html(fields, body)
    return _file("record", str(fields["date"]), form, text)


def transcript_of(service: Service, session: str, form: TranscriptForm) -> TakenAway:
    """A conversation: its questions, its answers, and under each the passages that it cites, in full.

    Args:
        service: Holds the conversation.
        session: Its identifier.
        form: JSON holds the answers as they were given.

    Raises:
        MissingError: There is no such conversation.
        QuestionError: The identifier is none.
    """
    exchanges = service.history(session)
    if form == "json":
        text = _transcript_json(session, exchanges)
    elif form == "html":
        text = transcript_page(_title(exchanges), list(map(_told, exchanges)))
    else:
        text = _transcript_markdown(exchanges)
    return _file("conversation", exchanges[-1].at.date().isoformat(), form, text)


def _file(what: str, date: str, form: TranscriptForm, text: str) -> TakenAway:
    suffix, media_type = _TYPES[form]
    return TakenAway(f"groundrule-{what}-{date}.{suffix}", media_type, text)


def _record_html(fields: dict[str, Any], body: str) -> str:
    written, _, citations = body.rpartition(_CITATIONS)
    heading = next((block for block in read_markdown(written) if block.kind == "heading"), None)
    title = "".join(run.text for run in heading.runs) if heading else "Decision record"
    return record_page(title, str(fields["rubric_version"]), str(fields["rubric_sha256"]), written, citations)


def _transcript_json(session: str, exchanges: Sequence[Exchange]) -> str:
    shown = {
        "schema": _TRANSCRIPT_SCHEMA,
        "session": session,
        "exported": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "exchanges": [{"at": one.at.isoformat(), "answer": dict(one.answer)} for one in exchanges],
    }
    return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"


def _transcript_markdown(exchanges: Sequence[Exchange]) -> str:
    parts = [f"# {_title(exchanges)}"]
    for number, one in enumerate(map(_told, exchanges), start=1):
        question = [escape(line) for line in one.question.splitlines() if line.strip()]
        parts += [f"## Question {number}", "\n>\n".join(f"> {line}" for line in question)]
        parts += [f"*Answered on {one.at}*", one.answer]
        if one.citations:
            parts.append(f"### Sources of answer {number}")
            parts += [_source_markdown(citation) for citation in one.citations]
    return "\n\n".join(parts) + "\n"


def _source_markdown(citation: Citation) -> str:
    return (
        f"{source_line(citation)}\n\n> {quoted(citation)}\n\n"
        f"Characters {citation.start} to {citation.end} of {escape(citation.source_id)}, "
        f"sha256 `{escape(citation.document_sha256)}`."
    )


def _title(exchanges: Sequence[Exchange]) -> str:
    return f"Conversation of {_on(exchanges[0].at)}"


def _told(exchange: Exchange) -> Told:
    return Told(
        at=f"{_on(exchange.at)}, {exchange.at:%H:%M} UTC",
        question=exchange.question,
        answer=str(exchange.answer.get("answer", "")),
        citations=_citations(exchange.answer.get("citations", ())),
    )


def _on(at: dt.datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _citations(stored: Sequence[dict[str, Any]]) -> tuple[Citation, ...]:
    """The citations of a stored answer; of another release's, what this one knows of them."""
    found = []
    for one in stored:
        try:
            found.append(Citation.model_validate({k: v for k, v in one.items() if k in Citation.model_fields}))
        except ValidationError:
            continue
    return tuple(found)
