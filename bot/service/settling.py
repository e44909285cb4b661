"""What a server has loaded is exempt from the search for garbage."""

from __future__ import annotations

import gc
import itertools

__all__ = ["settle"]

_times = itertools.count()


def settle() -> None:
    """Exempts all that is there now from Python's search for garbage, until the next call.

    A library and a pack are hundreds of thousands of objects that stay; whoever asked when Python looked through them
    waited ten times as long as others. What was exempt before is looked through once: a former library may be in it.
    """
    if next(_times):
        gc.unfreeze()
        gc.collect()
    gc.freeze()
