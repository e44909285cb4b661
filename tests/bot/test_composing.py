"""What the composer makes of questions over a small library of its own: narrowed, merged, advised, compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.assistant import Assistant
from ingest.config import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes import WordEncoder

OPTIONS = """
name: yards
title: Van yards
subject: where to keep vans
decisions:
  - id: where
    name: Where vans are kept
    noun: yard
    options:
      - id: depot
        name: Depot
        aliases: [depot, depots]
      - id: kerb
        name: Kerb
        aliases: [kerb, kerbs]
synonyms:
  - [speed, fast, quickly]
clarify: [How many vans?]
examples:
  - question: What are the pros of the depot?
    kind: Pros
"""
BAKER = """---
title: Keeping vans
author: Ann Baker
published: 2020-01-01
---

# Keeping vans

## Introduction

- Whoever keeps vans, fuel and drivers needs space, mechanics and money.

## Depot

- A depot is one walled plot that holds all vans.

### Drawbacks

- Winter frost: batteries run flat in winter.
- Remote location: shops lie miles away.
- Dear insurance: theft insurance for so many vans is dear.
- Noise complaints: neighbours grumble at dawn.

### Advice

- Against flat batteries in winter, plug vans in: winter frost drains batteries.

### When to choose it

- The depot is recommended for couriers with a hundred vans.
- The depot may not suit florists.

## Kerb

- A kerb keeps each van outside the home of its driver.

### Benefits

- Quick start: drivers leave quickly each morning.

### Drawbacks

- Vandalism: mirrors get broken.
"""
COOPER = """---
title: Van notes
author: Bob Cooper
published: 2021-01-01
---

# Van notes

## Depot

### Drawbacks

- Location trouble: customers live nowhere near it.

### Benefits

- Fast repairs: mechanics mend vans quickly.
"""


@pytest.fixture(scope="module")
def yards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    from bot.wiring import ready_library
    from ingest.pack import load_pack
    from tests.fakes import WordEncoder as Encoder

    folder: Path = tmp_path_factory.mktemp("yards")
    (folder / "pack" / "sources").mkdir(parents=True)
    (folder / "pack" / "options.yaml").write_text(OPTIONS)
    (folder / "pack" / "sources" / "baker.md").write_text(BAKER)
    (folder / "pack" / "sources" / "cooper.md").write_text(COOPER)
    settings = Settings(home=folder / "home", corpus=folder / "pack")
    encoder: WordEncoder = Encoder()
    library = ready_library(settings, encoder)
    yield Assistant(library, load_pack(settings.corpus), encoder)
    library.close()


def test_a_list_is_narrowed_to_the_question_and_the_rest_is_offered(yards: Assistant) -> None:
    answer = yards.ask("What are the cons of the depot in winter?")
    assert "batteries run flat in winter" in answer.answer
    assert "insurance" not in answer.answer
    assert "There are 4 more cons of Depot" in answer.answer
    assert [c.quote for c in answer.citations] == ["Winter frost: batteries run flat in winter."]


def test_who_asks_for_all_of_it_gets_all_of_it(yards: Assistant) -> None:
    assert len(yards.ask("List all cons of the depot, in winter too").citations) == 5


def test_two_authors_on_one_theme_share_a_bullet_with_both_citations(yards: Assistant) -> None:
    answer = yards.ask("What are the cons of the depot?")
    (line,) = [line for line in answer.answer.splitlines() if "miles away" in line]
    assert "customers live nowhere near it" in line.lower()
    assert line.count("[") == 2
    assert "*Baker 2020*" not in answer.answer


def test_advice_is_offered_and_comes_with_its_problem_when_it_is_asked_for(yards: Assistant) -> None:
    plain = yards.ask("What are the cons of the depot?")
    assert "plug vans in" not in plain.answer
    assert "For one of these our notes on" in plain.answer or "Baker 2020" in plain.answer
    asked = yards.ask("What are the cons of the depot, and what can we do about them?")
    line = next(line for line in asked.answer.splitlines() if "run flat" in line)
    assert "*What helps:* Against flat batteries in winter, plug vans in" in line


def test_when_it_fits_comes_before_when_it_does_not(yards: Assistant) -> None:
    answer = yards.ask("When does a depot make sense?").answer
    assert answer.index("**When Depot fits**") < answer.index("hundred vans")
    assert answer.index("hundred vans") < answer.index("**When Depot does not fit**") < answer.index("florists")


def test_is_there_a_case_is_answered_with_yes_where_there_is_one(yards: Assistant) -> None:
    assert yards.ask("Are there couriers for which a depot is the right choice?").answer.startswith("Yes.")


def test_a_comparison_begins_by_setting_one_against_the_other(yards: Assistant) -> None:
    answer = yards.ask("What is the difference between depot and kerb?").answer
    assert answer.startswith(
        "A depot is one walled plot that holds all vans. [1] By contrast, a kerb keeps each van outside the home of "
        "its driver. [2]"
    )


def test_a_named_aspect_is_answered_by_itself_also_through_a_synonym(yards: Assistant) -> None:
    answer = yards.ask("How do depot and kerb compare on speed?").answer
    assert answer.startswith("**Speed**")
    assert "mechanics mend vans quickly" in answer.lower()
    assert "drivers leave quickly" in answer.lower()
    assert "insurance" not in answer


def test_every_marker_of_a_shortened_answer_has_its_whole_quote(yards: Assistant) -> None:
    answer = yards.ask("Compare depot and kerb")
    for citation in answer.citations:
        assert yards.library.documents[citation.source_id].text[citation.start : citation.end] == citation.quote
