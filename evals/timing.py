"""How long answers took. Kept apart from what is measured of them, as it differs from run to run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["timings"]


def timings(times: Mapping[str, Sequence[float]], workers: int, seconds: float) -> dict[str, Any]:
    """Milliseconds of an answer, over all and by kind of case: "n", "median", "p95" and "worst".

    Args:
        times: Kind of case to the milliseconds of its answers.
        workers: How many were asked at a time; they slow one another down.
        seconds: How long the whole run took.
    """
    return {
        "workers": workers,
        "seconds": round(seconds, 1),
        "answers": _spread([time for values in times.values() for time in values]),
        "kinds": {kind: _spread(values) for kind, values in sorted(times.items()) if values},
    }


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    median, p95 = np.quantile(values, [0.5, 0.95])
    return {"n": len(values), "median": round(float(median), 2), "p95": round(float(p95), 2), "worst": max(values)}
