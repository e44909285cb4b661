"""Turns a message that tells of an organisation into a decision and an answer.

Decides which decision is asked about, whether enough is known, and what is remembered; the arithmetic is
`bot.deciding.rubric`'s and the words are `bot.advising.advice`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.advising.advice import AdviceWriter
from bot.advising.argument import Argument
from bot.advising.public import recommendation_json
from bot.advising.seeking import Seeking, stated
from bot.deciding.facts import Fact, Profile
from bot.deciding.profile import Profiler
from bot.deciding.rubric import Scorecard
from ingest.lexicon import fold, tokens
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from bot.advising.argument import ClaimSource
    from bot.advising.evidence import RubricBook
    from bot.advising.seeking import Mode
    from bot.composing.draft import Draft
    from bot.deciding.decision import Decision
    from bot.deciding.facts import Reading
    from bot.messages.request import Request
    from bot.sessions.session import Turn
    from bot.types import Kind, Recommendation
    from ingest.pack import Pack

__all__ = ["Advice", "Advisor"]

# A recommendation takes facts of at least so much weight together: more than the heaviest alone.
ENOUGH_WEIGHT = 0.15
# A further decision is mentioned once facts of so much weight are known that bear on it alone.
ASIDE_WEIGHT = 0.15
# A decision comes before the pack's first when facts of so many times the weight bear on it alone.
FAR_MORE = 2.0


@dataclass(frozen=True, slots=True)
class Advice:
    """An answer in the making, with what it rests on.

    Attributes:
        kind: What sort of answer it is.
        draft: Its words and passages.
        recommendation: The decision; None when nothing is known yet.
        others: Further decisions that the same facts allow.
        profile: What is known from now on.
        options: Ids of the options it speaks of, the first first.
    """

    kind: Kind
    draft: Draft
    recommendation: Recommendation | None
    others: tuple[Recommendation, ...]
    profile: Profile
    options: tuple[str, ...]


class Advisor:
    """Advises on the decisions of one rubric.

    Args:
        book: The rubric and its evidence.
        pack: Decisions, options and their names.
        claims: Where pros and cons come from.
    """

    def __init__(self, book: RubricBook, pack: Pack, claims: ClaimSource) -> None:
        self.book = book
        self.pack = pack
        self.cards = {
            decision.id: Scorecard(book.rubric, decision.id, [option.id for option in decision.options])
            for decision in pack.decisions
            if decision.id in book.rubric.decisions
        }
        self.profiler = Profiler(book.rubric)
        self.writer = AdviceWriter(Argument(book, pack, claims))
        self.seeking = Seeking(pack, list(self.cards))

    def read(self, text: str, request: Request, last: Turn) -> Reading:
        """The facts in a message; a reply by whoever cannot answer ("no idea") is no answer.

        The words of a question that describe the option it asks about tell nothing of an organisation, unless something
        else in it does: then it describes itself.
        """
        for report in request.reports:
            text = text.replace(report, " ")
        reading = self.profiler.read(text, last.profile.asked, last.profile.last_number)
        if plain := self._without_names(text, request):
            # "A big data ops team" tells nothing of the amount of data.
            told = self.profiler.read(plain, last.profile.asked, last.profile.last_number)
            reading = replace(told, present=reading.present)
        if request.described:
            beside = self.profiler.read(request.described, last.profile.asked, last.profile.last_number)
            reading = reading if beside.facts else beside
        no_answer = self.seeking.cannot_say(request, last)
        known = last.profile.facts.keys() - {last.profile.asked}
        # Nor does a bare word answer a question that was not asked and is answered already.
        dropped = [c for c, fact in reading.facts.items() if fact.how == "reply" and (no_answer or c in known)]
        return replace(reading, facts={c: fact for c, fact in reading.facts.items() if c not in dropped})

    def _without_names(self, text: str, request: Request) -> str:
        """The text without the names, of several words, of the options it names; empty when it holds none."""
        names = [self.pack.option(option).name for option in request.named]
        pattern = phrase_pattern(name for name in names if len(tokens(name)) > 1)
        # Another noun stands in for the name, so that nothing joins over the gap.
        return pattern.sub(" it ", fold(text)) if pattern.search(fold(text)) else ""

    def states(self, request: Request, reading: Reading) -> Reading:
        """What of a reading may be remembered although the message asks for something else: what it states."""
        plain = self.profiler.read(stated(request.message))
        kept = {c: fact for c, fact in reading.facts.items() if c in plain.facts}
        return replace(reading, facts=kept, supposed={}, present=plain.present)

    def advise(self, mode: Mode, request: Request, reading: Reading, last: Turn) -> Advice:
        """The advice of the kind that `mode` found."""
        profile = last.profile.after(reading)
        if self.seeking.cannot_say(request, last) and last.profile.asked and last.profile.asked not in reading.facts:
            profile = replace(profile, skipped=(*profile.skipped, last.profile.asked))
        card = self.cards[self._decision(request, reading, profile)]
        if mode == "what_if" or (mode == "recommend" and reading.supposed and not reading.facts):
            return self._what_if(card, profile, reading)
        if mode == "why_not":
            decision = card.decide(profile.levels, profile.skipped)
            profile = replace(profile, decision=card.decision, asked=None)
            weighed = self.seeking.weighed_option(request, profile) or self.seeking.opposed_option(request, last)
            option = weighed if weighed in card.options else decision.ranking[1].option
            draft = self.writer.why_not(card, decision, option, profile)
            return self._advice("recommendation", draft, decision, profile, (), (option,))
        told = len(reading.facts) + len(reading.present)
        if last.profile.facts and not told and self.seeking.asks_what_changes(request):
            return self._what_changes(card, profile)
        asked = last.profile.asked
        if asked is not None and asked in card.criteria and not told:
            if self.seeking.asks_why(request, last):
                return self._again(card, profile, asked, lambda made: self.writer.why_asked(made, asked))
            answers = request.intent == "recommend" or self.seeking.cannot_say(request, last)
            if self.seeking.is_bare(request) and not answers:
                return self._again(card, profile, asked, lambda _: self.writer.ask_again(asked, request.message))
        same = profile == last.profile and self._weight(card, card.decide(profile.levels)) >= ENOUGH_WEIGHT
        if not told and same and self.seeking.objects(request, last):
            return self._what_changes(card, profile)
        return self.decide(profile, card.decision, profile.skipped)

    def decide(self, profile: Profile, decision: str, skip: Collection[str] = ()) -> Advice:
        """The recommendation for what is known, or the question that helps most when that is too little.

        Args:
            profile: What is known.
            decision: Id of the decision.
            skip: Criteria not to ask about.
        """
        card = self.cards[decision]
        made = card.decide(profile.levels, skip)
        asked = made.next_question
        profile = replace(profile, decision=decision, asked=asked.criterion if asked else None)
        if not made.facts:
            return Advice("clarification", self.writer.ask_first(made), None, (), profile, ())
        if self._weight(card, made) < ENOUGH_WEIGHT:
            draft = self.writer.guess(made, profile)
            return self._advice("clarification", draft, made, profile, (), made.tied)
        draft = self.writer.recommendation(card, made, profile)
        others = self._others(card, profile)
        for other in others:
            self.writer.aside(draft, other, profile)
        return self._advice("recommendation", draft, made, profile, others, (made.first.option,))

    def decision_for(self, profile: Profile) -> str:
        """The decision that the known facts bear on: the pack's first unless far more is known about another."""
        return self._bears_on(profile, next(iter(self.cards)))

    def name(self, option: str) -> str:
        """What people read for an option."""
        return self.pack.option(option).name

    def decision_name(self, decision: str) -> str:
        """What people read for a decision."""
        return next(d.name for d in self.pack.decisions if d.id == decision)

    def read_answer(self, criterion: str, reply: str) -> Fact | None:
        """The fact in the reply to one question: the level's place in the list, its name, or words that tell it."""
        levels = self.book.rubric.criteria[criterion].levels
        numbered = {str(number): level for number, level in enumerate(levels, start=1)}
        if level := numbered.get(reply):
            return Fact(criterion, level, levels[level].label, "chosen")
        return self.profiler.read(reply, criterion).facts.get(criterion)

    def _again(self, card: Scorecard, profile: Profile, asked: str, write: Callable[[Decision], Draft]) -> Advice:
        """An answer after which the same question is still open."""
        made = card.decide(profile.levels, profile.skipped)
        profile = replace(profile, decision=made.decision, asked=asked)
        if not made.facts:
            return Advice("clarification", write(made), None, (), profile, ())
        return self._advice("clarification", write(made), made, profile, (), ())

    def _what_changes(self, card: Scorecard, profile: Profile) -> Advice:
        decision = card.decide(profile.levels, profile.skipped)
        asked = decision.next_question
        profile = replace(profile, decision=card.decision, asked=asked.criterion if asked else None)
        draft = self.writer.what_changes(card, decision, profile)
        return self._advice("recommendation", draft, decision, profile, (), decision.tied)

    def _what_if(self, card: Scorecard, profile: Profile, reading: Reading) -> Advice:
        supposed = [c for c in reading.supposed if c in card.criteria]
        imagined = profile.supposing(reading)
        now, then = (card.decide(levels, profile.skipped) for levels in (profile.levels, imagined.levels))
        if not supposed:
            # What is supposed does not bear on the decision.
            draft = self.writer.recommendation(card, now, profile)
            return self._advice("recommendation", draft, now, profile, (), now.tied)
        draft = self.writer.what_if(card, now, then, imagined, supposed)
        profile = replace(profile, decision=card.decision, asked=None)
        made = self._advice("recommendation", draft, then, imagined, (), (then.first.option,), tuple(supposed))
        return replace(made, profile=profile)

    def _advice(
        self,
        kind: Kind,
        draft: Draft,
        decision: Decision,
        profile: Profile,
        others: tuple[Decision, ...],
        options: tuple[str, ...],
        supposed: tuple[str, ...] = (),
    ) -> Advice:
        made = [recommendation_json(self.book, self.pack, d, profile, supposed) for d in (decision, *others)]
        return Advice(kind, draft, made[0], tuple(made[1:]), profile, options)

    def _decision(self, request: Request, reading: Reading, profile: Profile) -> str:
        """Which decision is asked about: the one named, the one talked about last, or the one told most of."""
        if named := self.seeking.named_decision(request):
            return named
        for option in request.named:
            if (id_ := self.pack.decision_of(option).id) in self.cards:
                return id_
        if asked := self.seeking.asked_decision(request):
            return self._bears_on(profile, asked)
        if profile.decision is not None and not reading.corrects:
            return self._bears_on(Profile(reading.facts), profile.decision)
        return self.decision_for(profile)

    def _bears_on(self, profile: Profile, usual: str) -> str:
        """The usual decision, or another on which facts of far more weight bear."""
        own = {id_: self._own_weight(id_, profile) for id_ in self.cards}
        most = max(own, key=lambda id_: own[id_])
        return most if own[most] > FAR_MORE * own[usual] else usual

    def _others(self, card: Scorecard, profile: Profile) -> tuple[Decision, ...]:
        found = [id_ for id_ in self.cards if id_ != card.decision and self._own_weight(id_, profile) >= ASIDE_WEIGHT]
        return tuple(self.cards[id_].decide(profile.levels) for id_ in found)

    def _own_weight(self, decision: str, profile: Profile) -> float:
        """Weight of the known facts that bear on this decision alone."""
        weighings = self.book.rubric.decisions
        shared = {c for id_, d in weighings.items() if id_ != decision for c in d.criteria}
        return sum(w.weight for c, w in weighings[decision].criteria.items() if c in profile.facts and c not in shared)

    def _weight(self, card: Scorecard, decision: Decision) -> float:
        criteria = self.book.rubric.decisions[card.decision].criteria
        return sum(criteria[c].weight for c in decision.facts)
