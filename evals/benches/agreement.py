"""How far the verifier agrees with people on responses that they judged, beside scores by others on the same items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evals.benches.judged import judge, load_judged
from evals.metrics.curves import auroc, rank_correlation
from ingest.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bot.verifying.verify import Verifier
    from evals.benches.judged import Judged
    from ingest.gather import Progress

__all__ = ["RATING", "agreement"]

RATING = "human_mean"
"""Key of people's mean rating, where a set has ratings beside its labels."""


def agreement(file: Path, verifier: Verifier, told: Progress) -> dict[str, Any]:
    """Agreement on one set.

    Args:
        file: JSON lines with id, passages, response and label ("supported" or "unsupported"); a mean human rating under
            `human_mean` is correlated with; every other key that holds decimal fractions is taken for somebody else's
            score.
        verifier: The verifier.
        told: Told how far it is.

    Returns:
        "set", "n", "auroc" (with its interval), "spearman" (None without ratings) and "others": the same for each
        stored score, over the items that have it.

    Raises:
        PathError, DocumentError: The file cannot be read, or its items are not labelled both ways.
    """
    items = [item for item in load_judged(file) if item.label]
    results = judge(items, verifier, told, f"verifying {file.parent.name}")
    own = _agreement(items, [one.score for one in results])
    if own is None:
        raise DocumentError(f"{file} has no items of both labels. Give some that are supported and some that are not.")
    others = []
    for name in _scores(items):
        held = [item for item in items if _number(item, name) is not None]
        theirs = _agreement(held, [_extra(item)[name] for item in held])
        if theirs is not None:
            others.append({"name": name, **theirs})
    return {"set": f"{file.parent.name}/{file.name}", **own, "others": others}


def _agreement(items: Sequence[Judged], scores: Sequence[float]) -> dict[str, Any] | None:
    area = auroc([item.label == "supported" for item in items], scores) if items else None
    if area is None:
        return None
    ratings = [(_number(item, RATING), score) for item, score in zip(items, scores, strict=True)]
    rated = [(rating, score) for rating, score in ratings if rating is not None]
    spearman = rank_correlation([r for r, _ in rated], [s for _, s in rated])
    return {"n": len(items), "auroc": area.as_json(), "spearman": spearman}


def _scores(items: Sequence[Judged]) -> list[str]:
    names = {name for item in items for name, value in _extra(item).items() if isinstance(value, float)}
    return sorted(names - {RATING})


def _number(item: Judged, name: str) -> float | None:
    """A number beside an item; None where there is none."""
    value = _extra(item).get(name)
    return float(value) if isinstance(value, int | float) else None


def _extra(item: Judged) -> dict[str, Any]:
    return item.model_extra or {}
