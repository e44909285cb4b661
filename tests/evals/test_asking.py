"""Cases put to a system: what is asked, what is noted, what a failure leaves, and what a second run asks."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from evals.asking import Asked, Groundrule, ask_all, case_key
from evals.runner import Ledger
from evals.scoring import Marker
from evals.summary import summary
from ingest.errors import StoreError
from tests.evals.made import case, cited, ignore, nugget, recommendation, reply
from tests.fakes import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bot.assistant import Assistant
    from evals.cases import Case
    from evals.reply import Reply


class System:
    """Answers with the number of the message and its words; whoever asks for what it cannot do meets an error."""

    def __init__(self, fails: Callable[[str], BaseException | None] = lambda _: None) -> None:
        self.fails = fails
        self.asked: list[tuple[str, ...]] = []
        self.lock = threading.Lock()

    def converse(self, turns: Sequence[str]) -> tuple[list[Reply], list[float]]:
        with self.lock:
            self.asked.append(tuple(turns))
        for turn in turns:
            if error := self.fails(turn):
                raise error
        replies = [reply(f"{n}: {turn} [1]", cited(1, turn)) for n, turn in enumerate(turns, start=1)]
        return replies, [float(n) for n in range(1, len(turns) + 1)]

    def other_order(self, question: str) -> str | None:
        if " or " not in question:
            return None
        one, other = question.rstrip("?").split(" or ")
        return f"{other} or {one}?"


def failing_at(word: str, error: BaseException) -> System:
    return System(lambda turn: error if word in turn else None)


def ask(*cases: Case, system: System, ledger: Ledger | None = None, workers: int = 1) -> list[Asked]:
    return ask_all(cases, system, workers=workers, told=ignore, ledger=ledger)


def test_the_last_answer_is_noted_and_those_before_it() -> None:
    system = System()
    (one,) = ask(case("a", turns=["hello", "gas or wood?"], paraphrases=["wood, say?", "coal?"]), system=system)
    assert one.reply is not None
    assert one.reply.answer == "2: gas or wood? [1]"
    assert one.earlier == ("1: hello [1]",)
    assert [other.answer for other in one.paraphrased if other] == ["2: wood, say? [1]", "2: coal? [1]"]
    assert one.swapped_question == "wood or gas?"
    assert one.swapped is not None
    assert one.swapped.answer == "2: wood or gas? [1]"
    assert one.milliseconds == (1.0, 2.0)
    assert (one.failure, one.failed_beside, one.failed) == ("", (), False)
    # Each other wording is a conversation of its own, with all that was said before.
    assert system.asked == [
        ("hello", "gas or wood?"),
        ("hello", "wood, say?"),
        ("hello", "coal?"),
        ("hello", "wood or gas?"),
    ]


def test_what_is_not_asked_is_not_there() -> None:
    (one,) = ask(case("a"), system=System())
    assert (one.paraphrased, one.swapped_question, one.swapped, one.earlier) == ((), "", None, ())


@pytest.mark.parametrize("workers", [1, 4])
def test_a_system_that_fails_at_a_case_goes_on_with_the_others(workers: int) -> None:
    cases = [case(id_, nuggets=[nugget(f"question {id_}")]) for id_ in "abcde"]
    found = ask(*cases, system=failing_at("c?", ValueError("no such oven")), workers=workers)
    assert [one.id for one in found] == list("abcde")
    assert [one.failure for one in found] == ["", "", "ValueError: no such oven", "", ""]
    assert [one.failed for one in found] == [False, False, True, False, False]
    assert found[2].reply is None
    # It is scored: as missing, with no fact held.
    marker = Marker(Words(), None, [])  # type: ignore[arg-type]
    marked = [marker.mark(asked, one) for asked, one in zip(cases, found, strict=True)]
    assert [one.verdict for one in marked] == ["right", "right", "missing", "right", "right"]
    summed = summary(marked, {})
    assert (summed["cases"], summed["failures"]) == (5, 1)
    assert summed["metrics"]["vital_nuggets"] == {**summed["metrics"]["vital_nuggets"], "value": 0.8, "n": 5}


def test_a_failure_in_other_words_is_told_and_is_no_answer() -> None:
    given = case("a", turns=["gas or wood?"], paraphrases=["fire?", "flame?"])
    (one,) = ask(
        given, system=System(lambda turn: ValueError("burnt") if "fire" in turn or "wood or" in turn else None)
    )
    assert one.reply is not None
    assert [other is None for other in one.paraphrased] == [True, False]
    assert one.swapped is None
    assert one.swapped_question == "wood or gas?"
    assert one.failure == ""
    assert one.failed_beside == ("'fire?': ValueError: burnt", "'wood or gas?': ValueError: burnt")
    assert one.failed


def test_swapping_that_fails_is_a_failure_of_its_case_alone() -> None:
    found = ask(case("a", turns=["x or y or z?"]), case("b"), system=System())
    assert [bool(one.failure) for one in found] == [True, False]


def test_a_conversation_without_an_answer_is_a_failure() -> None:
    class Silent(System):
        def converse(self, turns: Sequence[str]) -> tuple[list[Reply], list[float]]:
            return [], []

    (one,) = ask(case("a"), system=Silent())
    assert one.failure.startswith("IndexError: ")


@pytest.mark.parametrize("workers", [1, 2])
def test_stopped_it_keeps_what_was_done_and_the_next_run_asks_the_rest(tmp_path: Path, workers: int) -> None:
    cases = [case(id_) for id_ in "abcdef"]
    stopped = failing_at("e?", KeyboardInterrupt())
    with closing(Ledger(tmp_path / "l.jsonl", {})) as ledger, pytest.raises(KeyboardInterrupt):
        ask(*cases, system=stopped, ledger=ledger, workers=workers)
    done = {key.split(":")[0] for key in ledger.kept}
    assert set("abc") <= done <= set("abcdf")
    again = System()
    with closing(Ledger(tmp_path / "l.jsonl", {})) as ledger:
        found = ask(*cases, system=again, ledger=ledger, workers=workers)
    assert sorted(turn for (turn,) in again.asked) == [f"Question {id_}?" for id_ in "abcdef" if id_ not in done]
    # What comes out is what a run in one go finds.
    assert found == ask(*cases, system=System())


def test_a_changed_case_is_asked_anew(tmp_path: Path) -> None:
    again = System()
    with closing(Ledger(tmp_path / "l.jsonl", {})) as ledger:
        ask(case("a"), case("b"), system=System(), ledger=ledger)
        found = ask(case("a", nuggets=[nugget("new")]), case("b"), system=again, ledger=ledger)
    assert again.asked == [("Question a?",)]
    assert [one.id for one in found] == ["a", "b"]


def test_a_disk_that_fills_up_stops_the_run(tmp_path: Path) -> None:
    class Full(Ledger):
        def add(self, key: str, value: object) -> None:
            raise StoreError("no space")

    with closing(Full(tmp_path / "l.jsonl", {})) as ledger, pytest.raises(StoreError, match="no space"):
        ask(case("a"), system=System(), ledger=ledger)


def test_what_is_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    full = Asked(
        id="a",
        reply=reply(
            "x [1]",
            cited(1, "y", section="S", exact=False),
            kind="recommendation",
            recommendation=recommendation("gas", facts={"loaves": "few"}, unknown=["market"], next_question="Market?"),
        ),
        earlier=("e",),
        paraphrased=(None, reply("p")),
        swapped_question="q",
        swapped=reply("s"),
        failed_beside=("f",),
        milliseconds=(1.25,),
    )
    with closing(Ledger(tmp_path / "l.jsonl", {})) as ledger:
        ledger.add(case_key(case("a")), full.model_dump(mode="json", by_alias=True))
    with closing(Ledger(tmp_path / "l.jsonl", {})) as again:
        assert ask(case("a"), system=System(), ledger=again) == [full]


def test_a_key_names_all_that_a_result_depends_on() -> None:
    one = case("a:b", turns=["q"])
    assert case_key(one).startswith("a:b:")
    others = [
        case("a:c", turns=["q"]),
        case("a:b", turns=["Q"]),
        case("a:b", turns=["q", "r"]),
        case("a:b", turns=["q"], expect="refuse"),
        case("a:b", turns=["q"], nuggets=[nugget("x")]),
        case("a:b", turns=["q"], forbidden=["x"]),
        case("a:b", turns=["q"], best_models=["x"]),
        case("a:b", turns=["q"], paraphrases=["x"]),
    ]
    assert case_key(one) == case_key(case("a:b", turns=["q"]))
    assert len({case_key(one), *map(case_key, others)}) == 1 + len(others)


# --- the product


def test_the_product_answers_a_conversation_and_forgets_it(assistant: Assistant) -> None:
    sessions: list[str] = []

    class Watched:
        pack = assistant.pack
        documents = assistant.documents
        passages = assistant.passages

        def ask(self, question: str, session: str | None) -> object:
            answer = assistant.ask(question, session)
            sessions.append(answer.session)
            return answer

        def forget(self, session: str) -> bool:
            return assistant.forget(session)

    system = Groundrule(Watched())  # type: ignore[arg-type]
    replies, times = system.converse(["What are the pros of the factory model?", "and the cons?"])
    assert [one.kind for one in replies] == ["pros_cons", "pros_cons"]
    assert replies[1].answer.startswith("**Cons of Factory**")
    assert all(one.exact and one.source_id in assistant.documents for one in replies[0].citations)
    # The verifier is told whose words they are and under which heading they stand.
    first = replies[0].citations[0]
    assert first.section in first.text
    assert first.text.endswith(first.quote)
    assert len(times) == 2
    assert min(times) > 0
    assert len(set(sessions)) == 1
    assert not assistant.forget(sessions[0])
    # A conversation that breaks off is forgotten, too.
    with pytest.raises(Exception, match="question is empty"):
        system.converse(["What are the pros of the factory model?", ""])
    assert not assistant.forget(sessions[-1])
    assert system.other_order("factory or federated?") == "federated or factory?"
