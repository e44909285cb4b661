"""Turns a message that tells of an organisation into a decision and an answer.

Decides which decision is asked about, whether enough is known, and what is remembered; the arithmetic is `bot.rubric`'s
and the words are `bot.advice`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from bot import phrases
from bot.advice import AdviceWriter
from bot.argument import Argument
from bot.facts import Fact, Profile
from bot.profile import Profiler
from bot.rubric import Scorecard
from bot.types import KnownFact, Ranked, Recommendation, Tipping
from bot.wording import asks
from ingest.lexicon import fold, sentence_spans
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.argument import ClaimSource
    from bot.decision import Decision
    from bot.draft import Draft
    from bot.evidence import RubricBook
    from bot.facts import Reading
    from bot.session import Turn
    from bot.types import Kind
    from bot.understand import Request
    from ingest.pack import Pack

__all__ = ["Advice", "Advisor", "Mode", "recommendation_json"]

Mode = Literal["recommend", "why_not", "what_if"]

# A recommendation takes facts of at least so much weight together: more than the heaviest alone.
ENOUGH_WEIGHT = 0.15
# A further decision is mentioned once facts of so much weight are known that bear on it alone.
ASIDE_WEIGHT = 0.15
# A decision comes before the pack's first when facts of so many times the weight bear on it alone.
FAR_MORE = 2.0
# A message that asks nothing else tells of an organisation when it holds so many facts.
MIN_TOLD = 2
# Whoever tells so much asks for advice, however it is put.
MUCH_TOLD = 4
# "Structure?", "Your thoughts?": a question of so few words asks about what was told.
MAX_BARE_QUESTION = 4
# How a reply opens before it says anything.
_REPLY_OPENING = re.compile(
    r"^(?:\W*\b(?:sorry|well|hmm|honestly|really|actually|i am|i'm|we are|we're|i|we|that is|that's|it is|it's|still)"
    r"\b)*\W*"
)
# What asks for a figure, a name, a time or a reason asks for a fact, whatever else it says.
_COUNTS = re.compile(r"\W*(?:exactly |and |so )?(?:how (?:many|much|long|often)|who|whose|when|why)\b")


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
        self._pack = pack
        self.cards = {
            decision.id: Scorecard(book.rubric, decision.id, [option.id for option in decision.options])
            for decision in pack.decisions
            if decision.id in book.rubric.decisions
        }
        self.profiler = Profiler(book.rubric)
        self.writer = AdviceWriter(Argument(book, pack, claims))
        self._why_not = phrase_pattern(phrases.WHY_NOT)
        self._changes = phrase_pattern(phrases.WHAT_CHANGES)
        self._personal = phrase_pattern(phrases.PERSONAL)
        self._stance = phrase_pattern((*phrases.PROS, *phrases.CONS))
        self._choice = phrase_pattern(phrases.CHOICE)
        self._named = {
            decision.id: phrase_pattern([decision.noun, decision.noun + "s", *decision.aliases])
            for decision in pack.decisions
            if decision.id in self.cards
        }

    def mode(self, request: Request, reading: Reading, last: Turn) -> Mode | None:
        """What advice a message asks for; None when it asks for something else.

        Args:
            request: The message, understood.
            reading: The facts in it.
            last: The conversation's last turn.
        """
        folded = fold(request.message)
        known = last.profile.facts
        advised = last.intent in ("recommend", "why_not", "what_if")
        if advised and known and request.options and self._why_not.search(folded) and not reading.facts:
            return "why_not"
        if reading.supposed and not reading.facts and (known or request.intent == "recommend"):
            return "what_if" if known else "recommend"
        if request.intent == "recommend" or self._cannot_say(request, last):
            return "recommend"
        told = len(reading.facts) + len(reading.present)
        choice = self._asks_for_choice(request, much_told=told >= MUCH_TOLD)
        if advised and (last.profile.asked in reading.facts or (reading.facts and choice is not False)):
            return "recommend"
        if advised and known and (choice or self._changes.search(folded)):
            return "recommend"
        # Whoever states a further fact later on, and asks nothing, goes on with what was told before.
        if known and reading.facts and choice is None:
            return "recommend"
        if choice is False:
            return None
        personal = bool(self._personal.search(folded))
        if choice and personal and self._tells(request, 1):
            return "recommend"
        return "recommend" if told >= MIN_TOLD and (personal or self._tells(request, MIN_TOLD)) else None

    def advise(self, mode: Mode, request: Request, reading: Reading, last: Turn) -> Advice:
        """The advice of the kind that `mode` found."""
        profile = last.profile.after(reading)
        if self._cannot_say(request, last) and last.profile.asked and last.profile.asked not in reading.facts:
            profile = replace(profile, skipped=(*profile.skipped, last.profile.asked))
        card = self.cards[self._decision(request, reading, profile)]
        if mode == "what_if" or (mode == "recommend" and reading.supposed and not reading.facts):
            return self._what_if(card, profile, reading)
        if mode == "why_not":
            decision = card.decide(profile.levels)
            profile = replace(profile, decision=card.decision, asked=None)
            option = next((o for o in request.options if o in card.options), decision.ranking[1].option)
            draft = self.writer.why_not(card, decision, option, profile)
            return self._advice("recommendation", draft, decision, profile, (), (option,))
        if last.profile.facts and not reading.facts and self._changes.search(fold(request.message)):
            decision = card.decide(profile.levels, profile.skipped)
            asked = decision.next_question
            profile = replace(profile, decision=card.decision, asked=asked.criterion if asked else None)
            draft = self.writer.what_changes(card, decision, profile)
            return self._advice("recommendation", draft, decision, profile, (), decision.tied)
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
            self.writer.aside(draft, other)
        return self._advice("recommendation", draft, made, profile, others, (made.first.option,))

    def decision_for(self, profile: Profile) -> str:
        """The decision that the known facts bear on: the pack's first unless far more is known about another."""
        return self._bears_on(profile, next(iter(self.cards)))

    def name(self, option: str) -> str:
        """What people read for an option."""
        return self._pack.option(option).name

    def decision_name(self, decision: str) -> str:
        """What people read for a decision."""
        return next(d.name for d in self._pack.decisions if d.id == decision)

    def read_answer(self, criterion: str, reply: str) -> Fact | None:
        """The fact in the reply to one question: the level's place in the list, its name, or words that tell it."""
        levels = self.book.rubric.criteria[criterion].levels
        if reply.isdecimal() and 0 < int(reply) <= len(levels):
            level = list(levels)[int(reply) - 1]
            return Fact(criterion, level, levels[level].label, "chosen")
        return self.profiler.read(reply, criterion).facts.get(criterion)

    def _what_if(self, card: Scorecard, profile: Profile, reading: Reading) -> Advice:
        supposed = [c for c in reading.supposed if c in card.criteria]
        imagined = profile.supposing(reading)
        now, then = card.decide(profile.levels), card.decide(imagined.levels)
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
        made = [recommendation_json(self.book, self._pack, d, profile, supposed) for d in (decision, *others)]
        return Advice(kind, draft, made[0], tuple(made[1:]), profile, options)

    def _decision(self, request: Request, reading: Reading, profile: Profile) -> str:
        """Which decision is asked about: the one named, the one talked about last, or the one told most of."""
        folded = fold(request.message)
        for id_, pattern in self._named.items():
            if pattern.search(folded):
                return id_
        # A message that refers back carries the options that were talked about.
        for option in () if request.follows_up else request.options:
            if (id_ := self._pack.decision_of(option).id) in self.cards:
                return id_
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

    def _cannot_say(self, request: Request, last: Turn) -> bool:
        """Whether the message answers the last question by not answering it."""
        return bool(last.profile.asked and _REPLY_OPENING.sub("", fold(request.message)).startswith(phrases.DONT_KNOW))

    def _tells(self, request: Request, least: int) -> bool:
        """Whether what the message states, apart from its questions, holds at least so many facts."""
        spans = sentence_spans(request.message)
        stated = " ".join(request.message[a:b] for a, b in spans if not asks(request.message[a:b]))
        reading = self.profiler.read(stated)
        return len(reading.facts) + len(reading.present) >= least

    def _asks_for_choice(self, request: Request, much_told: bool) -> bool | None:
        """Whether one of the message's questions could be for a choice; None when it asks nothing."""
        spans = sentence_spans(request.message) or [(0, len(request.message))]
        sentences = [fold(request.message[start:end]).strip() for start, end in spans]
        # "When Anna moved to Kitchens she had to learn new tools." asks nothing.
        questions = [sentence for sentence in sentences if asks(sentence) and not sentence.endswith(".")]
        if not questions:
            return None
        if request.options and any(self._stance.search(question) for question in questions):
            return False
        return any(
            not _COUNTS.match(question)
            and (len(question.split()) <= MAX_BARE_QUESTION or much_told or self._choice.search(question))
            for question in questions
        )


def recommendation_json(
    book: RubricBook, pack: Pack, decision: Decision, profile: Profile, supposed: tuple[str, ...] = ()
) -> Recommendation:
    """A decision in the public form."""
    question = decision.next_question
    return Recommendation(
        decision=decision.decision,
        rubric_version=book.rubric.version,
        rubric_sha256=book.rubric.sha256,
        ranking=tuple(
            Ranked(
                option=s.option,
                name=pack.option(s.option).name,
                score=s.score,
                low=s.low,
                high=s.high,
                first_share=s.first_share,
            )
            for s in decision.ranking
        ),
        clear_winner=decision.clear_winner,
        facts=tuple(
            KnownFact(criterion=c, level=f.level, said=f.said, how=f.how)
            for c, f in profile.facts.items()
            if c in decision.facts
        ),
        unknown=decision.unknown,
        next_question=book.rubric.criteria[question.criterion].question if question else None,
        tipping_points=tuple(
            Tipping(criterion=t.criterion, before=t.before, after=t.after, winner=t.winner)
            for t in decision.tipping_points
        ),
        present=profile.present.get(decision.decision, (None,))[0],
        supposed=supposed,
    )
