"""Words that deny, and where a sentence has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.verifying.reading import Word

__all__ = ["DENIES", "denials"]

DENIES = frozenset(
    "not never no without nor neither none nobody nothing nowhere hardly scarcely barely rarely seldom nay non".split()
)
# "Not only A but B" says A; "whether or not" and "no doubt" deny nothing.
_HARMLESS_NEXT = frozenset("only just merely simply doubt matter wonder".split())


def denials(words: Sequence[Word], *, all_of_them: bool = False) -> list[int]:
    """Places of words that deny.

    Args:
        words: The words of a sentence.
        all_of_them: Whether those count too that deny nothing by themselves, as in "not only" and "whether or not".
    """
    found = []
    for n, word in enumerate(words):
        if word.low not in DENIES:
            continue
        after = words[n + 1].low if n + 1 < len(words) else ""
        before = words[n - 1].low if n else ""
        if all_of_them:
            found.append(n)
            continue
        if after in _HARMLESS_NEXT or (word.low == "not" and before == "or"):
            continue
        # "No, he sang": an answer, not part of the claim. "No. 5" and "no 5" are numbers.
        if n == 0 and (word.low == "no" or after == "really") and n + 1 < len(words) and not words[n + 1].content:
            continue
        if word.low == "no" and ((n + 1 < len(words) and words[n + 1].comma) or after[:1].isdigit() or not after):
            continue
        found.append(n)
    return found
