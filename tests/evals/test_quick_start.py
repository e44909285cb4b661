"""The quick start as a baseline: what it retrieves, cites and answers, and that it stays on this machine."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import llama_index.core
import numpy as np
import pytest
import tiktoken.registry
from llama_index.core.utils import globals_helper

from bot.wiring import ready_library
from evals.adapters import load_tokenisers
from evals.rivals.quick_start import QuickStart
from ingest.errors import ModelError
from ingest.types import Document, Source
from tests.fakes import Scripted, WordEncoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ingest.config import Settings


def document(id_: str, text: str) -> Document:
    return Document(id_, Source(id_), text, hashlib.sha256(text.encode()).hexdigest())


BREAD = document("bread", "Bread rises in a warm oven.")
FLOUR = document("flour", "Flour comes from the mill.")
BAKER = document("baker", "The baker sells bread and cake.")
# About 1,300 tokens: two chunks, each of which is several sources.
SHEEP = document("sheep", " ".join(f"Sheep number {n} eats grass in the meadow." for n in range(120)))
SHORT = (BREAD, FLOUR, BAKER)


def started(*pieces: str | Exception, documents: Iterable[Document] = SHORT) -> tuple[QuickStart, Scripted]:
    model = Scripted(pieces)
    return QuickStart(documents, WordEncoder(), model), model


def test_the_nearest_chunks_come_first() -> None:
    quick = QuickStart((*SHORT, SHEEP), WordEncoder())
    assert quick.retrieve("Where does flour come from, which mill?", 1) == [FLOUR.text]
    assert quick.retrieve("warm bread", 2) == [BREAD.text, BAKER.text]
    chunks = quick.retrieve("sheep", 99)
    assert len(chunks) == 5
    assert chunks[0].startswith("Sheep number")


def test_without_a_model_it_answers_with_its_sources() -> None:
    reply = QuickStart(SHORT, WordEncoder()).ask(["When does bread rise?"])
    assert reply.answer == f"{BREAD.text} [1]\n\n{BAKER.text} [2]\n\n{FLOUR.text} [3]"
    assert [(one.number, one.source_id, one.quote, one.text, one.exact) for one in reply.citations] == [
        (1, "bread", BREAD.text, BREAD.text, True),
        (2, "baker", BAKER.text, BAKER.text, True),
        (3, "flour", FLOUR.text, FLOUR.text, True),
    ]
    assert (reply.kind, reply.refused, reply.generator) == ("fact", False, "extractive")
    # llama-index embeds a chunk behind its metadata.
    chunk, question = WordEncoder().encode([f"source_id: bread\n\n{BREAD.text}", "When does bread rise?"])
    assert reply.confidence == pytest.approx(float(chunk @ question), abs=1e-6)
    assert 0.3 < reply.confidence < 0.8


def test_sources_are_parts_of_chunks() -> None:
    quick = QuickStart([SHEEP], WordEncoder())
    reply = quick.ask(["sheep in the meadow"])
    chunks = quick.retrieve("sheep in the meadow", 3)
    tokens = llama_index.core.global_tokenizer
    assert tokens is not None
    assert len(chunks) == 2
    assert max(len(tokens(chunk)) for chunk in chunks) > 512
    assert len(reply.citations) > len(chunks)
    assert [one.number for one in reply.citations] == list(range(1, len(reply.citations) + 1))
    assert all(len(tokens(one.text)) <= 512 for one in reply.citations)
    assert all(one.exact and any(one.text in chunk for chunk in chunks) for one in reply.citations)


def test_only_the_last_message_is_asked() -> None:
    quick = QuickStart(SHORT, WordEncoder())
    assert quick.ask(["Tell me about flour and the mill.", "And bread?"]) == quick.ask(["And bread?"])


def test_it_says_the_same_again() -> None:
    twins = [document(f"twin-{n}", BREAD.text) for n in range(9)]
    replies = [QuickStart(twins, WordEncoder()).ask(["bread"]) for _ in range(4)]
    assert all(reply == replies[0] for reply in replies)


def test_a_model_writes_from_the_numbered_sources() -> None:
    quick, model = started("Bread rises ", "in an oven [1].")
    reply = quick.ask(["When does bread rise?"])
    assert (reply.answer, reply.refused, reply.generator) == ("Bread rises in an oven [1].", False, "parrot")
    assert [one.text for one in reply.citations] == [BREAD.text, BAKER.text, FLOUR.text]
    ((message,),) = model.asked
    assert message.role == "user"
    sources = "\n\n".join(f"source_id: {one.source_id}\n\nSource {one.number}:\n{one.text}" for one in reply.citations)
    assert message.text.endswith(f"\n------\n{sources}\n------\nQuery: When does bread rise?\nAnswer: ")


@pytest.mark.parametrize(
    "text",
    [
        "None of the provided sources are helpful.",
        "The price of bread is not mentioned in the sources.",
        "I'm sorry, but the provided sources do not contain the price [1][2].",
        "The sources don't explicitly state it. Source 1 speaks of ovens.",
        "There is no information about prices in the given sources.",
        "Unfortunately, I cannot answer this question.",
        "The provided context says nothing about prices.",
        "",
    ],
)
def test_a_model_that_says_it_cannot_answer_refuses(text: str) -> None:
    reply = started(text)[0].ask(["What does bread cost?"])
    assert reply.refused
    assert reply.answer == (text or "Empty Response")


@pytest.mark.parametrize(
    "text",
    [
        "Bread rises in an oven [1].",
        "Bread rises in an oven [1]. The sources do not mention its price.",
        "The sources do not mention prices, but bread rises in an oven [1].",
        "Data sources do not include grass, and ovens cannot provide answers [1].",
        "Recipes are not found in document stores [2].",
        "No information is lost on the way [2].",
    ],
)
def test_an_answer_is_no_refusal(text: str) -> None:
    assert not started(text)[0].ask(["What does bread cost?"]).refused


def test_a_model_that_fails_is_an_error() -> None:
    with pytest.raises(ModelError, match="out of flour"):
        started(ModelError("out of flour"))[0].ask(["What does bread cost?"])


def test_of_nothing_it_knows_nothing() -> None:
    for reply in (QuickStart([], WordEncoder()).ask(["bread?"]), started("Yes.", documents=[])[0].ask(["bread?"])):
        assert (reply.answer, reply.refused, reply.confidence, reply.citations) == ("Empty Response", True, 0.0, ())


class Contrary(WordEncoder):
    """An encoder to which questions are the opposite of all texts."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[-1.0 if "?" in text else 1.0] for text in texts], dtype=np.float32)


def test_confidence_is_never_below_nothing() -> None:
    assert QuickStart(SHORT, Contrary()).ask(["bread?"]).confidence == 0.0


def test_it_changes_no_global_settings() -> None:
    before = {name: value for name, value in vars(llama_index.core.Settings).items() if name != "_callback_manager"}
    started("Yes.")[0].ask(["bread?"])
    QuickStart(SHORT, WordEncoder()).ask(["bread?"])
    assert {name: vars(llama_index.core.Settings)[name] for name in before} == before


def test_tokenisers_come_from_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under variables that name empty folders, llama-index would fetch them; a test that reaches out fails."""
    monkeypatch.setattr(llama_index.core, "global_tokenizer", None)
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    monkeypatch.setattr(globals_helper, "_punkt_tokenizer", None)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "tiktoken"))
    monkeypatch.setenv("NLTK_DATA", str(tmp_path / "nltk"))
    load_tokenisers()
    assert llama_index.core.global_tokenizer is not None
    assert globals_helper._punkt_tokenizer is not None
    assert not list(tmp_path.iterdir())
    assert os.environ["TIKTOKEN_CACHE_DIR"] == str(tmp_path / "tiktoken")
    assert os.environ["NLTK_DATA"] == str(tmp_path / "nltk")


def test_it_reads_the_bundled_documents(settings: Settings, encoder: WordEncoder) -> None:
    library = ready_library(settings, encoder)
    quick = QuickStart(library.documents.values(), encoder)
    reply = quick.ask(["What are the cons of the factory model?"])
    library.close()
    assert reply.citations
    assert all(one.exact and one.source_id in library.documents for one in reply.citations)
