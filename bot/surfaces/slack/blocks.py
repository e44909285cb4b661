"""Answers as Slack messages, and what their buttons open as modals; everything under Slack's limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot.surfaces.slack.job import Post
from bot.surfaces.slack.mrkdwn import cut, plain, plain_text
from bot.surfaces.slack.sections import mrkdwn_object, sections_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.surfaces.slack.job import Job
    from bot.surfaces.slack.sections import Section
    from bot.types import Answer, Citation

__all__ = [
    "COMMENT_BLOCK",
    "COMMENT_VIEW",
    "DOWN",
    "RECORD",
    "SCORECARD",
    "SOURCES",
    "UP",
    "answer_posts",
    "button",
    "comment_view",
    "text_post",
    "text_view",
]

UP, DOWN = "groundrule_up", "groundrule_down"
SOURCES, SCORECARD, RECORD = "groundrule_sources", "groundrule_scorecard", "groundrule_record"
COMMENT_VIEW, COMMENT_BLOCK = "groundrule_comment", "comment"

MAX_POST = 3800
"""Most characters of an answer in one message: an edited message may have 4,000, beside blocks that say the same."""
# Of Slack's 50 blocks some are for what stands around the answer.
_MAX_SECTIONS = 44
_MAX_CONTEXT = 1800
_MAX_SOURCE_LINES = 10
_MAX_VIEW_BLOCKS = 99
# A view as a whole may have 250 kB; a character takes up to four bytes, and its text stands beside other keys.
_MAX_VIEW_CHARS = 50_000
_MAX_ASKED = 300
_MAX_NAME = 100
# Slack takes so many characters for a comment; feedback keeps 2,000.
_MAX_COMMENT = 2000


def answer_posts(job: Job, answer: Answer, job_id: int) -> list[Post]:
    """The messages that show an answer, the buttons on the last.

    Args:
        job: What was asked.
        answer: Its answer.
        job_id: The job's number, which the buttons carry.
    """
    parts = list(_parts(sections_of(answer.answer)))
    posts = []
    for number, part in enumerate(parts):
        blocks = [section.block() for section in part]
        if number == 0:
            blocks = [*_asked(job), *blocks]
        if number == len(parts) - 1:
            blocks += [*_state(answer), *_sources(answer.citations), *_buttons(answer, job_id)]
        text = "\n".join(section.bare for section in part if section.bare)
        posts.append(Post(cut(text, MAX_POST) or "The answer is empty.", blocks))
    return posts


def text_post(markdown: str) -> Post:
    """One message with a few words of our own."""
    sections = next(_parts(sections_of(markdown)))
    return Post(cut("\n".join(s.bare for s in sections), MAX_POST), [section.block() for section in sections])


def text_view(title: str, markdown: str) -> dict[str, Any]:
    """A modal that shows a Markdown text, as much of it as a modal may hold."""
    blocks: list[dict[str, Any]] = []
    length = 0
    sections = sections_of(markdown)
    for number, section in enumerate(sections):
        length += len(section.text)
        if length > _MAX_VIEW_CHARS or len(blocks) == _MAX_VIEW_BLOCKS - 1 < len(sections) - 1:
            blocks.append(_context(f"The rest ({len(sections) - number} parts) has no room here."))
            break
        blocks.append(section.block())
    return {
        "type": "modal",
        "title": _words(title, 24),
        "close": _words("Close", 24),
        "blocks": blocks or [_context("Nothing.")],
    }


def comment_view(job_id: int) -> dict[str, Any]:
    """A modal that asks what was wrong with an answer; the vote itself is stored already."""
    return {
        "type": "modal",
        "callback_id": COMMENT_VIEW,
        "private_metadata": json.dumps({"job": job_id}),
        "title": _words("What was wrong?", 24),
        "submit": _words("Send", 24),
        "close": _words("No comment", 24),
        "blocks": [
            {
                "type": "input",
                "block_id": COMMENT_BLOCK,
                "label": _words("Your vote is noted. In your words, what would a right answer have said?", 2000),
                "element": {
                    "type": "plain_text_input",
                    "action_id": COMMENT_BLOCK,
                    "multiline": True,
                    "max_length": _MAX_COMMENT,
                },
            }
        ],
    }


def button(action: str, label: str, value: str, *, primary: bool = False) -> dict[str, Any]:
    """A button with a plain label."""
    made: dict[str, Any] = {"type": "button", "action_id": action, "text": _words(label, 75), "value": value[:2000]}
    return {**made, "style": "primary"} if primary else made


def _parts(sections: Sequence[Section]) -> Iterator[list[Section]]:
    """The sections of each message; at least one message."""
    part: list[Section] = []
    length = 0
    for section in sections:
        size = max(len(section.text), len(section.bare)) + 1
        if part and (length + size > MAX_POST or len(part) == _MAX_SECTIONS):
            yield part
            part, length = [], 0
        part.append(section)
        length += size
    yield part


def _asked(job: Job) -> list[dict[str, Any]]:
    """What a private answer is about: the question stands elsewhere."""
    if not job.private:
        return []
    if job.kind == "form":
        return [_context("From the form that you filled in:")]
    return [_context(f"You asked: _{plain(cut(' '.join(job.text.split()), _MAX_ASKED))}_")] if job.text else []


def _state(answer: Answer) -> list[dict[str, Any]]:
    """How sure the answer is, and who phrased it, in a line."""
    told = []
    made = answer.recommendation
    if answer.refused:
        told.append("*Not in the sources*, so I do not answer it.")
    elif answer.kind == "recommendation" and made:
        first = made.ranking[0]
        verdict = "Clear winner" if made.clear_winner else "Not clear yet"
        told.append(
            f"*{verdict}*: {_name(first.name)} comes first under {first.first_share * 100:.0f} % of the weightings and "
            f"open answers. Rubric {_name(made.rubric_version)}."
        )
    elif answer.kind in ("fact", "pros_cons", "comparison") and answer.citations:
        told.append(f"*Confidence {answer.confidence * 100:.0f} %* that the sources hold the answer.")
    if answer.generator.startswith("extractive ("):
        told.append(f"Without the language model {_name(answer.generator[len('extractive (') : -1])}.")
    elif answer.generator != "extractive":
        told.append(f"Phrased by {_name(answer.generator)}, each sentence checked against what it cites.")
    return [_context(" ".join(told))] if told else []


def _sources(citations: Sequence[Citation]) -> list[dict[str, Any]]:
    """Where the numbers lead: one line a section that is cited, as many as there is room for."""
    lines: dict[str, list[Citation]] = {}
    for citation in citations:
        lines.setdefault(plain(cut(f"{citation.attribution}, {citation.section}", 200)), []).append(citation)
    shown: list[str] = []
    left = len(citations)
    length = 0
    for where, cited in lines.items():
        line = f"{' '.join(f'[{one.number}]' for one in cited)} {where}"
        if len(shown) == _MAX_SOURCE_LINES or length + len(line) > _MAX_CONTEXT:
            break
        shown.append(line)
        length += len(line) + 1
        left -= len(cited)
    if left:
        shown.append(f"+ {left} more under Sources")
    return [_context("\n".join(shown))] if shown else []


def _buttons(answer: Answer, job_id: int) -> list[dict[str, Any]]:
    value = str(job_id)
    made = []
    if answer.kind not in ("smalltalk", "clarification"):
        made += [button(UP, "👍 Helpful", value), button(DOWN, "👎 Not helpful", value)]
    if answer.citations:
        made.append(button(SOURCES, "Sources", value))
    if answer.recommendation:
        made.append(button(SCORECARD, "Scorecard", value))
        if answer.recommendation.facts:
            made.append(button(RECORD, "Decision record", value))
    return [{"type": "actions", "elements": made}] if made else []


def _name(text: str) -> str:
    """A name of bounded length; cut before it is escaped, so that no escape is cut."""
    return plain(cut(text, _MAX_NAME))


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [mrkdwn_object(text)]}


def _words(text: str, limit: int) -> Mapping[str, Any]:
    return {"type": "plain_text", "text": plain_text(text, limit), "emoji": True}
