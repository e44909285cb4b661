"""Finds the mistake of a model that copies: a passage's words in its order, but for one that has been changed.

By the words that they share, such a sentence and the passage are all but equal, so no score of overlap shows it.
"""

from __future__ import annotations

from difflib import SequenceMatcher

from ingest.lexicon import STOPWORDS, stem, tokens

__all__ = ["changed_words"]

# So many words in a row on either side, or the sentence's end, make a copy: fewer meet by chance.
MIN_RUN = 3
# Longer stretches are put in other words, not mistaken.
MAX_CHANGED = 3
# Two spellings or forms of one word ("practised", "practiced").
SAME_WORD = 0.75


def changed_words(sentence: str, passage: str, above: str = "") -> tuple[str, str] | None:
    """The first words of a passage that a copy of it has exchanged, and what stands there instead; None where none are.

    Args:
        sentence: What was written.
        passage: What it may have been copied from.
        above: What stands above the passage: a sentence may open with its subject from there.
    """
    there, here = tokens(passage), tokens(sentence)
    known = {stem(word) for word in (*there, *tokens(above))}
    codes = SequenceMatcher(None, there, here, autojunk=False).get_opcodes()
    for n, (kind, i, j, a, b) in enumerate(codes):
        if kind != "replace" or max(j - i, b - a) > MAX_CHANGED or _same(there[i:j], here[a:b]):
            continue
        run_before = codes[n - 1][4] - codes[n - 1][3] if n else 0
        run_after = codes[n + 1][4] - codes[n + 1][3] if n + 1 < len(codes) else 0
        within = run_before >= MIN_RUN and (run_after >= MIN_RUN or b + run_after == len(here))
        opening = max(i, a) < MIN_RUN <= run_after and not {stem(word) for word in here[a:b]} <= known
        if within or opening:
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
