"""Who does what to whom: words that changed places, or gave way to others.

Order alone proves nothing ("in May he left" and "he left in May" agree); what counts is that two terms changed places
around words that stayed, or that one stands where the passage has another between the same neighbours. A passive turns
roles round, so both voices are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.verifying.alignment import VERBATIM, written_as_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.verifying.alignment import Match
    from bot.verifying.grounds import Evidence
    from bot.verifying.reading import Word

__all__ = ["held", "replaced_names", "swapped"]

# Between members of a list order says nothing, nor between the two sides of these words.
_CONNECTORS = frozenset(
    """and or nor also with along between among the a an both either plus & than then too while whereas versus
    vs""".split()
)
_LINKS = frozenset(
    """in on at by for from with without to into of after before during since until when while if because although
    though as along based beyond using through under over between among within across against despite via per like
    unlike due according once where that as""".split()
)
_DEFINITE = frozenset("the this that these those its his her their such".split())
_LISTING = frozenset({"and", "or", "nor", "&", "plus", "both", "either", "between"})
_COMPARING = frozenset({"than"})
_SYMMETRIC = frozenset("similar same equal equivalent differ different married versus marri equival".split())
_BE = frozenset("be is are was were been being am become becomes became get gets got".split())
# Share of the content words between two terms that both sides must have, for these to have changed places around them.
SAME_BETWEEN = 0.6
# Words between two terms beyond which they have little to do with each other.
MAX_BETWEEN = 25
# Blocks that are compared in pairs; a sentence of more is a list or no sentence.
MAX_BLOCKS = 40
# Only a sentence that has this share of its content words in one sentence of the passage is read for changed places.
COVERED = 0.75
# Words that begin with this share of the same letters are forms of one word.
SAME_LETTERS = 0.6


@dataclass(frozen=True, slots=True)
class _Block:
    """Neighbours in the sentence that are neighbours in the passage: words `first..first+length` against `there..`."""

    first: int
    there: int
    length: int


def _blocks(match: Match) -> list[_Block]:
    found: list[_Block] = []
    for n, j in enumerate(match.pairs):
        if j is None:
            continue
        if found and found[-1].first + found[-1].length == n and found[-1].there + found[-1].length == j:
            last = found[-1]
            found[-1] = _Block(last.first, last.there, last.length + 1)
        else:
            found.append(_Block(n, j, 1))
    return [
        one
        for one in found
        if any(_names_something(word) for word in match.sentence.words[one.first : one.first + one.length])
    ]


def _names_something(word: Word) -> bool:
    """Whether a word may be a term: adverbs and words that only link take any place."""
    return word.content and word.low not in _LINKS and word.low != "longer" and not word.low.endswith("ly")


def swapped(match: Match) -> list[str]:
    """Pairs of terms that changed places around the same words.

    Returns:
        "A ... B" as the passage has them.
    """
    if traded := _traded(match):
        return traded
    blocks = _blocks(match)[:MAX_BLOCKS]
    if all(a.there < b.there for a, b in pairwise(blocks)):
        return _turned(match, blocks)
    if match.cover < COVERED:
        return []
    for n, one in enumerate(blocks):
        if _adjunct(match, one):
            continue
        for other in blocks[n + 1 :]:
            if other.first - one.first - one.length > MAX_BETWEEN:
                break
            if one.there < other.there or _adjunct(match, other):
                continue
            if _around_same(match, one, other) or (match.share >= VERBATIM and _side_by_side(match, one, other)):
                return [f"{_words(match, other)} … {_words(match, one)}"]
    return _turned(match, blocks)


def _traded(match: Match) -> list[str]:
    """Two places of which each has the words that the passage has at the other."""
    words, others = match.sentence.words, match.other.words
    moves = []
    for step in match.steps:
        if step.kind == "replace":
            have = {match.stems[i] for i in range(step.first, step.last) if words[i].content}
            had = {match.others[j] for j in range(step.there, step.until) if others[j].content}
            if have and had and not have & had:
                moves.append((step, have, had))
    moves = moves[:MAX_BLOCKS]
    pairs = [
        (n, m)
        for n, (_, have, had) in enumerate(moves)
        for m, (_, have_later, had_later) in enumerate(moves[n + 1 :], start=n + 1)
        if have == had_later and have_later == had
    ]
    for n, m in pairs:
        step, later = moves[n][0], moves[m][0]
        # "A pays x, and B pays y" says the same as "B pays y, and A pays x": there all parts of both clauses trade.
        clauses = any(n < other < m < last or other < n < last < m for other, last in pairs)
        # A phrase that takes its own preposition along may stand anywhere.
        carried = _links(words, step.first, step.last) & _links(others, later.there, later.until)
        carried |= _links(words, later.first, later.last) & _links(others, step.there, step.until)
        voices = {
            any(word.low == "by" for word in words[step.first : later.last]),
            any(word.low == "by" for word in others[step.there : later.until]),
        }
        if not clauses and not carried and len(voices) == 1 and _telling(words[step.last : later.first]):
            return [f"{_text(others, step.there, step.until)} … {_text(others, later.there, later.until)}"]
    return []


def _links(words: Sequence[Word], start: int, end: int) -> set[str]:
    return {word.low for word in words[start:end] if word.low in _LINKS and word.low != "of"}


def _text(words: Sequence[Word], start: int, end: int) -> str:
    return " ".join(word.text for word in words[start:end])


def _adjunct(match: Match, block: _Block) -> bool:
    """Whether a block carries its own preposition or conjunction along: such a phrase may stand anywhere."""
    words = match.sentence.words[block.first : block.first + block.length]
    return words[0].low in _LINKS and len(words) > 1


def _side_by_side(match: Match, one: _Block, other: _Block) -> bool:
    """Whether two capitalised terms changed places with nothing but a comma between them, and are no list."""
    end = other.first + other.length
    if one.first + one.length != other.first or other.there + other.length != one.there:
        return False
    words = match.sentence.words
    if not (words[one.first].capital and words[other.first].capital):
        return False
    goes_on = end < len(words) and (words[end].comma or words[end].low in _LISTING)
    came_from = words[one.first].comma or (one.first > 0 and words[one.first - 1].low in _LISTING)
    return not goes_on and not came_from


def _words(match: Match, block: _Block) -> str:
    return " ".join(word.text for word in match.other.words[block.there : block.there + min(block.length, 4)])


def _around_same(match: Match, one: _Block, other: _Block) -> bool:
    """Whether two blocks that stand the other way round in the passage have the same words between them."""
    here = match.sentence.words[one.first + one.length : other.first]
    there = match.other.words[other.there + other.length : one.there]
    if not here or not there or len(there) > MAX_BETWEEN:
        return False
    stems = match.stems[one.first + one.length : other.first]
    others = match.others[other.there + other.length : one.there]
    content = {s for s, word in zip(stems, here, strict=True) if word.content}
    content_there = {s for s, word in zip(others, there, strict=True) if word.content}
    if any(word.low in _SYMMETRIC or word.stem in _SYMMETRIC for word in here):
        return False
    plain, plain_there = _telling(here), _telling(there)
    if content or content_there:
        both = len(content & content_there)
        if not content or both < SAME_BETWEEN * len(content):
            return False
        return _passive(match.sentence.words, one.first + one.length, other.first) == _passive(
            match.other.words, other.there + other.length, one.there
        )
    if not plain or plain != plain_there:
        return False
    # "A is the B" says the same as "the B is A"; "A is a B" does not.
    if set(plain) <= _BE and not {"a", "an"} & {word.low for word in here}:
        return False
    return _anchored(match, one, other)


def _telling(words: Sequence[Word]) -> list[str]:
    """Words without those that only join."""
    lows = " ".join(word.low for word in words).replace("as well as", "and").split()
    return [low for low in lows if low not in _CONNECTORS or low in _COMPARING]


def _anchored(match: Match, one: _Block, other: _Block) -> bool:
    """Whether what stands before or behind the two terms has stayed."""
    end, end_there = other.first + other.length, one.there + one.length
    before = match.stems[one.first - 1] if one.first else ""
    before_there = match.others[other.there - 1] if other.there else ""
    behind = match.stems[end] if end < len(match.stems) else ""
    behind_there = match.others[end_there] if end_there < len(match.others) else ""
    return before == before_there or behind == behind_there


def _passive(words: Sequence[Word], start: int, end: int) -> bool:
    lows = [word.low for word in words[start:end]]
    return "by" in lows and any(low in _BE or low.endswith(("ed", "en", "wn", "ght", "lt")) for low in lows)


def _turned(match: Match, blocks: list[_Block]) -> list[str]:
    """Terms in the same order around one verb, which only one of both sides has in the passive with "by"."""
    for one, other in (*pairwise(blocks), *zip(blocks, blocks[2:], strict=False)):
        here = match.sentence.words[one.first + one.length : other.first]
        there = match.other.words[one.there + one.length : other.there]
        if not here or not there or max(len(here), len(there)) > 5 or one.there > other.there:
            continue
        lows, lows_there = [w.low for w in here], [w.low for w in there]
        if (lows[-1] == "by") != (lows_there[-1] == "by"):
            longer = lows if lows[-1] == "by" else lows_there
            stems = {w.stem for w in here} & {w.stem for w in there}
            if stems and len(longer) >= 3 and longer[0] in _BE:
                return [" ".join(w.text for w in match.other.words[one.there : other.there + other.length][:9])]
    return []


def replaced_names(match: Match, evidence: Evidence) -> list[tuple[str, str]]:
    """Names that stand where the passage has another name between the same neighbours.

    Returns:
        (the passage's, the sentence's).
    """
    found = []
    moves = match.steps
    words, others = match.sentence.words, match.other.words
    for n, step in enumerate(moves):
        if step.kind != "replace" or not held(match, n):
            continue
        mine = [i for i in range(step.first, step.last) if words[i].content]
        theirs = [j for j in range(step.there, step.until) if others[j].content]
        if not mine or not theirs or len(mine) > 5 or len(theirs) > 5:
            continue
        have = {match.stems[i] for i in mine}
        had = {match.others[j] for j in theirs}
        if have & had:
            continue
        new = [evidence.is_name(words, match.stems, i) for i in mine]
        old = [evidence.is_name(others, match.others, j) for j in theirs]
        named = (all(new) and any(old)) or (any(new) and all(old))
        # "The company" may well be "Apple" where the passage's sentence before names it.
        definite = others[step.there].low in _DEFINITE and words[step.first].low not in _DEFINITE
        written = any(written_as_name(words, i) for i in mine)
        term = written or (len(mine) == step.last - step.first and evidence.is_term([match.stems[i] for i in mine]))
        copied = match.share >= VERBATIM and not definite and (any(new) or evidence.caseless or term)
        if not named and not copied:
            continue
        if not all(evidence.known[match.stems[i]] or words[i].capital for i in mine):
            continue
        if len(mine) == len(theirs) == 1 and _alike(words[mine[0]].low, others[theirs[0]].low):
            continue
        initials = "".join(others[j].low[0] for j in range(step.there, step.until))
        shorter = "".join(words[i].low[0] for i in range(step.first, step.last))
        both = {words[i].low for i in mine} | {others[j].low for j in theirs}
        if initials in both or shorter in both:
            continue
        found.append((" ".join(others[j].text for j in theirs), " ".join(words[i].text for i in mine)))
    return found


def _alike(one: str, other: str) -> bool:
    """Whether two words are spellings or forms of one: "Femmina" and "Femmine"."""
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= 4 and shared >= SAME_LETTERS * max(len(one), len(other))


def held(match: Match, n: int) -> bool:
    """Whether the words on both sides of a step are the same; an end of both sentences holds too."""
    moves = match.steps
    before = n > 0 and moves[n - 1].kind == "equal"
    behind = n + 1 < len(moves) and moves[n + 1].kind == "equal"
    starts = n == 0 or (n == 1 and moves[0].kind != "equal")
    ends = n + 1 == len(moves) or (n + 2 == len(moves) and moves[-1].kind != "equal")
    if before and behind:
        total = (moves[n - 1].last - moves[n - 1].first) + (moves[n + 1].last - moves[n + 1].first)
        return total >= 3
    if starts and behind:
        return moves[n + 1].last - moves[n + 1].first >= 3
    return ends and before and moves[n - 1].last - moves[n - 1].first >= 3
