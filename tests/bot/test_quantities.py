from __future__ import annotations

import pytest

from bot.language.quantities import quantities


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("two models", 2),
        ("a dozen models", 12),
        ("half a dozen", 6),
        ("twenty-five people", 25),
        ("no models", 0),
        ("1,200 staff", 1200),
        ("3.200 staff", 3200),
        ("2.5 million a day", 2_500_000),
        ("80k employees", 80_000),
        ("16 thousand", 16_000),
        ("€2bn bank", 2e9),
        ("4TB", 4),
        ("12-person team", 12),
        ("300+ models", 300),
        ("3-5 use cases", 4),
        ("between 3 and 5 models", 4),
        ("two or three models", 2.5),
        ("2-3k people", 2500),
        ("more than 10 models", 11),
        ("fewer than ten models", 9),
        ("a hundred thousand rows", 100_000),
        ("0.5 TB", 0.5),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: float) -> None:
    assert [q.value for q in quantities(text)] == [value]


def test_two_numbers_joined_by_and_are_two() -> None:
    assert [q.value for q in quantities("two data scientists and three engineers")] == [2, 3]


def test_shares_of_a_hundred_are_no_counts() -> None:
    assert quantities("growth of 15 % and 20 percent") == []


@pytest.mark.parametrize("text", ["about 90", "~90", "maybe 5", "3-5", "a handful", "dozens of", "90 or so", "300+"])
def test_a_rounding_a_range_and_a_guess_are_rough(text: str) -> None:
    assert all(q.rough for q in quantities(text))


def test_a_plain_number_is_not_rough_and_its_place_is_known() -> None:
    (found,) = quantities("We run 42 models")
    assert not found.rough
    assert (found.start, found.end) == (7, 9)
    assert quantities("€2bn")[0].money
