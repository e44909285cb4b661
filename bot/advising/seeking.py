"""Whether a message seeks advice: a recommendation, why another option is not the one, or what if something were so.

Reads how the message asks, and what is known from before; the facts in it are `bot.deciding.profile`'s.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from bot.language import phrases
from bot.messages.getting import Getting
from bot.messages.wording import asks
from ingest.lexicon import fold
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.deciding.facts import Profile, Reading
    from bot.messages.request import Request
    from bot.sessions.session import Turn
    from ingest.pack import Pack

__all__ = ["MIN_TOLD", "Mode", "Seeking", "stated"]

Mode = Literal["recommend", "why_not", "what_if"]

# What a turn was about that recommended something.
_ADVISED = ("recommend", "why_not", "what_if")
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
_COUNTS = re.compile(
    r"\W*(?:exactly |and |so )?"
    r"(?:how (?:many|much|long|often)|who(?! (?:should|ought|would|must|is to))|whose|when|why)\b"
)


class Seeking:
    """Tells messages that seek advice from those that ask about the documents.

    Args:
        pack: Names of decisions and options.
        decisions: Ids of the decisions on which there is advice.
    """

    def __init__(self, pack: Pack, decisions: Collection[str]) -> None:
        self._pack = pack
        # In the pack's order: the first is the usual one.
        self._decisions = tuple(decisions)
        self._why_not = phrase_pattern(phrases.WHY_NOT)
        self._changes = phrase_pattern(phrases.WHAT_CHANGES)
        self._personal = phrase_pattern(phrases.PERSONAL)
        self._stance = phrase_pattern((*phrases.PROS, *phrases.CONS))
        self._why_ask = phrase_pattern(phrases.WHY_ASK)
        self._dont_know = phrase_pattern(phrases.DONT_KNOW)
        self._go_back = phrase_pattern(phrases.GO_BACK)
        self._choice = phrase_pattern(phrases.CHOICE)
        self._recommend = phrase_pattern(phrases.RECOMMEND)
        names = [name for option in pack.options for name in (option.name, *option.aliases)]
        self._set_up = phrase_pattern([f"{name} {noun}" for name in names for noun in ("setup", "structure")])
        self._getting = Getting(pack)
        self._named = {
            decision.id: phrase_pattern([decision.noun, decision.noun + "s", *decision.aliases])
            for decision in pack.decisions
            if decision.id in self._decisions
        }
        self._asked = {d.id: phrase_pattern(d.asked) for d in pack.decisions if d.id in self._decisions}

    def mode(self, request: Request, reading: Reading, last: Turn) -> Mode | None:
        """What advice a message asks for; None when it asks for something else.

        Args:
            request: The message, understood.
            reading: The facts in it.
            last: The conversation's last turn.
        """
        if request.intent == "smalltalk" and not (reading.facts or reading.present):
            return None  # "Thanks" answers no question, though one is open
        folded = fold(request.message)
        known = bool(last.profile.facts)
        advised = last.intent in _ADVISED
        told = len(reading.facts) + len(reading.present)
        choice = self._asks_for_choice(request, told, known)
        weighed = self.weighed_option(request, last.profile) if known and not reading.facts else None
        if weighed and (advised or not self._stance.search(folded)):
            return "why_not"
        if reading.supposed and not reading.facts and (known or choice or request.intent == "recommend"):
            return "what_if"
        if request.intent in _ADVISED and known and not told and self.opposed_option(request, last):
            return "why_not"
        if request.intent in _ADVISED or self.cannot_say(request, last) or self.asks_why(request, last):
            return "recommend"
        if known and self.asks_what_changes(request) and not self._stance.search(folded):
            return "recommend"
        if (
            choice is False
            or self._weighs_in_general(request, folded)
            or (told < MUCH_TOLD and self._asks_a_source(request, folded))
        ):
            return None
        if last.profile.asked in reading.facts or (known and told and not self._about_documents(request)):
            return "recommend"
        if known and ((advised and choice) or self.named_decision(request)):
            return "recommend"
        if advised and last.profile.asked and not choice and self.is_bare(request):
            return "recommend"
        if told and choice and (told >= MIN_TOLD or self._personal.search(folded)):
            return "recommend"
        # Nothing is asked: what is stated about several criteria, or counted, describes an organisation.
        counted = any(fact.how == "number" for fact in reading.facts.values())
        return "recommend" if choice is None and (told >= MIN_TOLD or counted) else None

    def cannot_say(self, request: Request, last: Turn) -> bool:
        """Whether the message answers the last question by not answering it."""
        return bool(last.profile.asked and self._dont_know.match(_REPLY_OPENING.sub("", fold(request.message))))

    def asks_why(self, request: Request, last: Turn) -> bool:
        """Whether a message asks what the last question is about."""
        asked = bool(last.profile.asked and self._why_ask.search(fold(request.message)))
        return asked and not request.named and len(request.message.split()) <= MAX_BARE_REPLY + 2

    def is_bare(self, request: Request) -> bool:
        """Whether a message is so short, and so free of names, that it can only be meant as an answer."""
        words = request.message.split()
        return len(words) <= MAX_BARE_REPLY and not (request.named or request.sources or "?" in request.message)

    def _about_documents(self, request: Request) -> bool:
        """Whether a message asks what the sources say of options that it names."""
        return bool(request.named) and request.intent in ("pros_cons", "compare", "fit", "describe", "term")

    def _asks_a_source(self, request: Request, folded: str) -> bool:
        """Whether a message does nothing but ask what somebody wrote, and speaks of no organisation of its own."""
        own = request.message
        for report in request.reports:
            own = own.replace(report, " ")
        return request.scoped and not stated(own) and not self._personal.search(folded)

    def _weighs_in_general(self, request: Request, folded: str) -> bool:
        """Whether pros or cons are asked of an option, and nobody's organisation is spoken of."""
        stance = request.intent in ("pros_cons", "compare") and bool(self._stance.search(folded))
        return stance and bool(request.named) and not self._personal.search(folded)

    def weighed_option(self, request: Request, profile: Profile) -> str | None:
        """The option that a message weighs against the recommended one; what there is today may go unnamed."""
        folded = fold(request.message)
        named = next((o for o in request.named if self._pack.decision_of(o).id in self._decisions), None)
        if named and self._why_not.search(folded):
            return named
        if self._go_back.search(folded) and not named:
            decision = profile.decision or self._decisions[0]
            return profile.present.get(decision, (None,))[0]
        return None

    def opposed_option(self, request: Request, last: Turn) -> str | None:
        """The one option that a message sets against what was recommended just before: "my CTO wants a factory"."""
        named = request.named[0] if len(request.named) == 1 and last.intent in _ADVISED else None
        return named if named and self._pack.decision_of(named).id == last.profile.decision else None

    def objects(self, request: Request, last: Turn) -> bool:
        """Whether a message after a recommendation asks for none: "I don't agree", "how did you get there?"."""
        folded = fold(request.message)
        bare = len(folded.split()) <= MAX_BARE_QUESTION  # "so which team layout?"
        asks_again = self._recommend.search(folded) or (asks(folded) and (bare or self._choice.search(folded)))
        return last.intent in _ADVISED and not asks_again

    def asks_what_changes(self, request: Request) -> bool:
        """Whether a message asks what the first place hangs on."""
        return bool(self._changes.search(fold(request.message)))

    def named_decision(self, request: Request) -> str | None:
        """The decision that a message names ("which type of MLOps"), if any; its questions come first."""
        asking = " ".join(part for part in _sentences(fold(request.message)) if asks(part))
        folded = (asking, fold(request.message))
        return next((id_ for text in folded for id_, pattern in self._named.items() if pattern.search(text)), None)

    def asked_decision(self, request: Request) -> str | None:
        """The decision that the questions of a message are about without naming it ("one team or squads?"), if any."""
        sentences = [part for part in _sentences(fold(request.message)) if asks(part) or self._choice.search(part)]
        found = (
            (match.start(), id_)
            for id_, pattern in self._asked.items()
            for match in pattern.finditer(" ".join(sentences))
        )
        return min(found, default=(0, None))[1]

    def _asks_for_choice(self, request: Request, told: int, known: bool) -> bool | None:
        """Whether one of the message's questions could be for a choice; None when it asks nothing."""
        sentences = [fold(sentence).strip() for sentence in _sentences(request.message)]
        # "When Anna moved to Kitchens she had to learn new tools." asks nothing.
        questions = [sentence for sentence in sentences if asks(sentence) and not sentence.endswith(".")]
        chosen = [sentence for sentence in sentences if self._choice.search(sentence) and sentence not in questions]
        if not questions:
            return True if chosen and len(chosen[-1].split()) <= MAX_BARE_QUESTION else None
        if request.named and request.defines:
            return False
        # "Big enterprise here, I'd like one core team with local ones. Is that a thing?" weighs it for itself.
        itself = bool(request.described and told)
        if request.named and not itself and any(self._stance.search(question) for question in questions):
            return False
        # "Structure?" asks about what was told before it; "and the cons?" does not.
        told_before = bool(known or stated(request.message)) and not any(map(self._stance.search, questions))
        bare = MAX_BARE_QUESTION if told_before else 0
        alone = len(request.named) == 1
        return any(
            not _COUNTS.match(question)
            and not self._getting.is_of_another_thing(question)
            and (len(question.split()) <= bare or told >= MUCH_TOLD or self._is_for_choice(question, alone=alone))
            for question in questions
        )

    def _is_for_choice(self, question: str, *, alone: bool) -> bool:
        """Whether a question has words of choosing, or of the choice; "set-up" in the name of an option is none.

        Where one option alone is named, words such as "a central team" are its name and no choice.
        """
        plain = self._set_up.sub(" ", question)
        patterns = (self._choice,) if alone else (self._choice, *self._asked.values())
        return any(pattern.search(plain) for pattern in patterns)


def _sentences(message: str) -> list[str]:
    """The sentences of a message, also where the next one begins with a small letter."""
    return [part for part in re.split(r"(?<=[.!?])\s+|\n+", message) if part.strip()]


def stated(message: str) -> str:
    """What a message states, without what it asks."""
    return " ".join(part for part in _sentences(message) if not asks(fold(part)))
