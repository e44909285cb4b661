"""General English that structure and questions are read with: spelling, word forms, and words that show a stance.

Nothing here knows a subject. Words of a subject belong in its pack.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import Stemmer

__all__ = [
    "CONDITION_CUES",
    "DRAWBACK_WORDS",
    "GAIN_WORDS",
    "HEADING_CUES",
    "LEAD_IN_CUES",
    "QUESTION_WORDS",
    "STANCE_CUES",
    "STOPWORDS",
    "content_stems",
    "fold",
    "sentence_spans",
    "stem",
    "tokens",
]

# American forms become British ones, in the text and in the pack alike, so "centralized" finds "centralised".
# A word that wrongly looks American ("size" -> "sise") does no harm: both sides are folded the same way.
# Before each stands what a text must hold to match: to look for that takes a tenth of the time.
_SPELLINGS = (
    ("iz", re.compile(r"(?<=[a-z])iz(?=(?:e|es|ed|er|ers|ing|ation|ations|ational)\b)"), "is"),
    ("yz", re.compile(r"(?<=[a-z])yz(?=(?:e|es|ed|er|ers|ing)\b)"), "ys"),
    ("center", re.compile(r"\bcenter(?=s?\b)"), "centre"),
    ("or", re.compile(r"\b(behavi|col|fav|lab|neighb|harb)or(?=(?:s|ed|ing|ite|able)?\b)"), r"\1our"),
    ("model", re.compile(r"\bmodel(?=(?:ed|ing|er|ers)\b)"), "modell"),
    ("program", re.compile(r"\bprogram(?=s?\b)"), "programme"),
    ("vers", re.compile(r"\bversus\b"), "vs"),
    ("vs.", re.compile(r"\bvs\."), "vs"),
    ("up", re.compile(r"\bset[ -]up"), "setup"),
    ("up", re.compile(r"\bstart[ -]up"), "startup"),
    ("over-", re.compile(r"\bover-"), "over"),
)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "\u00a0": " "})
_JOINT = re.compile(r"[+/&.'-]")
_TOKEN = re.compile(r"[a-z0-9]+(?:[+/&.'-][a-z0-9]+)*\+?")

STOPWORDS = frozenset(
    """a about above after again all also am an and any are aren't as at be because been before being below between
    both but by can can't cannot could couldn't did didn't do does doesn't doing don't done down during each either else
    etc ever every few for from further get gets getting give gives go goes going got had has hasn't have haven't having he
    her here hers him his how however i i'd i'll i'm i've if in into is isn't it it's its just let let's lot lots many may me
    might more most much must my nearly need needs neither no nor not now of off ok okay on once one ones only onto or other others
    our ours out over own per please pls rather same shall she should shouldn't so some still such than that that's the
    their theirs them then there there's these they they're this those though through to too under until up upon us very via
    was wasn't we we'd we'll we're we've were weren't what what's whats when where whether which while who who's whom whose
    why will with within without won't would wouldn't yes yet you you're your yours""".split()
)
"""Words that carry no subject."""

QUESTION_WORDS = frozenset(
    """according actually advice bad best better good great worst worse advise answer article articles ask asked asking author authors bit call called case cases
    choose come consider decide describe detail details document documents exactly example examples explain find first fit fits give given
    happen hear hello help hey hi idea kind kinds know like list look main make makes mean means meant mention mentioned mentions name named names
    number one order paper people person piece point points post question quick read reading real really right say saying says see
    short show source sources specific state stated suggest suggests suit suits summarise summary talk tell thank thanks thing things think
    three two type types understand use used uses using version versions want way ways word words work works write writes wrote
    january february march april june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec
    afaik asap btw fyi haha hmm imho imo lol omg plz ppl thx umm wondering curious""".split()
)
"""Words of asking: they say what is wanted of the sources, not what the sources should speak of."""

STANCE_CUES: dict[str, tuple[str, ...]] = {
    "pro": (
        "pro", "pros", "advantage", "advantages", "benefit", "benefits", "strength", "strengths", "upside", "upsides", "gain", "gains",
        "plus points", "good points", "what it gives", "value",
    ),
    "con": (
        "con", "cons", "disadvantage", "disadvantages", "challenge", "challenges", "drawback", "drawbacks", "weakness", "weaknesses",
        "downside", "downsides", "problem", "problems", "risk", "risks", "pitfall", "pitfalls", "limitation", "limitations", "pain points",
        "prone to", "fail", "fails", "failure", "failures", "shortcomings", "issues",
    ),
    "fit": (
        "how to choose", "when to use", "when to choose", "when it fits", "who practises it", "who uses it", "best for", "suits", "suited",
        "fits", "is typical", "are typical", "choosing", "preferred", "recommended", "advised", "appropriate", "right for",
    ),
    "neutral": ("example", "examples", "remedy", "remedies", "advice", "solution", "solutions", "mitigation", "mitigations"),
}  # fmt: skip
"""Words in a heading or lead-in that show the stance of what stands under it."""

HEADING_CUES: dict[str, tuple[str, ...]] = {
    "pro": (
        "why it works", "what works", "what works well", "works well", "the good", "good sides", "good side", "what you gain", "reasons for", "merits", "merit", "in favour",
        "arguments for", "the case for", "positives", "what speaks for it", "wins", "opportunities", "plus",
    ),
    "con": (
        "where it hurts", "why it fails", "what doesn't work", "what does not work", "what doesn't", "the bad", "the ugly", "bad sides", "bad side", "what goes wrong",
        "what can go wrong", "what you lose", "what it costs", "the price", "reasons against", "arguments against", "the case against", "negatives", "what speaks against it",
        "caveat", "caveats", "difficulty", "difficulties", "concern", "concerns", "hurdle", "hurdles", "obstacle", "obstacles", "barriers", "threats", "minus", "watch out",
    ),
}  # fmt: skip
"""Further words in the heading of a document that announce pros or cons; in a question they may mean anything."""

LEAD_IN_CUES: dict[str, tuple[str, ...]] = {
    "pro": (
        "can help", "helps", "help you", "help us", "help ensure", "helps ensure", "ensures", "makes it easier", "make it easier", "makes it possible",
        "allows us to", "allows you to", "allows teams to", "enables us to", "enables you to", "enables teams to", "lets you", "lets us",
    ),
    "con": ("lead to the following", "leads to the following", "suffer from", "suffers from", "struggle with", "struggles with", "goes wrong", "go wrong", "reasons against"),
}  # fmt: skip
"""Words that, in the sentence over a list, show the stance of its points."""

DRAWBACK_WORDS = (
    "lack", "lacks", "lacking", "missing", "cost", "costs", "costly", "expensive", "repeated", "duplicated", "duplicate", "redundant", "inefficient", "ineffective",
    "slow", "slower", "slows", "delay", "delays", "difficult", "hard to", "harder", "cannot", "can't", "fail", "fails", "failure", "poor", "unclear", "inconsistent",
    "inconsistencies", "isolated", "silo", "silos", "siloed", "bottleneck", "bottlenecks", "overhead", "bureaucracy", "unsustainable", "limited", "breaks", "breakage",
    "conflict", "conflicts", "confusion", "waste", "wasted", "risk", "risky", "burden", "neglect", "neglected", "no visibility", "not shared", "not aligned",
)  # fmt: skip
"""Words of a point that tells of a drawback, where nothing above it says what the list is of."""

GAIN_WORDS = (
    "better", "easier", "faster", "cheaper", "improves", "improved", "saves", "reduces", "reduced", "avoids", "prevents", "lowers", "efficient", "consistent",
    "reuse", "reused", "simpler", "no longer", "instead of",
)  # fmt: skip
"""Words of a point that tells of a gain."""


CONDITION_CUES = (
    "suits", "suited", "suit", "fits", "best for", "ideal for", "preferred", "recommended", "advised", "appropriate", "practised by", "practised in", "may practise", "may practice", "common in",
    "is typical", "are typical", "in the early stages", "early stage", "at the start", "at the beginning", "when there are", "as an organisation grows", "as the organisation grows",
    "tend to work better", "becomes necessary", "works best", "work best", "becomes a bottleneck", "become the focus", "can be an advantage", "may benefit from",
)  # fmt: skip
"""Words of a claim that says under which conditions something is the choice."""


def fold(text: str) -> str:
    """Lower case, plain quotes and dashes, British spelling: the form in which words are compared."""
    # The same claims, names and words are folded for each question anew; what is longer than they is seldom met twice.
    return _folded_once(text) if len(text) <= _CLAIM else _folded(text)


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).translate(_QUOTES).lower()
    for needed, pattern, british in _SPELLINGS:
        if needed in folded:
            folded = pattern.sub(british, folded)
    return folded


_CLAIM = 400
_folded_once = lru_cache(maxsize=16_384)(_folded)


def tokens(text: str) -> list[str]:
    """The words of `text`, folded; "CI/CD", "R&D" and "business-led" are one word each."""
    return _TOKEN.findall(fold(text))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The word's stem by Porter's second English stemmer (Snowball)."""
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def content_stems(text: str) -> list[str]:
    """Stems of the words that carry a subject, in order; compounds also by their parts."""
    return [root for token in tokens(text) for root in _stems_of(token)]


@lru_cache(maxsize=65536)
def _stems_of(token: str) -> tuple[str, ...]:
    if token in STOPWORDS:
        return ()
    if token.isalnum():
        return (stem(token),)
    parts = (stem(part) for part in _JOINT.split(token) if len(part) > 2 and part not in STOPWORDS)
    return stem(token.removesuffix("'s")), *parts


_SENTENCE_END = re.compile(r"[.!?…]+[\"')\]”’]*\s+(?=[\"'(\[“‘]?[A-Z0-9•])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|dr|mr|mrs|ms|prof|st|no|fig|inc|ltd|co|dept)|\b[A-Z])\.\s+$", re.IGNORECASE
)


_LONGEST_ABBREVIATION = 8


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Offsets (start, end) of the sentences of `text`, without the space between them."""
    spans = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        # Only the last word is looked at, so that a text of nothing but abbreviations takes no longer than another.
        if _ABBREVIATION.search(text[max(start, match.start() - _LONGEST_ABBREVIATION) : match.end()]):
            continue
        spans.append((start, match.start() + len(match[0].rstrip())))
        start = match.end()
    if text[start:].strip():
        spans.append((start, len(text.rstrip())))
    return spans
