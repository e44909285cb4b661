"""A small valid pack to start from: every part of the format once, on a subject of everyday life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.errors import PathError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_starter"]

_OPTIONS = """\
# What can be chosen, and by which words people speak of it. Spelling variants are understood by themselves.
name: build-or-buy
title: Build or buy
subject: whether to build software or to buy it

decisions:
  - id: sourcing
    name: Where the software comes from
    noun: way of sourcing
    options:
      - id: build
        name: Build
        aliases: [build, building, in-house development]
      - id: buy
        name: Buy
        aliases: [buy, buying, off the shelf]

# Words with several meanings, words that mean the same, and what to ask before recommending, are optional.
synonyms:
  - [cost, costs, price]
clarify:
  - Is the software part of what sets you apart from competitors?

examples:
  - question: What are the pros of buying?
    kind: Pros
  - question: Compare build and buy
    kind: Compare
"""

_SOURCE = """\
---
id: starter-notes
title: Build or buy, in short
author: null
publisher: null
published: null
kind: notes
text: notes
url: null
aliases: [starter notes]
---

# Build or buy, in short

## Build

- Building software in-house means that your own people write it and keep it running.

### Pros of building

- Fit: software of your own does what your organisation needs and nothing else.
- Independence: no supplier decides when features come or go.

### Cons of building

- Upkeep: somebody has to maintain the software for as long as it is used.

## Buy

- Buying software means that a supplier writes it and many customers use it.

### Pros of buying

- Speed: bought software can be in use within days.

### Cons of buying

- Dependence: the supplier's plans may differ from yours.
"""


def write_starter(folder: Path) -> list[Path]:
    """Writes the starter pack.

    Returns:
        The files written.

    Raises:
        PathError: The folder holds something already; nothing is overwritten.
        StoreError: It cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PathError(f"{folder} is not an empty folder. Name one that is new or empty; nothing was written.")
    files = {folder / "options.yaml": _OPTIONS, folder / "sources" / "starter-notes.md": _SOURCE}
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}. Choose another place.") from error
    return list(files)
