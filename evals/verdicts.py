"""What a judge's reply says: yes or no, or a score. A reply that says neither holds no verdict; none is guessed at."""

from __future__ import annotations

import re

__all__ = ["read_score", "read_yes_no"]

_AROUND = " \t\n.,:;!?*_`#>\"'()[]"
# "Yes." and "No, since ..." are verdicts, whatever follows; "yes/no", "no doubt" and "yes or no" are not yet.
_AT_ONCE = re.compile(r"(yes|no)(?:\s*(?:[.,:;!*_`)\"—–-]|\n|\Z))")
_WORD = re.compile(r"\b(?:yes|no)\b")
_SCORE = re.compile(r"\W*(?:score\W+)?([1-4](?:\.\d+)?|5(?:\.0+)?)(?:\s*/\s*5)?[\s*_`.]*\Z", re.IGNORECASE)


def read_yes_no(text: str) -> float | None:
    """1 for yes and 0 for no, or None.

    A reply says what it begins with, where a stop follows the word; else what it begins or ends with, if the other word
    is nowhere in it. llama-index's evaluators take any text with the letters "yes" in it for a yes and any other, an
    empty one included, for a no.
    """
    plain = text.lower().strip(_AROUND)
    if at_once := _AT_ONCE.match(plain):
        return float(at_once.group(1) == "yes")
    words = list(_WORD.finditer(plain))
    if len({word.group() for word in words}) != 1 or not (words[0].start() == 0 or words[-1].end() == len(plain)):
        return None
    return float(words[0].group() == "yes")


def read_score(text: str) -> tuple[float | None, str]:
    """The score from 1 to 5 that the first line consists of, or None; and the whole text.

    In the form that llama-index's evaluator asks of a parser. Its own fails on a score without a line of reasons, and
    takes any number.
    """
    found = _SCORE.match(text.strip().split("\n", 1)[0])
    return (float(found.group(1)) if found else None), text
