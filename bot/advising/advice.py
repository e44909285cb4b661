"""Writes whole answers about a decision: the asked thing first, then why, what it costs and what would change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.advising.argument import MAX_CONTRAST, MAX_TIPPING, SETTLED, in_points, ordinal, percent
from bot.advising.plain_advice import PlainAdvice
from bot.composing.draft import Draft, escape, joined
from bot.deciding.remarks import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.advising.argument import Argument
    from bot.deciding.decision import Decision
    from bot.deciding.facts import Profile
    from bot.deciding.rubric import Scorecard

__all__ = ["AdviceWriter"]

# How many further criteria the very first question mentions.
MAX_MENTIONED = 4


@dataclass(frozen=True)
class AdviceWriter:
    """Writes about decisions of one rubric.

    Attributes:
        parts: Writes the parts that answers are put together from.
    """

    parts: Argument

    def recommendation(self, card: Scorecard, decision: Decision, profile: Profile) -> Draft:
        """The whole answer to "which fits us?"."""
        draft = Draft()
        parts, plain = self.parts, PlainAdvice(self.parts)
        plain.lead(draft, decision)
        parts.present(draft, decision, profile)
        plain.reasons(draft, decision)
        plain.gains_and_costs(draft, decision)
        plain.runner_up(draft, card, decision)
        parts.to_be_surer(draft, decision)
        parts.growth(draft, card, decision)
        parts.tipping_points(draft, decision)
        parts.disagreements(draft, decision)
        plain.understood(draft, decision, profile)
        plain.weighed(draft, decision)
        return draft

    def what_changes(self, card: Scorecard, decision: Decision, profile: Profile) -> Draft:
        """What the first place hangs on: the nearest changes of what is known, growth, and what is still open."""
        draft = Draft()
        parts = self.parts
        draft.paragraph(parts.headline(decision))
        tips = decision.tipping_points
        told = [
            f"- {parts.change(t.criterion, t.after, profile.facts.get(t.criterion))} → {parts.names(t.winners)}"
            for t in tips
        ]
        if told:
            draft.paragraph("**Of what you told me, each of these alone would change it:**\n\n" + "\n".join(told))
        else:
            draft.paragraph("No single change of what you told me would put another option first.")
        parts.growth(draft, card, decision)
        parts.question(draft, decision)
        if decision.settled:
            draft.paragraph(SETTLED)
        return draft

    def guess(self, decision: Decision, profile: Profile) -> Draft:
        """Too little is known: how things stand so far, and the one question that helps most."""
        draft = Draft()
        first = decision.first
        score = f"{in_points(first.score)} of 100"
        if len(decision.tied) > 1:
            stand = f"{joined([f'**{self.parts.name(o)}**' for o in decision.tied])} are level at {score}"
        else:
            stand = f"**{self.parts.name(first.option)}** leads with {score}, {in_points(decision.margin)} ahead"
        draft.paragraph(f"That is too little to decide on. So far {stand}; that can still change.")
        plain = PlainAdvice(self.parts)
        plain.reasons(draft, decision)
        plain.understood(draft, decision, profile)
        self.parts.question(draft, decision)
        return draft

    def ask_first(self, decision: Decision) -> Draft:
        """Nothing is known: the one question that helps most, with no option named."""
        draft = Draft()
        draft.paragraph("That depends on your organisation, so please tell me about it first. What would help most:")
        criteria = self.parts.book.rubric.criteria
        if question := decision.next_question:
            self._answers(draft, question.criterion)
        if others := [criteria[q.criterion].name for q in decision.questions[1 : 1 + MAX_MENTIONED]]:
            draft.paragraph(f"Or describe it in your own words; {escape(joined(others))} matter too.")
        return draft

    def ask_again(self, asked: str, reply: str) -> Draft:
        """A reply could not be read as an answer: which ones there are, and that the question may be skipped."""
        draft = Draft()
        said = escape(shortened(reply))
        draft.paragraph(f"I cannot read “{said}” as an answer. Say “skip” to leave the question out.")
        self._answers(draft, asked)
        return draft

    def why_asked(self, decision: Decision, asked: str) -> Draft:
        """Why a question is asked: what it counts for, on what grounds, and what its answers mean."""
        draft = Draft()
        weighing = self.parts.book.rubric.decisions[decision.decision].criteria[asked]
        grounds = " ".join(self.parts.marker(draft, quote) for quote in weighing.evidence)
        draft.paragraph(
            f"It weighs {percent(weighing.weight)} in this decision. {escape(weighing.why)} {grounds}".rstrip()
        )
        self._answers(draft, asked)
        return draft

    def _answers(self, draft: Draft, asked: str) -> None:
        criterion = self.parts.book.rubric.criteria[asked]
        levels = "\n".join(f"- **{escape(v.label)}**: {escape(v.meaning)}" for v in criterion.levels.values())
        draft.paragraph(f"**{escape(criterion.question)}**\n\n{levels}")

    def why_not(self, card: Scorecard, decision: Decision, option: str, profile: Profile) -> Draft:
        """Why an option does not come first, what speaks for it all the same, and what it would take."""
        draft = Draft()
        parts = self.parts
        first = decision.first
        name, winner = parts.name(option), parts.name(first.option)
        if option == first.option:
            draft.paragraph(f"**{name}** does come first, with {in_points(first.score)} of 100.")
            parts.reasons(draft, decision, profile)
            return draft
        if option in decision.tied:
            others = parts.names([other for other in decision.tied if other != option])
            draft.paragraph(f"**{name}** shares the first place with {others}: {in_points(first.score)} of 100 each.")
            self._contrast(draft, card, decision, profile, (option, first.option), f"**What speaks for {name}:**")
            self._contrast(draft, card, decision, profile, (first.option, option), f"**What speaks for {winner}:**")
            parts.to_be_surer(draft, decision)
            return draft
        place = next(n for n, s in enumerate(decision.ranking) if s.option == option)
        standing = decision.ranking[place]
        draft.paragraph(
            f"**{name}** comes {ordinal(place + 1)} with {in_points(standing.score)} of 100, "
            f"{in_points(first.score - standing.score)} behind {winner}; it comes first under "
            f"{percent(standing.first_share)} of the weightings and open answers."
        )
        self._contrast(draft, card, decision, profile, (first.option, option), f"**What speaks for {winner} instead:**")
        self._contrast(draft, card, decision, profile, (option, first.option), f"**What speaks for {name}:**")
        changes = [tip for tip in decision.tipping_points if option in tip.winners][:MAX_TIPPING]
        if changes:
            lines = [parts.change(tip.criterion, tip.after, profile.facts.get(tip.criterion)) for tip in changes]
            draft.paragraph(f"**What would put it first:** {joined(lines, 'or')}.")
        else:
            draft.paragraph(f"No single change of what you told me would put {name} first.")
        parts.in_short(draft, "**Its price:**", "con", option, MAX_CONTRAST)
        return draft

    def what_if(
        self, card: Scorecard, now: Decision, then: Decision, profile: Profile, supposed: Sequence[str]
    ) -> Draft:
        """What the rubric would say if something were so, beside what it says now; changes nothing that is known."""
        draft = Draft()
        parts = self.parts
        first = then.first
        told = [f"{parts.label(c, profile.facts[c].level)} (“{escape(profile.facts[c].said)}”)" for c in supposed]
        same = bool(now.facts) and now.tied == then.tied
        still = "still " if same else ""
        if len(then.tied) > 1:
            outcome = f"share the first place: {in_points(first.score)} of 100 each."
        else:
            outcome = (
                f"come first: {in_points(first.score)} of 100, {in_points(then.margin)} ahead of "
                f"{parts.name(then.ranking[1].option)}, and first under {percent(first.first_share)} of the weightings "
                "and open answers."
            )
        draft.paragraph(f"With {joined(told)}, **{parts.leaders(then)}** would {still}{outcome}")
        if now.facts and not same:
            draft.paragraph(f"As things are, it is {parts.leaders(now)} with {in_points(now.first.score)}.")
        found: list[str] = []
        for c, level in ((c, then.facts[c]) for c in supposed if c in then.facts):
            points = card.points(c, level)
            # What speaks against the first is no ground for it; what speaks against the one before it is.
            grounds = [first.option] if points[first.option] > 0 else []
            grounds += [now.first.option] if points[now.first.option] < 0 and not same else []
            found += self._backing(card, c, level, grounds)[:1]
        if found:
            draft.paragraph("**Why.**\n\n" + "\n".join(f"- {parts.quoted(draft, quote)}" for quote in found))
        parts.in_short(draft, "**What you would gain:**", "pro", first.option, MAX_CONTRAST)
        parts.in_short(draft, "**What it would cost:**", "con", first.option, MAX_CONTRAST)
        draft.paragraph("*I have not changed what you told me about today; say so if it has become fact.*")
        return draft

    def aside(self, draft: Draft, decision: Decision, profile: Profile) -> None:
        """Adds what a further decision says of the same facts, in two lines."""
        if len(decision.tied) > 1:
            return
        first = decision.first
        noun = escape(self.parts.pack.decision_of(first.option).noun)
        line = (
            f"**{noun[:1].upper()}{noun[1:]}:** {self.parts.name(first.option)} fits best "
            f"({in_points(first.score)} of 100, {in_points(decision.margin)} ahead)."
        )
        telling = [reason for reason in decision.reasons if reason.lead > 0 and reason.evidence][:1]
        facts = [f"“{escape(profile.facts[c].said)}”" for c in decision.facts if profile.facts[c].how != "chosen"]
        if facts:
            line += f" It rests on {joined(facts)}."
        draft.paragraph(" ".join([line, *(self.parts.quoted(draft, reason.evidence[0]) for reason in telling)]))

    def _contrast(
        self,
        draft: Draft,
        card: Scorecard,
        decision: Decision,
        profile: Profile,
        pair: tuple[str, str],
        title: str,
    ) -> None:
        """The known facts on which the first of two options gets more points than the second, the strongest first."""
        found = []
        for criterion, level in decision.facts.items():
            points = card.points(criterion, level)
            lead = points[pair[0]] - points[pair[1]]
            # What speaks against an option is the second-best ground for the other.
            evidence = self._backing(card, criterion, level, pair if points[pair[0]] > 0 else pair[::-1])
            if lead > 0 and evidence:
                found.append((-lead, criterion, level, evidence[0]))
        lines = [
            self.parts.reason_line(draft, profile, criterion, level, quote, -lead, " more")
            for lead, criterion, level, quote in sorted(found)[:MAX_CONTRAST]
        ]
        if lines:
            draft.paragraph(title + "\n\n" + "\n".join(lines))

    def _backing(self, card: Scorecard, criterion: str, level: str, options: Sequence[str]) -> tuple[str, ...]:
        """The evidence for the first of the options that has any here."""
        return next((found for option in options if (found := card.evidence(criterion, option, level))), ())
