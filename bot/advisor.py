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
from ingest.lexicon import fold
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
# A reply to a question has at most so many words.
MAX_BARE_REPLY = 6
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
        self._go_back = phrase_pattern(phrases.GO_BACK)
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
        known = bool(last.profile.facts)
        advised = last.intent in ("recommend", "why_not", "what_if")
        choice = self._asks_for_choice(request, len(reading.facts) + len(reading.present))
        if known and not reading.facts and self._why_not_option(request, last.profile) and (advised or choice):
            return "why_not"
        if reading.supposed and not reading.facts and (known or choice or request.intent == "recommend"):
            return "what_if"
        if request.intent == "recommend" or self._cannot_say(request, last):
            return "recommend"
        if choice is False:
            return None
        told = len(reading.facts) + len(reading.present)
        if last.profile.asked in reading.facts or (known and told and not self._about_documents(request)):
            return "recommend"
        if known and (self._changes.search(folded) or (advised and choice) or self._names_decision(folded)):
            return "recommend"
        if advised and last.profile.asked and not choice and self._is_bare(request):
            return "recommend"
        if told and choice and (told >= MIN_TOLD or self._personal.search(folded)):
            return "recommend"
        # Nothing is asked: what is stated about several criteria describes an organisation.
        return "recommend" if told >= MIN_TOLD and choice is None else None

    def states(self, request: Request, reading: Reading) -> Reading:
        """What of a reading may be remembered although the message asks for something else: what it states."""
        stated = self.profiler.read(_stated(request.message))
        kept = {c: fact for c, fact in reading.facts.items() if c in stated.facts}
        return replace(reading, facts=kept, supposed={}, present=stated.present)

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
            weighed = self._why_not_option(request, profile)
            option = weighed if weighed in card.options else decision.ranking[1].option
            draft = self.writer.why_not(card, decision, option, profile)
            return self._advice("recommendation", draft, decision, profile, (), (option,))
        told = len(reading.facts) + len(reading.present)
        if last.profile.facts and not told and self._changes.search(fold(request.message)):
            decision = card.decide(profile.levels, profile.skipped)
            asked = decision.next_question
            profile = replace(profile, decision=card.decision, asked=asked.criterion if asked else None)
            draft = self.writer.what_changes(card, decision, profile)
            return self._advice("recommendation", draft, decision, profile, (), decision.tied)
        unread = last.profile.asked and not told and self._is_bare(request) and not self._cannot_say(request, last)
        if unread and last.profile.asked in card.criteria and request.intent != "recommend":
            return self._not_understood(card, profile, request, last.profile.asked)
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

    def _not_understood(self, card: Scorecard, profile: Profile, request: Request, asked: str | None) -> Advice:
        """A reply that holds no answer: the same question again, with its answers."""
        decision = card.decide(profile.levels, profile.skipped)
        draft = self.writer.ask_again(decision, request.message)
        profile = replace(profile, asked=decision.next_question.criterion if decision.next_question else asked)
        if not decision.facts:
            return Advice("clarification", draft, None, (), profile, ())
        return self._advice("clarification", draft, decision, profile, (), ())

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
        for option in request.named:
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

    def _is_bare(self, request: Request) -> bool:
        """Whether a message is so short, and so free of names, that it can only be meant as an answer."""
        words = request.message.split()
        return len(words) <= MAX_BARE_REPLY and not (request.named or request.sources or "?" in request.message)

    def _about_documents(self, request: Request) -> bool:
        """Whether a message asks what the sources say of options that it names."""
        return bool(request.named) and request.intent in ("pros_cons", "compare", "fit", "describe", "term")

    def _why_not_option(self, request: Request, profile: Profile) -> str | None:
        """The option that a message weighs against the recommended one; what there is today may go unnamed."""
        folded = fold(request.message)
        named = next((o for o in request.named if self._pack.decision_of(o).id in self.cards), None)
        if named and self._why_not.search(folded):
            return named
        if self._go_back.search(folded) and not named:
            decision = profile.decision or next(iter(self.cards))
            return profile.present.get(decision, (None,))[0]
        return None

    def _names_decision(self, folded: str) -> bool:
        return any(pattern.search(folded) for pattern in self._named.values())

    def _asks_for_choice(self, request: Request, told: int) -> bool | None:
        """Whether one of the message's questions could be for a choice; None when it asks nothing."""
        sentences = [fold(sentence).strip() for sentence in _sentences(request.message)]
        # "When Anna moved to Kitchens she had to learn new tools." asks nothing.
        questions = [sentence for sentence in sentences if asks(sentence) and not sentence.endswith(".")]
        chosen = [sentence for sentence in sentences if self._choice.search(sentence) and sentence not in questions]
        if not questions:
            return True if chosen and len(chosen[-1].split()) <= MAX_BARE_QUESTION else None
        if request.named and any(self._stance.search(question) for question in questions):
            return False
        return any(
            not _COUNTS.match(question)
            and (len(question.split()) <= MAX_BARE_QUESTION or told >= MUCH_TOLD or bool(self._choice.search(question)))
            for question in questions
        )


def _sentences(message: str) -> list[str]:
    """The sentences of a message, also where the next one begins with a small letter."""
    return [part for part in re.split(r"(?<=[.!?])\s+|\n+", message) if part.strip()]


def _stated(message: str) -> str:
    """What a message states, without what it asks."""
    return " ".join(part for part in _sentences(message) if not asks(fold(part)))


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
