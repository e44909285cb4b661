"""Which of the options talked about a follow-up picks."""

from __future__ import annotations

import pytest

from bot.messages.references import carried_options
from bot.sessions.session import Turn


@pytest.mark.parametrize(
    ("message", "discussed", "carried"),
    [
        ("and the first?", ("a", "b", "c"), ("a",)),
        ("what about the last one?", ("a", "b", "c"), ("c",)),
        ("the fourth?", ("a", "b", "c"), ()),
        # Nothing was talked about that could be the last of anything.
        ("and the last one?", (), ()),
        ("the former?", (), ()),
    ],
)
def test_an_ordinal_picks_what_was_talked_about(
    message: str, discussed: tuple[str, ...], carried: tuple[str, ...]
) -> None:
    assert carried_options(message, Turn(discussed=discussed), returns=False) == carried
