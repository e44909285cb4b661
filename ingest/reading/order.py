"""The order in which boxes on a page or a slide are read: column by column, between what runs across columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Box", "reading_order"]

# Of the boxes beside a gutter, so many may run across it: titles, pictures' captions, rules.
_ACROSS = 0.25
# Deeper than four columns of four nobody sets text.
_DEEPEST = 4


class Box(NamedTuple):
    """A rectangle, y downward, in any unit."""

    left: float
    top: float
    right: float
    bottom: float


def reading_order(boxes: Sequence[Box], least: int, narrowest: float) -> list[list[int]]:
    """The boxes' positions in reading order, as columns: one list for each stretch of a column.

    Args:
        boxes: Where each is.
        least: Boxes that a column has at least.
        narrowest: Mean width of the boxes of a column, at least.
    """
    return _ordered(list(range(len(boxes))), boxes, least, narrowest, 0)


def _ordered(chosen: list[int], boxes: Sequence[Box], least: int, narrowest: float, depth: int) -> list[list[int]]:
    gutter = _gutter(chosen, boxes, least, narrowest) if depth < _DEEPEST else None
    by_place = sorted(chosen, key=lambda i: (boxes[i].top, boxes[i].left))
    if gutter is None:
        return [by_place] if by_place else []
    found: list[list[int]] = []
    left: list[int] = []
    right: list[int] = []

    def flush() -> None:
        for side in (left, right):
            found.extend(_ordered(list(side), boxes, least, narrowest, depth + 1))
            side.clear()

    for i in by_place:
        if boxes[i].right <= gutter:
            left.append(i)
        elif boxes[i].left >= gutter:
            right.append(i)
        else:
            flush()
            found.append([i])
    flush()
    return _joined(found, boxes)


def _joined(columns: list[list[int]], boxes: Sequence[Box]) -> list[list[int]]:
    """Neighbouring stretches that run across the page are one stretch: lines of one paragraph."""
    joined: list[list[int]] = []
    for column in columns:
        if joined and len(column) == 1 and _one_below_other(boxes[joined[-1][-1]], boxes[column[0]]):
            joined[-1] += column
        else:
            joined.append(list(column))
    return joined


def _one_below_other(above: Box, below: Box) -> bool:
    height = below.bottom - below.top
    return abs(above.left - below.left) < height and 0 <= below.top - above.top < 3 * height


def _gutter(chosen: list[int], boxes: Sequence[Box], least: int, narrowest: float) -> float | None:
    """Where columns part, if they do: both sides are filled, side by side, and little runs across."""
    if len(chosen) < 2 * least:
        return None
    best: tuple[int, float] | None = None
    for at in sorted({boxes[i].left for i in chosen}):
        left = [i for i in chosen if boxes[i].right <= at]
        right = [i for i in chosen if boxes[i].left >= at]
        across = len(chosen) - len(left) - len(right)
        if min(len(left), len(right)) < least or across > _ACROSS * len(chosen):
            continue
        wide = all(sum(boxes[i].right - boxes[i].left for i in side) >= narrowest * len(side) for side in (left, right))
        if wide and _side_by_side(left, right, boxes) and (best is None or across < best[0]):
            best = (across, at)
    return best[1] if best else None


def _side_by_side(left: list[int], right: list[int], boxes: Sequence[Box]) -> bool:
    """Whether two groups share most of the height of the lower one."""
    spans = [(min(boxes[i].top for i in side), max(boxes[i].bottom for i in side)) for side in (left, right)]
    shared = min(spans[0][1], spans[1][1]) - max(spans[0][0], spans[1][0])
    return shared > 0.5 * min(bottom - top for top, bottom in spans)
