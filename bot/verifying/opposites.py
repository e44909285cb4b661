"""Words that turned into their opposites, or into a stronger or weaker word, between neighbours that stayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.verifying.denials import DENIES
from bot.verifying.roles import held

if TYPE_CHECKING:
    from bot.verifying.alignment import Match

__all__ = ["opposites"]

_PAIRS = [
    ("more", "less"), ("more", "fewer"), ("most", "least"), ("increase", "decrease"), ("increases", "decreases"),
    ("increased", "decreased"), ("increasing", "decreasing"), ("rise", "fall"), ("rose", "fell"), ("rises", "falls"),
    ("grow", "shrink"), ("grew", "shrank"), ("before", "after"), ("best", "worst"), ("better", "worse"),
    ("always", "never"), ("always", "sometimes"), ("always", "rarely"), ("often", "rarely"), ("often", "never"),
    ("usually", "rarely"), ("usually", "always"), ("sometimes", "never"), ("often", "always"), ("high", "low"),
    ("higher", "lower"), ("highest", "lowest"), ("all", "none"), ("all", "some"), ("some", "none"), ("some", "every"),
    ("many", "few"), ("most", "few"), ("many", "all"), ("most", "all"), ("some", "all"), ("some", "most"),
    ("few", "all"),
    ("larger", "smaller"), ("largest", "smallest"), ("bigger", "smaller"), ("big", "small"), ("large", "small"),
    ("long", "short"), ("longer", "shorter"), ("longest", "shortest"), ("fast", "slow"), ("faster", "slower"),
    ("early", "late"), ("earlier", "later"), ("earliest", "latest"), ("above", "below"), ("over", "under"),
    ("maximum", "minimum"), ("first", "last"), ("win", "lose"), ("won", "lost"), ("wins", "loses"), ("easy", "hard"),
    ("easier", "harder"), ("cheap", "expensive"), ("cheaper", "dearer"), ("strong", "weak"), ("stronger", "weaker"),
    ("north", "south"), ("east", "west"), ("northern", "southern"), ("eastern", "western"), ("male", "female"),
    ("man", "woman"), ("men", "women"), ("old", "young"), ("older", "younger"), ("oldest", "youngest"),
    ("can", "must"), ("may", "must"), ("might", "must"), ("could", "must"), ("open", "closed"), ("include", "exclude"),
    ("includes", "excludes"), ("with", "without"), ("pro", "con"), ("advantage", "disadvantage"),
    ("advantages", "disadvantages"), ("strength", "weakness"), ("possible", "impossible"), ("likely", "unlikely"),
    ("allow", "forbid"), ("allows", "forbids"), ("accept", "reject"), ("accepts", "rejects"), ("start", "end"),
    ("begin", "end"), ("began", "ended"), ("up", "down"), ("left", "right"), ("inside", "outside"), ("true", "false"),
    ("positive", "negative"), ("internal", "external"), ("upper", "lower"), ("buy", "sell"), ("bought", "sold"),
]  # fmt: skip
_OPPOSITES = frozenset(_PAIRS) | frozenset((b, a) for a, b in _PAIRS)


def opposites(match: Match) -> list[tuple[str, str]]:
    """Words that stand where the passage has their opposite, or another strength, between the same neighbours.

    Returns:
        (the passage's, the sentence's).
    """
    found = []
    words, others = match.sentence.words, match.other.words
    for n, step in enumerate(match.steps):
        if step.kind != "replace" or step.last - step.first > 2 or step.until - step.there > 2:
            continue
        before = n > 0 and match.steps[n - 1].kind == "equal"
        behind = n + 1 < len(match.steps) and match.steps[n + 1].kind == "equal"
        if not (before and behind) and not (held(match, n)):
            continue
        for i in range(step.first, step.last):
            for j in range(step.there, step.until):
                # "Not always" is "sometimes".
                denied = any(one.low in DENIES for one in (*words[max(0, i - 2) : i], *others[max(0, j - 2) : j]))
                if (others[j].low, words[i].low) in _OPPOSITES and not denied:
                    found.append((others[j].text, words[i].text))
    return found
