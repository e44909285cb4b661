"""What speaks against a sentence: where it and the passage it goes back to disagree, in plain words.

Numbers are compared here; denials and roles in modules of their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.verifying.alignment import VERBATIM
from bot.verifying.attribution import misattributed
from bot.verifying.grounds import AROUND
from bot.verifying.negation import added_denial, dropped_denial, unfounded_denial
from bot.verifying.opposites import opposites
from bot.verifying.roles import replaced_names, swapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.language.numerals import Number
    from bot.verifying.alignment import Match
    from bot.verifying.grounds import Evidence
    from bot.verifying.reading import Sentence

__all__ = ["contradictions"]

# Another number of the passages is the one meant when its surroundings agree this much better ...
BETTER = 1.3
MUCH_BETTER = 2.0
# ... and share at least this much of what the sentence says around its number.
ENOUGH = 0.5
# A number may be rounded by this share where a word says so.
ROUNDING = 0.05
# "There are three kinds: ..." may count what the passage only lists, up to this.
MAX_OWN_COUNT = 10
_ROUNDERS = frozenset(
    "about around roughly approximately nearly almost over under some circa than least most up".split()
)
_MARK = re.compile(r"\s*[(\[*#]*\d+[.):\]]")
# Numbers of a sentence that are looked at, and numbers of the passages that each is compared with.
MAX_OWN = 40
MAX_NUMBERS = 400


def contradictions(sentence: Sentence, matches: Sequence[Match], evidence: Evidence) -> list[str]:
    """Reasons why a sentence is not what its passages say; none when nothing speaks against it.

    Args:
        sentence: The sentence.
        matches: It beside the passages' sentences that it may go back to, best first.
        evidence: Its passages.
    """
    found = _numbers(sentence, evidence, bool(matches) and matches[0].share >= VERBATIM)
    if not matches:
        return found + unfounded_denial(sentence)
    found += _agreed(
        [[f"{word!r} is not in the passage at this place" for word in added_denial(one, evidence)] for one in matches],
        matches,
    )
    best = matches[0]
    if best.share >= VERBATIM:
        found += _agreed([[_instead(*pair) for pair in _replaced(one)] for one in matches], matches)
    found += [f"the passage denies it: {words!r}" for words in dropped_denial(best)]
    found += _agreed(
        [[f"the passage has {pair!r} the other way round" for pair in swapped(one)] for one in matches], matches
    )
    found += _agreed(
        [[f"the passage says {old!r}, not {new!r}" for old, new in replaced_names(one, evidence)] for one in matches],
        matches,
    )
    found += _agreed(
        [[f"the passage says {old!r}, not {new!r}" for old, new in opposites(one)] for one in matches], matches
    )
    stems = evidence.synonyms.marks(sentence.stems)
    found += [
        f"the passage says this of {old!r}, not of {new!r}" for old, new in misattributed(sentence, stems, evidence)
    ]
    return list(dict.fromkeys(found))


def _agreed(found: Sequence[list[str]], matches: Sequence[Match]) -> list[str]:
    """The reasons of the best match, unless another that lies about as near has nothing against the sentence."""
    if not found or not found[0]:
        return []
    for reasons, match in zip(found[1:], matches[1:], strict=True):
        if not reasons and match.overlap >= 0.9 * matches[0].overlap and match.share >= matches[0].share - 0.1:
            return []
    return found[0]


def _numbers(sentence: Sentence, evidence: Evidence, copied: bool) -> list[str]:
    found = []
    own = _claimed(sentence)
    for number in own[:MAX_OWN]:
        context = _context(sentence, number, evidence)
        whole = sum(context.values())
        same = other = -1.0
        instead: Number | None = None
        for given, window in evidence.surroundings[:MAX_NUMBERS]:
            agreement = sum(weight for one, weight in context.items() if one in window)
            if _equal(number, given, sentence):
                same = max(same, agreement)
            elif agreement > other and not any(_equal(one, given, sentence) for one in own):
                other, instead = agreement, given
        close = whole and other >= ENOUGH * whole
        if same < 0:
            if not close and (number.vague or (not copied and _counted_up(number))):
                continue
            found.append(
                _instead(instead, number)
                if instead is not None and close
                else f"{number.written} is not in the passage"
            )
        elif (
            instead is not None
            and close
            and other > (BETTER if copied else MUCH_BETTER) * same
            and _alike(number, instead)
        ):
            found.append(_instead(instead, number))
    return found


def _claimed(sentence: Sentence) -> list[Number]:
    """The numbers of a sentence without the mark of a list's item."""
    return [number for number in sentence.numbers if not (number.first == 0 and _MARK.match(sentence.text))]


def _replaced(match: Match) -> list[tuple[Number, Number]]:
    """Numbers of a copy that stand where the passage has another: (the passage's, the sentence's)."""
    found = []
    for step in match.steps:
        if step.kind != "replace":
            continue
        mine = [one for one in _claimed(match.sentence) if step.first <= one.last and one.first < step.last]
        theirs = [one for one in _claimed(match.other) if step.there <= one.last and one.first < step.until]
        if len(mine) == len(theirs):
            found += [
                (given, number)
                for number, given in zip(mine, theirs, strict=True)
                if not _equal(number, given, match.sentence)
            ]
    return found


def _instead(given: Number, number: Number) -> str:
    return f"the passage says {given.written}, not {number.written}"


def _counted_up(number: Number) -> bool:
    """Whether a number may be the writer's own count of what the passage lists."""
    return number.kind == "count" and number.value in range(2, MAX_OWN_COUNT + 1)


def _alike(number: Number, other: Number) -> bool:
    return (number.kind == "ordinal") == (other.kind == "ordinal")


def _equal(number: Number, given: Number, sentence: Sentence) -> bool:
    if "code" in (number.kind, given.kind):
        return number.written == given.written
    if number.value == given.value:
        return True
    before = {word.low for word in sentence.words[max(0, number.first - 2) : number.first]}
    rounder = _digits(number.value) < _digits(given.value)
    return bool(before & _ROUNDERS) and rounder and abs(number.value - given.value) <= ROUNDING * abs(given.value)


def _digits(value: float) -> int:
    """Digits that a number needs beside noughts: 2 for 1,500, 4 for 1,503."""
    return len(f"{value:.6f}".replace(".", "").strip("0"))


def _context(sentence: Sentence, number: Number, evidence: Evidence) -> dict[str, float]:
    """Stems around a number with what each tells: the nearer and the rarer the more."""
    stems = evidence.synonyms.marks(sentence.stems)
    found: dict[str, float] = {}
    for n in range(max(0, number.first - AROUND), min(len(stems), number.last + AROUND + 1)):
        if number.first <= n <= number.last or not stems[n]:
            continue
        near = number.first - n if n < number.first else n - number.last
        weight = (1.0 if sentence.words[n].content else 0.35) * (1.3 if near == 1 else 1.0)
        if evidence.known[stems[n]]:
            found[stems[n]] = max(found.get(stems[n], 0.0), weight)
    return found
