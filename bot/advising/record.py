"""Decision records: a decision written down so that anyone can read it, and so that it can be computed again.

The form is that of architecture decision records (Nygard, "Documenting Architecture Decisions", 2011). What a replay
needs stands in the front matter; the rest is for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.advising.plain_advice import PlainAdvice
from bot.composing.draft import Draft, escape
from ingest.errors import DocumentError, GroundruleError
from ingest.reading.markdown import split_front_matter
from ingest.yaml_file import dump_yaml

if TYPE_CHECKING:
    import datetime as dt

    from bot.advising.advisor import Advisor
    from bot.deciding.decision import Decision
    from bot.deciding.facts import Profile
    from bot.types import Citation

__all__ = ["Record", "Replay", "as_json", "read_record", "replay", "write_record"]

RECORD_SCHEMA = 1


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid")

    level: str
    said: str
    how: str = "chosen"


class _Standing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    option: str
    score: float
    low: float
    high: float
    first_share: float


class Record(BaseModel):
    """What a record's front matter holds: all that a replay needs.

    Attributes:
        record: Version of this layout.
        decision: Id of the decision.
        date: When it was made, ISO 8601.
        rubric_version: Version of the rubric.
        rubric_sha256: Digest of the rubric's file.
        documents: Digest of each document that is cited, by id.
        present: Option that the organisation had, or null.
        facts: Criterion to level, with the user's words.
        ranking: The options, best first.
        clear_winner: Whether the first was clearly ahead.
    """

    model_config = ConfigDict(extra="forbid")

    record: int
    decision: str
    date: str
    rubric_version: str
    rubric_sha256: str
    documents: dict[str, str] = {}
    present: str | None = None
    facts: dict[str, _Told]
    ranking: list[_Standing]
    clear_winner: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """What computing a record again shows.

    Attributes:
        differences: What is not as recorded, one sentence each; nothing when all is the same.
        winner_before: The option that came first then.
        winner_now: The option that comes first now; None when it cannot be computed any more.
    """

    differences: tuple[str, ...]
    winner_before: str
    winner_now: str | None

    @property
    def same(self) -> bool:
        """Whether everything is as recorded."""
        return not self.differences


def write_record(advisor: Advisor, decision: str, profile: Profile, date: dt.date, title: str | None = None) -> str:
    """The record of a decision, as Markdown.

    Args:
        advisor: Over the pack's rubric.
        decision: Id of the decision.
        profile: What is known.
        date: The day it is made.
        title: A title of the user's.

    Raises:
        GroundruleError: Nothing is known that the decision could rest on.
    """
    from bot.verifying.citations import cite_all

    card = advisor.cards[decision]
    made = card.decide(profile.levels)
    if not made.facts:
        raise GroundruleError(
            f"no fact bears on {decision!r}, so there is no decision to record. Give some with --facts."
        )
    draft = Draft()
    _body(draft, advisor, made, profile)
    citations = cite_all(draft.passages, advisor.book.evidence.documents)
    fields = {
        "record": RECORD_SCHEMA,
        "decision": decision,
        "date": date.isoformat(),
        "rubric_version": advisor.book.rubric.version,
        "rubric_sha256": advisor.book.rubric.sha256,
        "documents": {c.source_id: c.document_sha256 for c in sorted(citations, key=lambda c: c.source_id)},
        "present": profile.present.get(decision, (None,))[0],
        "facts": {
            c: {"level": f.level, "said": f.said, "how": f.how} for c, f in profile.facts.items() if c in made.facts
        },
        "ranking": [
            {"option": s.option, "score": s.score, "low": s.low, "high": s.high, "first_share": s.first_share}
            for s in made.ranking
        ],
        "clear_winner": made.clear_winner,
    }
    name = escape(title or f"{advisor.decision_name(decision)}: {' or '.join(advisor.name(o) for o in made.tied)}")
    head = f"# {name}\n\nStatus: proposed. Date: {date.isoformat()}.\n"
    return f"---\n{dump_yaml(fields)}---\n\n{head}\n{draft.markdown}\n\n## Citations\n\n{_cited(citations)}\n"


def read_record(text: str, name: str) -> Record:
    """The machine-readable part of a record.

    Raises:
        DocumentError: It is no record, or a damaged one.
    """
    fields, _ = split_front_matter(text.replace("\r\n", "\n"), name)
    if not fields:
        raise DocumentError(
            f"{name} is no decision record: it has no front matter. Give a file that `groundrule record` wrote."
        )
    try:
        record = Record.model_validate({**fields, "date": str(fields.get("date"))})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DocumentError(f"{name}: {where}: {first['msg']}. It is no decision record, or a damaged one.") from error
    if record.record != RECORD_SCHEMA or not record.ranking:
        raise DocumentError(
            f"{name}: a record of layout {record.record} without a ranking I can read. Use the version that wrote it."
        )
    return record


def replay(record: Record, advisor: Advisor) -> Replay:
    """Computes a record again with the rubric as it is now."""
    book = advisor.book
    before = record.ranking[0].option
    found = []
    if record.rubric_sha256 != book.rubric.sha256:
        found.append(
            f"the rubric has changed: {record.rubric_version} ({record.rubric_sha256[:12]}) then, "
            f"{book.rubric.version} ({book.rubric.sha256[:12]}) now"
        )
    for id_, digest in record.documents.items():
        if id_ not in book.evidence.documents:
            found.append(f"the document {id_!r} is no longer in the pack")
        elif book.evidence.documents[id_].sha256 != digest:
            found.append(f"the document {id_!r} has changed since")
    if record.decision not in advisor.cards:
        return Replay((*found, f"the rubric no longer makes the decision {record.decision!r}"), before, None)
    card = advisor.cards[record.decision]
    levels = {}
    for criterion, told in record.facts.items():
        if criterion not in card.criteria:
            found.append(f"the rubric no longer weighs {criterion!r}")
        elif told.level not in card.levels[criterion]:
            found.append(f"{criterion!r} no longer has the level {told.level!r}")
        else:
            levels[criterion] = told.level
    made = card.decide(levels)
    then = {s.option: s for s in record.ranking}
    if [s.option for s in made.ranking] != [s.option for s in record.ranking]:
        order = ", ".join(s.option for s in made.ranking)
        found.append(f"the order is now {order}; it was {', '.join(s.option for s in record.ranking)}")
    for s in made.ranking:
        old = then.get(s.option)
        if old and (s.score, s.low, s.high, s.first_share) != (old.score, old.low, old.high, old.first_share):
            found.append(
                f"{s.option}: {old.score} ({old.low} to {old.high}, first in {old.first_share}) then, "
                f"{s.score} ({s.low} to {s.high}, first in {s.first_share}) now"
            )
    if made.clear_winner != record.clear_winner:
        found.append(f"the winner {'is clear now' if made.clear_winner else 'is no longer clear'}")
    return Replay(tuple(found), before, made.first.option)


def _body(draft: Draft, advisor: Advisor, made: Decision, profile: Profile) -> None:
    rubric = advisor.book.rubric
    parts = advisor.writer.parts
    draft.paragraph("## Context")
    rows = []
    for c in rubric.decisions[made.decision].criteria:
        if c in made.facts:
            fact = profile.facts[c]
            said = f"“{escape(fact.said)}”" if fact.how != "chosen" else "given"
            level = escape(rubric.criteria[c].levels[fact.level].label) + parts.ours(c, fact)
            rows.append([escape(rubric.criteria[c].name), level, said])
    draft.table(["what", "is", "in the user's words"], rows)
    if made.unknown:
        draft.paragraph("Not known: " + ", ".join(escape(rubric.criteria[c].name) for c in made.unknown) + ".")
    draft.paragraph("## Decision")
    draft.paragraph(parts.headline(made))
    parts.present(draft, made, profile)
    parts.reasons(draft, made, profile)
    draft.paragraph("## Ranking")
    draft.table(
        ["option", "score of 100", "lowest and highest possible", "first under"],
        [
            [escape(advisor.name(s.option)), f"{s.score:.1f}", f"{s.low:.1f} to {s.high:.1f}", f"{s.first_share:.1%}"]
            for s in made.ranking
        ],
    )
    draft.paragraph(
        f"Rubric {rubric.version}, sha256 `{rubric.sha256}`. “First under” is the share of weightings, and of answers "
        "that are still open, under which an option comes first."
    )
    draft.paragraph("## Pros and cons")
    parts.all_claims(draft, made.first.option)
    draft.paragraph("## Consequences")
    card = advisor.cards[made.decision]
    PlainAdvice(parts).runner_up(draft, card, made)
    parts.growth(draft, card, made)
    parts.tipping_points(draft, made)
    parts.disagreements(draft, made)
    parts.to_be_surer(draft, made)


def _cited(citations: tuple[Citation, ...]) -> str:
    return "\n".join(
        f"{c.number}. {escape(c.attribution)}, {escape(c.section)}: {escape(c.quote)} "
        f"(`{c.source_id}`, characters {c.start} to {c.end}, sha256 `{c.document_sha256[:12]}`)"
        for c in citations
    )


def as_json(result: Replay) -> dict[str, Any]:
    """A replay for programs."""
    return {
        "same": result.same,
        "differences": list(result.differences),
        "winner_then": result.winner_before,
        "winner_now": result.winner_now,
    }
