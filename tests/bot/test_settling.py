"""What a server has loaded is not looked through for garbage; what was let go of since is found."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from bot.service.settling import settle

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ring:
    """Holds itself, so that only a search for garbage finds it."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    settle()


def test_what_is_there_is_exempt_until_the_next_time() -> None:
    settle()
    ring = Ring()
    gone = weakref.ref(ring)
    settle()
    before = gc.get_freeze_count()
    assert before > 0
    assert not any(one is ring for one in gc.get_objects())
    del ring
    gc.collect()
    assert gone() is not None
    settle()
    assert gone() is None
