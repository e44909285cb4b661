"""What the files of a pack are made of: strict shapes, ids and texts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

__all__ = ["Shape", "Slug", "Text"]

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
"""An id."""
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""Words for people, or of people."""


class Shape(BaseModel):
    """A part of a file: what it does not know is an error, for it would be a key that was misspelt."""

    model_config = ConfigDict(extra="forbid", frozen=True)
