"""What must hold of a rubric over all organisations, proved by example: a way to win for every option, an effect for
every criterion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.deciding.rubric import Scorecard

__all__ = ["effect_of", "unproved", "way_to_win"]

STARTS = 64
SEED = 7
MAX_ROUNDS = 20


def way_to_win(card: Scorecard, option: str) -> dict[str, str] | None:
    """Facts on which an option alone comes first; None when the search finds none.

    From each of several starts one answer at a time is turned to what is best for the option's lead over the best
    other, until no turn helps. What it finds is a proof; finding nothing is strong evidence, not one.
    """
    for facts in _starts(card, option):
        found = _climb(card, option, facts)
        if card.winners(found) == (option,):
            return found
    return None


def effect_of(card: Scorecard, criterion: str) -> tuple[dict[str, str], str, str] | None:
    """Facts, and two levels of a criterion, under which different options come first; None when none is found."""
    for option in card.options:
        for start in _starts(card, option):
            rest = {c: level for c, level in start.items() if c != criterion}
            winners = {level: card.winners({**rest, criterion: level}) for level in card.levels[criterion]}
            for one, first in winners.items():
                for other, second in winners.items():
                    if not set(first) & set(second):
                        return rest, one, other
    # Where random facts show nothing, facts under which two options are nearly level do.
    for option in card.options:
        won = way_to_win(card, option)
        if won is None:
            continue
        rest = {}
        for c in (c for c in won if c != criterion):
            rest[c] = won[c]
            winners = {level: card.winners({**rest, criterion: level}) for level in card.levels[criterion]}
            for one, first in winners.items():
                for other, second in winners.items():
                    if not set(first) & set(second):
                        return rest, one, other
    return None


def unproved(card: Scorecard) -> Iterator[str]:
    """What could not be shown, in a sentence each."""
    for option in card.options:
        if way_to_win(card, option) is None:
            yield f"{card.decision}: no facts found on which {option!r} comes first; every option must be able to win"
    for criterion in card.criteria:
        if effect_of(card, criterion) is None:
            yield (
                f"{card.decision}: no facts found on which {criterion!r} changes who comes first; it has no effect. "
                "Give it more weight or higher scores, or take it out"
            )


def _starts(card: Scorecard, option: str) -> Iterator[dict[str, str]]:
    """First the answers that give the option most points, then answers drawn at random, the same at every call."""
    yield {c: max(card.levels[c], key=lambda level: card.points(c, level)[option]) for c in card.criteria}
    draw = np.random.RandomState(SEED)
    for _ in range(STARTS):
        yield {c: card.levels[c][draw.randint(len(card.levels[c]))] for c in card.criteria}


def _climb(card: Scorecard, option: str, facts: dict[str, str]) -> dict[str, str]:
    best, lead = facts, card.lead(facts, option)
    for _ in range(MAX_ROUNDS):
        turned = [({**best, c: level}) for c in card.criteria for level in card.levels[c] if level != best[c]]
        candidate = max(turned, key=lambda f: card.lead(f, option))
        if card.lead(candidate, option) <= lead:
            break
        best, lead = candidate, card.lead(candidate, option)
    return best
