"""What belongs together: the same claim by two sources, and the advice that a source gives against a problem.

Works on names, words and embeddings of passages; it knows no subject. The thresholds were measured on the bundled
notes: see each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bot.language.shortening import label_of
from bot.language.vocabulary import stems_of_names
from ingest.lexicon import content_stems
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.index.library import Library
    from ingest.pack import Pack
    from ingest.types import Encoder, Passage

__all__ = ["Themes", "wants_remedy"]

# Claims of two sources whose texts are at least this near say the same. Of the 103 pairs in the notes (one option, one
# stance, two sources) only one is above it, at 0.79, and does; the next, at 0.73 and 0.69, do not.
SAME_COSINE = 0.75
# Advice belongs to the problem nearest to it, from here on: seven of the nine pieces of advice in the notes are at
# 0.65 or more, all at the right problem; the other two are at 0.54 and 0.56, at a wrong one, and are placed by order.
REMEDY_COSINE = 0.64
# So many claims are embedded at a time: as few as a question's texts are, for which the encoder is ready at once.
_TOGETHER = 8
_ADVICE_HEADING = phrase_pattern(("advice", "remedy", "remedies", "mitigation", "solution", "solutions"))
_WANTS_REMEDY = phrase_pattern(
    (
        "what should we do", "what can we do", "what could we do", "what do we do", "what to do", "do about",
        "should we tell", "do we tell", "what should i tell", "what should i do", "what can i do", "how do we avoid",
        "how can we avoid", "how to avoid", "avoid", "prevent", "remedy", "remedies", "advice", "advised", "mitigate",
        "mitigation", "deal with", "cope with", "handle", "fix", "overcome", "counter", "how do we answer",
        "against it",
    )
)  # fmt: skip


def wants_remedy(message: str) -> bool:
    """Whether a message (folded) asks what to do about something."""
    return bool(_WANTS_REMEDY.search(message))


@dataclass(frozen=True)
class Themes:
    """Finds what belongs together in one library.

    Attributes:
        library: Whose claims.
        pack: How options are called; those words join nothing.
        encoder: Embeds the claims, each once.
    """

    library: Library
    pack: Pack
    encoder: Encoder

    def grouped(self, claims: Sequence[Passage]) -> list[list[Passage]]:
        """The claims in their order, each with those of other sources that say the same."""
        if len({claim.document_id for claim in claims}) > 1:
            self._embed([claim for claim in claims if label_of(claim)[0]])
        groups: list[list[Passage]] = []
        for claim in claims:
            home = next((g for g in groups if any(self._same(claim, other) for other in g)), None)
            if home is None:
                groups.append([claim])
            else:
                home.append(claim)
        return groups

    def warm_up(self) -> None:
        """Embeds what will be asked for, so that the first comparison does not wait for it."""
        for option in self.pack.options:
            for stance in ("pro", "con"):
                claims = [p for p in self.library.of_option(option.id) if p.stance == stance]
                self.grouped(claims)
                for claim in claims:
                    self.remedies(claim)

    def remedies(self, problem: Passage) -> list[Passage]:
        """What the problem's own source advises against it."""
        return self._remedies(problem.document_id).get(problem.id, []) if problem.stance == "con" else []

    def _same(self, one: Passage, other: Passage) -> bool:
        """Whether two claims of two sources say the same: their names share a word, or their texts lie close by."""
        if one.document_id == other.document_id:
            return False
        if self._name_stems(one) & self._name_stems(other):
            return True
        return bool(label_of(one)[0] and label_of(other)[0]) and self._cosine(one, other) >= SAME_COSINE

    def _name_stems(self, passage: Passage) -> frozenset[str]:
        return frozenset(content_stems(label_of(passage)[0])) - self._option_stems

    def _remedies(self, document_id: str) -> dict[str, list[Passage]]:
        """The advice of a document, by the passage of the problem that it is against."""
        if document_id in self._advised:
            return self._advised[document_id]
        found: dict[str, list[Passage]] = {}
        own = [p for p in self.library.of_document(document_id) if p.stance in ("con", "neutral")]
        sections: dict[tuple[str, ...], list[Passage]] = {}
        for passage in own:
            if passage.stance == "neutral" and _ADVICE_HEADING.search(passage.heading.lower()):
                sections.setdefault(passage.heading_path, []).append(passage)
        for advice in sections.values():
            problems = [p for p in own if p.stance == "con" and p.options == advice[0].options]
            for piece, problem in zip(advice, self._matched(advice, problems), strict=True):
                if problem is not None:
                    found.setdefault(problem.id, []).append(piece)
        self._advised[document_id] = found
        return found

    @cached_property
    def _advised(self) -> dict[str, dict[str, list[Passage]]]:
        return {}

    def _matched(self, advice: Sequence[Passage], problems: Sequence[Passage]) -> list[Passage | None]:
        """The problem that each piece of advice is against.

        A source gives its advice in the order of its problems; so what is near none of them belongs to the one
        problem between those of its neighbours, if there is just one.
        """
        self._embed([*advice, *problems])
        places: list[int | None] = []
        for piece in advice:
            cosines = [self._cosine(piece, problem) for problem in problems]
            best = max(cosines, default=0.0)
            places.append(cosines.index(best) if best >= REMEDY_COSINE else None)
        known = [place for place in places if place is not None]
        if known == sorted(known):
            places = [place if place is not None else _between(places, at) for at, place in enumerate(places)]
        return [None if place is None else problems[place] for place in places]

    def _cosine(self, one: Passage, other: Passage) -> float:
        return float(self._vectors[one.id] @ self._vectors[other.id])

    def _embed(self, passages: Sequence[Passage]) -> None:
        """Embeds what will be compared, each passage once."""
        new = [passage for passage in passages if passage.id not in self._vectors]
        for first in range(0, len(new), _TOGETHER):
            some = new[first : first + _TOGETHER]
            vectors = self.encoder.encode([passage.text for passage in some])
            self._vectors.update(zip((passage.id for passage in some), vectors, strict=True))

    @cached_property
    def _vectors(self) -> dict[str, NDArray[np.float32]]:
        return {}

    @cached_property
    def _option_stems(self) -> frozenset[str]:
        return stems_of_names(self.pack.options)


def _between(places: Sequence[int | None], at: int) -> int | None:
    """The one place that lies between those of the neighbours; None when there is no such place, or more than one."""
    before = next((place for place in reversed(places[:at]) if place is not None), None)
    after = next((place for place in places[at:] if place is not None), None)
    return before + 1 if before is not None and after is not None and after - before == 2 else None
