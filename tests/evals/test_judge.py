"""A model as judge: what it is asked, how its replies are read, and what is told of its wavering."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from bot.llm.generate import LanguageModel
from evals.cases import Case, Nugget
from evals.judge import GIVE_UP_AFTER, Judged, judge, judge_model
from evals.reply import Cited, Reply
from ingest.config import load_settings
from ingest.errors import ModelError, SettingError
from tests.endpoint import listening
from tests.model_server import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from bot.llm.generate import Message

OVEN = Cited(
    number=1, source_id="bread", quote="Bread rises in a warm oven.", text="Ovens. Bread rises in a warm oven."
)
FACTS = (Nugget(text="It rises in an oven.", regex="oven"), Nugget(text="The oven is warm.", regex="warm"))


def case(id_: str, *turns: str, nuggets: tuple[Nugget, ...] = FACTS) -> Case:
    return Case(id=id_, kind="fact", turns=turns or (f"Question {id_}?",), expect="answer", nuggets=nuggets)


def reply(answer: str, *citations: Cited, refused: bool = False) -> Reply:
    return Reply(answer=answer, kind="fact", refused=refused, confidence=0.5, citations=citations)


class Judge:
    """A judge that says what `say(evaluator, prompt)` gives."""

    name = "judge"

    def __init__(self, say: Callable[[str, str], str]) -> None:
        self.say = say
        self.heard: list[tuple[str, str]] = []
        self.lock = threading.Lock()

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Generator[str, None, None]:
        assert max_tokens > 0
        text = "\n".join(message.text for message in messages)
        names = {"faithfulness": "given piece of information", "relevancy": "in line with the context information"}
        evaluator = next((name for name, phrase in names.items() if phrase in text), "correctness")
        with self.lock:
            self.heard.append((evaluator, text))
            said = self.say(evaluator, text)
        yield from (said[:2], said[2:])


def by_name(report: Any) -> dict[str, Judged]:
    return {one.evaluator: one for one in report.evaluators}


def test_each_evaluator_is_asked_about_what_it_judges() -> None:
    model = Judge(lambda evaluator, _: "4.5\nClose." if evaluator == "correctness" else "YES")
    asked = case("a", "Bread?", "When does it rise?")
    report = judge([asked], {"a": reply("In an oven [1].", OVEN)}, model, runs=1)
    assert [evaluator for evaluator, _ in model.heard] == ["faithfulness", "relevancy", "correctness"]
    faithfulness, relevancy, correctness = (text for _, text in model.heard)
    assert f"Information: In an oven [1].\nContext: {OVEN.text}\nAnswer:" in faithfulness
    assert "Question: Bread?\nWhen does it rise?\nResponse: In an oven [1]." in relevancy
    assert OVEN.text in relevancy
    assert "## User Query\nBread?\nWhen does it rise?" in correctness
    assert "## Reference Answer\nIt rises in an oven.\nThe oven is warm." in correctness
    assert "## Generated Answer\nIn an oven [1]." in correctness
    assert {name: dict(one.scores) for name, one in by_name(report).items()} == {
        "faithfulness": {"a": (1.0,)},
        "relevancy": {"a": (1.0,)},
        "correctness": {"a": (4.5,)},
    }


def test_what_is_judged_and_what_is_not() -> None:
    cases = [case("cited"), case("uncited"), case("bare", nuggets=()), case("refused"), case("silent")]
    replies = {
        "cited": reply("In an oven.", OVEN),
        "uncited": reply("In an oven."),
        "bare": reply("In an oven.", OVEN),
        "refused": reply("Nobody says.", OVEN, refused=True),
    }
    report = judge(cases, replies, Judge(lambda name, _: "5" if name == "correctness" else "No."), runs=2)
    assert {name: list(one.scores) for name, one in by_name(report).items()} == {
        "faithfulness": ["cited", "bare"],
        "relevancy": ["cited", "bare"],
        "correctness": ["cited", "uncited"],
    }
    assert (report.no_reply, report.refused, report.uncited) == (1, 1, 1)
    assert (by_name(report)["faithfulness"].mean, by_name(report)["correctness"].mean) == (0.0, 5.0)


def test_figures_over_cases_and_runs() -> None:
    """a: yes, yes, no; b: yes, nothing, no; c: yes three times."""
    judged = Judged("faithfulness", {"a": (1.0, 1.0, 0.0), "b": (1.0, None, 0.0), "c": (1.0, 1.0, 1.0)})
    assert judged.run_means == [1.0, 1.0, pytest.approx(1 / 3)]
    assert judged.as_json() == {
        "cases": 3,
        "calls": 9,
        "mean": 0.7222,  # (2/3 + 1/2 + 1) / 3
        "spread": 0.3849,  # of 1, 1 and 1/3 about 7/9: sqrt((4 + 4 + 16) / 81 / 2)
        "low": 0.3333,
        "high": 1.0,
        "changed": 2,
        "failed": 1,
        "scores": {"a": [1.0, 1.0, 0.0], "b": [1.0, None, 0.0], "c": [1.0, 1.0, 1.0]},
    }
    assert Judged("relevancy", {"a": (None,)}).mean is None
    assert Judged("relevancy", {"a": (1.0,)}).spread is None
    assert Judged("relevancy", {}).as_json()["low"] is None


def test_a_wavering_judge_is_seen_to_waver() -> None:
    turns: dict[str, int] = {}

    def say(evaluator: str, text: str) -> str:
        turns[evaluator] = turns.get(evaluator, 0) + 1
        if evaluator == "correctness":
            return str(turns[evaluator])
        return "YES" if evaluator == "relevancy" or turns[evaluator] == 1 else "NO"

    report = judge([case("a")], {"a": reply("In an oven.", OVEN)}, Judge(say), runs=3)
    found = by_name(report)
    assert found["faithfulness"].scores["a"] == (1.0, 0.0, 0.0)
    assert found["correctness"].scores["a"] == (1.0, 2.0, 3.0)
    assert found["correctness"].spread == 1.0
    assert [one.changed for one in report.evaluators] == [1, 0, 1]
    shown = report.as_json()
    assert (shown["model"], shown["runs"], [one["mean"] for one in shown["evaluators"].values()]) == (
        "judge",
        3,
        [0.3333, 1.0, 2.0],
    )
    assert json.loads(json.dumps(shown)) == shown


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ("YES", 1.0),
        ("**No**, the context is about yesterday.", 0.0),
        ("The answer is yes.", 1.0),
        ("Yes, no doubt: YES", 1.0),
        ("YES the context says so", 1.0),
        ("No doubt about it: yes", None),
        ("You need to answer with either YES or NO.", None),
        ("YES or NO", None),
        ("I say no, not yes, but no.", None),
        ("YES/NO", None),
        ("There is no oven in it.", None),
        ("Nothing says no oven", None),
        ("Yes. There is an oven, and no other.", 1.0),
        ("Yesterday", None),
        ("Perhaps.", None),
        ("", None),
    ],
)
def test_yes_and_no_are_read_as_words(said: str, score: float | None) -> None:
    model = Judge(lambda name, _: "3" if name == "correctness" else said)
    report = judge([case("a")], {"a": reply("In an oven.", OVEN)}, model, runs=1)
    assert by_name(report)["faithfulness"].scores["a"] == by_name(report)["relevancy"].scores["a"] == (score,)


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ("4.0\nIt is the same.", 4.0),
        ("4", 4.0),
        ("**Score: 3.5**\n\nNot all.", 3.5),
        ("5/5", 5.0),
        ("6\nBetter than good.", None),
        ("5.5", None),
        ("0.5\nBad.", None),
        ("45", None),
        ("5 of the 6 facts are there", None),
        ("Good.\n4", None),
        ("", None),
    ],
)
def test_scores_are_read_from_the_first_line(said: str, score: float | None) -> None:
    model = Judge(lambda name, _: said if name == "correctness" else "YES")
    report = judge([case("a")], {"a": reply("In an oven.", OVEN)}, model, runs=1)
    assert by_name(report)["correctness"].scores["a"] == (score,)
    assert by_name(report)["correctness"].failed == (score is None)


def test_calls_that_fail_are_counted_and_the_others_stand() -> None:
    def say(evaluator: str, text: str) -> str:
        if "Answer b" in text:
            raise ModelError("broke off")
        return "5" if evaluator == "correctness" else "YES"

    replies = {id_: reply(f"Answer {id_}", OVEN) for id_ in "abc"}
    told: list[tuple[str, int, int]] = []
    report = judge([case(id_) for id_ in "abc"], replies, Judge(say), 2, lambda *done: told.append(done))
    assert by_name(report)["faithfulness"].scores == {"a": (1.0, 1.0), "b": (None, None), "c": (1.0, 1.0)}
    assert [(one.failed, one.mean) for one in report.evaluators] == [(2, 1.0), (2, 1.0), (2, 5.0)]
    assert told == [("judging", done, 18) for done in range(1, 19)]


def test_an_answer_too_long_for_a_prompt_gets_no_verdict() -> None:
    replies = {"long": reply("word " * 5000, OVEN), "short": reply("In an oven.", OVEN)}
    model = Judge(lambda name, _: "5" if name == "correctness" else "YES")
    report = judge([case("long"), case("short")], replies, model, runs=1)
    assert by_name(report)["faithfulness"].scores == {"long": (None,), "short": (1.0,)}
    report = judge([case("long"), case("short")], replies, model, runs=1, window=16_000)
    assert by_name(report)["faithfulness"].scores == {"long": (1.0,), "short": (1.0,)}


def test_a_judge_that_gives_no_verdict_at_all_is_an_error() -> None:
    replies = {"a": reply("In an oven.", OVEN)}
    with pytest.raises(ModelError, match="none of 3 verdicts: no verdict could be read from what it wrote"):
        judge([case("a")], replies, Judge(lambda *_: "Hm."), runs=1)

    def fail(*_: str) -> str:
        raise ModelError("nobody there.")

    with pytest.raises(ModelError, match="none of 3 verdicts: nobody there"):
        judge([case("a")], replies, Judge(fail), runs=1)
    model = Judge(fail)
    with pytest.raises(ModelError, match=f"failed {GIVE_UP_AFTER} times before its first verdict: nobody there"):
        judge([case("a")], replies, model, runs=100)
    assert len(model.heard) < 20


def test_with_nothing_to_judge_nobody_is_asked() -> None:
    model = Judge(lambda *_: "YES")
    report = judge([case("a")], {}, model)
    assert (model.heard, report.no_reply) == ([], 1)
    assert [one["mean"] for one in report.as_json()["evaluators"].values()] == [None, None, None]


def test_many_workers_find_what_one_finds() -> None:
    def say(evaluator: str, text: str) -> str:
        odd = any(f"Answer {n}." in text for n in (1, 3, 5))
        return ("2" if odd else "4") if evaluator == "correctness" else ("NO" if odd else "YES")

    cases = [case(str(n)) for n in range(6)]
    replies = {str(n): reply(f"Answer {n}.", OVEN) for n in range(6)}
    one, many = (judge(cases, replies, Judge(say), 2, workers=workers) for workers in (1, 4))
    assert one == many
    assert by_name(one)["correctness"].scores["1"] == (2.0, 2.0)


def test_the_judge_is_asked_over_http_and_its_key_is_not_told(capfd: pytest.CaptureFixture[str]) -> None:
    with listening() as endpoint:
        endpoint.script = lambda asked, say: say("4\nFine." if "expert evaluation" in str(asked) else "YES")
        settings = load_settings(judge_url=endpoint.url, judge_model="wise", judge_key="s3cret")
        report = judge([case("a")], {"a": reply("In an oven.", OVEN)}, judge_model(settings), 2, workers=2)
        assert [one.mean for one in report.evaluators] == [1.0, 1.0, 4.0]
        assert {asked["model"] for asked in endpoint.asked} == {report.model} == {"wise"}
        assert set(endpoint.keys) == {"Bearer s3cret"}
        assert [message["role"] for asked in endpoint.asked for message in asked["messages"]].count("system") == 2
        endpoint.script = lambda *_: 401
        with pytest.raises(ModelError, match="AuthenticationError") as raised:
            judge([case("a")], {"a": reply("In an oven.", OVEN)}, judge_model(settings), 1)
    assert "s3cret" not in str(raised.value) + repr(settings) + "".join(capfd.readouterr())


LLM = {"llm_url": "http://127.0.0.1:9/v1", "llm_model": "small", "llm_key": "llm-key"}


@pytest.mark.parametrize(
    ("given", "name", "key"),
    [
        (LLM, "small", "Bearer llm-key"),
        ({**LLM, "judge_model": "wise"}, "wise", "Bearer llm-key"),
        ({**LLM, "judge_key": "own"}, "small", "Bearer own"),
        ({**LLM, "judge_url": "here"}, "small", "Bearer none"),
        ({"judge_url": "here", "judge_model": "wise"}, "wise", "Bearer none"),
    ],
)
def test_what_is_not_set_for_the_judge_is_taken_from_the_other(given: dict[str, str], name: str, key: str) -> None:
    with listening() as endpoint:
        endpoint.script = lambda _, say: say("YES")
        at = "judge_url" if "judge_url" in given else "llm_url"
        model = judge_model(load_settings(**{**given, at: endpoint.url}))
        judge([case("a")], {"a": reply("In an oven.", OVEN)}, model, 1)
        assert (model.name, set(endpoint.keys)) == (name, {key})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no judge is set. Set GROUNDRULE_JUDGE_URL"),
        ({"judge_url": "http://127.0.0.1:9/v1"}, "http://127.0.0.1:9/v1 has no name. Set GROUNDRULE_JUDGE_MODEL"),
        ({**LLM, "judge_model": "gpt-5.2-pro"}, "GROUNDRULE_JUDGE_MODEL 'gpt-5.2-pro' cannot be used"),
    ],
)
def test_a_judge_that_cannot_be_asked_is_a_setting_error(given: dict[str, str], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        judge_model(load_settings(**given))


def test_a_wrong_key_is_not_shown() -> None:
    with pytest.raises(SettingError) as raised:
        load_settings(judge_key=["s3cret"])
    assert "s3cret" not in str(raised.value)


class Brief:
    """The real small model, cut short: it would ramble on for as long as it may, and a verdict stands at the beginning."""

    name = NAME

    def __init__(self, address: str) -> None:
        self.model = LanguageModel(address, NAME, timeout=120, first_token=60)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Generator[str, None, None]:
        return self.model.stream(messages, min(max_tokens, 8))


def test_a_real_small_model_is_read_or_counted(address: str) -> None:
    failure = ""
    found: tuple[Judged, ...] = ()
    try:
        found = judge([case("a")], {"a": reply("Bread rises in an oven [1].", OVEN)}, Brief(address), 1).evaluators
    except ModelError as error:
        failure = str(error)
    # So small a model may give no verdict that can be read; a call that fails would be told in other words.
    assert not failure or "none of 3 verdicts: no verdict could be read" in failure
    for one in found:
        given = [score for score in one.scores["a"] if score is not None]
        assert len(given) + one.failed == 1
        assert all(1 <= score <= 5 if one.evaluator == "correctness" else score in (0, 1) for score in given)
