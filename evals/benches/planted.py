"""Planted errors: supported sentences made false by one small change, to see whether the verifier notices.

Three kinds, each in several wordings: a number is changed, a negation is put in or taken out, two names change places
or one gives way to another of the same passage. The choice among the places and wordings is seeded by the item's id, so
that the same file gives the same errors everywhere. It shares no code with the verifier: what one misses the other may
see.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["KINDS", "Kind", "plant"]

Kind = Literal["number", "negation", "names"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion"
).split()
_ORDINALS = "second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth twentieth".split()
_OTHERS = {"twice": "three times", "once": "twice", "double": "triple", "doubled": "tripled", "half": "a third"}
# Numbers that are no claim: the mark of a list item.
_MARK = re.compile(r"(?:^|\n|[.:;!?])\s*[(\[*]*\d+[.)\]:]\s")
_DIGITS = re.compile(r"(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?(?:st|nd|rd|th|s|%)?(?![\w]|[.,]\d)")
_SPELT = re.compile(rf"\b(?:{'|'.join([*_WORDS, *_ORDINALS, *_OTHERS])})\b", re.IGNORECASE)


def plant(kind: Kind, sentence: str, passages: Sequence[str], seed: str) -> str | None:
    """The sentence with one error of a kind; None when it offers no place for it.

    Args:
        kind: What goes wrong.
        sentence: A sentence or response that its passages support.
        passages: Those passages; names are replaced by others of theirs.
        seed: Decides place and wording.
    """
    # A string seeds the generator the same way on every machine.
    chance = random.Random(f"{kind}:{seed}")  # noqa: S311 - no secret
    makers: dict[Kind, Callable[[str, Sequence[str], random.Random], list[str]]] = {
        "number": _numbers,
        "negation": _negations,
        "names": _names,
    }
    found = [one for one in makers[kind](sentence, passages, chance) if one != sentence]
    return chance.choice(found) if found else None


def _numbers(text: str, _: Sequence[str], chance: random.Random) -> list[str]:
    marks = [match.span() for match in _MARK.finditer(text)]
    found = []
    for match in _DIGITS.finditer(text):
        if not any(start <= match.start() < end for start, end in marks):
            found.append(_put(text, match, _other_digits(match[0], chance)))
    for match in _SPELT.finditer(text):
        word = match[0].lower()
        if word in _OTHERS:
            other = _OTHERS[word]
        else:
            group = _ORDINALS if word in _ORDINALS else _WORDS
            at = group.index(word)
            other = chance.choice([one for one in group[max(0, at - 4) : at + 5] if one != word])
            if word in {"hundred", "thousand", "million", "billion"}:
                other = chance.choice([one for one in ("hundred", "thousand", "million", "billion") if one != word])
        found.append(_put(text, match, other))
    return found


def _other_digits(written: str, chance: random.Random) -> str:
    found = re.fullmatch(r"([\d,]+)(?:\.(\d+))?(\D*)", written)
    if found is None:
        return written
    whole, decimals, tail = int(found[1].replace(",", "")), found[2], found[3]
    if tail in {"st", "nd", "rd", "th"}:
        new = max(1, whole + chance.choice([-2, -1, 1, 2, 3]))
        new = new if new != whole else whole + 1
        return f"{new}{'th' if 10 <= new % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(new % 10, 'th')}"
    if tail == "s":
        return f"{whole + chance.choice([-20, -10, 10])}s"
    if decimals is not None and chance.random() < 0.7:
        return f"{whole}.{(int(decimals) + chance.randint(1, 8)) % 10 ** len(decimals):0{len(decimals)}d}{tail}"
    if 1000 <= whole <= 2100 and "," not in found[1]:
        new = whole + chance.choice([-11, -10, -3, -2, -1, 1, 2, 4, 10])
    else:
        new = chance.choice([whole + 1, whole + chance.randint(2, 9), whole * 10, whole * 2 + 1, max(whole - 1, 0)])
    new = new if new != whole else whole + 1
    written_whole = f"{new:,}" if "," in found[1] else str(new)
    return f"{written_whole}{'.' + decimals if decimals is not None else ''}{tail}"


_AUXILIARY = re.compile(
    r"\b(is|are|was|were|has|have|had|does|do|did|can|could|will|would|should|must|may|might)\b(?! (?:not|n't|no|never)\b)(?!n't)(?!\?)",
    re.IGNORECASE,
)
_CONTRACTED = {"can": "can't", "will": "won't", "must": "mustn't"}
_PAST = re.compile(
    r"(?<=[a-z0-9] )([a-z]{2,}ed)\b(?= (?:the|a|an|in|on|by|to|at|its|his|her|their|from|as|for|with)\b)"
)
_VERB = re.compile(
    r"(?<=[a-z] )(helps|needs|gives|makes|takes|uses|provides|includes|contains|requires|becomes|offers|allows|means|keeps|"
    r"lives|plays|works|runs|covers|features|stars|tells|leads|goes|comes|shows|knows|belongs|grows|suits|fits|owns|builds)\b"
)
_REMOVABLE = re.compile(r"\s(?:not|never|n't|no longer)\b|(?<=[a-z])n't\b", re.IGNORECASE)
_WITH = re.compile(r"\bwith(?= (?!out|in)[a-z])")


def _negations(text: str, _: Sequence[str], chance: random.Random) -> list[str]:
    found = []
    for match in _AUXILIARY.finditer(text):
        verb = match[0].lower()
        have_noun = verb in {"has", "have", "had"} and re.match(r" (?:a|an|the|\d)\b", text[match.end() :])
        words = [" never", " not", " no longer"] if not have_noun else [" never", " no longer"]
        found.append(text[: match.end()] + chance.choice(words) + text[match.end() :])
        if verb not in {"may", "might"} and not have_noun:
            short = _CONTRACTED.get(verb, f"{match[0]}n't")
            found.append(
                text[: match.start()] + (short if match[0].islower() else short.capitalize()) + text[match.end() :]
            )
    for match in _PAST.finditer(text):
        before = text[: match.start()].split()[-1].lower()
        if before not in {
            "is",
            "are",
            "was",
            "were",
            "be",
            "been",
            "being",
            "and",
            "or",
            "the",
            "a",
            "an",
            "has",
            "have",
            "had",
        }:
            found.append(_put(text, match, f"{chance.choice(['never', 'no longer'])} {match[1]}"))
    for match in _VERB.finditer(text):
        verb = match[1]
        base = {"goes": "go", "makes": "make", "gives": "give", "takes": "take", "becomes": "become"}.get(
            verb, verb[:-1]
        )
        found.append(
            _put(
                text,
                match,
                chance.choice([f"does not {base}", f"doesn't {base}", f"never {verb}", f"no longer {verb}"]),
            )
        )
    removed = [
        _put(text, match, "")
        for match in _REMOVABLE.finditer(_plain(text))
        if "not only" not in _plain(text)[match.start() :][:10]
    ]
    without = [_put(text, match, "without") for match in _WITH.finditer(text)]
    # One draw among the ways that a sentence offers, so that the commonest way does not crowd out the others.
    ways = [one for one in (found, removed, without) if one]
    return chance.choice(ways) if ways else []


def _plain(text: str) -> str:
    """The text with "can't" and "won't" written so that their "n't" can be taken away."""
    return re.sub(r"\b([Cc])an(?='t\b)", r"\1ann", re.sub(r"\b([Ww])on't\b", r"\1illn't", text))


_NAME = re.compile(r"\b[A-Z][\w'’-]*[\w](?:\s+(?:of\s+(?:the\s+)?|de\s+|van\s+|von\s+)?[A-Z][\w'’-]*[\w])*")
# A capital after one of these, or at the start, may be a sentence's.
_STARTS = re.compile(r"(?:^|[.!?:;•*\n\"'(\[|=>#-]|\d\.)\s*$")
_NOUN = re.compile(
    r"\b(?:the|a|an|its|their|his|her)\s+([a-z][a-z-]{3,}(?:\s+(?!(?:that|which|with|from|have|will|were|into|than|when|where|who|also|and)\b)"
    r"[a-z][a-z-]{3,})?)(?=\s+(?:is|are|was|were|has|have|had|of|in|on|by|to|at|from|as|for|with|and|that|which|who|will|can)\b|[.,;])"
)
_NO_NAMES = frozenset(
    "The A An In On At It He She They We You I This That These Those But And Or If When While As For From With By To Of "
    "His Her Its Their Our My Your There Here Yes No Not Also However After Before Since Although Though Because During "
    "Many Most Some All Both Each Every One Two Three Four Five What Which Who How Why Where Then So Yeah Well Oh "
    "January February March April May June July August September October November December Monday Tuesday Wednesday "
    "Thursday Friday Saturday Sunday Only Other Another Such Unlike Like Despite According".split()
)


def _names(text: str, passages: Sequence[str], chance: random.Random) -> list[str]:
    spans = _named(text, passages)
    swapped = _swaps(text, spans)
    replaced = []
    others = sorted(set().union(*(_capitalised(passage) for passage in passages)))
    low = text.lower()
    others = [one for one in others if not any(word.lower() in low for word in one.split())]
    if spans and others:
        start, end = chance.choice(spans)
        other = chance.choice(others)
        replaced.append(text[:start] + (other.lower() if text[start:end].islower() else other) + text[end:])
    nouns = _swaps(text, [match.span(1) for match in _NOUN.finditer(text)])
    # A swap of names is what is asked for first; the other ways stand in where a sentence has no two names.
    ways = [one for one in (swapped, replaced if chance.random() < 0.5 else [], nouns if not swapped else []) if one]
    return chance.choice(ways) if ways else []


def _capitalised(text: str) -> set[str]:
    found = set()
    for match in _NAME.finditer(text):
        words = match[0].split()
        if _STARTS.search(text[max(0, match.start() - 4) : match.start()]):
            continue
        while words and words[0] in _NO_NAMES:
            words.pop(0)
        name = " ".join(words)
        # A word that also stands in small letters is no name.
        if len(name) > 2 and not re.search(rf"\b{re.escape(name.lower())}\b", text):
            found.add(name)
    return found


def _named(text: str, passages: Sequence[str]) -> list[tuple[int, int]]:
    """The places of names in a text, also where text and passage differ in capitals."""
    names = set().union(_capitalised(text), *(_capitalised(passage) for passage in passages))
    taken: list[tuple[int, int]] = []
    for name in sorted(names, key=lambda one: (-len(one), one)):
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE):
            if not any(start < match.end() and match.start() < end for start, end in taken):
                taken.append(match.span())
    return sorted(taken)


def _swaps(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """The text with two spans swapped, for all pairs that are not members of one list, where order says nothing."""
    found = []
    for n, (start, end) in enumerate(spans):
        for first, last in spans[n + 1 : n + 4]:
            one, other = text[start:end], text[first:last]
            if one.lower() in other.lower() or other.lower() in one.lower():
                continue
            # Whatever stands between them other than names must be more than commas and "and".
            between = text[end:first]
            for a, b in spans:
                if end <= a and b <= first:
                    between = between.replace(text[a:b], " ")
            if not re.sub(r"\b(?:and|or|the|with|as well as|a|an|&)\b|[,;&/()\s'\".-]", "", between.lower()):
                continue
            found.append(text[:start] + other + text[end:first] + one + text[last:])
    return found


def _put(text: str, match: re.Match[str], other: str) -> str:
    new = other.capitalize() if match[0][:1].isupper() and other else other
    return text[: match.start()] + new + text[match.end() :]
