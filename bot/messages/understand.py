"""What a message asks for, and what it refers back to. Reads the pack and plain English only."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.language import phrases
from bot.messages.described import Describer
from bot.messages.getting import Getting
from bot.messages.parting import one_by_one
from bot.messages.references import carried_options, in_sense
from bot.messages.request import Request
from bot.messages.wording import Wording, asks, questions, visible
from bot.sessions.session import Turn
from ingest.lexicon import fold, sentence_spans, stem
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from bot.language.vocabulary import Word
    from bot.types import Intent, Wanted
    from ingest.index.library import Library
    from ingest.pack import Pack, Term

__all__ = ["Reader"]

_GREETING = re.compile(
    r"(?:(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings|yo|thanks?|thank you|thx|cheers|"
    r"great|nice|cool|awesome|perfect|ok|okay|bye|goodbye|see you|how are you|how's it going|you're welcome|well done|"
    r"there|all|everyone|so much|a lot|very much|groundrule|again|today)[\s,.!?]*)+"
)
# Praise and thanks, with a few words of their own.
_THANKS = re.compile(
    r"\W*(?:many thanks|thanks?|thank you|thx|cheers|great|nice|perfect|awesome|excellent|well done|good)\b[^?]{0,40}"
)
_ORIGIN = re.compile(
    r"\W*(?:and |but |ok |so )?(?:says who|who (?:said|says|wrote|claims|claimed) (?:that|this|it|so)|"
    r"where (?:does|did|do) (?:that|this|it|you)\b.{0,20}(?:come|get|from)\b.*|"
    r"(?:(?:can you )?(?:give|show|tell) me |what(?:'s| is| are) )?(?:the |your |a )?(?:exact |full )?"
    r"(?:quotes?|sources?|citations?|references?)(?: for (?:that|this|it))?)\W*"
)
_OPENING = re.compile(rf"^\W*(?:{'|'.join(map(re.escape, phrases.FOLLOW_UP))})\b")
# A yes-or-no or who/how-many question about a difficulty asks for that fact, not for the whole list.
_ONE_FACT = re.compile(
    r"\W*(?:who|how many|how much|how long|is it(?! (?:really )?(?:worth|a (?:good|bad)|wise|sensible))|does it|"
    r"do they|are they|(?:can|should) (?:a|an|the))\b"
)
# Between the two sides of a comparison.
_SIDES = re.compile(r"\s(?:vs\.?|versus|or|against|with|to|and|than|from)\s", re.IGNORECASE)
_SETS_SIDE_BY_SIDE = phrase_pattern([cue for cue in phrases.COMPARE if cue != "or"])
_OR = re.compile(r"\bor\b")
# "That" before anything else opens a clause: "a model that suits ...".
_POINTS_BACK = re.compile(
    r"\b(?:it|its|it's|they|them|their|this|these|those|that(?=\s+(?:one|model|option)\b|\W*[?.!]|\W*$))\b"
)
_LISTS = re.compile(r"\b(?:list|which|what|name|how many|all|enumerate|overview)\b")
_SAME_WORD = re.compile(r"\bmean\b.{0,40}\bby\b|\bsame (?:thing|meaning|word)\b|\bword\b|\bterm\b|\bsense")
# A follow-up says little by itself; a message with more content words than this stands on its own.
FOLLOW_UP_WORDS = 3


class Reader:
    """Understands messages about one pack and library.

    Args:
        pack: Names of options and many-meaning words.
        library: Names of sources, and the words they use.
    """

    def __init__(self, pack: Pack, library: Library) -> None:
        self._pack = pack
        self._describer = Describer(pack)
        self._getting = Getting(pack)
        self.wording = Wording(pack, library)

    def read(self, message: str, last: Turn) -> Request:
        """Understands `message` in its conversation.

        Args:
            message: The user's words.
            last: The conversation's last turn.
        """
        whole = self._read(message, last)
        return replace(whole, each=one_by_one(whole, last, self._read))

    def _read(self, message: str, last: Turn) -> Request:
        wording = self.wording
        seen = wording.spelling.mended(visible(message))
        text = wording.without_directives(seen)
        topic = wording.asked_topic(text)
        # "What are the drawbacks?" asks about what stands before it, as "what are its drawbacks?" does.
        bare = not topic and any(wording.cues[cue].search(fold(text)) for cue in ("PROS", "CONS", "FIT"))
        points_back = bare or _POINTS_BACK.search(fold(text))
        if (
            text != seen
            and points_back
            and not wording.namer.options(text)
            and (ordered := wording.namer.option_ids(seen))
        ):
            # "Praise the factory. Anyway, what are its cons?"
            last = replace(last, question=last.question or " ", options=ordered)
        folded = fold(text)
        if wording.cues["OVERVIEW"].search(folded) and not topic and not wording.cues["RECOMMEND"].search(folded):
            return Request(text, text, "introduce")
        if _GREETING.fullmatch(folded) or (_THANKS.fullmatch(folded) and len(topic) <= 1):
            return Request(text, text, "smalltalk")
        if last.cited and _ORIGIN.fullmatch(folded):
            return Request(text, text, "origin")
        named = wording.sources(folded)
        options = wording.namer.option_ids(wording.without_sources(folded), named[0] if len(named) == 1 else None)
        asked = wording.asked(text)
        about = ""
        if described := self._described(text, asked, options, topic, last):
            options, about = described
            # What describes the option is not asked of it.
            topic = wording.asked_topic(about)
        itself = options
        terms = wording.namer.terms(folded)
        follows_up = bool(last.question) and self._refers_back(folded, options, topic, last)
        against = self._set_against(folded, options, last)
        follows_up = follows_up or bool(against)
        if follows_up:
            options = against or options or carried_options(folded, last, asked["RETURN"])
            terms = terms or tuple(term for term in self._pack.terms if term.words[0] in last.terms)
        sources = named or (last.sources if follows_up else ())
        term = next(iter(terms), None)
        options = in_sense(term, named, options)
        intent, wanted = self._intent(folded, asked, options, topic, last if follows_up else Turn())
        if about and asked["CALLED"] and intent == "fact":
            intent = "describe"
        intent, options = self._settle_term(folded, intent, options, named, term)
        if intent in ("pros_cons", "compare") and not options:
            # Pros of what? With no subject at all there is something to ask; with one, something to look up.
            intent = "fact" if topic else "which_option"
        if intent == "fact" and asked["FIT"] and not (topic or options or sources or follows_up):
            intent = "which_option"
        decisions = wording.decisions(folded)
        if intent == "fact" and decisions and not (topic or options) and _LISTS.search(folded):
            intent = "catalogue"
        if intent == "recommend":
            topic = wording.topic(text)  # whoever describes an organisation asks about all of it
        query = f"{last.question} {text}" if follows_up else text
        return Request(
            message=text,
            query=query,
            intent=intent,
            options=options,
            named=tuple(option for option in options if option in itself),
            described=about,
            discussed=tuple(dict.fromkeys((*last.discussed, *last.options, *options))),
            sources=sources,
            scoped=bool(named),
            wanted=wanted if intent in ("pros_cons", "which_option") else (),
            term=term,
            topic=topic,
            search=wording.searchable(query),
            own=wording.searchable(text),
            context=wording.searchable(last.question) if follows_up else "",
            before=wording.searchable(last.question) if last.question else "",
            parts=tuple(wording.searchable(part) for part in questions(text)),
            orders=wording.only_orders(seen),
            reports=wording.reports(text),
            decisions=decisions,
            defines=asked["DEFINITION"],
            contrasts=asked["CONTRAST"],
            follows_up=follows_up,
        )

    def _intent(
        self, folded: str, asked: dict[str, bool], options: tuple[str, ...], topic: tuple[Word, ...], last: Turn
    ) -> tuple[Intent, tuple[Wanted, ...]]:
        stances: tuple[tuple[Wanted, str], ...] = (("pro", "PROS"), ("con", "CONS"))
        wanted = tuple(stance for stance, cue in stances if asked[cue])
        if self._asks_for_choice(folded, asked, options, topic, last):
            return "recommend", ()
        if len(options) > 1 and ((asked["COMPARE"] and self._compares(folded)) or wanted):
            return "compare", ()
        if wanted and options and not _ONE_FACT.match(folded):
            return "pros_cons", wanted
        if asked["FIT"] and options:
            return "fit", ()
        if last.intent and options and not (wanted or topic) and (not asked["DESCRIBE"] or last.intent == "pros_cons"):
            # "And the federated one?" asks of it what was asked before.
            return last.intent, last.wanted
        if options and not topic:
            return ("compare" if len(options) > 1 else "describe"), ()
        if wanted and not options and not topic:
            return "pros_cons", wanted
        if asked["COMPARE"] and not options and not topic:
            return "compare", ()
        return "fact", ()

    def _compares(self, folded: str) -> bool:
        """Whether the cues of a comparison set options side by side, and not two other things: "two weeks or three"."""
        if _SETS_SIDE_BY_SIDE.search(folded):
            return True
        mentions = sorted(self.wording.namer.options(folded), key=lambda mention: mention.start)
        between = (folded[one.end : other.start] for one, other in pairwise(mentions))
        return len(mentions) < 2 or any(_OR.search(text) for text in between)

    def _asks_for_choice(
        self, folded: str, asked: dict[str, bool], options: tuple[str, ...], topic: tuple[Word, ...], last: Turn
    ) -> bool:
        """Whether the user wants to be told which option to take: by asking outright, or by describing who asks."""
        sentences = [folded[start:end] for start, end in sentence_spans(folded)] or [folded]
        describes = any(
            self.wording.cues["PERSONAL"].search(s) and not asks(s) and len(self.wording.topic(s)) > 1
            for s in sentences
        )
        wanted = asked["PROS"] or asked["CONS"]
        if last.intent == "recommend" and asked["PERSONAL"] and (describes or not wanted):
            return True
        # "So which model fits us?" asks nothing of the option that was spoken of before; "when would it suit us?" does.
        named = options if self.wording.cues["PRONOUNS"].search(folded) else self.wording.namer.option_ids(folded)
        if ((options and wanted) or (named and asked["FIT"])) and not describes:
            return False
        if all(map(self._getting.is_of_another_thing, questions(folded) or [folded])):
            return False
        if asked["RECOMMEND"]:
            return asked["PERSONAL"] or (not named and not topic)
        return asked["ADVICE"] and describes and not (options and wanted)

    def _described(
        self, text: str, asked: dict[str, bool], named: tuple[str, ...], topic: tuple[Word, ...], last: Turn
    ) -> tuple[tuple[str, ...], str] | None:
        """The options of a question that describes one, and the question without those words; None when it does not.

        Only questions that make sense of an option alone are read so: its pros and cons, when it fits, how it compares,
        what it is called. An organisation that describes itself and asks what to do wants advice.
        """
        folded = fold(text)
        wanted = asked["PROS"] or asked["CONS"]
        if not (wanted or asked["FIT"] or asked["CONTRAST"] or asked["CALLED"]):
            return None
        if self._asks_for_choice(folded, asked, named, topic, last):
            return None
        if asked["CONTRAST"]:
            return self._contrasted(text)
        found = self._describer.find(text)
        if found is None:
            return None
        said = {stem(text[start:end].lower()) for start, end in found.words}
        mentions = [fold(mention.alias).replace("-", " ").split() for mention in self.wording.namer.options(folded)]
        if any(not {stem(word) for word in alias} <= said or len(alias) >= len(found.words) for alias in mentions):
            # It names another: "cons of a factory when one group serves the whole firm".
            return None
        return (found.option,), found.left_out(text)

    def _contrasted(self, text: str) -> tuple[tuple[str, ...], str] | None:
        """The options that the sides of a comparison name or describe, where at least one is described."""
        sides: list[str] = []
        described, about = False, text
        for side in _SIDES.split(text):
            if found := self._describer.find(side):
                described = True
                sides.append(found.option)
                about = about.replace(side, found.left_out(side))
            else:
                sides += self.wording.namer.option_ids(side)
        options = tuple(dict.fromkeys(sides))
        return (options, about) if described and len(options) > 1 else None

    def _settle_term(
        self, folded: str, intent: Intent, options: tuple[str, ...], named: tuple[str, ...], term: Term | None
    ) -> tuple[Intent, tuple[str, ...]]:
        """Decides whether a many-meaning word is itself the question, or its meaning must be asked."""
        if term is None:
            return intent, options
        senses = [sense for sense in term.senses if sense.source in named]
        meant = tuple(sense.option for sense in term.senses if sense.option)
        both = len(senses) > 1 or (not senses and len(options) < 2 and _SAME_WORD.search(folded))
        if both and (self.wording.cues["MEANING"].search(folded) or intent == "compare"):
            return "term", meant
        if term.bare == "ask" and intent != "recommend" and len(senses) != 1 and not set(options) & set(meant):
            return (intent, options) if options and intent == "fact" else ("ambiguous", ())
        return intent, options

    def _set_against(self, folded: str, options: tuple[str, ...], last: Turn) -> tuple[str, ...]:
        """The options of "how does that compare to the other one?": the last turn's and the one named; or none."""
        new = [option for option in options if option not in last.options]
        contrasts = self.wording.cues["CONTRAST"].search(folded)
        points_back = self.wording.cues["PRONOUNS"].search(folded) or folded.lstrip(" ,.").startswith("compare")
        return (*last.options, *new) if contrasts and points_back and len(options) == len(new) == 1 else ()

    def _refers_back(self, folded: str, options: tuple[str, ...], topic: tuple[Word, ...], last: Turn) -> bool:
        opening = bool(_OPENING.match(folded))
        pronoun = any(self.wording.cues[name].search(folded) for name in ("PRONOUNS", "RETURN"))
        if last.intent == "recommend":
            # "What is a data engineer?" asks nothing of what was recommended, nor for whom.
            describes = topic and not any(self.wording.cues[name].search(folded) for name in ("PERSONAL", "RECOMMEND"))
            return opening or pronoun or not (describes and self.wording.cues["DESCRIBE"].search(folded))
        if options:
            return opening and len(topic) <= FOLLOW_UP_WORDS
        return (opening or pronoun or not topic) and len(topic) <= 2 * FOLLOW_UP_WORDS
