"""The client of a language model against a real HTTP endpoint on this machine: streams, times, refusals, the key."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from bot.llm.generate import LanguageModel, Message
from ingest.errors import ModelError, ModelTimeoutError, SettingError
from tests.endpoint import Endpoint, listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ASKED = (Message("system", "Be brief."), Message("user", "Bread?"))


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with listening() as served:
        yield served


def test_a_reply_comes_in_pieces(endpoint: Endpoint) -> None:
    heard = threading.Event()

    def script(_: dict[str, Any], say: Callable[[str | bytes], None]) -> None:
        say("Bread ")
        assert heard.wait(120), "the first piece was held back until the second"
        say("rises.")

    endpoint.script = script
    pieces = []
    for piece in endpoint.model().stream(ASKED, 77):
        pieces.append(piece)
        heard.set()
    assert pieces == ["Bread ", "rises."]
    (asked,) = endpoint.asked
    assert asked["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Bread?"}]
    assert (asked["temperature"], asked["max_tokens"], asked["stream"], asked["model"]) == (0, 77, True, "small")
    assert isinstance(asked["seed"], int)
    assert endpoint.keys == ["Bearer s3cret"]


def test_a_reply_that_does_not_begin_is_given_up_even_while_the_line_is_kept_alive(endpoint: Endpoint) -> None:
    def script(_: dict[str, Any], say: Callable[[str | bytes], None]) -> None:
        for _turn in range(2000):
            say(b": still there\n\n")
            time.sleep(0.05)

    endpoint.script = script
    began = time.monotonic()
    with pytest.raises(ModelTimeoutError, match="'small' took too long"):
        list(endpoint.model(timeout=200, first_token=0.3).stream(ASKED))
    assert time.monotonic() - began < 60


def test_a_reply_that_does_not_end_is_given_up(endpoint: Endpoint) -> None:
    def script(_: dict[str, Any], say: Callable[[str | bytes], None]) -> None:
        for _turn in range(4000):
            say("la ")
            time.sleep(0.02)

    endpoint.script = script
    heard: list[str] = []
    began = time.monotonic()
    with pytest.raises(ModelTimeoutError):
        heard.extend(piece for piece in endpoint.model(timeout=0.5).stream(ASKED))
    assert time.monotonic() - began < 60
    assert endpoint.left.wait(120), "the endpoint goes on although nobody listens"


def test_a_silent_endpoint_is_given_up(endpoint: Endpoint) -> None:
    endpoint.script = lambda *_: time.sleep(1.5)
    with pytest.raises(ModelTimeoutError):
        list(endpoint.model(timeout=0.4, first_token=9).stream(ASKED))


def test_closing_the_reply_ends_it_at_the_endpoint(endpoint: Endpoint) -> None:
    def script(_: dict[str, Any], say: Callable[[str | bytes], None]) -> None:
        for _turn in range(10_000):
            say("la ")
            time.sleep(0.01)

    endpoint.script = script
    reply = endpoint.model().stream(ASKED)
    assert next(reply) == "la "
    reply.close()
    assert endpoint.left.wait(120)


def test_a_reply_that_breaks_off_is_an_error(endpoint: Endpoint) -> None:
    def script(_: dict[str, Any], say: Callable[[str | bytes], None]) -> None:
        say("Bread ")
        say(b'data: {"error": {"message": "out of memory"}}\n\n')

    endpoint.script = script
    heard: list[str] = []
    with pytest.raises(ModelError, match="failed: APIError") as raised:
        heard.extend(piece for piece in endpoint.model().stream(ASKED))
    assert not isinstance(raised.value, ModelTimeoutError)


@pytest.mark.parametrize("garbage", [b"data: {not json\n\n", b"\xff\xfe\n\n", b"data: []\n\n"])
def test_a_reply_of_another_protocol_is_an_error(endpoint: Endpoint, garbage: bytes) -> None:
    endpoint.script = lambda _, say: say(garbage)
    with pytest.raises(ModelError, match="failed"):
        list(endpoint.model().stream(ASKED))


@pytest.mark.parametrize("status", [401, 404, 500])
def test_an_endpoint_that_refuses_is_an_error_that_repeats_nothing(endpoint: Endpoint, status: int) -> None:
    endpoint.script = lambda *_: status
    with pytest.raises(ModelError, match="'small' failed") as raised:
        list(endpoint.model().stream(ASKED))
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("way", ["stream", "structured"])
def test_a_server_that_takes_no_seed_is_asked_without(endpoint: Endpoint, way: str) -> None:
    def script(asked: dict[str, Any], say: Callable[[str | bytes], None]) -> int | None:
        if "seed" in asked:
            return 422
        if asked.get("stream"):
            say("Bread.")
            return None
        return 401

    endpoint.script = script
    model = endpoint.model()
    if way == "stream":
        assert list(model.stream(ASKED)) == list(model.stream(ASKED)) == ["Bread."]
        assert ["seed" in asked for asked in endpoint.asked] == [True, False, False]
    else:
        with pytest.raises(ModelError, match="AuthenticationError"):
            model.structured("note", "hello", {})
        assert ["seed" in asked for asked in endpoint.asked] == [True, False]


@pytest.mark.parametrize("page", [b"<html>Log in first</html>", b"data: [DONE]\n\n", b"[1, 2]", b"null"])
def test_a_reply_of_another_kind_than_was_asked_for_is_an_error(endpoint: Endpoint, page: bytes) -> None:
    """As a proxy's page, or an endpoint that streams whatever is asked."""
    endpoint.script = lambda _, say: say(page)
    with pytest.raises(ModelError, match="returned no JSON"):
        endpoint.model().structured("note", "hello", {})


def test_a_refusal_for_another_reason_is_not_tried_again(endpoint: Endpoint) -> None:
    endpoint.script = lambda asked, _: 400 if "seed" not in asked else 422
    with pytest.raises(ModelError, match="BadRequestError"):
        list(endpoint.model().stream(ASKED))
    assert len(endpoint.asked) == 2


def test_nobody_there_is_an_error() -> None:
    with pytest.raises(ModelError, match="failed: APIConnectionError"):
        list(LanguageModel("http://127.0.0.1:9/v1", "small").stream(ASKED))


def test_the_key_is_never_logged(endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    endpoint.script = lambda _, say: say("Bread.")
    with caplog.at_level(logging.DEBUG):
        model = endpoint.model()
        assert list(model.stream(ASKED)) == ["Bread."]
    assert caplog.records
    assert "s3cret" not in caplog.text
    assert "s3cret" not in repr(vars(model)["name"])


def test_a_model_that_has_no_chat_is_a_setting_error() -> None:
    with pytest.raises(SettingError, match="Name another model"):
        LanguageModel("http://127.0.0.1:9/v1", "gpt-5.2-pro")
