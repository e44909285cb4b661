"""The parts of a recommendation, each with its citations: reasons, price, runner-up, what would change it.

The decision is made in `bot.deciding.rubric`; nothing here ranks. Each method adds one part to a `Draft`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.composing.draft import escape, joined
from bot.deciding.rubric_model import JUDGEMENT
from bot.language.shortening import capital, gist

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.advising.evidence import RubricBook
    from bot.composing.draft import Draft
    from bot.deciding.decision import Decision, Unanswered
    from bot.deciding.facts import Fact, Profile
    from bot.deciding.rubric import Scorecard
    from ingest.pack import Pack
    from ingest.types import Passage, Stance

__all__ = [
    "MAX_CONTRAST",
    "MAX_TIPPING",
    "SETTLED",
    "Argument",
    "ClaimSource",
    "in_points",
    "ordinal",
    "percent",
    "signed",
]

ALONE = "(No answer to it changes the first place alone; together with others one may.)"
SETTLED = "*No answer that is still open could change this.*"
MAX_REASONS = 4
MAX_AGAINST = 2
MAX_TIPPING = 3
MAX_CONTRAST = 3
"""Claims of an option that is left, or is only second."""


class ClaimSource(Protocol):
    """Where the pros and cons of options come from."""

    def taking(self, stance: Stance, option: str, sources: Collection[str]) -> Sequence[Passage]:
        """All claims of one stance about an option; of all sources when none is given."""
        ...


@dataclass(frozen=True)
class Argument:
    """Writes the parts.

    Attributes:
        book: The rubric and its evidence.
        pack: How options are called.
        claims: Where pros and cons come from.
    """

    book: RubricBook
    pack: Pack
    claims: ClaimSource

    def present(self, draft: Draft, decision: Decision, profile: Profile) -> None:
        """Keep or move, where the user said what they have."""
        if decision.decision not in profile.present:
            return
        option, said = profile.present[decision.decision]
        name, first = self.name(option), self.name(decision.first.option)
        today = f"Today you are {name} (“{escape(said)}”)"
        if option in decision.tied:
            draft.paragraph(f"{today}: **keep it.**")
        elif decision.clear_winner:
            draft.paragraph(f"{today}: **move to {first}.**")
        else:
            draft.paragraph(
                f"{today}: **lean towards {first}**, but the lead is not clear enough to reorganise for yet."
            )
        if option not in decision.tied:
            self.in_short(draft, "**What you would leave behind, the cons of today:**", "con", option, MAX_CONTRAST)
            self.in_short(draft, "**What you would give up, the pros of today:**", "pro", option, MAX_CONTRAST)

    def reasons(self, draft: Draft, decision: Decision, profile: Profile) -> None:
        """Why the first comes first, and what speaks against it, fact by fact."""
        for_it = [r for r in decision.reasons if r.evidence and r.points > 0]
        against = [r for r in decision.reasons if r.evidence and r.points < 0]
        for_it.sort(key=lambda r: (-(r.points + max(r.lead, 0)), r.criterion))
        for title, chosen in (
            ("**Why.**", for_it[:MAX_REASONS]),
            ("**What speaks against it.**", against[:MAX_AGAINST]),
        ):
            if chosen:
                lines = [
                    self.reason_line(draft, profile, r.criterion, r.level, r.evidence[0], r.points)
                    for r in sorted(chosen, key=lambda r: (-abs(r.points), r.criterion))
                ]
                draft.paragraph(title + "\n\n" + "\n".join(lines))

    def all_claims(self, draft: Draft, option: str) -> None:
        """Every pro and con of an option, in full."""
        stances: tuple[tuple[Stance, str], ...] = (("pro", "Pros"), ("con", "Cons"))
        for stance, title in stances:
            if found := self.claims.taking(stance, option, ()):
                draft.paragraph(f"**{title} of {self.name(option)}**")
                draft.bullets(found)

    def tipping_points(self, draft: Draft, decision: Decision) -> None:
        """What else would change the answer: the nearest changes that neither the runner-up nor growth speaks of."""
        seen: set[tuple[str, tuple[str, ...]]] = set()
        lines = []
        for tip in decision.tipping_points:
            grows = self.book.rubric.criteria[tip.criterion].grows
            if (tip.criterion, tip.winners) in seen or decision.ranking[1].option in tip.winners or grows:
                continue
            seen.add((tip.criterion, tip.winners))
            lines.append(f"{self.change(tip.criterion, tip.after, None)} → {self.names(tip.winners)}")
        if lines:
            draft.paragraph(f"**What else would change this:** {'; '.join(lines[:MAX_TIPPING])}.")

    def growth(self, draft: Draft, card: Scorecard, decision: Decision) -> None:
        """The next stage as the organisation does more: the first step up at which another option comes first."""
        for c, level in decision.facts.items():
            criterion = self.book.rubric.criteria[c]
            if not criterion.grows:
                continue
            levels = card.levels[c]
            for higher in levels[levels.index(level) + 1 :]:
                winners = card.winners({**decision.facts, c: higher})
                if not set(winners) & set(decision.tied):
                    evidence = card.evidence(c, winners[0], higher)
                    quote = f" {self.quoted(draft, evidence[0])}" if evidence else ""
                    draft.paragraph(f"**The next stage:** {self.label(c, higher)} → {self.names(winners)}.{quote}")
                    return

    def disagreements(self, draft: Draft, decision: Decision) -> None:
        """Where the sources differ on what this answer rests on, each position cited."""
        top = {standing.option for standing in decision.ranking[:2]}
        for point in self.book.rubric.decisions[decision.decision].disagreements:
            bears = any(decision.facts.get(c) in levels for c, levels in point.when.items())
            if bears and (not point.options or top & set(point.options)):
                views = "; ".join(f"{escape(p.says)} {self.marker(draft, p.evidence)}" for p in point.positions)
                draft.paragraph(f"**The sources disagree on {escape(point.topic)}:** {views}. {escape(point.ours)}")

    def question(self, draft: Draft, decision: Decision) -> None:
        """The next question, its answers, and what each would mean."""
        asked = decision.next_question
        if asked is None:
            return
        criterion = self.book.rubric.criteria[asked.criterion]
        lines = [
            f"- **{escape(level.label)}**: {self._then(asked, id_, decision)}"
            for id_, level in criterion.levels.items()
        ]
        if all(set(winners) == set(decision.tied) for winners in asked.winners.values()):
            lines = [ALONE]
        draft.paragraph(f"**What would help most:** {escape(criterion.question)}\n\n" + "\n".join(lines))

    def to_be_surer(self, draft: Draft, decision: Decision) -> None:
        """The next question in one line, with the answers that would change the first place."""
        asked = decision.next_question
        if asked is None:
            draft.paragraph(SETTLED if decision.settled else "*The questions left open could still change this.*")
            return
        criterion = self.book.rubric.criteria[asked.criterion]
        answers: dict[tuple[str, ...], list[str]] = {}
        for level, winners in asked.winners.items():
            if set(winners) != set(decision.tied):
                answers.setdefault(tuple(winners), []).append(f"“{escape(criterion.levels[level].label)}”")
        changes = [f"{joined(labels, 'or')} → {self.names(winners)}" for winners, labels in answers.items()]
        told = f" ({'; '.join(changes)}; otherwise {self.leaders(decision)})" if changes else f" {ALONE}"
        draft.paragraph(f"**To be surer:** {escape(criterion.question)}{told}")

    def headline(self, decision: Decision) -> str:
        """Who comes first, by how much, and how surely."""
        first, second = decision.ranking[:2]
        share = f"under {percent(first.first_share)} of the weightings and open answers"
        if len(decision.tied) > 1:
            names = joined([f"**{self.name(option)}**" for option in decision.tied])
            return f"There is no clear winner: {names} are level at {in_points(first.score)} of 100."
        ahead = f"{in_points(first.score)} of 100, {in_points(decision.margin)} ahead of {self.name(second.option)}"
        if decision.clear_winner:
            return f"**{self.name(first.option)}** fits best: {ahead}; it comes first {share}."
        needed = percent(self.book.rubric.decisions[decision.decision].clear_from)
        rival = max(decision.ranking, key=lambda standing: standing.first_share)
        if rival.first_share > first.first_share:
            return (
                f"It is too early to call. **{self.name(first.option)}** has most points so far, {ahead}, but comes "
                f"first {share} only; {self.name(rival.option)} does so under {percent(rival.first_share)}, for more "
                "of what is still open speaks for it."
            )
        return (
            f"**{self.name(first.option)}** fits best so far: {ahead}. It comes first {share}; "
            f"I call a winner clear from {needed}."
        )

    def reason_line(
        self, draft: Draft, profile: Profile, criterion: str, level: str, quote: str, points: float, more: str = ""
    ) -> str:
        """One reason: the fact, the user's words for it, its points and its quote."""
        fact = profile.facts.get(criterion)
        said = f" (“{escape(fact.said)}”)" if fact and fact.how != "chosen" else ""
        return f"- *{self.label(criterion, level)}*{said}, {signed(points)}{more}: {self.quoted(draft, quote)}"

    def in_short(self, draft: Draft, title: str, stance: Stance, option: str, limit: int = MAX_CONTRAST) -> None:
        """Adds an option's pros or cons, a short sentence each."""
        found = self.claims.taking(stance, option, ())
        # The source that says most about the option first.
        count = Counter(p.document_id for p in found)
        found = sorted(found, key=lambda p: -count[p.document_id])
        if found:
            told = " ".join(f"{escape(capital(gist(p)))}. {draft.marker(p)}" for p in found[:limit])
            more = f" Ask for the {stance}s of {self.name(option)} for {len(found) - limit} more."
            draft.paragraph(f"{title} {told}{more if len(found) > limit else ''}")

    def _then(self, asked: Unanswered, level: str, decision: Decision) -> str:
        winners = asked.winners[level]
        if set(winners) == set(decision.tied):
            return f"{self.names(winners)} would stay first"
        return f"{self.names(winners)} would {'come first' if len(winners) == 1 else 'be level'}"

    def quoted(self, draft: Draft, quote: str) -> str:
        """A quote of the rubric with the number of its passage."""
        return f"{escape(self.book.evidence.words(quote).rstrip())} {self.marker(draft, quote)}"

    def marker(self, draft: Draft, quote: str) -> str:
        """The number of the passage that a quote stands in."""
        return draft.marker(self.book.evidence.passage(quote))

    def change(self, criterion: str, after: str, fact: Fact | None) -> str:
        """A changed fact, with what the user said instead."""
        said = f" (you said “{escape(fact.said)}”)" if fact and fact.how != "chosen" else ""
        return f"*{self.label(criterion, after)}*{said}"

    def ours(self, criterion: str, fact: Fact) -> str:
        """Says so where more than the user's words made a fact: a cut-off that no source states, a guess, a model."""
        specs = self.book.rubric.criteria[criterion].numbers
        counted = fact.value is not None or fact.how == "number"
        if counted and any(s.basis == JUDGEMENT for s in specs):
            return " (our cut-off)"
        return {"hint": " (a guess)", "model": " (read by the language model)"}.get(fact.how, "")

    def label(self, criterion: str, level: str) -> str:
        """A criterion and its level, for people."""
        found = self.book.rubric.criteria[criterion]
        return f"{escape(found.name)}: {escape(found.levels[level].label)}"

    def leaders(self, decision: Decision) -> str:
        """The options that share the first place."""
        return self.names(decision.tied)

    def names(self, options: Sequence[str]) -> str:
        """Options as prose names them."""
        return joined([self.name(option) for option in options])

    def name(self, option: str) -> str:
        """What people read for an option."""
        return escape(self.pack.option(option).name)


def percent(share: float) -> str:
    """A share as people read it: "91 %"; never a hundred unless it is."""
    whole = round(share * 100)
    return f"{min(whole, 99) if share < 1 else 100} %" if whole > 0 or share == 0 else "less than 1 %"


def in_points(value: float) -> str:
    """Points as people read them: whole, unless they are few."""
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def signed(points: float) -> str:
    """Points for or against, as people read them."""
    return f"{'−' if points < 0 else '+'}{in_points(round(abs(points), 1))} point{'' if abs(points) == 1 else 's'}"


def ordinal(place: int) -> str:
    """A place as a word: "second"."""
    words = ("first", "second", "third", "fourth", "fifth", "sixth")
    return words[place - 1] if place <= len(words) else f"number {place}"
