"""Writes recommendations: the asked thing first, every reason with the user's words and its passage, and what would change it.

The decision is made in `bot.rubric`; nothing here ranks. Each method adds one part to a `Draft`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.draft import Draft, escape, joined
from bot.rubric_model import JUDGEMENT

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.evidence import RubricBook
    from bot.profile import Fact, Profile
    from bot.rubric import Decision, Scorecard, Unanswered
    from ingest.pack import Pack
    from ingest.types import Passage, Stance

__all__ = ["AdviceWriter", "ClaimSource", "percent"]

MAX_REASONS = 4
MAX_AGAINST = 2
MAX_CLAIMS = 4
MAX_TIPPING = 3
# Of an option that is left or is only second.
MAX_CONTRAST = 3


class ClaimSource(Protocol):
    """Where the pros and cons of options come from."""

    def taking(self, stance: Stance, option: str, sources: Collection[str]) -> Sequence[Passage]:
        """All claims of one stance about an option; of all sources when none is given."""
        ...


@dataclass(frozen=True)
class AdviceWriter:
    """Writes about decisions of one rubric.

    Attributes:
        book: The rubric and its evidence.
        pack: How options are called.
        claims: Where pros and cons come from.
    """

    book: RubricBook
    pack: Pack
    claims: ClaimSource

    def recommendation(self, card: Scorecard, decision: Decision, profile: Profile) -> Draft:
        """The whole answer to "which fits us?"."""
        draft = Draft()
        draft.paragraph(self.headline(decision))
        self.present(draft, decision, profile)
        self.reasons(draft, decision, profile)
        self.gains_and_costs(draft, decision, profile)
        self.runner_up(draft, card, decision, profile)
        self.growth(draft, card, decision)
        self.tipping_points(draft, decision, profile)
        self.disagreements(draft, decision)
        self.understood(draft, decision, profile)
        self.to_be_surer(draft, decision)
        return draft

    def guess(self, card: Scorecard, decision: Decision, profile: Profile) -> Draft:
        """Too little is known: how things stand so far, and the one question that helps most."""
        draft = Draft()
        first = decision.first
        if len(decision.tied) > 1:
            stand = (
                f"{joined([f'**{self._name(o)}**' for o in decision.tied])} are level at {_points(first.score)} of 100"
            )
        else:
            stand = f"**{self._name(first.option)}** leads with {_points(first.score)} of 100, {_points(decision.margin)} ahead"
        draft.paragraph(f"That is too little to decide on. So far {stand}; that can still change.")
        self.reasons(draft, decision, profile)
        self.understood(draft, decision, profile)
        self.question(draft, decision)
        return draft

    def ask_first(self, decision: Decision) -> Draft:
        """Nothing is known: the one question that helps most, with no option named."""
        draft = Draft()
        draft.paragraph("That depends on your organisation, so please tell me about it first. What would help most:")
        question = decision.next_question
        if question:
            criterion = self.book.rubric.criteria[question.criterion]
            levels = "\n".join(f"- **{escape(v.label)}**: {escape(v.meaning)}" for v in criterion.levels.values())
            draft.paragraph(f"**{escape(criterion.question)}**\n\n{levels}")
        others = [self.book.rubric.criteria[q.criterion].name for q in decision.questions[1:5]]
        if others:
            draft.paragraph(f"Or describe it in your own words; {escape(joined(others))} matter too.")
        return draft

    def why_not(self, card: Scorecard, decision: Decision, option: str, profile: Profile) -> Draft:
        """Why an option does not come first, what speaks for it all the same, and what it would take."""
        draft = Draft()
        first = decision.first
        standing = next(s for s in decision.ranking if s.option == option)
        place = [s.option for s in decision.ranking].index(option) + 1
        name, winner = self._name(option), self._name(first.option)
        if option == first.option:
            draft.paragraph(f"**{name}** does come first, with {_points(first.score)} of 100.")
            self.reasons(draft, decision, profile)
            return draft
        draft.paragraph(
            f"**{name}** comes {_ordinal(place)} with {_points(standing.score)} of 100, {_points(first.score - standing.score)} "
            f"behind {winner}; it comes first under {percent(standing.first_share)} of the weightings and open answers."
        )
        for title, sign in ((f"**What speaks for {winner} instead:**", 1), (f"**What speaks for {name}:**", -1)):
            lines = []
            for criterion, level in decision.facts.items():
                points = card.points(criterion, level)
                lead = (points[first.option] - points[option]) * sign
                backed = (option, first.option) if sign > 0 else (option, first.option)
                evidence = next((e for o in backed if (e := card.evidence(criterion, o, level))), ())
                if lead > 0 and evidence:
                    lines.append((lead, self._reason_line(draft, profile, criterion, level, evidence[0], lead)))
            if lines:
                best = [line for _, line in sorted(lines, key=lambda item: -item[0])[:MAX_CONTRAST]]
                draft.paragraph(title + "\n\n" + "\n".join(best))
        changes = [t for t in decision.tipping_points if t.winner == option]
        told = {c: profile.facts[c] for c in decision.facts if c in profile.facts}
        if changes:
            lines = [self._change(t.criterion, t.after, told.get(t.criterion)) for t in changes[:MAX_TIPPING]]
            draft.paragraph(f"**What would put it first:** {joined(lines, 'or')}.")
        else:
            draft.paragraph(f"No single change of what you told me would put {name} first.")
        self._by_name(draft, "**Its price:**", "con", option, MAX_CONTRAST)
        return draft

    def what_if(
        self, card: Scorecard, now: Decision, then: Decision, profile: Profile, supposed: Sequence[str]
    ) -> Draft:
        """What the rubric would say if something were so, beside what it says now; changes nothing that is known."""
        draft = Draft()
        first = then.first
        assumed = joined(
            [f"{self._label(c, profile.facts[c].level)} (“{escape(profile.facts[c].said)}”)" for c in supposed]
        )
        same = now.facts and now.first.option == first.option and len(now.tied) == 1
        verb = "would still come first" if same else "would come first"
        draft.paragraph(
            f"With {assumed}, **{self._name(first.option)}** {verb}: {_points(first.score)} of 100, "
            f"{_points(then.margin)} ahead of {self._name(then.ranking[1].option)}, and first under {percent(first.first_share)} "
            "of the weightings and open answers."
        )
        if now.facts and not same:
            draft.paragraph(f"As things are, it is {self._leaders(now)} with {_points(now.first.score)}.")
        lines = []
        for c in supposed:
            level = then.facts.get(c)
            if level and (
                evidence := card.evidence(c, first.option, level) or card.evidence(c, now.first.option, level)
            ):
                lines.append(f"- {self._quoted(draft, evidence[0])}")
        if lines:
            draft.paragraph("**Why.**\n\n" + "\n".join(lines))
        self._by_name(draft, "**What you would gain:**", "pro", first.option, MAX_CONTRAST)
        self._by_name(draft, "**What it would cost:**", "con", first.option, MAX_CONTRAST)
        draft.paragraph("*I have not changed what you told me about today; say so if it has become fact.*")
        return draft

    def aside(self, draft: Draft, card: Scorecard, decision: Decision, profile: Profile) -> None:
        """Adds what a further decision says of the same facts, in two lines."""
        if len(decision.tied) > 1:
            return
        first = decision.first
        name = escape(self.pack.decision_of(first.option).noun)
        line = f"**{name[:1].upper()}{name[1:]}:** {self._name(first.option)} fits best ({_points(first.score)} of 100, {_points(decision.margin)} ahead)."
        for reason in decision.reasons[:1]:
            if reason.lead > 0 and reason.evidence:
                line += f" {self._quoted(draft, reason.evidence[0])}"
        draft.paragraph(line)

    def present(self, draft: Draft, decision: Decision, profile: Profile) -> None:
        """Keep or move, where the user said what they have."""
        if decision.decision not in profile.present:
            return
        option, said = profile.present[decision.decision]
        name, first = self._name(option), self._name(decision.first.option)
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
            self._by_name(draft, "**What you would leave behind:** the cons", "con", option, MAX_CONTRAST)
            self._by_name(draft, "**What you would give up:** the pros", "pro", option, MAX_CONTRAST)

    def reasons(self, draft: Draft, decision: Decision, profile: Profile) -> None:
        """Why the first comes first, and what speaks against it, fact by fact."""
        for_it = [r for r in decision.reasons if r.evidence and (r.lead > 0 or r.points > 0) and r.points >= 0]
        against = [r for r in decision.reasons if r.evidence and r.points < 0]
        for_it.sort(key=lambda r: (-(max(r.points, 0) + max(r.lead, 0)), r.criterion))
        for title, chosen in (
            ("**Why.**", for_it[:MAX_REASONS]),
            ("**What speaks against it.**", against[:MAX_AGAINST]),
        ):
            if chosen:
                lines = [
                    self._reason_line(draft, profile, r.criterion, r.level, r.evidence[0], r.points or r.lead)
                    for r in chosen
                ]
                draft.paragraph(title + "\n\n" + "\n".join(lines))

    def gains_and_costs(self, draft: Draft, decision: Decision, profile: Profile) -> None:
        """The first option's pros and cons by name."""
        self._by_name(draft, "**What you gain:**", "pro", decision.first.option)
        self._by_name(draft, "**What it costs:**", "con", decision.first.option)

    def all_claims(self, draft: Draft, option: str) -> None:
        """Every pro and con of an option, in full."""
        stances: tuple[tuple[Stance, str], ...] = (("pro", "Pros"), ("con", "Cons"))
        for stance, title in stances:
            if found := self.claims.taking(stance, option, ()):
                draft.paragraph(f"**{title} of {self._name(option)}**")
                draft.bullets(found)

    def runner_up(self, draft: Draft, card: Scorecard, decision: Decision, profile: Profile) -> None:
        """The second option, what speaks for it, and what it would take."""
        second = decision.ranking[1]
        told = [
            (points, evidence[0], c, level)
            for c, level in decision.facts.items()
            if (points := card.points(c, level)[second.option]) > 0
            and (evidence := card.evidence(c, second.option, level))
        ]
        line = f"**Runner-up:** {self._name(second.option)}, {_points(second.score)} of 100."
        if told:
            _, evidence_name, _, _ = max(told, key=lambda item: (item[0], item[1]))
            line += f" {self._quoted(draft, evidence_name)}"
        changes = [t for t in decision.tipping_points if t.winner == second.option]
        if changes:
            told_facts = {c: profile.facts[c] for c in decision.facts if c in profile.facts}
            lines = [self._change(t.criterion, t.after, told_facts.get(t.criterion)) for t in changes[:2]]
            line += f" It would come first with {joined(lines, 'or')}."
        elif len(decision.tied) == 1:
            line += " No single change of what you told me would put it first."
        draft.paragraph(line)

    def tipping_points(self, draft: Draft, decision: Decision, profile: Profile) -> None:
        """What else would change the answer: the nearest changes that neither the runner-up nor growth speaks of."""
        seen: set[tuple[str, str]] = set()
        lines = []
        for tip in decision.tipping_points:
            grows = self.book.rubric.criteria[tip.criterion].grows
            if (tip.criterion, tip.winner) in seen or tip.winner == decision.ranking[1].option or grows:
                continue
            seen.add((tip.criterion, tip.winner))
            lines.append(
                f"{self._change(tip.criterion, tip.after, profile.facts.get(tip.criterion))} → {self._name(tip.winner)}"
            )
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
                    quote = f" {self._quoted(draft, evidence[0])}" if evidence else ""
                    draft.paragraph(f"**The next stage:** {self._label(c, higher)} → {self._names(winners)}.{quote}")
                    return

    def disagreements(self, draft: Draft, decision: Decision) -> None:
        """Where the sources differ on what this answer rests on, each position cited."""
        top = {standing.option for standing in decision.ranking[:2]}
        for point in self.book.rubric.decisions[decision.decision].disagreements:
            bears = any(decision.facts.get(c) in levels for c, levels in point.when.items())
            if bears and (not point.options or top & set(point.options)):
                views = "; ".join(f"{escape(p.says)} {self._marker(draft, p.evidence)}" for p in point.positions)
                draft.paragraph(f"**The sources disagree on {escape(point.topic)}:** {views}. {escape(point.ours)}")

    def understood(self, draft: Draft, decision: Decision, profile: Profile) -> None:
        """The facts and the user's own words for them."""
        parts = [
            f"“{escape(fact.said)}” → {self._label(c, fact.level)}{self._ours(c, fact)}"
            for c, fact in profile.facts.items()
            if c in decision.facts
        ]
        if parts:
            draft.paragraph(f"**I understood:** {'; '.join(parts)}. Correct me where that is wrong.")

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
        draft.paragraph(f"**What would help most:** {escape(criterion.question)}\n\n" + "\n".join(lines))

    def to_be_surer(self, draft: Draft, decision: Decision) -> None:
        """The next question in one line, with the answers that would change the first place."""
        asked = decision.next_question
        if asked is None:
            draft.paragraph("*No answer that is still open could change this.*")
            return
        criterion = self.book.rubric.criteria[asked.criterion]
        changes = [
            f"“{escape(criterion.levels[level].label)}” → {self._names(winners)}"
            for level, winners in asked.winners.items()
            if set(winners) != set(decision.tied)
        ]
        told = f" ({'; '.join(changes)}; otherwise {self._leaders(decision)})" if changes else ""
        draft.paragraph(f"**To be surer:** {escape(criterion.question)}{told}")

    def headline(self, decision: Decision) -> str:
        """Who comes first, by how much, and how surely."""
        first, second = decision.ranking[:2]
        share = f"under {percent(first.first_share)} of the weightings and open answers"
        if len(decision.tied) > 1:
            names = joined([f"**{self._name(option)}**" for option in decision.tied])
            return f"There is no clear winner: {names} are level at {_points(first.score)} of 100."
        ahead = f"{_points(first.score)} of 100, {_points(decision.margin)} ahead of {self._name(second.option)}"
        if decision.clear_winner:
            return f"**{self._name(first.option)}** fits best: {ahead}; it comes first {share}."
        needed = percent(self.book.rubric.decisions[decision.decision].clear_from)
        return (
            f"**{self._name(first.option)}** fits best so far: {ahead}. It comes first {share}; "
            f"I call a winner clear from {needed}."
        )

    def _reason_line(
        self, draft: Draft, profile: Profile, criterion: str, level: str, quote: str, points: float
    ) -> str:
        fact = profile.facts.get(criterion)
        said = f" (“{escape(fact.said)}”)" if fact and fact.how != "chosen" else ""
        return f"- *{self._label(criterion, level)}*{said}, {points:+.1f}: {self._quoted(draft, quote)}"

    def _by_name(self, draft: Draft, title: str, stance: Stance, option: str, limit: int = MAX_CLAIMS) -> None:
        found = self.claims.taking(stance, option, ())
        # The source that says most about the option first.
        count = Counter(p.document_id for p in found)
        found = sorted(found, key=lambda p: -count[p.document_id])
        if found:
            more = f" and {len(found) - limit} more" if len(found) > limit else ""
            draft.paragraph(f"{title} {'; '.join(map(draft.label, found[:limit]))}{more}.")

    def _then(self, asked: Unanswered, level: str, decision: Decision) -> str:
        winners = asked.winners[level]
        if set(winners) == set(decision.tied):
            return f"{self._names(winners)} would stay first"
        return f"{self._names(winners)} would {'come first' if len(winners) == 1 else 'be level'}"

    def _quoted(self, draft: Draft, quote: str) -> str:
        return f"{escape(self.book.evidence.words(quote).rstrip())} {self._marker(draft, quote)}"

    def _marker(self, draft: Draft, quote: str) -> str:
        return draft.marker(self.book.evidence.passage(quote))

    def _change(self, criterion: str, after: str, fact: Fact | None) -> str:
        said = f" (you said “{escape(fact.said)}”)" if fact and fact.how != "chosen" else ""
        return f"*{self._label(criterion, after)}*{said}"

    def _ours(self, criterion: str, fact: Fact) -> str:
        """Says so where a cut-off that no source states has turned a number into a level."""
        specs = self.book.rubric.criteria[criterion].numbers
        return " (our cut-off)" if fact.value is not None and any(s.basis == JUDGEMENT for s in specs) else ""

    def _label(self, criterion: str, level: str) -> str:
        found = self.book.rubric.criteria[criterion]
        return f"{escape(found.name)}: {escape(found.levels[level].label)}"

    def _leaders(self, decision: Decision) -> str:
        return self._names(decision.tied)

    def _names(self, options: Sequence[str]) -> str:
        return joined([self._name(option) for option in options])

    def _name(self, option: str) -> str:
        return escape(self.pack.option(option).name)


def percent(share: float) -> str:
    """A share as people read it: "91 %"; never a hundred unless it is."""
    whole = round(share * 100)
    return f"{min(whole, 99) if share < 1 else 100} %" if whole > 0 or share == 0 else "less than 1 %"


def _points(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def _ordinal(place: int) -> str:
    words = ("first", "second", "third", "fourth", "fifth", "sixth")
    return words[place - 1] if place <= len(words) else f"number {place}"
