from __future__ import annotations

from pathlib import Path

import pytest

from evals.metrics.claims import Expected, find_claims, read_expected
from ingest.config import Settings
from ingest.errors import DocumentError
from ingest.index.generations import index_slot
from ingest.index.library import Library, open_library
from ingest.pipeline import build_index
from tests.fakes import WordEncoder

ARTICLE = """\
Ways to Share Tools

Factory Model

One group builds tools for all the others, which ask it for whatever their customers happen to need at the time.

Pros of the Factory Model

  • Thrift: tools are bought once.
  • Order: everybody works alike.

Cons of the Factory Model

  • Queues: everybody waits for the group.
"""


@pytest.fixture
def library(settings: Settings, encoder: WordEncoder, tmp_path: Path) -> Library:
    (tmp_path / "ways.txt").write_text(ARTICLE)
    build_index(settings, encoder, [tmp_path / "ways.txt"], only=True)
    opened = open_library(index_slot(settings))
    assert opened is not None
    return opened


def test_claims_are_found_by_their_words_option_and_stance(library: Library) -> None:
    right = [Expected("ways", "factory", "pro", ("bought",)), Expected("ways", "factory", "con", ("waiting", "group"))]
    wrong = [
        Expected("ways", "factory", "con", ("alike",)),  # it is a pro
        Expected("ways", "centralised", "pro", ("alike",)),
        Expected("ways", "factory", "pro", ("never",)),
        Expected("elsewhere", "factory", "pro", ("bought",)),
        Expected("ways", "factory", "pro", ("tools",)),  # its passage is another claim's
    ]
    found = find_claims(library, [*right, *wrong])
    assert set(found.right) == set(right)
    assert set(found.wrong) == set(wrong)
    assert [one.text for one in found.further] == ["Order: everybody works alike."]
    library.close()


def test_the_bundled_table_is_read_and_names_known_options() -> None:
    from evals.benches.claims import _TABLE
    from ingest.config import BUNDLED_CORPUS
    from ingest.pack import load_pack

    expected = read_expected(_TABLE)
    pack = load_pack(BUNDLED_CORPUS)
    assert len(expected) == len(set(expected)) == 83
    assert {one.option for one in expected} == {option.id for option in pack.options}
    assert {one.work for one in expected} == {path.stem for path in pack.sources.glob("*.md")}


def test_a_line_that_is_no_claim_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"work": "w"}\n')
    with pytest.raises(DocumentError, match="line 1 is no claim"):
        read_expected(tmp_path / "t.jsonl")
