"""The page's own HTML, made of templates in which everything that comes from outside is text. Owns jinja2 here."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

__all__ = ["render"]


def render(template: str, **values: Any) -> str:
    """A piece of the page.

    Args:
        template: Name of a file in `templates`, without its suffixes.
        values: What it shows; strings are escaped.
    """
    return _environment().get_template(f"{template}.html.j2").render(**values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bot.surfaces.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
