"""What `groundrule check` says of drift: the rubric's evidence and stored answers' citations that lost their span."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from bot.surfaces.commands.output import one_line
from ingest.console import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.service.drift import Drifted, LostEvidence, Tally
    from bot.verifying.drift import Nearest, Spans
    from ingest.config import Settings
    from ingest.pack import Pack
    from ingest.types import Document

__all__ = ["StoredDrift", "find_drift", "find_lost_evidence"]

# Enough to know a question, and a passage, again; --json has them whole.
_QUESTION, _QUOTE = 60, 160
# Whoever has a session's identifier can read the conversation; so much of it tells which one it is.
_SESSION = 8
_MARKS = {"moved": "=", "changed": "~", "gone": "-"}


@dataclass(slots=True)
class StoredDrift:
    """What became of the citations of stored answers.

    Attributes:
        tally: How many there were; None where they could not be read.
        unchecked: Why they could not be; "" otherwise.
        drifted: Each that does not stand where it did, where they are collected.
        verbose: Whether each was shown.
    """

    tally: Tally | None = None
    unchecked: str = ""
    drifted: list[dict[str, Any]] = field(default_factory=list)
    verbose: bool = False

    @property
    def counts(self) -> bool:
        """Whether something was lost, or may have been."""
        return self.tally is None or self.tally.lost > 0

    @property
    def summary(self) -> str:
        """All of it in a line."""
        if self.tally is None:
            return f"Stored answers were not checked: {self.unchecked}"
        answers, states = self.tally.answers, self.tally.states
        if not answers.total():
            return "No answer is stored."
        told = f"{counted(answers.total(), 'stored answer')}, {counted(states.total(), 'citation')}: "
        if states.total() == states["stands"]:
            return told + "all stand."
        found = [f"{states[state]} {word}" for state, word in _WORDS.items() if states[state]]
        hint = "" if self.verbose else " --verbose shows which."
        hit = self.tally.hit
        lost = f" {counted(hit, 'answer')} lost what was cited." if hit else ""
        return f"{told}{', '.join(found)}.{lost}{hint}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        if self.tally is None:
            return {"unchecked": self.unchecked}
        states = {state: self.tally.states[state] for state in _WORDS}
        return {
            "unchecked": None,
            "answers": {where: self.tally.answers[where] for where in ("conversation", "feedback")},
            "answers_hit": self.tally.hit,
            "citations": states,
            "drifted": self.drifted,
        }


_WORDS = {
    "stands": "stand",
    "moved": "moved within the text and still stand",
    "changed": "changed",
    "gone": "of documents that are gone",
    "unreadable": "of another release",
}


def find_lost_evidence(pack: Pack, documents: Mapping[str, Document], *, print_it: bool) -> list[dict[str, Any]]:
    """The rubric's quotes that do not stand any more, for programs; for people they are printed.

    Args:
        pack: Whose rubric it is; nothing is lost where there is none, or one that cannot be read.
        documents: The pack's own documents by id.
        print_it: Whether to print them.
    """
    from bot.deciding.rubric_file import has_rubric, read_rubric
    from bot.service.drift import lost_evidence
    from bot.verifying.drift import Spans
    from ingest.errors import PackError

    if not has_rubric(pack):
        return []
    try:
        lost = lost_evidence(read_rubric(pack), documents, Spans(documents))
    except PackError:
        return []  # a fault that is told as such
    if print_it:
        for one in lost:
            _print_evidence(one)
    return [one.as_json() for one in lost]


def find_drift(settings: Settings, spans: Spans, *, verbose: bool, as_json: bool) -> StoredDrift:
    """Looks the citations of all stored answers up; nothing that is stored is changed.

    Args:
        settings: Where they are.
        spans: Over all documents that answers cite.
        verbose: Print each that drifted.
        as_json: Collect them instead.
    """
    from bot.service.drift import Tally, drifted_citations, stored_answers
    from bot.sessions.conversations import stored_conversations
    from bot.sessions.feedback_store import stored_feedback
    from bot.storage.database import open_database
    from ingest.errors import ConversationError

    result = StoredDrift(verbose=verbose)
    tally = Tally()
    with closing(open_database(settings, reads_only=True)) as database:
        answers = stored_answers(
            stored_conversations(settings, database=database), stored_feedback(settings, database=database)
        )
        try:
            for one in drifted_citations(answers, spans, tally, nearest=verbose or as_json):
                if as_json:
                    result.drifted.append(one.as_json())
                elif verbose:
                    _print_drifted(one)
        except ConversationError as error:
            result.unchecked = str(error)
            return result
    result.tally = tally
    return result


def _print_evidence(lost: LostEvidence) -> None:
    where = f"there is no document {lost.source_id!r} any more" if lost.gone else f"not in {lost.source_id!r} any more"
    click.echo(f"~ evidence {lost.name!r} is lost, {where}: “{one_line(lost.quote, _QUOTE)}”")
    for one in lost.rests:
        click.echo(f"    rests on it: {one}")
    if not lost.gone:
        click.echo(f"    {_nearest(lost.nearest)}")


def _print_drifted(one: Drifted) -> None:
    session = one.session if len(one.session) <= _SESSION else one.session[:_SESSION] + "…"
    click.echo(
        f"{_MARKS[one.span.state]} {one.stored} {one_line(session, _QUESTION)} of {one.at:%Y-%m-%d}, "
        f"“{one_line(one.question, _QUESTION)}”"
    )
    cited = f"    [{one.citation.number}] {one.citation.source_id}"
    quote = one_line(one.citation.quote, _QUOTE)
    if one.span.state == "moved":
        elsewhere = f" of {one.span.source_id}" if one.span.source_id != one.citation.source_id else ""
        click.echo(f"{cited} moved from character {one.citation.start} to {one.span.start}{elsewhere}: “{quote}”")
    elif one.span.state == "changed":
        click.echo(f"{cited} has changed; cited was “{quote}”\n    {_nearest(one.nearest)}")
    else:
        click.echo(f"{cited} is no document any more; cited was “{quote}”")


def _nearest(nearest: Nearest | None) -> str:
    if nearest is None:
        return "nothing in it reads like that now"
    return f"nearest now, {nearest.likeness:.0%} alike: “{one_line(nearest.text, _QUOTE)}”"
