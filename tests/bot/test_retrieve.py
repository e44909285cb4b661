from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bot.assistant import Assistant
    from bot.retrieve import Retriever


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


def test_scores_fall_and_ranks_are_stable(retriever: Retriever) -> None:
    first, second = (retriever.search("governance and standards", 20) for _ in range(2))
    assert [h.passage.id for h in first] == [h.passage.id for h in second]
    assert [h.score for h in first] == sorted((h.score for h in first), reverse=True)


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
    from bot.session import Turn
    from bot.understand import Reader

    request = Reader(assistant.pack, assistant.library).read("What does Kubeflow cost at Spotify?", Turn())
    support = retriever.support(request.topic, request.message, retriever.search(request.search, 5))
    assert [word.text for word in support.missing] == ["kubeflow", "spotify"]
    assert 0.5 < support.missing_share <= 1
