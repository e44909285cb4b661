"""Options side by side: what each is, what speaks for and against it, when it suits, every line cited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.surfaces.page.reading import origin_of
from bot.surfaces.page.templating import render

if TYPE_CHECKING:
    from bot.service.service import Service
    from bot.service.side_by_side import SideBySide

__all__ = ["choices", "compared", "nothing_compared"]

_ROWS = (("What it is", "definition"), ("Pros", "pros"), ("Cons", "cons"), ("When it suits", "fit"))


def choices(service: Service) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What can be compared: id and name of each decision, with name and id of each of its options."""
    return [(one.id, one.name, [(option.name, option.id) for option in one.options]) for one in service.decisions()]


def nothing_compared(chosen: int = 0) -> str:
    """What stands there before enough is chosen.

    Args:
        chosen: How many options are.
    """
    return render("comparison_empty", chosen=chosen)


def compared(view: SideBySide) -> str:
    """The options in columns."""
    return render(
        "comparison",
        view=view,
        rows=[(title, [getattr(option, field) for option in view.options]) for title, field in _ROWS],
        cited={one.number: (one, origin_of(one)) for one in view.citations},
    )
