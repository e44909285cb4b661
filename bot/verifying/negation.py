"""Denials: a negation in a sentence that its passage lacks at that place, or the reverse.

Owns the words that deny and where their like is looked for on the other side. A word that only leans towards denial
("unable", "lack", "impossible") excuses a "not" on the other side but does not demand one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.verifying.alignment import VERBATIM
from bot.verifying.denials import DENIES as _DENIES
from bot.verifying.denials import denials
from ingest.lexicon import stem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.verifying.alignment import Match
    from bot.verifying.grounds import Evidence
    from bot.verifying.reading import Sentence, Word

__all__ = ["added_denial", "dropped_denial", "says_nothing_known", "unfounded_denial"]

_LEANS = frozenset(
    """lack lacks lacked lacking unable fail fails failed failing failure refuse refuses refused deny denies denied
    prohibit prohibits prohibited forbid forbids forbidden forbade prevent prevents prevented impossible unlikely few
    little absent absence avoid avoids avoided except unless instead rather stop stops stopped ceased cease ban bans
    banned exclude excludes excluded excluding missing zero minus reject rejects rejected illegal invalid""".split()
)
_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "de")
# Where a denial's like may stand, in words beyond the nearest words that both sides share.
REACH = 3
# Letters that a word has at least beside a prefix that denies.
MIN_BASE = 5
# Words before and behind a denial that say what is denied; words around one of the passages' in which they are looked
# for; and the share of them that must be there.
BEFORE, BEHIND = 4, 5
WINDOW = 8
SHARED = 0.6
# Words between the two neighbours of a dropped denial.
MAX_GAP = 2


def _leans(word: Word) -> bool:
    return word.low in _LEANS


def _opposed(word: Word, others: frozenset[str]) -> bool:
    """Whether a word is one of the other side's with a prefix that denies: "impossible" against "possible"."""
    # "Seamless" has nothing to do with "seam" unless the other side has it.
    base = word.low.removesuffix("less")
    return (
        (base != word.low and stem(base) in others)
        or any(
            word.stem.startswith(prefix)
            # "Inform" is no opposite of "form".
            and len(word.stem) - len(prefix) >= MIN_BASE
            and word.stem[len(prefix) :] in others
            for prefix in _PREFIXES
        )
    )


def _denied_elsewhere(match: Match, n: int, evidence: Evidence) -> bool:
    """Whether some sentence of the passages denies something in much the same words."""
    words = match.sentence.words
    around = [
        k for k in (*range(max(0, n - BEFORE), n), *range(n + 1, min(n + 1 + BEHIND, len(words)))) if words[k].content
    ]
    wanted = {match.stems[k] for k in around}
    if not wanted:
        return True
    for there, stems in evidence.denying:
        for j in there:
            window = set(stems[max(0, j - WINDOW) : j + WINDOW + 1])
            if len(wanted & window) >= SHARED * len(wanted):
                return True
    return False


_CONDITIONS = frozenset("if whether unless may might".split())


def _hedged(words: Sequence[Word], n: int) -> bool:
    """Whether a denial is a condition or a possibility ("if you do not", "may not be"), or a contrast (", not")."""
    return words[n].comma or any(word.low in _CONDITIONS for word in words[max(0, n - 5) : n])


_SOURCES = frozenset(
    """document documents text texts passage passages source sources context article articles information details
    detail mention mentions mentioned specify specifies specified state stated""".split()
)


_OPINIONS = frozenset("know knew sure think believe remember mind worry".split())


def says_nothing_known(words: Sequence[Word], n: int) -> bool:
    """Whether a denial speaks of the sources: "the documents do not say", "I have no information on"."""
    return any(word.low in _SOURCES for word in words[max(0, n - 4) : n + 6])


def _between_neighbours(match: Match, n: int) -> bool:
    """Whether the words right before and behind a denial stand side by side in the passage: it was put between them."""
    if not 0 < n < len(match.pairs) - 1:
        return False
    before, behind = match.pairs[n - 1], match.pairs[n + 1]
    return before is not None and behind == before + 1


def added_denial(match: Match, evidence: Evidence) -> list[str]:
    """Words of denial in the sentence that find none in the passage at their place.

    Returns:
        The sentence's words.
    """
    here, there = match.sentence.words, match.other.words
    copied = match.share >= VERBATIM
    own = denials(here, all_of_them=copied)
    if copied:
        # "Fails to" or "is unable to" put into a copy denies it as "not" does.
        put_in = [n for step in match.steps if step.kind == "insert" for n in range(step.first, step.last)]
        own = sorted({*own, *(n for n in put_in if _leans(here[n]))})
    if not own:
        return []
    stems = frozenset(match.stems)
    theirs = denials(there, all_of_them=copied)
    taken: set[int] = set()
    found = []
    for n in own:
        low, high = match.place(n)
        near = [j for j in theirs if j not in taken and low - REACH <= j <= high + REACH]
        if near:
            middle = (low + high) / 2
            taken.add(min(near, key=lambda j: abs(j - middle)))
            continue
        if (
            not copied
            and not _between_neighbours(match, n)
            and (_hedged(here, n) or says_nothing_known(here, n) or _denied_elsewhere(match, n, evidence))
        ):
            continue
        if _between_neighbours(match, n):
            found.append(here[n].text)
            continue
        window = there[max(0, low - REACH) : high + REACH + 1]
        if any(_leans(one) or _opposed(one, stems) for one in window):
            # What leans towards denial on both sides is no excuse: "not unable" against "unable".
            lows = {one.low for one in here}
            if any((_leans(one) or _opposed(one, stems)) and one.low not in lows for one in window):
                continue
        found.append(here[n].text)
    return found


def unfounded_denial(sentence: Sentence) -> list[str]:
    """Reasons against a sentence that shares no word with the passages and denies something all the same."""
    words = sentence.words
    if sentence.question or any(word.low in _OPINIONS for word in words):
        return []
    return [
        f"nothing in the passage bears out {words[n].text!r}"
        for n in denials(words)
        if not says_nothing_known(words, n)
    ][:1]


def dropped_denial(match: Match) -> list[str]:
    """Words of denial in the passage whose neighbours the sentence has side by side without any.

    Returns:
        The passage's words around the denial.
    """
    here, there = match.sentence.words, match.other.words
    copied = match.share >= VERBATIM
    own = set(denials(here, all_of_them=copied))
    found = []
    for j in denials(there, all_of_them=copied):
        right = next(
            (
                k
                for k in range(j + 1, min(j + 4, len(there)))
                if there[k].low not in _DENIES and there[k].low not in {"longer", "been", "be"}
            ),
            None,
        )
        left = next(
            (
                k
                for k in range(j - 1, max(j - 4, -1), -1)
                if there[k].low not in _DENIES and there[k].low not in {"do", "does", "did"}
            ),
            None,
        )
        if right is None:
            continue
        after = match.here(right)
        before = match.here(left) if left is not None else None
        if after is None:
            continue
        if before is None:
            # At the start of the passage's sentence ("No model is ...") the right-hand words alone place it.
            more = match.here(right + 1) if right + 1 < len(there) else None
            if left is not None or more != after + 1:
                continue
            before = max(after - 1, 0)
        if not 0 <= after - before <= MAX_GAP + 1:
            continue
        window = here[max(0, before - 2) : after + 3]
        # A denial of the sentence that answers another one of the passage's does not answer this one.
        if any(n in own and match.pairs[n] in {None, j} for n in range(max(0, before - 2), after + 3)) or any(
            (_leans(one) or one.low == "only") and one.stem not in match.others for one in window
        ):
            continue
        stems = frozenset(match.others)
        if any(_opposed(one, stems) for one in window):
            continue
        found.append(" ".join(one.text for one in there[max(0, j - 1) : right + 1]))
    return found
