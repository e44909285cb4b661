from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from bot.finding.retrieve import Retriever
from ingest.config import Settings
from ingest.index.generations import index_slot
from ingest.index.library import open_library
from ingest.pack import load_pack
from ingest.pipeline import build_index
from tests.fakes import WordEncoder

if TYPE_CHECKING:
    from bot.assistant import Assistant


@pytest.fixture(scope="module")
def retriever(assistant: Assistant) -> Retriever:
    return assistant.retriever


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("which company built People You May Know?", "LinkedIn"),
        ("data too large for the memory of one computer", "1 TB"),
        ("skills of an MLOps engineer", "infrastructure as code"),
        ("gigabytes of medium-scale data", "10 GB"),
        ("separate budget for a central team", "separate budget"),
    ],
)
def test_the_passage_that_answers_is_among_the_first(retriever: Retriever, query: str, words: str) -> None:
    assert any(words in hit.passage.text for hit in retriever.search(query, 3))


def anew(assistant: Assistant) -> Retriever:
    """One of the same library that has searched for nothing yet."""
    return Retriever(assistant.retriever._library, assistant.retriever._encoder, assistant.pack)


def test_scores_fall_and_ranks_are_stable(assistant: Assistant) -> None:
    first, second = (anew(assistant).search("governance and standards", 20) for _ in range(2))
    assert [h.passage.id for h in first] == [h.passage.id for h in second]
    assert [h.score for h in first] == sorted((h.score for h in first), reverse=True)


def test_what_is_searched_for_again_is_not_searched_again(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    retriever = anew(assistant)
    weighing = Mock(wraps=retriever.headings.bonuses)
    monkeypatch.setattr(retriever.headings, "bonuses", weighing)
    first = retriever.search("governance and standards", 20, sources=["sha-2023"])
    kept = list(first)
    first.clear()  # what one caller makes of it is nothing to the next
    assert retriever.search("governance and standards", 20, sources=("sha-2023",)) == kept
    assert weighing.call_count == 1
    assert retriever.search("governance and standards", 20, sources=("sha-2023",), alone=True) != kept
    assert weighing.call_count == 2


def test_filters_hold(retriever: Retriever) -> None:
    assert {h.passage.document_id for h in retriever.search("teams", 30, sources=("sha-2023",))} == {"sha-2023"}
    for hit in retriever.search("governance", 30, options=("factory",)):
        assert not hit.passage.options or "factory" in hit.passage.options
    assert {h.passage.stance for h in retriever.search("startups", 5, stances=("fit",))} == {"fit"}
    best = retriever.search("governance", 1)[0].passage
    assert best not in [h.passage for h in retriever.search("governance", 5, exclude=(best.id,))]


def test_a_query_without_a_known_word_still_searches(retriever: Retriever) -> None:
    assert len(retriever.search("zzz qqq", 3)) == 3


def test_naming_a_heading_brings_its_section(retriever: Retriever) -> None:
    hits = retriever.search("what does a software developer do?", 6)
    assert {h.passage.heading_path[-1] for h in hits} == {"Software Developer"}
    assert len(retriever.named_section(hits[0].passage, "a software developer")) == 6
    assert retriever.named_section(hits[0].passage, "a software architect") == []


def test_support_names_what_the_library_never_speaks_of(assistant: Assistant, retriever: Retriever) -> None:
    from bot.messages.understand import Reader
    from bot.sessions.session import Turn

    request = Reader(assistant.pack, assistant.library).read("What does Kubeflow cost at Spotify?", Turn())
    missing = retriever.missing(request.topic, request.message)
    assert [word.text for word in missing] == ["kubeflow", "spotify"]
    assert [word.name for word in missing] == [True, True]


def test_a_large_document_does_not_crowd_out_the_one_asked_for(tmp_path: Path) -> None:
    for name, count in (("large", 1500), ("small", 3)):
        bullets = "".join(f"- Widget {n} of the {name} shelf is counted on Mondays.\n" for n in range(count))
        (tmp_path / f"{name}.md").write_text(f"# The {name} shelf\n\n{bullets}")
    settings = Settings(home=tmp_path / "home")
    build_index(settings, WordEncoder(), [tmp_path / "large.md", tmp_path / "small.md"], only=True)
    library = open_library(index_slot(settings))
    assert library is not None
    retriever = Retriever(library, WordEncoder(), load_pack(settings.corpus))
    hits = retriever.search("widgets counted on Mondays", 5, sources=("small",))
    assert {hit.passage.document_id for hit in hits} == {"small"}
    assert len(hits) == 3
    assert all(hit.cosine > 0.3 and hit.lexical > 0 for hit in hits)
    library.close()


def test_a_claim_told_twice_is_found_once_and_a_place_is_not_lost(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\n- Badgers dig their setts in dry banks of sand.\n")
    (tmp_path / "third.md").write_text("# Third\n\n- Foxes move into the setts that badgers have left.\n")
    settings = Settings(home=tmp_path / "home")
    build_index(settings, WordEncoder(), [tmp_path], only=True)
    library = open_library(index_slot(settings))
    assert library is not None
    retriever = Retriever(library, WordEncoder(), load_pack(settings.corpus))
    claims = [hit.passage.document_id for hit in retriever.search("where do badgers dig setts", 3, alone=True)]
    places = [hit.passage.document_id for hit in retriever.search("where do badgers dig setts", 3)]
    assert claims == ["first", "third"]
    assert places == ["first", "second", "third"]
    library.close()


def test_earlier_messages_are_searched_for_too_but_count_less(retriever: Retriever) -> None:
    alone = retriever.search("and the tools?", 5)
    inside = retriever.search("and the tools?", 5, context=("What does a data engineer do?",))
    assert "Data Engineer" not in alone[0].passage.section
    assert "Data Engineer" in inside[0].passage.section
