"""Facts from a language model: what is kept, what is not, and a model that fails. No model is needed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bot.advising.evidence import require_rubric_book
from bot.advising.suggest import FactSuggester
from bot.assistant import Assistant
from bot.deciding.facts import Fact, Profile
from bot.deciding.profile import Profiler
from bot.llm.generate import LanguageModel, language_model
from bot.wiring import ready_library
from evals.doubles.endpoint import Endpoint, posted, reply
from ingest.config import BUNDLED_CORPUS, Settings, load_settings
from ingest.errors import ModelError, SettingError
from ingest.pack import load_pack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler

    from tests.fakes import WordEncoder

MESSAGE = (
    "Forty of us bake for hotels; every Friday a lady in white measures our fridges. If we had a lab, we would do science. "
    "Our competitor has a dozen models. What suits us?"
)


class Canned:
    """A model that always fills in the same."""

    def __init__(self, given: Any) -> None:
        self.given = given
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def structured(self, instructions: str, text: str, schema: dict[str, Any]) -> Any:
        self.asked.append((instructions, text, schema))
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


def fact(criterion: str, level: str, said: str) -> dict[str, str]:
    return {"criterion": criterion, "level": level, "said": said}


@pytest.fixture(scope="module")
def profiler() -> Profiler:
    return Profiler(require_rubric_book(load_pack(BUNDLED_CORPUS)).rubric)


def suggested(profiler: Profiler, *facts: dict[str, str], profile: Profile | None = None) -> dict[str, Fact]:
    rubric = require_rubric_book(load_pack(BUNDLED_CORPUS)).rubric
    suggester = FactSuggester(rubric, profiler, Canned({"facts": list(facts)}))
    return suggester.suggest(MESSAGE, profiler.read(MESSAGE), profile or Profile())


def test_a_fact_that_quotes_the_message_is_kept_with_the_users_words(profiler: Profiler) -> None:
    found = suggested(profiler, fact("governance", "strict", "a lady  in white measures our fridges"))
    assert found["governance"].level == "strict"
    assert found["governance"].how == "model"


@pytest.mark.parametrize(
    ("why", "offered"),
    [
        ("no such criterion", fact("weather", "strict", "a lady in white measures our fridges")),
        ("no such level", fact("governance", "cosmic", "a lady in white measures our fridges")),
        ("words that nobody said", fact("governance", "strict", "we are audited by the central bank")),
        ("one word is no ground", fact("governance", "strict", "fridges")),
        ("only supposed", fact("aim", "research", "we would do science")),
        ("said of somebody else", fact("use-cases", "growing", "a dozen models")),
        ("stated by the user otherwise", fact("stage", "large-enterprise", "bake for hotels")),
        ("words of another fact", fact("overhead", "high", "Forty of us")),
    ],
)
def test_what_the_words_do_not_support_is_dropped(profiler: Profiler, why: str, offered: dict[str, str]) -> None:
    assert suggested(profiler, offered) == {}, why


def test_words_that_the_rubric_reads_otherwise_are_dropped(profiler: Profiler) -> None:
    message = "We are in the trade. Nothing here is regulated, said my aunt."
    rubric = require_rubric_book(load_pack(BUNDLED_CORPUS)).rubric
    offered = {"facts": [fact("governance", "strict", "Nothing here is regulated")]}
    nothing_read = profiler.read("We are in the trade.")
    assert FactSuggester(rubric, profiler, Canned(offered)).suggest(message, nothing_read, Profile()) == {}


@pytest.mark.parametrize(
    "message", ["We never had a lady in white measure our fridges.", "Does a lady in white measure our fridges or not?"]
)
def test_what_the_message_denies_or_asks_is_dropped(profiler: Profiler, message: str) -> None:
    rubric = require_rubric_book(load_pack(BUNDLED_CORPUS)).rubric
    offered = {"facts": [fact("governance", "strict", "a lady in white measure our fridges")]}
    assert FactSuggester(rubric, profiler, Canned(offered)).suggest(message, profiler.read(message), Profile()) == {}


def test_the_users_own_words_are_kept_not_the_models(profiler: Profiler) -> None:
    found = suggested(profiler, fact("governance", "strict", "A LADY in white  measures our fridges"))
    assert found["governance"].said == "a lady in white measures our fridges"


def test_what_was_known_before_stays(profiler: Profiler) -> None:
    offered = fact("governance", "strict", "a lady in white measures our fridges")
    told = Profile(facts={"governance": Fact("governance", "light", "nobody regulates us", "phrase")})
    assert suggested(profiler, offered, profile=told) == {}
    earlier = Fact("governance", "light", "x y", "model")
    assert suggested(profiler, offered, profile=Profile(facts={"governance": earlier}))["governance"].level == "strict"
    # Even where a message corrects itself, a suggestion replaces nothing that was stated.
    reading = profiler.read("Actually no.").with_suggested({"governance": Fact("governance", "strict", "a b", "model")})
    assert told.after(reading).facts["governance"].level == "light"


@pytest.mark.parametrize("given", [ModelError("down"), {"facts": "none"}, {}, [1], None])
def test_a_model_that_fails_changes_nothing(profiler: Profiler, given: Any, caplog: pytest.LogCaptureFixture) -> None:
    rubric = require_rubric_book(load_pack(BUNDLED_CORPUS)).rubric
    suggester = FactSuggester(rubric, profiler, Canned(given))
    assert suggester.suggest(MESSAGE, profiler.read(MESSAGE), Profile()) == {}
    assert "Facts are read without it" in caplog.text


def test_the_schema_is_made_from_the_rubric(profiler: Profiler) -> None:
    rubric = require_rubric_book(load_pack(BUNDLED_CORPUS)).rubric
    model = Canned({"facts": []})
    FactSuggester(rubric, profiler, model).suggest(MESSAGE, profiler.read(MESSAGE), Profile())
    ((instructions, text, schema),) = model.asked
    kinds = schema["properties"]["facts"]["items"]["anyOf"]
    assert {kind["properties"]["criterion"]["enum"][0] for kind in kinds} == set(rubric.criteria)
    assert text == MESSAGE
    assert all(f"- {criterion} (" in instructions for criterion in rubric.criteria)


def test_a_suggested_fact_counts_and_is_shown(settings: Settings, encoder: WordEncoder) -> None:
    model = Canned({"facts": [fact("governance", "strict", "a lady in white measures our fridges")]})
    with_model = Assistant(ready_library(settings, encoder), load_pack(settings.corpus), encoder, model=model)
    answer = with_model.ask(MESSAGE)
    assert answer.recommendation is not None
    told = {one.criterion: (one.level, one.how) for one in answer.recommendation.facts}
    assert told == {"stage": ("small-startup", "number"), "governance": ("strict", "model")}
    assert "“a lady in white measures our fridges” → need for uniform governance: strict (read by the" in answer.answer
    # The model is asked for advice only.
    with_model.ask("What are the cons of the factory model?")
    assert len(model.asked) == 1


class Model:
    """An endpoint with a reply, and what it was asked."""

    def __init__(self) -> None:
        self.reply: tuple[int, Any] = (200, None)
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.url = ""

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        self.seen.append((handler.headers.get("authorization", ""), json.loads(posted(handler))))
        status, content = self.reply
        message = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
        body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [message]}
        reply(handler, status, json.dumps(body).encode())


@pytest.fixture
def endpoint() -> Iterator[Model]:
    model = Model()
    with Endpoint(model.serve) as served:
        model.url = f"{served.address}/v1"
        yield model


def test_the_client_speaks_openais_protocol(endpoint: Model) -> None:
    endpoint.reply = (200, '{"facts": []}')
    model = LanguageModel(endpoint.url, "small", "s3cret")
    assert model.structured("note", "hello", {"type": "object"}) == {"facts": []}
    ((key, sent),) = endpoint.seen
    assert key == "Bearer s3cret"
    assert (sent["model"], sent["temperature"]) == ("small", 0)
    assert sent["response_format"]["json_schema"]["schema"] == {"type": "object"}


@pytest.mark.parametrize(
    ("reply", "words"), [((400, "x"), "failed"), ((200, "no json"), "no JSON"), ((200, None), "no JSON")]
)
def test_a_failing_endpoint_is_one_clear_error(endpoint: Model, reply: tuple[int, Any], words: str) -> None:
    endpoint.reply = reply
    with pytest.raises(ModelError, match=words) as raised:
        LanguageModel(endpoint.url, "small", "s3cret").structured("note", "hello", {})
    assert "s3cret" not in str(raised.value)


def test_the_settings_name_the_model(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert language_model(settings) is None
    monkeypatch.setenv("GROUNDRULE_LLM_URL", "http://127.0.0.1:1/v1")
    with pytest.raises(SettingError, match="GROUNDRULE_LLM_MODEL"):
        language_model(load_settings(home=settings.home))
    monkeypatch.setenv("GROUNDRULE_LLM_MODEL", "small")
    monkeypatch.setenv("GROUNDRULE_LLM_KEY", "s3cret")
    chosen = load_settings(home=settings.home)
    assert "s3cret" not in repr(chosen)
    model = language_model(chosen)
    assert model is not None
    assert model.name == "small"
