"""Answers as they come, and readers that leave; with a language model that writes from a script."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from bot.llm.phrasing import Phrasing
from bot.llm.writer import Writer
from bot.service.service import Service
from bot.service.streaming import Listener, meanwhile, stream_answer
from bot.sessions.memory import MemoryConversations
from bot.types import Answer
from ingest.errors import ConversationError
from ingest.naming import Namer
from tests.fakes import Scripted, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.assistant import Assistant

QUESTION = "What are the pros of the factory model?"
SESSION = "streamed"


def phrased(assistant: Assistant, model: Scripted) -> Service:
    """A service whose answers a scripted model phrases; its conversations are its own, and it keeps no votes."""
    other = assistant.with_conversations(MemoryConversations())
    other.phrasing = Phrasing(Writer(model, Words(), Namer(assistant.pack).option_ids))
    return Service(other, feedback=None)  # type: ignore[arg-type]


def asking(service: Service, *, finish: bool = False) -> Iterator[str | Answer | None]:
    return stream_answer(
        lambda told: service.ask(QUESTION, SESSION, door="page", on_sentence=told, check=told.check),
        beat=0.01,
        finish=finish,
    )


def quotes(assistant: Assistant) -> list[str]:
    return [one.quote for one in assistant.ask(QUESTION).citations]


def waited(ready: Callable[[], object]) -> bool:
    """Whether something comes true within ten seconds."""
    until = time.monotonic() + 10
    while not ready() and time.monotonic() < until:
        time.sleep(0.005)
    return bool(ready())


def test_an_answer_without_a_model_comes_by_paragraphs_and_then_whole(assistant: Assistant) -> None:
    service = Service(assistant, feedback=None)  # type: ignore[arg-type]
    *pieces, answer = [one for one in asking(service) if one is not None]
    assert isinstance(answer, Answer)
    assert "\n\n".join(map(str, pieces)) == answer.answer
    assert answer.kind == "pros_cons"


def test_each_sentence_comes_before_the_model_writes_the_next(assistant: Assistant) -> None:
    first, second, *_ = quotes(assistant)
    go_on = threading.Event()

    def write() -> Iterator[str]:
        yield f"{first} [1]\n"
        assert go_on.wait(120)
        yield f"{second} [2]\n"

    stream = asking(phrased(assistant, Scripted(write())))
    silent = 0
    while (one := next(stream)) is None:
        silent += 1
    assert isinstance(one, str)
    assert one.endswith("[1]")
    assert next(stream) is None  # the model is waited for
    go_on.set()
    *more, answer = [one for one in stream if one is not None]
    assert len(more) == 1
    assert isinstance(answer, Answer)
    assert answer.generator == "parrot"


def test_who_stops_stops_the_model_and_leaves_no_trace(assistant: Assistant) -> None:
    first, second, *_ = quotes(assistant)
    go_on = threading.Event()

    def write() -> Iterator[str]:
        yield f"{first} [1]\n"
        assert go_on.wait(120)
        yield f"{second} [2]\n"
        yield "Nobody hears this.\n"

    model = Scripted(write())
    service = phrased(assistant, model)
    counted: list[Answer] = []
    service._observe = lambda answer, _door: counted.append(answer)
    stream = asking(service)
    while next(stream) is None:
        pass
    stream.close()  # type: ignore[attr-defined]
    go_on.set()
    assert waited(lambda: model.ended)
    assert model.given == 2  # up to the sentence after the one that was read
    assert service.assistant.history(SESSION) == []
    assert counted == []


def test_who_stops_while_all_is_silent_leaves_no_trace_either(assistant: Assistant) -> None:
    go_on = threading.Event()

    def write() -> Iterator[str]:
        assert go_on.wait(120)
        yield "Bread is blue.\n"

    model = Scripted(write())
    service = phrased(assistant, model)
    stream = asking(service)
    assert next(stream) is None
    stream.close()  # type: ignore[attr-defined]
    go_on.set()
    # None of its sentences held, so the composer's answer was there in the end, for nobody.
    assert waited(lambda: not [one for one in threading.enumerate() if one.name == "work"])
    assert service.assistant.history(SESSION) == []


def test_what_is_to_be_finished_is_remembered_whoever_has_gone(assistant: Assistant) -> None:
    first, second, *_ = quotes(assistant)
    service = phrased(assistant, Scripted([f"{first} [1]\n", f"{second} [2]\n"]))
    stream = asking(service, finish=True)
    while next(stream) is None:
        pass
    stream.close()  # type: ignore[attr-defined]
    assert waited(lambda: service.assistant.history(SESSION))
    assert service.assistant.history(SESSION)[0].question == QUESTION


def test_an_error_reaches_the_reader_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Listener[str]) -> Answer:
        raise ConversationError("the place is locked.")

    with pytest.raises(ConversationError, match="locked"):
        list(stream_answer(fail))
    assert not caplog.records


def test_a_fault_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Listener[Any]) -> None:
        raise KeyError("x")

    with caplog.at_level(logging.ERROR), pytest.raises(KeyError):
        list(meanwhile(fail))
    assert [one.message for one in caplog.records] == ["internal fault in a thread"]


def test_nothing_begins_before_it_is_read() -> None:
    begun = []

    def work(_: Listener[int]) -> None:
        begun.append(1)

    stream = meanwhile(work)
    stream.close()
    assert begun == []
