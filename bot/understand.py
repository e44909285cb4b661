"""What a message asks for, and what it refers back to. Reads the pack and plain English only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rapidfuzz.distance import DamerauLevenshtein

from bot import phrases
from bot.retrieve import Word
from bot.session import Turn
from ingest.lexicon import QUESTION_WORDS, STOPWORDS, content_stems, fold, sentence_spans, stem, tokens
from ingest.naming import Namer, phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.types import Intent, Wanted
    from ingest.library import Library
    from ingest.pack import Pack, Term

__all__ = ["Reader", "Request"]


_GREETING = re.compile(
    r"(?:(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings|yo|thanks?|thank you|thx|cheers|"
    r"great|nice|cool|awesome|perfect|ok|okay|bye|goodbye|see you|how are you|how's it going|you're welcome|well done|"
    r"there|all|everyone|so much|a lot|very much|groundrule|again|today)[\s,.!?]*)+"
)
_HIDDEN = re.compile(r"<!--.*?-->|[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u00ad]", re.DOTALL)
_ORDINALS = {"first": 0, "former": 0, "second": 1, "latter": 1, "third": 2, "fourth": 3, "last": -1}
_ORDINAL = re.compile(
    r"\bthe (first|second|third|fourth|last|former|latter)\b(?: (?:one|model|option|type|of (?:the|those|them)))?"
)
# Taken out of a message to see what it is about.
_ASKING = ("PROS", "CONS", "COMPARE", "FIT", "DESCRIBE", "RECOMMEND", "PRONOUNS")
_CUES = (*_ASKING, "ADVICE", "CONTRAST", "DIRECTIVE", "MEANING", "OVERVIEW", "PERSONAL")
# A capital within a sentence shows a name.
_NAME = re.compile(r"(?<=[a-z,;)] )[A-Z][A-Za-z0-9]+")
_INTERROGATIVE = re.compile(
    r"^\W*(?:(?:and|but|so|ok|okay|hi|hey|hello|please|now|well|then|also)\W+)*(?:what|what's|whats|which|who|who's|whose|whom|how|how's|when|where|why|is|are|am|was|were|do|does|did|"
    r"can|could|should|shall|would|will|may|might|has|have|tell|give|list|name|explain|compare|describe|define|show|summarise|write)\b"
)
# A follow-up says little by itself; a message with more content words than this stands on its own.
FOLLOW_UP_WORDS = 3
# Typing errors are mended only in words of the subject, and only this close (Damerau-Levenshtein).
_MAX_EDITS = {5: 1, 6: 1, 7: 1}
_MAX_EDITS_LONG = 2


@dataclass(frozen=True, slots=True)
class Request:
    """A message, understood.

    Attributes:
        message: The message as asked, without what a reader could not see.
        query: The message for searching: mended, with what it refers to written out.
        intent: What is asked for.
        options: Ids of the options it is about, in order.
        sources: Ids of the sources it is limited to.
        wanted: For pros and cons: which of the two.
        term: The many-meaning word at issue.
        parts: The questions it asks, one after the other.
        orders: Whether all of it tells the bot how to behave.
        contrasts: Whether it sets one thing against another by name.
        topic: Content words that the answer must speak of: names and words of asking are taken away.
        search: The query without the names of the sources it is limited to.
        own: The same of the message alone.
        follows_up: Whether it refers back.
    """

    message: str
    query: str
    intent: Intent
    options: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    term: Term | None = None
    topic: tuple[Word, ...] = ()
    search: str = ""
    own: str = ""
    parts: tuple[str, ...] = ()
    orders: bool = False
    contrasts: bool = False
    follows_up: bool = False

    def as_turn(self) -> Turn:
        """What the next message may refer back to."""
        return Turn(
            question=self.query,
            intent=self.intent,
            wanted=self.wanted,
            options=self.options,
            sources=self.sources,
            terms=(self.term.words[0],) if self.term else (),
        )


class Reader:
    """Understands messages about one pack and library.

    Args:
        pack: Names of options and many-meaning words.
        library: Names of sources, and the words they use.
    """

    def __init__(self, pack: Pack, library: Library) -> None:
        self._pack = pack
        self._namer = Namer(pack)
        self._library = library
        self._sources = {
            id_: phrase_pattern(
                [
                    *document.source.aliases,
                    *(name for name in (document.source.author, document.source.publisher) if name),
                ]
                + ([document.source.author.split()[-1]] if document.source.author else [])
            )
            for id_, document in library.documents.items()
        }
        self._title_openings = {
            id_: phrase_pattern(_openings(document.source.title)) for id_, document in library.documents.items()
        }
        self._cues = {name: phrase_pattern(getattr(phrases, name)) for name in _CUES}
        self._opening = re.compile(r"^\W*(?:" + "|".join(map(re.escape, phrases.FOLLOW_UP)) + r")\b")

    def read(self, message: str, last: Turn) -> Request:
        """Understands `message` in its conversation.

        Args:
            message: The user's words.
            last: The conversation's last turn.
        """
        visible = re.sub(r"\s+", " ", _HIDDEN.sub(" ", message)).strip()
        mended = self._without_directives(self.mend(visible))
        folded = fold(mended)
        topic = self._asked_topic(mended)
        if _GREETING.fullmatch(folded) or (self._cues["OVERVIEW"].search(folded) and not topic):
            return Request(visible, mended, "smalltalk", search=mended)
        sources = tuple(id_ for id_, pattern in self._sources.items() if pattern.search(folded))
        options = self._namer.option_ids(self._without_sources(folded), sources[0] if len(sources) == 1 else None)
        terms = self._namer.terms(folded)
        follows_up = bool(last.question) and self._refers_back(folded, options, topic, last)
        named_sources = sources
        if follows_up:
            options = self._carried_options(folded, options, last)
            sources = sources or last.sources
            terms = terms or tuple(term for term in self._pack.terms if term.words[0] in last.terms)
        term = next(iter(terms), None)
        options = _in_sense(term, named_sources, options)
        intent, wanted = self._intent(folded, options, topic, last if follows_up else Turn())
        intent, options = self._settle_term(folded, intent, options, named_sources, term)
        if intent in ("pros_cons", "compare") and not options:
            # Pros of what? With no subject at all there is something to ask; with one, something to look up.
            intent = "fact" if topic else "which_option"
        if intent == "fact" and not (topic or options or sources or follows_up) and self._cues["FIT"].search(folded):
            intent = "which_option"
        if intent == "recommend":
            topic = self._topic(mended)  # whoever describes an organisation asks about all of it
        query = f"{last.question} {mended}" if follows_up else mended
        return Request(
            message=mended,
            query=query,
            intent=intent,
            options=options,
            sources=sources,
            wanted=wanted if intent in ("pros_cons", "which_option") else (),
            term=term,
            topic=topic,
            search=self._searchable(query),
            own=self._searchable(mended),
            parts=tuple(self._searchable(part) for part in self._questions(mended)),
            orders=all(self._cues["DIRECTIVE"].search(fold(clause)) for clause in _clauses(mended)),
            contrasts=bool(self._cues["CONTRAST"].search(folded)),
            follows_up=follows_up,
        )

    def without_options(self, text: str) -> str:
        """The text, folded, without the names of options; the text itself when nothing else is in it."""
        folded = fold(text)
        for mention in reversed(self._namer.options(folded)):
            folded = folded[: mention.start] + " " + folded[mention.end :]
        return folded if tokens(folded) else text

    def _without_directives(self, text: str) -> str:
        """The sentences that ask or tell something; those that give the bot orders are left out, unless all do."""
        kept = [clause for clause in _clauses(text) if not self._cues["DIRECTIVE"].search(fold(clause))]
        return " ".join(kept) if kept else text

    def mend(self, text: str) -> str:
        """`text` with misspelt words of the subject mended; all else untouched."""
        return re.sub(r"[A-Za-z]{5,}", lambda match: self._mended(match[0]), text)

    def _mended(self, word: str) -> str:
        folded = fold(word)
        if folded in self._known or stem(folded) in self._known_stems:
            return word
        limit = _MAX_EDITS.get(len(folded), _MAX_EDITS_LONG)
        ranked = sorted(
            (DamerauLevenshtein.distance(folded, known, score_cutoff=limit), known)
            for known in self._mendable
            if known[0] == folded[0]
        )
        close = [(edits, known) for edits, known in ranked if edits <= limit]
        nearest = [known for edits, known in close if edits == close[0][0]]
        # Two different words equally close: leave it as it is.
        return nearest[-1] if nearest and len({stem(known) for known in nearest}) == 1 else word

    @cached_property
    def _mendable(self) -> frozenset[str]:
        cues = (word for cue in (phrases.PROS, phrases.CONS) for phrase in cue for word in fold(phrase).split())
        return frozenset(word for word in (*self._namer.alias_words, *cues) if len(word) >= 5)

    @cached_property
    def _known(self) -> frozenset[str]:
        return self._mendable | STOPWORDS | QUESTION_WORDS

    @cached_property
    def _known_stems(self) -> frozenset[str]:
        texts: Iterable[str] = (passage.embedding_text for passage in self._library.passages)
        return frozenset(root for text in texts for root in content_stems(text))

    def _intent(
        self, folded: str, options: tuple[str, ...], topic: tuple[Word, ...], last: Turn
    ) -> tuple[Intent, tuple[Wanted, ...]]:
        asked = {name: bool(pattern.search(folded)) for name, pattern in self._cues.items()}
        stances: tuple[tuple[Wanted, str], ...] = (("pro", "PROS"), ("con", "CONS"))
        wanted = tuple(stance for stance, cue in stances if asked[cue])
        if self._asks_for_choice(folded, asked, options, wanted, topic, last):
            return "recommend", ()
        if len(options) > 1 and (asked["COMPARE"] or wanted):
            return "compare", ()
        if wanted and options and not self._asks_for_one_fact(folded):
            return "pros_cons", wanted
        if asked["FIT"] and options:
            return "fit", ()
        if (
            last.intent
            and not wanted
            and options
            and not topic
            and (not asked["DESCRIBE"] or last.intent == "pros_cons")
        ):
            # "And the federated one?" asks of it what was asked before.
            return last.intent, last.wanted
        if options and not topic:
            return ("compare" if len(options) > 1 else "describe"), ()
        if wanted and not options and not topic:
            return "pros_cons", wanted
        if asked["COMPARE"] and asked["PRONOUNS"] and not options and not topic:
            return "compare", ()
        return "fact", ()

    def _asks_for_choice(
        self,
        folded: str,
        asked: dict[str, bool],
        options: tuple[str, ...],
        wanted: tuple[Wanted, ...],
        topic: tuple[Word, ...],
        last: Turn,
    ) -> bool:
        """Whether the user wants to be told which option to take: by asking outright, or by describing who asks."""
        sentences = [folded[start:end] for start, end in sentence_spans(folded)] or [folded]
        describes = any(
            self._cues["PERSONAL"].search(sentence) and not _asks(sentence) and len(self._topic(sentence)) > 1
            for sentence in sentences
        )
        if last.intent == "recommend" and asked["PERSONAL"] and (describes or not wanted):
            return True
        if options and (wanted or asked["FIT"]) and not describes:
            return False
        if asked["RECOMMEND"]:
            return asked["PERSONAL"] or (not options and not topic)
        return asked["ADVICE"] and describes and not (options and wanted)

    @staticmethod
    def _asks_for_one_fact(folded: str) -> bool:
        """A yes-or-no or who/which/how-many question about a difficulty asks for that fact, not for the whole list."""
        return bool(
            re.match(
                r"\W*(?:who|how many|how much|how long|is it|does it|do they|are they|(?:can|should) (?:a|an|the))\b",
                folded,
            )
        )

    def _settle_term(
        self, folded: str, intent: Intent, options: tuple[str, ...], sources: tuple[str, ...], term: Term | None
    ) -> tuple[Intent, tuple[str, ...]]:
        """Decides which sense of a many-meaning word is meant, or that this must be asked."""
        if term is None:
            return intent, options
        about_meaning = bool(self._cues["MEANING"].search(folded))
        senses = [sense for sense in term.senses if sense.source in sources]
        if (about_meaning or intent == "compare") and (
            len(senses) > 1 or (len(senses) != 1 and len(options) < 2 and _same_word(folded))
        ):
            return "term", tuple(sense.option for sense in term.senses if sense.option)
        others = [option for option in options if option not in {sense.option for sense in term.senses}]
        named = [option for option in options if option in {sense.option for sense in term.senses}]
        if term.bare == "ask":
            if intent == "recommend":
                return intent, options
            if not named and len(senses) != 1 and not (others and intent == "fact"):
                return "ambiguous", ()
        return intent, options

    def _refers_back(self, folded: str, options: tuple[str, ...], topic: tuple[Word, ...], last: Turn) -> bool:
        if last.intent == "recommend":
            return True
        opening = bool(self._opening.match(folded))
        if options:
            return opening and len(topic) <= FOLLOW_UP_WORDS
        pronoun = bool(self._cues["PRONOUNS"].search(folded))
        return (opening or pronoun or not topic) and len(topic) <= 2 * FOLLOW_UP_WORDS

    def _carried_options(self, folded: str, options: tuple[str, ...], last: Turn) -> tuple[str, ...]:
        if options:
            return options
        ordinal = _ORDINAL.search(folded)
        if ordinal and last.options:
            rank = _ORDINALS[ordinal[1]]
            if rank < len(last.options):
                return (last.options[rank],)
        return last.options

    def _searchable(self, text: str) -> str:
        return re.sub(r"\s+", " ", self._without_sources(text)).strip(" ,.?!:;") or text

    def _without_sources(self, text: str) -> str:
        """The text, folded, without the names of sources: a title may name an option that the question does not."""
        folded = fold(text)
        for id_, pattern in self._sources.items():
            if pattern.search(folded):
                folded = pattern.sub(" ", self._title_openings[id_].sub(" ", folded))
        return folded

    def _asked_topic(self, text: str) -> tuple[Word, ...]:
        """The topic of the sentences that ask; of the whole message when those name none."""
        asking = " ".join(self._questions(text))
        # "How do I fix this?" asks about what stands before it.
        return (not self._cues["PRONOUNS"].search(fold(asking)) and self._topic(asking)) or self._topic(text)

    @staticmethod
    def _questions(text: str) -> list[str]:
        """The sentences that ask something."""
        return [text[start:end] for start, end in sentence_spans(text) if _asks(text[start:end])]

    def _topic(self, text: str) -> tuple[Word, ...]:
        """The words that are neither a name the pack knows, nor a word of asking, nor the decision's own noun."""
        folded = fold(text)
        for pattern in (*self._sources.values(), self._own_nouns, *(self._cues[name] for name in _ASKING)):
            folded = pattern.sub(" ", folded)
        folded = self.without_options(folded) if self._namer.options(folded) else folded
        for term in self._pack.terms:
            folded = phrase_pattern(term.words).sub(" ", folded)
        names = {fold(name) for name in _NAME.findall(text)}
        words: dict[str, Word] = {}
        for token in self._known_parts(tokens(folded)):
            for root in content_stems(token)[:1]:
                if len(token) > 1 and token not in QUESTION_WORDS and not token.isdigit():
                    words.setdefault(root, Word(token, root, token in names))
        return tuple(words.values())

    def _known_parts(self, found: list[str]) -> list[str]:
        """The words, with a compound that the library does not have replaced by its parts."""
        return [
            part
            for token in found
            for part in ([token] if "-" not in token or stem(token) in self._known_stems else token.split("-"))
        ]

    @cached_property
    def _own_nouns(self) -> re.Pattern[str]:
        nouns = [
            form
            for decision in self._pack.decisions
            for noun in (decision.noun, *decision.aliases)
            for form in (noun, noun + "s")
        ]
        return phrase_pattern(
            [
                *nouns,
                *self._pack.title.split(),
                "model",
                "models",
                "structure",
                "structures",
                "approach",
                "setup",
                "option",
                "options",
                "team",
                "teams",
            ]
        )


def _in_sense(term: Term | None, sources: tuple[str, ...], options: tuple[str, ...]) -> tuple[str, ...]:
    """The options, with the one that a many-meaning word means in the source that was named."""
    senses = [sense for sense in term.senses if sense.source in sources] if term else []
    if term is None or len(senses) != 1 or senses[0].option is None:
        return options
    others = {sense.option for sense in term.senses}
    return (senses[0].option, *(option for option in options if option not in others))


def _openings(title: str) -> list[str]:
    """A title and what people leave of it: at least its first three words."""
    words = tokens(title)
    return [" ".join(words[:count]) for count in range(min(3, len(words)), len(words) + 1)]


def _clauses(text: str) -> list[str]:
    """The sentences of a message, those after a colon by themselves."""
    sentences = [text[start:end] for start, end in sentence_spans(text)]
    return [clause for sentence in sentences for clause in re.split(r"(?<=[a-z]): (?=['\"“]?[A-Z])", sentence)]


def _asks(sentence: str) -> bool:
    """Whether a sentence asks or requests, by its mark or by its first words."""
    return sentence.rstrip(" \"')").endswith("?") or bool(_INTERROGATIVE.match(fold(sentence)))


def _same_word(folded: str) -> bool:
    return bool(re.search(r"\bmean\b.{0,40}\bby\b|\bsame (?:thing|meaning|word)\b|\bword\b|\bterm\b|\bsense", folded))
