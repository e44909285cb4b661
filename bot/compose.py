"""Writes answers from passages alone: no language model, and no claim without its citation.

Each function returns a `Draft`, or None when the passages do not answer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.draft import Draft, attributed, escape, joined, short_name, spelt
from ingest.lexicon import content_stems, fold

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.retrieve import Retriever
    from bot.types import Wanted
    from bot.understand import Request
    from ingest.library import Library
    from ingest.pack import Pack, Sense
    from ingest.types import Document, Passage, Stance

__all__ = ["Composer"]

_HEADINGS: dict[Stance, str] = {"pro": "Pros", "con": "Cons"}
# A further passage joins a list of claims only if it bears on what the list left out, and at least this near.
EXTRA_COSINE = 0.3
MAX_EXTRAS = 3
# How many claims tell when an option fits, and below how many stated conditions its merits are added.
MAX_FIT = 7
MIN_FIT = 4
SEARCHED = 30
MAX_ASPECT_CLAIMS = 3
# Above this many pros or cons of one option, a comparison names them instead of spelling them out.
MAX_FULL_CLAIMS = 5


@dataclass(frozen=True, slots=True)
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

    def write(self, request: Request) -> Draft | None:
        """The answer of the kind that was asked for; None when the library has nothing to make it of."""
        match request.intent:
            case "pros_cons":
                return self.pros_cons(request)
            case "compare":
                return self.compare(request)
            case "describe":
                return self.describe(request)
            case "fit":
                return self.fit(request)
            case "term":
                return self.term(request)
            case _:
                return None

    def pros_cons(self, request: Request) -> Draft | None:
        """All claims for or against the options, whose they are, and what else the question asked of them."""
        draft = Draft()
        found_any = False
        for option in request.options:
            for stance in request.wanted:
                claims = self._claims(option, stance, request.sources)
                if claims:
                    found_any = True
                    self._listing(draft, f"{_HEADINGS[stance]} of {self._name(option)}", claims)
                elif len(request.wanted) > 1 or len(request.options) > 1:
                    draft.paragraph(
                        f"**{_HEADINGS[stance]} of {self._name(option)}**: "
                        f"none are listed in {self._searched(request.sources)}."
                    )
        if not found_any:
            return None
        self._extras(draft, request)
        return draft

    def compare(self, request: Request) -> Draft | None:
        """The options side by side, the aspects that were asked about first."""
        known = [option for option in request.options if self._all(option, request.sources)]
        if len(known) < 2:
            return None
        draft = Draft()
        self._aspects(draft, request, known)
        rows: list[list[str]] = []
        kinds: tuple[tuple[Stance, str], ...] = (("neutral", "What it is"), ("pro", "Pros"), ("con", "Cons"))
        for stance, label in kinds:
            columns = [
                self._definition(option, request.sources)
                if stance == "neutral"
                else self._claims(option, stance, request.sources)
                for option in known
            ]
            # Long lists are compared by the names of their claims; the passages stand beside the answer.
            short = stance != "neutral" and max(map(len, columns)) > MAX_FULL_CLAIMS
            for document in self._documents([p for column in columns for p in column]):
                cells = [[p for p in column if p.document_id == document.id] for column in columns]
                rows.append(
                    [
                        f"**{label}**, {escape(short_name(document.source))}",
                        *(
                            "; ".join(map(draft.label, cell)) if short else " ".join(map(draft.claim, cell))
                            for cell in cells
                        ),
                    ]
                )
        names = joined([f"**{self._name(option)}**" for option in known])
        draft.paragraph(f"{names} side by side, from {attributed(self._documents(draft.passages))}:")
        draft.table(["", *(self._name(option) for option in known)], [[cell or "–" for cell in row] for row in rows])
        return draft

    def describe(self, request: Request) -> Draft | None:
        """What the options are, with their pros and cons by name."""
        draft = Draft()
        stances: tuple[Wanted, ...] = ("pro", "con")
        for option in request.options:
            definition = self._definition(option, request.sources, limit=4)
            fits = [p for p in self._all(option, request.sources) if p.stance == "fit"][:2]
            if not definition and not fits:
                continue
            draft.paragraph(f"**{self._name(option)}.** " + " ".join(draft.claim(p) for p in [*definition, *fits]))
            for stance in stances:
                if claims := self._claims(option, stance, request.sources):
                    draft.paragraph(f"**{_HEADINGS[stance]}:** " + "; ".join(draft.label(p) for p in claims) + ".")
            self._sense_notes(draft, option)
        for sense in self._other_senses(request):
            draft.paragraph(
                f"Beware of the word: {escape(sense.note or sense.label).rstrip('.')}."
                f"{self._sense_markers(draft, sense)}"
            )
        return draft if draft.passages else None

    def fit(self, request: Request) -> Draft | None:
        """When the options suit, by what the sources say of it."""
        draft = Draft()
        for option in request.options:
            hits = self.retriever.search(request.search, SEARCHED, sources=request.sources, options=(option,))
            nearness = {hit.passage.id: hit.score for hit in hits}
            stated = [p for p in self._all(option, request.sources) if p.stance == "fit"]
            stated = self._in_turn(sorted(stated, key=lambda p: -nearness.get(p.id, 0.0)))
            # Where the sources state few conditions, what they say the option is good for has to tell.
            others = [h.passage for h in hits if option in h.passage.options and h.passage.stance in ("neutral", "pro")]
            chosen = [*stated, *others[: max(MIN_FIT - len(stated), 0)]][:MAX_FIT]
            if chosen:
                self._listing(draft, f"When {self._name(option)} fits, and when not", sorted(chosen, key=self._place))
                self._sense_notes(draft, option)
        return draft if draft.passages else None

    def term(self, request: Request) -> Draft | None:
        """The meanings of a word that the sources use differently, each in its source's own terms."""
        if request.term is None:
            return None
        draft = Draft()
        lines = []
        for sense in request.term.senses:
            if passages := self._sense_passages(sense, request.term.words):
                source = self.library.documents[sense.source].source
                lines.append(f"- **{escape(short_name(source))}**: " + " ".join(draft.claim(p) for p in passages))
        if len(lines) < 2:
            return None
        draft.paragraph(
            f"No, the sources do not mean the same thing by “{request.term.words[0]}”; it differs by author:"
        )
        draft.paragraph("\n".join(lines))
        return draft

    def fact(self, passages: Sequence[Passage]) -> Draft:
        """The passages found for a question: prose when few, a list when many."""
        draft = Draft()
        if len(passages) <= 2:
            draft.paragraph(" ".join(self._with_stance(draft, p) for p in passages))
        else:
            sections = {p.section for p in passages}
            where = f", {escape(sections.pop())}" if len(sections) == 1 else ""
            draft.paragraph(f"From {attributed(self._documents(passages))}{where}:")
            draft.paragraph("\n".join(f"- {self._with_stance(draft, p)}" for p in passages))
        return draft

    def advice(self, passages: Sequence[Passage]) -> Draft:
        """What the sources advise for situations like the one described; no ranking."""
        draft = Draft()
        draft.paragraph(
            "I do not rank the options for you yet: that takes a decision rubric, which this version does not have. "
            "What the sources advise for situations like yours:"
        )
        draft.bullets(passages)
        return draft

    def _listing(self, draft: Draft, title: str, claims: Sequence[Passage]) -> None:
        documents = self._documents(claims)
        draft.paragraph(f"**{title}**, {spelt(len(claims))} from {attributed(documents)}:")
        for document in documents:
            if len(documents) > 1:
                draft.paragraph(f"*{escape(short_name(document.source))}*")
            draft.bullets([p for p in claims if p.document_id == document.id])

    def _documents(self, passages: Sequence[Passage]) -> list[Document]:
        """The documents of the passages, the one with most first."""
        count = Counter(p.document_id for p in passages)
        return [self.library.documents[id_] for id_, _ in count.most_common()]

    def _extras(self, draft: Draft, request: Request) -> None:
        """Adds what the question asked beyond the list, when the library has it."""
        shown = {passage.id for passage in draft.passages}
        left = [
            w for w in request.topic if not any(self.retriever.covers(p, w, request.message) for p in draft.passages)
        ]
        if not left:
            return
        hits = self.retriever.search(
            request.search, 10, sources=request.sources, options=request.options, exclude=shown
        )
        extras = [
            hit.passage
            for hit in hits
            if hit.cosine >= EXTRA_COSINE
            and hit.passage.stance in ("neutral", "fit")
            and set(hit.passage.options) & set(request.options)
            and any(self.retriever.covers(hit.passage, word, request.message) for word in left)
        ][:MAX_EXTRAS]
        if extras:
            draft.paragraph("**On the rest of your question:**")
            draft.bullets(extras)

    def _aspects(self, draft: Draft, request: Request, options: Sequence[str]) -> None:
        """The claims of each option that bear on the aspects asked about, if any."""
        lines = []
        for option in options:
            own = [p for p in self._all(option, request.sources) if p.options == (option,)]
            weights = {
                p: sum(
                    self.retriever.idf(w.root) for w in request.topic if self.retriever.covers(p, w, request.message)
                )
                for p in own
            }
            best = sorted((p for p in own if weights[p] > 0), key=lambda p: -weights[p])[:MAX_ASPECT_CLAIMS]
            lines += [f"- {self._with_stance(draft, p, option)}" for p in best]
        if lines:
            draft.paragraph("**On what you asked about:**")
            draft.paragraph("\n".join(lines))

    def _with_stance(self, draft: Draft, passage: Passage, option: str | None = None) -> str:
        """The claim; where it is a pro or a con, said so and of what, lest it be read as neutral."""
        about = [option] if option else list(passage.options) if passage.stance in _HEADINGS else []
        if not about:
            return draft.claim(passage)
        role = {"pro": " (pro)", "con": " (con)"}.get(passage.stance, "")
        return f"**{joined([self._name(id_) for id_ in about])}{role}:** {draft.claim(passage)}"

    def _claims(self, option: str, stance: Stance, sources: Collection[str]) -> list[Passage]:
        return [p for p in self._all(option, sources) if p.stance == stance]

    def _all(self, option: str, sources: Collection[str]) -> list[Passage]:
        return [p for p in self.library.passages if option in p.options and (not sources or p.document_id in sources)]

    def _definition(self, option: str, sources: Collection[str], limit: int = 2) -> list[Passage]:
        """The neutral claims that stand first under the option's own heading, source by source."""
        chosen: list[Passage] = []
        for document in self.library.documents:
            own = [
                p
                for p in self._all(option, sources)
                if p.document_id == document
                and p.stance == "neutral"
                and p.options == (option,)
                and len(p.heading_path) > 1
                and option in self._heading_options(p)
            ]
            chosen += own[:limit]
        return chosen

    def _heading_options(self, passage: Passage) -> tuple[str, ...]:
        # A passage that its text alone names the option for is a remark, not a definition.
        names = {fold(name): o.id for o in self.pack.options for name in (o.name, *o.aliases)}
        headings = " / ".join(fold(h) for h in passage.heading_path[1:])
        return tuple(id_ for name, id_ in names.items() if name in headings)

    def _other_senses(self, request: Request) -> list[Sense]:
        if request.term is None:
            return []
        return [
            s
            for s in request.term.senses
            if s.option not in request.options and (not request.sources or s.source in request.sources)
        ]

    def _sense_passages(self, sense: Sense, words: Sequence[str]) -> list[Passage]:
        """The passages in which a source says what it means by a word."""
        hits = self.retriever.search(
            f"{words[0]}: {sense.label}", 8, sources=(sense.source,), options=(sense.option,) if sense.option else ()
        )
        stems = set(content_stems(words[0]))
        with_word = [
            h.passage
            for h in hits
            if stems & set(content_stems(h.passage.text)) and h.passage.stance in ("neutral", "fit")
        ]
        return with_word[:2]

    def _sense_notes(self, draft: Draft, option: str) -> None:
        """Says why a passage that calls the option by another word stands among its claims."""
        for term in self.pack.terms:
            for sense in term.senses:
                cited = [p for p in draft.passages if p.document_id == sense.source and option in p.options]
                called = [p for p in cited if set(content_stems(term.words[0])) & set(content_stems(p.text))]
                own_name = set(content_stems(self.pack.option(option).name))
                if (
                    sense.option == option
                    and sense.note
                    and called
                    and not own_name & set(content_stems(term.words[0]))
                ):
                    draft.paragraph(f"*{escape(sense.note)}* {draft.marker(called[0])}")

    @staticmethod
    def _in_turn(passages: Sequence[Passage]) -> list[Passage]:
        """The passages, a source's best before another's second best, so that a cut leaves every source a voice."""
        rank: Counter[str] = Counter()
        turns = []
        for passage in passages:
            turns.append((rank[passage.document_id], passage))
            rank[passage.document_id] += 1
        return [passage for _, passage in sorted(turns, key=lambda turn: turn[0])]

    def _place(self, passage: Passage) -> tuple[int, int]:
        """Where a passage stands in the library."""
        return list(self.library.documents).index(passage.document_id), passage.position

    def _sense_markers(self, draft: Draft, sense: Sense) -> str:
        words = next(term.words for term in self.pack.terms if sense in term.senses)
        return "".join(f" {draft.marker(p)}" for p in self._sense_passages(sense, words)[:1])

    def _searched(self, sources: Collection[str]) -> str:
        documents = [d for id_, d in self.library.documents.items() if not sources or id_ in sources]
        return attributed(documents)

    def _name(self, option: str) -> str:
        return escape(self.pack.option(option).name)
