"""Writes answers from passages alone: no language model, and no claim without its citation.

Each kind of answer is one method that returns a `Draft`, or None when the library has nothing to make it of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bot.composing.bearing import Bearing
from bot.composing.claims import Claims
from bot.composing.comparing import compare
from bot.composing.draft import Draft, attributed, escape, joined, short_name, spelt
from bot.composing.facts_told import fact
from bot.composing.fitting import fit, fit_narrowly
from bot.composing.listing import bulleted
from bot.composing.themes import Themes, wants_remedy
from ingest.lexicon import content_stems, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.finding.retrieve import Retriever
    from bot.language.vocabulary import Word
    from bot.messages.request import Request
    from bot.types import Wanted
    from ingest.index.library import Library
    from ingest.pack import Pack
    from ingest.types import Passage, Stance

__all__ = ["Composer"]

_HEADINGS: dict[Stance, str] = {"pro": "Pros", "con": "Cons"}
# What goes beyond a list of claims joins it only if it has a word that the list leaves out, and is at least this near.
EXTRA_COSINE = 0.3
MAX_EXTRAS = 3
SEARCHED = 30
# Claims that say what an option is, where it is all that is asked.
MAX_DEFINITION = 4
# "Is there any case where ...?": whoever is shown one has been told yes.
_IS_THERE = re.compile(r"\b(?:is|are) there\b|\bis anything\b")


@dataclass(frozen=True)
class Composer:
    """Writes answers about one library.

    Attributes:
        library: Where the claims are.
        pack: How options are called.
        retriever: Finds claims by meaning.
        themes: Knows which claims say the same, and what is advised against a problem.
    """

    library: Library
    pack: Pack
    retriever: Retriever
    themes: Themes

    @cached_property
    def claims(self) -> Claims:
        """The library's claims by option and stance."""
        return Claims(self.library, self.pack, self.retriever)

    def write(self, request: Request) -> Draft | None:
        """The answer of the kind that was asked for."""
        match request.intent:
            case "pros_cons":
                return self.pros_cons(request)
            case "compare":
                return compare(request, self.claims)
            case "describe":
                return self.describe(request)
            case "fit":
                return self._noted(fit(request, self.claims), request)
            case "catalogue":
                return self.catalogue(request)
            case "term":
                return self.term(request)
            case _:
                return None

    def pros_cons(self, request: Request) -> Draft | None:
        """The claims for or against the options that bear on the question, and what else it asked of them."""
        draft = Draft()
        found = False
        offers = []
        for option in request.options:
            if request.defines and (definition := self.claims.definition(option, request.sources)):
                draft.paragraph(" ".join(map(draft.claim, definition)))
            if not self._list_bears(request, option):
                fit_narrowly(draft, request, option, self.claims)
            for stance in request.wanted:
                claims = self.claims.taking(stance, option, request.sources)
                title = f"{_HEADINGS[stance]} of {self._name(option)}"
                if claims:
                    found = True
                    chosen = self._bearing(request, option, claims)
                    self._listing(draft, title, chosen or claims, request, narrowed=bool(chosen))
                    if chosen:
                        offers.append(f"{len(claims) - len(chosen)} more {title[:1].lower()}{title[1:]}")
                elif len(request.wanted) > 1 or len(request.options) > 1:
                    searched = attributed(self.claims.searched(request.sources))
                    draft.paragraph(f"**{title}**: none are listed in {searched}.")
        if not found:
            return None
        self._extras(draft, request)
        if offers:
            draft.paragraph(f"*There are {joined(offers)}, which do not bear on that: ask for all of them.*")
        return self._noted(draft, request)

    def is_of_other_side(self, request: Request) -> bool:
        """Whether one side of an option is asked for, and what narrows the question is told by its other side alone."""
        if request.intent != "pros_cons" or len(request.wanted) != 1 or len(request.options) != 1 or request.described:
            return False
        other: Wanted = "con" if request.wanted == ("pro",) else "pro"
        sides = [self.claims.taking(s, request.options[0], request.sources) for s in (*request.wanted, other)]
        return bool(sides[0]) and self.bearing.is_told_by_other_side(request, *sides)

    def describe(self, request: Request) -> Draft | None:
        """What the options are, with their pros and cons by name."""
        draft = Draft()
        stances: tuple[Wanted, ...] = ("pro", "con")
        for option in request.options:
            definition = self.claims.definition(option, request.sources, MAX_DEFINITION)
            definition = definition or self.claims.taking("fit", option, request.sources)[:MAX_DEFINITION]
            if not definition:
                continue
            of_whom = attributed(self.claims.documents(definition))
            draft.paragraph(f"**{self._name(option)}**, from {of_whom}:")
            draft.paragraph(bulleted(draft, self.themes.grouped(self._ordered(definition))))
            for stance in stances:
                if claims := self.claims.taking(stance, option, request.sources):
                    draft.paragraph(f"**{_HEADINGS[stance]}:** " + "; ".join(map(draft.label, claims)) + ".")
        return self._noted(draft, request) if draft.passages else None

    def catalogue(self, request: Request) -> Draft | None:
        """The options of the decisions asked about, each with what it is."""
        draft = Draft()
        for decision in self.pack.decisions:
            if decision.id not in request.decisions:
                continue
            first: dict[str, Passage] = {}
            for option in decision.options:
                told = self.claims.definition(option.id, request.sources, 1) or self.claims.about(
                    option.id, request.sources
                )
                if told:
                    first[option.id] = told[0]
            if first:
                sources = attributed(self.claims.documents(first.values()))
                draft.paragraph(f"**{escape(decision.name)}**, {spelt(len(first))} from {sources}:")
                draft.paragraph("\n".join(f"- **{self._name(id_)}**: {draft.claim(p)}" for id_, p in first.items()))
        return draft if draft.passages else None

    def term(self, request: Request) -> Draft | None:
        """The meanings of a word that the sources use differently, each in its source's own terms."""
        if request.term is None:
            return None
        senses = request.term.senses
        asked = [sense for sense in senses if sense.source in request.sources]
        draft = Draft()
        lines = []
        for sense in asked if len(asked) > 1 else senses:
            if passages := self.claims.in_sense(sense, request.term.words):
                source = self.library.documents[sense.source].source
                lines.append(f"- **{escape(short_name(source))}**: " + " ".join(map(draft.claim, passages)))
        if len(lines) < 2:
            return None
        draft.paragraph(f"The sources do not mean the same thing by “{request.term.words[0]}”:")
        draft.paragraph("\n".join(lines))
        return draft

    def fact(self, request: Request, passages: Sequence[Passage], opening: str = "") -> Draft:
        """The passages found for a question, what answers it first, behind an opening if there is one."""
        return fact(request, passages, self.claims, self.themes, opening)

    def origin(self, passages: Sequence[Passage]) -> Draft:
        """Where the last answer comes from: its passages, source by source and section by section."""
        draft = Draft()
        documents = self.library.documents
        lines = [
            f"- {escape(short_name(documents[p.document_id].source))}, {escape(p.section)}: {draft.claim(p)}"
            for p in passages
        ]
        draft.paragraph(f"That rests on {attributed(self.claims.documents(passages))}:")
        draft.paragraph("\n".join(lines))
        return draft

    def advice(self, passages: Sequence[Passage]) -> Draft:
        """What the sources advise for situations like the one described; no ranking."""
        draft = Draft()
        draft.paragraph(
            "I do not rank the options for you yet: that takes a decision rubric, which this version does not have. "
            f"What {attributed(self.claims.documents(passages))} advise for situations like yours:"
        )
        draft.bullets(passages)
        return draft

    def _listing(
        self, draft: Draft, title: str, claims: Sequence[Passage], request: Request, *, narrowed: bool = False
    ) -> None:
        """A titled list of claims; those that bear on the question need no title but a word on whose they are."""
        groups = self.themes.grouped(self._ordered(claims))
        advice = {p.id: self.themes.remedies(p) for p in claims} if wants_remedy(fold(request.message)) else {}
        of_whom = attributed(self.claims.documents(claims))
        if narrowed:
            yes = "Yes. " if _IS_THERE.search(fold(request.message)) else ""
            draft.paragraph(f"{yes}**{title}** that bear on that, from {of_whom}:")
        else:
            draft.paragraph(f"**{title}**, {spelt(len(groups))} from {of_whom}:")
        draft.paragraph(bulleted(draft, groups, advice))
        against = [p for p in claims if self.themes.remedies(p)]
        if against and not advice:
            whose = attributed(self.claims.documents(against))
            count = spelt(len(against))
            draft.paragraph(f"*For {count} of these {whose} also say what helps: ask what to do about them.*")

    def _ordered(self, claims: Sequence[Passage]) -> list[Passage]:
        """The claims as they stand, the source with most first."""
        rank = {document.id: place for place, document in enumerate(self.claims.documents(claims))}
        return sorted(claims, key=lambda p: (rank[p.document_id], p.position))

    def _bearing(self, request: Request, option: str, claims: Sequence[Passage]) -> list[Passage]:
        """The claims that bear on what narrows the question; nothing where all of them do, or nothing narrows it."""
        words = self.bearing.narrowing(request, claims, self.claims.describing((option,)))
        chosen = self.bearing.bearing(request, claims, words)
        return chosen if len(chosen) < len(claims) else []

    def _list_bears(self, request: Request, option: str) -> bool:
        """Whether some claim of the list has a word that the question is narrowed by."""
        listed = [p for stance in request.wanted for p in self.claims.taking(stance, option, request.sources)]
        words = self.bearing.narrowing(request, listed, self.claims.describing((option,)))
        return bool(words)

    @cached_property
    def bearing(self) -> Bearing:
        """Weighs claims against the question's own words."""
        return Bearing(self.retriever)

    def _extras(self, draft: Draft, request: Request) -> None:
        """Adds what the question asked beyond the list, when the library has it."""
        message = request.message
        described = self.claims.describing(request.options)
        vocabulary = self.retriever.vocabulary
        left = [
            w
            for w in request.topic
            if w.root not in described and not any(vocabulary.covers(p, w, message) for p in draft.passages)
        ]
        if not left:
            return
        hits = self.retriever.search(
            request.search,
            SEARCHED,
            sources=request.sources,
            options=request.options,
            stances=("neutral", "fit"),
            exclude=[p.id for p in draft.passages],
            alone=True,
        )
        extras = [
            hit.passage
            for hit in hits
            if hit.cosine >= EXTRA_COSINE
            and set(hit.passage.options) & set(request.options)
            and any(
                vocabulary.covers(hit.passage, w, message) and (vocabulary.is_rare(w) or self._entitled(hit.passage, w))
                for w in left
            )
        ][:MAX_EXTRAS]
        for heading in dict.fromkeys(p.heading for p in extras):
            own = [p for p in extras if p.heading == heading]
            draft.paragraph(f"**{escape(heading)}:**\n\n" + bulleted(draft, [[p] for p in own]))

    def _entitled(self, passage: Passage, word: Word) -> bool:
        """Whether the heading that a passage stands under has a word or means the same."""
        meant = {word.root, *self.retriever.vocabulary.relatives(word.text)}
        return bool(meant & set(content_stems(passage.heading)))

    def _noted(self, draft: Draft | None, request: Request) -> Draft | None:
        """Adds why a source's passages stand under an option that the user called by a word of many meanings."""
        if draft is None or request.term is None:
            return draft
        for sense in request.term.senses:
            shown = any(p.document_id == sense.source and sense.option in p.options for p in draft.passages)
            if shown and sense.note and sense.option in request.options:
                for passage in self.claims.in_sense(sense, request.term.words)[:1]:
                    draft.paragraph(f"*{escape(sense.note)}* {draft.marker(passage)}")
        return draft

    def _name(self, option: str) -> str:
        return self.claims.name(option)
