"""A small valid pack to start from: every part of the format once, on a subject of everyday life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.config import BUNDLED_CORPUS
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
        # Word patterns by which a question describes it: a|b is either word, ... up to four words, & joins parts.
        described: [write|make|develop|program ... ourselves|own, own developers & write|make|develop|program]
      - id: buy
        name: Buy
        aliases: [buy, buying, off the shelf]
        described: [licence|subscription|contract ... supplier|vendor]

# Words with several meanings, words that mean the same, and what to ask before recommending, are optional.
synonyms:
  - [cost, costs, price]
abbreviations: {SaaS: software as a service}
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

_RUBRIC = """\
# yaml-language-server: $schema=rubric.schema.json
# Which option fits whom: scores from -2 to +2, each with the sentence it rests on. `groundrule check` proves the rules.
version: 0.1.0

quotes:
  own-fit: {source: starter-notes, quote: "software of your own does what your organisation needs and nothing else."}
  upkeep: {source: starter-notes, quote: "somebody has to maintain the software for as long as it is used."}
  speed: {source: starter-notes, quote: "bought software can be in use within days."}
  dependence: {source: starter-notes, quote: "the supplier's plans may differ from yours."}

criteria:
  difference:
    name: what sets you apart
    question: Is the software part of what sets you apart from competitors?
    ordinal: true
    levels:
      no-difference:
        label: "no"
        meaning: Others need just the same.
        phrases: [like everybody else, standard process, commodity]
        replies: ["no"]
      difference:
        label: "yes"
        meaning: It does what nobody else does.
        phrases: [sets us apart, competitive advantage, "nobody else ... does"]
        replies: ["yes"]
        denied: no-difference
  developers:
    name: developers
    question: How many developers could maintain it?
    ordinal: true
    numbers:
      - name: developers
        units: {developer: 1, programmer: 1}
        from: {hardly-any: 0, enough: 3}
        basis: judgement
    levels:
      hardly-any: {label: up to two, meaning: Up to two people could maintain it. The line is ours.}
      enough: {label: three and more, meaning: Three or more people could maintain it. The line is ours.}
  hurry:
    name: hurry
    question: When must it be in use?
    ordinal: true
    levels:
      patient: {label: in months, meaning: There is time to build., phrases: [no hurry, no rush, next year]}
      urgent: {label: in weeks, meaning: It is needed at once., phrases: [urgent, in a hurry, by next month]}

decisions:
  sourcing:
    clear_from: 0.66
    concentration: 20
    criteria:
      difference:
        weight: 0.4
        why: What the software is for comes first.
        monotone: true
        scores:
          build: {no-difference: {score: -1, evidence: [upkeep]}, difference: {score: 2, evidence: [own-fit]}}
          buy: {difference: {score: -2, evidence: [dependence]}}
      developers:
        weight: 0.3
        why: What nobody maintains is lost, however well it fits.
        monotone: true
        scores:
          build: {hardly-any: {score: -2, evidence: [upkeep]}, enough: {score: 1, evidence: [own-fit]}}
      hurry:
        weight: 0.3
        why: Speed is the first reason to buy.
        monotone: true
        scores:
          buy: {patient: {score: -1, evidence: [dependence]}, urgent: {score: 2, evidence: [speed]}}
"""
_SCHEMA_FILE = "rubric.schema.json"


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
    files = {
        folder / "options.yaml": _OPTIONS,
        folder / "rubric.yaml": _RUBRIC,
        folder / _SCHEMA_FILE: (BUNDLED_CORPUS / _SCHEMA_FILE).read_text(encoding="utf-8"),
        folder / "sources" / "starter-notes.md": _SOURCE,
    }
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}. Choose another place.") from error
    return list(files)
