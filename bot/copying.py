"""Finds the mistake of a model that copies: a passage's words in its order, but for one that has been changed.

By the words that they share, such a sentence and the passage are all but equal, so no score of overlap shows it.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import pairwise

from ingest.lexicon import STOPWORDS, stem, tokens

__all__ = ["changed_words"]

# So many words in a row on either side, or the sentence's end, make a copy: fewer meet by chance.
MIN_RUN = 3
# Longer stretches are put in other words, not mistaken.
MAX_CHANGED = 3
# Two spellings or forms of one word ("practised", "practiced").
SAME_WORD = 0.75


def changed_words(sentence: str, passage: str) -> tuple[str, str] | None:
    """The first words of a passage that a copy of it has exchanged, and what stands there instead; None where none are.

    Args:
        sentence: What was written.
        passage: What it may have been copied from.
    """
    there, here = tokens(passage), tokens(sentence)
    codes = SequenceMatcher(None, there, here, autojunk=False).get_opcodes()
    last = len(codes) - 1
    for n, ((_, _, _, before, start), (kind, i, j, a, b)) in enumerate(pairwise(codes), start=1):
        if kind != "replace" or max(j - i, b - a) > MAX_CHANGED or start - before < MIN_RUN:
            continue
        # Behind the sentence's end, the passage may go on.
        runs_on = n == last or codes[n + 1][4] - codes[n + 1][3] >= MIN_RUN or codes[n + 1][4] == len(here)
        if codes[n - 1][0] == "equal" and runs_on and not _same(there[i:j], here[a:b]):
            return " ".join(there[i:j]), " ".join(here[a:b])
    return None


def _same(one: list[str], other: list[str]) -> bool:
    """Whether nothing that tells is changed: words of no subject, or other forms of the same words."""
    ours, theirs = ([word for word in words if word not in STOPWORDS] for words in (one, other))
    if not ours or not theirs:
        return True
    alike = zip(ours, theirs, strict=False)
    return len(ours) == len(theirs) and all(
        stem(a) == stem(b) or SequenceMatcher(None, a, b).ratio() >= SAME_WORD for a, b in alike
    )
