"""A recommendation in plain words: what to do, why, what it gains and costs; the figures come last, in one line.

What is cited for one purpose is not cited for another, and what the user said is quoted once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.advising.argument import in_points, percent, signed
from bot.composing.draft import escape, joined
from bot.language.shortening import capital, gist, label_of
from ingest.lexicon import content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.advising.argument import Argument
    from bot.composing.draft import Draft
    from bot.deciding.decision import Decision, Reason
    from bot.deciding.facts import Fact, Profile
    from bot.deciding.rubric import Scorecard
    from ingest.types import Passage, Stance

__all__ = ["PlainAdvice"]

MAX_REASONS = 4
MAX_AGAINST = 2
# Gains and costs beside those that are told as reasons.
MAX_GAINS = 2
MAX_COSTS = 3
# A second so few points behind is as good as level for whoever has to choose.
CLOSE = 5.0


@dataclass(frozen=True)
class PlainAdvice:
    """Writes the parts of a recommendation that people read first.

    Attributes:
        parts: Names, quotes and the pack's claims.
    """

    parts: Argument

    def lead(self, draft: Draft, decision: Decision) -> None:
        """Which option, how surely, and what it is."""
        parts = self.parts
        first, second = decision.ranking[:2]
        name = parts.name(first.option)
        rival = max(decision.ranking, key=lambda standing: standing.first_share)
        if len(decision.tied) > 1:
            draft.paragraph(parts.headline(decision))
            return
        if decision.clear_winner:
            near = f", with {parts.name(second.option)} close behind" if decision.margin < CLOSE else ""
            text = f"**{name}** fits best{near}."
        elif rival.first_share > first.first_share:
            text = (
                f"It is too early to call. **{name}** is ahead so far, but more of what is still open speaks for "
                f"{parts.name(rival.option)}."
            )
        else:
            text = f"**{name}** fits best so far, though not clearly yet."
        what = self._meaning(decision)
        draft.paragraph(text + (f" {draft.claim(what)}" if what else ""))

    def reasons(self, draft: Draft, decision: Decision) -> None:
        """What of the known facts speaks for the first, each with its quote."""
        for_it = self._reasons(decision)
        if for_it:
            lines = [
                f"- *{self.parts.label(r.criterion, r.level)}*: {self._quoted(draft, r.evidence[0])}" for r in for_it
            ]
            draft.paragraph("**Why.**\n\n" + "\n".join(lines))

    def gains_and_costs(self, draft: Draft, decision: Decision) -> None:
        """What else the first option gains, and its costs: first what the known facts make of them."""
        option = decision.first.option
        against = sorted((r for r in decision.reasons if r.evidence and r.points < 0), key=lambda r: r.points)
        # A quote may praise a larger organisation than this one: what it is held against is said with it.
        told = [
            f"*{self.parts.label(r.criterion, r.level)}* counts against it: {self._quoted(draft, r.evidence[0])}"
            for r in against[:MAX_AGAINST]
        ]
        gains = self._others(draft, decision, "pro", option)[:MAX_GAINS]
        if gains:
            draft.paragraph("**What you gain:** " + self._sentences(draft, gains))
        costs = self._others(draft, decision, "con", option)
        shown = costs[: max(MAX_COSTS - len(told), 1)]
        if shown:
            told.append(self._sentences(draft, shown))
        if told:
            left = len(costs) - len(shown)
            more = f" Ask for the cons of {self.parts.name(option)} for {left} more." if left else ""
            draft.paragraph(f"**What it costs:** {' '.join(told)}{more}")

    def runner_up(self, draft: Draft, card: Scorecard, decision: Decision) -> None:
        """The second option, what sets it apart from the first, and what would put it first."""
        if len(decision.tied) > 1:
            return
        parts = self.parts
        first, second = decision.ranking[:2]
        apart = []
        for criterion, level in decision.facts.items():
            points = card.points(criterion, level)
            for quote in card.evidence(criterion, second.option, level)[:1]:
                if points[second.option] > 0 and parts.book.evidence.passage(quote) not in draft.passages:
                    apart.append((points[second.option] - points[first.option], quote))
        line = f"**Runner-up:** {parts.name(second.option)}."
        if apart:
            line += f" {self._quoted(draft, max(apart)[1])}"
        if nearest := next((t for t in decision.tipping_points if second.option in t.winners), None):
            line += f" It would come first with {parts.change(nearest.criterion, nearest.after, None)}."
        else:
            line += " No single change of what you told me would put it first"
            asked = decision.next_question
            opens = asked is not None and any(second.option in winners for winners in asked.winners.values())
            line += ", but your answer to the question below may." if opens else "."
        draft.paragraph(line)

    def understood(self, draft: Draft, decision: Decision, profile: Profile) -> None:
        """What the user's words were taken to mean, each phrase once."""
        groups: list[tuple[str, list[tuple[str, Fact]]]] = []
        for criterion, fact in profile.facts.items():
            if criterion not in decision.facts:
                continue
            said = "" if fact.how == "chosen" else fact.said
            for k, (other, facts) in enumerate(groups):
                if said and other and (said in other or other in said):
                    groups[k] = (max(said, other, key=len), [*facts, (criterion, fact)])
                    break
            else:
                groups.append((said, [(criterion, fact)]))
        told = []
        for said, facts in groups:
            meant = " and ".join(f"{self.parts.label(c, f.level)}{self.parts.ours(c, f)}" for c, f in facts)
            told.append(f"“{escape(said)}” → {meant}" if said else meant)
        if told:
            draft.paragraph(f"**I understood:** {'; '.join(told)}. Correct me where that is wrong.")

    def weighed(self, draft: Draft, decision: Decision) -> None:
        """The figures: scores, the share of weightings, and what each reason counts."""
        parts = self.parts
        first, second = decision.ranking[:2]
        shares = f"first under {percent(first.first_share)} of the weightings and open answers"
        if not decision.clear_winner:
            needed = percent(parts.book.rubric.decisions[decision.decision].clear_from)
            shares += f" (I call a winner clear from {needed})"
        points = joined([signed(r.points) for r in self._reasons(decision)])
        draft.paragraph(
            f"*How I weighed it: {parts.name(first.option)} {in_points(first.score)} of 100, "
            f"{parts.name(second.option)} {in_points(second.score)}; {shares}."
            + (f" The reasons above count {points}, in their order.*" if points else "*")
        )

    def _reasons(self, decision: Decision) -> list[Reason]:
        """The strongest reasons for the first, none with the quote of another."""
        for_it = [r for r in decision.reasons if r.evidence and r.points > 0]
        for_it.sort(key=lambda r: (-(r.points + max(r.lead, 0)), r.criterion))
        distinct = {r.evidence[0]: r for r in reversed(for_it)}
        return [r for r in for_it if distinct[r.evidence[0]] is r][:MAX_REASONS]

    def _meaning(self, decision: Decision) -> Passage | None:
        """What the option is, in the words of the source that the reasons rest on most."""
        option = decision.first.option
        pack = self.parts.pack
        stems = {o.id: set(content_stems(o.name)) for o in pack.decision_of(option).options}
        # "Payroll" tells no "outsourced payroll" from an "in-house payroll".
        name = stems[option] - {root for other in stems if other != option for root in stems[other]} or stems[option]
        found = [
            p
            for p in self.parts.claims.taking("neutral", option, ())
            if p.options == (option,) and name & set(content_stems(p.heading))
        ]
        rests = self._rests_on(decision)
        return min(found, key=lambda p: (-rests[p.document_id], p.position), default=None)

    def _others(self, draft: Draft, decision: Decision, stance: Stance, option: str) -> list[Passage]:
        """The option's claims that are not told yet, those of the sources that the reasons rest on first."""
        rests = self._rests_on(decision)
        found = [p for p in self.parts.claims.taking(stance, option, ()) if p not in draft.passages]
        return sorted(found, key=lambda p: -rests[p.document_id])

    def _rests_on(self, decision: Decision) -> Counter[str]:
        """How many of the reasons each document gives."""
        return Counter(self.parts.book.evidence.passage(r.evidence[0]).document_id for r in self._reasons(decision))

    def _sentences(self, draft: Draft, passages: Sequence[Passage]) -> str:
        return " ".join(f"{escape(capital(gist(p)))}. {draft.marker(p)}" for p in passages)

    def _quoted(self, draft: Draft, quote: str) -> str:
        """A quote with its marker, without the name that the claim opens with."""
        evidence = self.parts.book.evidence
        words = evidence.words(quote).rstrip()
        label, _ = label_of(evidence.passage(quote))
        return f"{escape(capital(words.removeprefix(f'{label}: ')))} {self.parts.marker(draft, quote)}"
