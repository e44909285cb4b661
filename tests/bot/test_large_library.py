"""A library too large to compare every passage: the same passages are found, by looking at few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.assistant import Assistant
from bot.finding.retrieve import Retriever
from bot.wiring import build_assistant
from ingest.config import Settings
from ingest.index.library import Library

QUESTIONS = [
    "Who coordinates the work of embedded teams?",
    "What does a data engineer do all day?",
    "Is it hard to keep governance and standards?",
    "Which company built People You May Know?",
    "What is needed for gigabytes of medium-scale data?",
    "Why is it hard to hire one MLOps person per team?",
    "Who owns the monitoring of models in production?",
    "How do legacy systems get in the way?",
]


@pytest.fixture
def library(assistant: Assistant, real_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """The bundled notes, treated as if they were very many."""
    monkeypatch.setattr("ingest.index.library.EXACT_UP_TO", 100)
    monkeypatch.setattr("ingest.index.library.NEAREST", 40)
    monkeypatch.setattr("ingest.index.library.FEW", 60)
    monkeypatch.setattr("bot.finding.retrieve.SCORED_UP_TO", 100)
    monkeypatch.setattr("bot.finding.retrieve.FEW", 60)
    monkeypatch.setattr("bot.finding.retrieve.NEAR_CANDIDATES", 40)
    monkeypatch.setattr("bot.finding.retrieve.LEXICAL_CANDIDATES", 40)
    large = build_assistant(Settings(home=real_home)).library
    assert not large.exact
    yield large
    large.close()


def searched(library: Library, assistant: Assistant) -> Retriever:
    return Retriever(library, assistant.retriever._vectors._encoder, assistant.pack)


@pytest.mark.parametrize("alone", [True, False])
def test_few_candidates_hold_the_best_of_all(assistant: Assistant, library: Library, alone: bool) -> None:
    large = searched(library, assistant)
    same = 0
    for question in QUESTIONS:
        exact = [hit.passage.id for hit in assistant.retriever.search(question, 5, alone=alone)]
        found = [hit.passage.id for hit in large.search(question, 5, alone=alone)]
        assert found[0] == exact[0], question
        same += len(set(exact) & set(found))
    assert same >= 0.8 * 5 * len(QUESTIONS)


def test_what_is_found_is_scored_as_ever(assistant: Assistant, library: Library) -> None:
    large = searched(library, assistant)
    exact = {hit.passage.id: hit for hit in assistant.retriever.search(QUESTIONS[0], 400, alone=True)}
    for hit in large.search(QUESTIONS[0], 5, alone=True):
        assert hit.lexical == pytest.approx(exact[hit.passage.id].lexical, abs=1e-5)
        # Of what Chroma did not name only the most that it can be is known.
        assert hit.cosine >= exact[hit.passage.id].cosine - 1e-4


def test_one_document_of_a_large_library_is_searched_whole_and_exactly(assistant: Assistant, library: Library) -> None:
    large = searched(library, assistant)
    small = min(library.documents, key=lambda id_: library.counts[id_])
    assert library.counts[small] <= 60
    exact = assistant.retriever.search("teams and data", 50, sources=(small,))
    found = large.search("teams and data", 50, sources=(small,))
    assert [hit.passage.id for hit in found] == [hit.passage.id for hit in exact]
    assert [hit.cosine for hit in found] == pytest.approx([hit.cosine for hit in exact], abs=1e-4)


def test_a_large_document_of_a_large_library_is_kept_to(assistant: Assistant, library: Library) -> None:
    large = searched(library, assistant)
    long = max(library.documents, key=lambda id_: library.counts[id_])
    assert library.counts[long] > 60
    for question in QUESTIONS:
        hits = large.search(question, 5, sources=(long,))
        assert len(hits) == 5
        assert {hit.passage.document_id for hit in hits} == {long}


def test_a_question_that_nothing_bears_on_is_answered_by_what_is_nearest(
    assistant: Assistant, library: Library
) -> None:
    assert len(searched(library, assistant).search("zzz qqq", 3)) == 3


def test_a_passage_of_another_library_holds_no_word_of_this_one(assistant: Assistant) -> None:
    from bot.language.vocabulary import Word

    passage = assistant.library.passages[0]
    words = assistant.retriever.vocabulary
    word = Word("governance", "govern")
    assert words.knows(word, "governance?")
    assert not words.covers(replace(passage, id="of another"), word, "governance?")
