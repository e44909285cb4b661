"""Writes answers from passages alone: no language model, and no claim without its citation.

Each kind of answer is one method that returns a `Draft`, or None when the library has nothing to make it of.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from bot.claims import Claims, in_turn
from bot.draft import Draft, attributed, escape, joined, short_name, spelt
from ingest.lexicon import CONDITION_CUES, content_stems, fold
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.retrieve import Retriever
    from bot.types import Wanted
    from bot.understand import Request
    from ingest.library import Library
    from ingest.pack import Pack
    from ingest.types import Passage, Stance

__all__ = ["Composer"]

_HEADINGS: dict[Stance, str] = {"pro": "Pros", "con": "Cons"}
# A further passage joins a list of claims only if it bears on what the list left out, and at least this near.
EXTRA_COSINE = 0.3
MAX_EXTRAS = 3
# How many claims tell when an option fits, and below how many stated conditions its merits are added.
MAX_FIT = 7
MIN_FIT = 4
SEARCHED = 30
_CONDITION = phrase_pattern(CONDITION_CUES)
MAX_ASPECT_CLAIMS = 3
# Above this many pros or cons of one option, a comparison names them instead of spelling them out.
MAX_FULL_CLAIMS = 5
# Claims that say what an option is, where it is all that is asked.
MAX_DEFINITION = 4


@dataclass(frozen=True)
class Composer:
    """Writes answers about one library.

    Attributes:
        library: Where the claims are.
        pack: How options are called.
        retriever: Finds claims by meaning.
    """

    library: Library
    pack: Pack
    retriever: Retriever

    @property
    def claims(self) -> Claims:
        """The library's claims by option and stance."""
        return Claims(self.library, self.pack, self.retriever)

    def write(self, request: Request) -> Draft | None:
        """The answer of the kind that was asked for."""
        match request.intent:
            case "pros_cons":
                return self.pros_cons(request)
            case "compare":
                return self.compare(request)
            case "describe":
                return self.describe(request)
            case "fit":
                return self.fit(request)
            case "catalogue":
                return self.catalogue(request)
            case "term":
                return self.term(request)
            case _:
                return None

    def pros_cons(self, request: Request) -> Draft | None:
        """All claims for or against the options, whose they are, and what else the question asked of them."""
        draft = Draft()
        found = False
        for option in request.options:
            if request.defines and (definition := self.claims.definition(option, request.sources)):
                draft.paragraph(" ".join(map(draft.claim, definition)))
            for stance in request.wanted:
                claims = self.claims.taking(stance, option, request.sources)
                if claims:
                    found = True
                    self._listing(draft, f"{_HEADINGS[stance]} of {self._name(option)}", claims)
                elif len(request.wanted) > 1 or len(request.options) > 1:
                    searched = attributed(self.claims.searched(request.sources))
                    draft.paragraph(f"**{_HEADINGS[stance]} of {self._name(option)}**: none are listed in {searched}.")
        if not found:
            return None
        self._word_notes(draft, request.options)
        self._extras(draft, request)
        return draft

    def compare(self, request: Request) -> Draft | None:
        """The options side by side, the aspects that were asked about first."""
        known = [option for option in request.options if self.claims.about(option, request.sources)]
        if len(known) < 2:
            return None
        draft = Draft()
        self._aspects(draft, request, known)
        rows: list[list[str]] = []
        kinds: tuple[tuple[Stance, str], ...] = (("neutral", "What it is"), ("pro", "Pros"), ("con", "Cons"))
        for stance, label in kinds:
            columns = [
                self.claims.definition(option, request.sources)
                if stance == "neutral"
                else self.claims.taking(stance, option, request.sources)
                for option in known
            ]
            # Long lists are compared by the names of their claims; the passages stand beside the answer.
            short = stance != "neutral" and max(map(len, columns)) > MAX_FULL_CLAIMS
            for document in self.claims.documents(p for column in columns for p in column):
                cells = [[p for p in column if p.document_id == document.id] for column in columns]
                texts = ["; ".join(map(draft.label, c)) if short else " ".join(map(draft.claim, c)) for c in cells]
                rows.append([f"**{label}**, {escape(short_name(document.source))}", *(text or "–" for text in texts)])
        names = joined([f"**{self._name(option)}**" for option in known])
        draft.paragraph(f"{names} side by side, from {attributed(self.claims.documents(draft.passages))}:")
        draft.table(["", *(self._name(option) for option in known)], rows)
        return draft

    def describe(self, request: Request) -> Draft | None:
        """What the options are, with their pros and cons by name."""
        draft = Draft()
        stances: tuple[Wanted, ...] = ("pro", "con")
        for option in request.options:
            definition = self.claims.definition(option, request.sources, MAX_DEFINITION)
            definition = definition or self.claims.taking("fit", option, request.sources)[:MAX_DEFINITION]
            if not definition:
                continue
            self._listing(draft, self._name(option), definition, counted=False)
            for stance in stances:
                if claims := self.claims.taking(stance, option, request.sources):
                    draft.paragraph(f"**{_HEADINGS[stance]}:** " + "; ".join(map(draft.label, claims)) + ".")
        self._word_notes(draft, request.options)
        return draft if draft.passages else None

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

    def fit(self, request: Request) -> Draft | None:
        """When the options suit, by what the sources say of it."""
        draft = Draft()
        both = [
            p
            for p in self.claims.about(request.options[0], request.sources)
            if len(request.options) > 1 and set(request.options) <= set(p.options)
        ]
        if both:
            names = joined([self._name(option) for option in request.options])
            self._listing(draft, f"On {names} together", both[:MAX_FIT])
        for option in request.options:
            hits = self.retriever.search(
                request.search, SEARCHED, sources=request.sources, options=(option,), alone=True
            )
            nearness = {hit.passage.id: hit.score for hit in hits}
            stated = [p for p in self.claims.taking("fit", option, request.sources) if p not in draft.passages]
            stated = in_turn(sorted(stated, key=lambda p: -nearness.get(p.id, 0.0)))
            # Where the sources state few conditions, what they say the option is good for has to tell.
            merits = [h.passage for h in hits if option in h.passage.options and h.passage.stance in ("neutral", "pro")]
            merits.sort(key=lambda p: not _CONDITION.search(fold(p.text)))
            chosen = [*stated, *merits[: max(MIN_FIT - len(stated), 0)]][:MAX_FIT]
            if chosen:
                title = f"When {self._name(option)} fits, and when not"
                self._listing(draft, title, chosen, ranked=True)
        self._word_notes(draft, request.options)
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

    def fact(self, passages: Sequence[Passage]) -> Draft:
        """The passages found for a question: prose when few, a list when many; pros and cons are said to be such."""
        draft = Draft()
        groups = [(label, list(group)) for label, group in groupby(passages, key=self._label)]
        documents = attributed(self.claims.documents(passages))
        if len(passages) <= 2:
            draft.paragraph(" ".join(label + " ".join(map(draft.claim, group)) for label, group in groups))
            draft.paragraph(f"*From {documents}.*")
            return draft
        sections = {p.section for p in passages}
        where = f", {escape(sections.pop())}" if len(sections) == 1 else ""
        draft.paragraph(f"From {documents}{where}:")
        draft.paragraph("\n".join(f"- {label}{draft.claim(p)}" for label, group in groups for p in group))
        return draft

    def origin(self, passages: Sequence[Passage]) -> Draft:
        """Where the last answer comes from: its passages, source by source and section by section."""
        draft = Draft()
        names = {id_: escape(short_name(document.source)) for id_, document in self.library.documents.items()}
        lines = [f"- {names[p.document_id]}, {escape(p.section)}: {draft.claim(p)}" for p in passages]
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
        self, draft: Draft, title: str, claims: Sequence[Passage], *, counted: bool = True, ranked: bool = False
    ) -> None:
        """A titled list of claims, source by source, the one with most first; as they stand unless they are ranked."""
        documents = self.claims.documents(claims)
        count = f"{spelt(len(claims))} " if counted else ""
        draft.paragraph(f"**{title}**, {count}from {attributed(documents)}:")
        for document in documents:
            if len(documents) > 1:
                draft.paragraph(f"*{escape(short_name(document.source))}*")
            own = [p for p in claims if p.document_id == document.id]
            draft.bullets(own if ranked else sorted(own, key=self.claims.place))

    def _extras(self, draft: Draft, request: Request) -> None:
        """Adds what the question asked beyond the list, when the library has it."""
        message = request.message
        left = [
            w for w in request.topic if not any(self.retriever.vocabulary.covers(p, w, message) for p in draft.passages)
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
        )
        extras = [
            hit.passage
            for hit in hits
            if hit.cosine >= EXTRA_COSINE
            and set(hit.passage.options) & set(request.options)
            and any(self.retriever.vocabulary.covers(hit.passage, word, message) for word in left)
        ][:MAX_EXTRAS]
        if extras:
            draft.paragraph("**On the rest of your question:**")
            draft.bullets(extras)

    def _aspects(self, draft: Draft, request: Request, options: Sequence[str]) -> None:
        """The claims of each option that bear on the aspects asked about; says so of an option that has none."""
        found: dict[str, list[Passage]] = {}
        for option in options:
            own = [p for p in self.claims.about(option, request.sources) if p.options == (option,)]
            weights = {
                p: sum(
                    self.retriever.vocabulary.idf(w.root)
                    for w in request.topic
                    if self.retriever.vocabulary.covers(p, w, request.message)
                )
                for p in own
            }
            best = sorted((p for p in own if weights[p] > 0), key=lambda p: -weights[p])
            # A claim that bears on less than half of what the best one bears on is off the point.
            found[option] = [p for p in best if weights[p] > weights[best[0]] / 2][:MAX_ASPECT_CLAIMS]
        if not any(found.values()):
            return
        lines = []
        for option, passages in found.items():
            lines += [f"- {self._label(p, option)}{draft.claim(p)}" for p in passages]
            if not passages:
                lines.append(f"- **{self._name(option)}:** the sources say nothing on this.")
        draft.paragraph("**On what you asked about:**")
        draft.paragraph("\n".join(lines))

    def _word_notes(self, draft: Draft, options: Sequence[str]) -> None:
        """Says why a source's passages stand under an option that the source calls by another word."""
        for term in self.pack.terms:
            word = set(content_stems(term.words[0]))
            for sense in term.senses:
                if sense.option is None or sense.option not in options or not sense.note:
                    continue
                if word & set(content_stems(self._name(sense.option))):
                    continue
                cited = [p for p in draft.passages if p.document_id == sense.source and sense.option in p.options]
                if called := [p for p in cited if word & set(content_stems(p.embedding_text))]:
                    draft.paragraph(f"*{escape(sense.note)}* {draft.marker(called[0])}")

    def _label(self, passage: Passage, option: str | None = None) -> str:
        """Opens a pro or a con with what it is and of what, lest it be read as neutral; "" for other claims."""
        about = [option] if option else [*passage.options] if passage.stance in _HEADINGS else []
        if not about:
            return ""
        role = {"pro": " (pro)", "con": " (con)"}.get(passage.stance, "")
        return f"**{joined([self._name(id_) for id_ in about])}{role}:** "

    def _name(self, option: str) -> str:
        return escape(self.pack.option(option).name)
