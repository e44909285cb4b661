"""One contract, held by every keeper of conversations."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from bot.deciding.facts import Fact, Profile
from bot.sessions.conversations import StoredConversations
from bot.sessions.memory import MemoryConversations
from bot.sessions.safe import SafeConversations
from bot.sessions.session import Exchange, Limits, Standing, Turn, new_session_id
from bot.sessions.turns import text_of_turn
from ingest.errors import ChangedError, DeletedError, UsageError
from tests.bot.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.sessions.session import Conversations

DAY = 86_400.0
FULL = Turn(
    question="What of the second one, für uns?",
    intent="pros_cons",
    wanted=("con", "pro"),
    options=("factory", "federated"),
    sources=("ordax-2024",),
    terms=("hybrid",),
    cited=("ordax-2024#3",),
    profile=Profile(
        facts={"stage": Fact("stage", "late", "60 models, 'roughly'", "number", rough=True, value=60.0)},
        present={"operating-structure": ("centralised", "one team does it all")},
        asked="stage",
        last_number="stage",
        decision="operating-structure",
        skipped=("budget",),
    ),
)


def exchange(question: str, size: int = 0) -> Exchange:
    return Exchange(datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC), {"question": question, "answer": "é" * size})


@pytest.fixture(params=["memory", "safe", "sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> Iterator[Callable[..., Conversations]]:
    made: list[Conversations] = []

    def maker(**limits: Any) -> Conversations:
        bounds = Limits(**limits)
        keeper: Conversations
        if request.param == "memory":
            keeper = MemoryConversations(bounds, clock)
        elif request.param == "postgresql":
            keeper = StoredConversations(request.getfixturevalue("postgres_url"), bounds, now=clock)
        else:
            keeper = StoredConversations(tmp_path / "c.sqlite3", bounds, now=clock)
        if request.param == "safe":
            keeper = SafeConversations(keeper, bounds, pytest.fail)
        made.append(keeper)
        return keeper

    yield maker
    for keeper in made:
        keeper.close()


def test_nothing_is_known_of_a_conversation_that_never_was(make: Callable[..., Conversations]) -> None:
    keeper = make()
    assert (keeper.last("a"), keeper.history("a"), keeper.forget("a")) == (Turn(), [], False)
    assert (keeper.forget_older(1), keeper.forget_all()) == (0, 0)


def test_a_turn_comes_back_as_it_was(make: Callable[..., Conversations]) -> None:
    keeper = make()
    keeper.remember("a", Turn(question="before"))
    keeper.remember("a", FULL)
    assert keeper.last("a") == FULL
    assert keeper.history("a") == []


def test_a_transcript_keeps_the_order(make: Callable[..., Conversations]) -> None:
    keeper = make()
    said = [exchange("first?", 3), exchange("second?"), exchange("third? \u2192 \U0001f600")]
    for one in said:
        keeper.remember("a", FULL, one)
    assert keeper.history("a") == said
    assert [one.question for one in keeper.history("a")] == ["first?", "second?", "third? \u2192 \U0001f600"]


def test_conversations_are_kept_apart(make: Callable[..., Conversations]) -> None:
    keeper = make()
    for session in ("a", "A", "a ", "%", "a' OR '1'='1"):
        keeper.remember(session, Turn(question=f"of <{session}>"), exchange(f"to <{session}>"))
    for session in ("a", "A", "a ", "%", "a' OR '1'='1"):
        assert keeper.last(session).question == f"of <{session}>"
        assert [one.question for one in keeper.history(session)] == [f"to <{session}>"]
    assert keeper.last("_") == Turn()


def test_a_forgotten_conversation_is_gone_and_the_others_stay(make: Callable[..., Conversations]) -> None:
    keeper = make()
    for session in ("a", "b"):
        keeper.remember(session, FULL, exchange(session))
    assert keeper.forget("a")
    assert (keeper.last("a"), keeper.history("a"), keeper.forget("a")) == (Turn(), [], False)
    assert (keeper.last("b"), len(keeper.history("b"))) == (FULL, 1)
    keeper.remember("a", Turn(question="anew"))
    assert keeper.history("a") == []


def test_the_one_longest_unused_is_forgotten_first(make: Callable[..., Conversations]) -> None:
    keeper = make(conversations=2)
    for session in ("a", "b", "a", "c"):
        keeper.remember(session, Turn(question=session), exchange(session))
    assert [keeper.last(session).question for session in ("a", "b", "c")] == ["a", "", "c"]
    assert keeper.history("b") == []


def test_what_has_expired_is_gone(make: Callable[..., Conversations], clock: Clock) -> None:
    keeper = make(days=2)
    keeper.remember("a", FULL, exchange("a"))
    clock.seconds += 1.5 * DAY
    keeper.remember("b", FULL, exchange("b"))
    assert keeper.last("a") == FULL
    clock.seconds += 1 * DAY
    assert (keeper.last("a"), keeper.history("a")) == (Turn(), [])
    assert keeper.last("b") == FULL
    # Begun anew under the same name, it shows nothing of before.
    keeper.remember("a", Turn(question="anew"), exchange("anew"))
    assert [one.question for one in keeper.history("a")] == ["anew"]


def test_a_question_begins_the_days_anew_and_no_days_are_for_ever(
    make: Callable[..., Conversations], clock: Clock
) -> None:
    keeper = make(days=2)
    for _ in range(3):
        keeper.remember("a", FULL, exchange("a"))
        clock.seconds += 1.9 * DAY
    assert len(keeper.history("a")) == 3
    for_ever = make(days=0)
    for_ever.remember("b", FULL)
    clock.seconds += 40 * 365 * DAY
    assert for_ever.last("b") == FULL


# An answer of 100 letters of two bytes with 28 of JSON around them, and the turn before it.
SIZE = 228 + len(text_of_turn(FULL).encode())


@pytest.mark.parametrize(
    ("limits", "kept"),
    [({"exchanges": 3}, 3), ({"transcript_bytes": 2 * SIZE}, 2), ({"transcript_bytes": 2 * SIZE - 1}, 1)],
)
def test_a_transcript_is_bounded(make: Callable[..., Conversations], limits: dict[str, int], kept: int) -> None:
    keeper = make(**limits)
    for number in range(7):
        keeper.remember("a", FULL, exchange(str(number), 100))
        keeper.remember("b", FULL, exchange(f"b{number}"))
    assert [one.question for one in keeper.history("a")] == ["4", "5", "6"][-kept:]
    keeper.remember("a", FULL, exchange("long", 10_000))
    assert keeper.history("a")[-1].question == "long"
    assert len(keeper.history("a")) == (1 if "transcript_bytes" in limits else 3)


def test_many_are_forgotten_by_age_or_all(make: Callable[..., Conversations], clock: Clock) -> None:
    keeper = make()
    for session in ("a", "b", "c"):
        keeper.remember(session, FULL, exchange(session))
        clock.seconds += DAY
    assert keeper.forget_older(1.5) == 2
    assert [bool(keeper.history(session)) for session in ("a", "b", "c")] == [False, False, True]
    keeper.remember("d", FULL)
    assert keeper.forget_all() == 2
    assert keeper.last("d") == Turn()


def talked(keeper: Conversations, *questions: str, session: str = "a") -> None:
    """Has a conversation in which each turn is named after its exchange."""
    for question in questions:
        keeper.remember(session, Turn(question=question), exchange(question))


def questions_in(keeper: Conversations, session: str = "a") -> list[str]:
    return [one.question for one in keeper.history(session)]


@pytest.mark.parametrize(
    ("drop", "dropped", "left", "last"),
    [(1, 1, ["1", "2"], "2"), (2, 2, ["1"], "1"), (3, 3, [], "begun"), (9, 3, [], "begun")],
)
def test_the_newest_exchanges_are_taken_back(
    make: Callable[..., Conversations], drop: int, dropped: int, left: list[str], last: str
) -> None:
    keeper = make()
    keeper.remember("a", Turn(question="begun"))
    talked(keeper, "1", "2", "3")
    talked(keeper, "other", session="b")
    assert keeper.rewind("a", drop) == dropped
    assert (questions_in(keeper), keeper.last("a")) == (left, Turn(question=last))
    assert (questions_in(keeper, "b"), keeper.last("b").question) == (["other"], "other")
    # And it goes on from there.
    talked(keeper, "anew")
    assert questions_in(keeper) == [*left, "anew"]
    assert keeper.rewind("a", 1) == 1
    assert (questions_in(keeper), keeper.last("a")) == (left, Turn(question=last))


def test_a_whole_turn_comes_back_with_what_is_taken_back(make: Callable[..., Conversations]) -> None:
    keeper = make()
    keeper.remember("a", FULL, exchange("1"))
    talked(keeper, "2")
    assert keeper.rewind("a", 1) == 1
    assert keeper.last("a") == FULL
    assert keeper.rewind("a", 1) == 1
    assert (keeper.last("a"), keeper.history("a")) == (Turn(), [])


def test_where_nothing_was_said_nothing_is_taken_back(make: Callable[..., Conversations], clock: Clock) -> None:
    keeper = make(days=2)
    assert keeper.rewind("a", 1) == 0
    keeper.remember("a", FULL)
    assert (keeper.rewind("a", 1), keeper.last("a")) == (0, FULL)
    talked(keeper, "1")
    clock.seconds += 3 * DAY
    assert (keeper.rewind("a", 1), keeper.last("a")) == (0, Turn())


def test_what_was_shortened_away_still_counts_for_the_turn_before(make: Callable[..., Conversations]) -> None:
    keeper = make(exchanges=2)
    talked(keeper, "1", "2", "3")
    assert keeper.rewind("a", 5) == 2
    assert (questions_in(keeper), keeper.last("a").question) == ([], "1")


def key_of_last(keeper: Conversations, session: str = "a") -> str:
    return keeper.history(session)[-1].key


def test_an_exchange_has_one_key_wherever_it_is_read(make: Callable[..., Conversations]) -> None:
    keeper = make()
    said = [
        Exchange(datetime(2026, 5, 4, 3, 2, 1, 999_999, tzinfo=UTC), {"question": "é?", "n": 0.1, "of": {"b": [], "a": None}}),
        exchange("at once"),
        exchange("at the same time"),
    ]  # fmt: skip
    for one in said:
        keeper.remember("a", FULL, one)
    keys = [one.key for one in said]
    assert [one.key for one in keeper.history("a")] == keys
    assert len(set(keys)) == 3
    # The order of the fields is no part of it, nor the zone.
    moved = said[0].at.astimezone(timezone(timedelta(hours=2)))
    assert Exchange(moved, {"of": {"a": None, "b": []}, "n": 0.1, "question": "é?"}).key == keys[0]
    assert keys[0].startswith("2026-05-04T03:02:01.999999+00:00-")


def test_the_newest_exchange_is_replaced(make: Callable[..., Conversations]) -> None:
    keeper = make()
    keeper.remember("a", FULL, exchange("1"))
    talked(keeper, "2", "3")
    standing = keeper.read("a", key_of_last(keeper))
    assert standing == Standing(Turn(question="2"), keeper.read("a").mark)
    keeper.remember("a", Turn(question="new"), exchange("new"), standing=standing, replacing=key_of_last(keeper))
    assert (questions_in(keeper), keeper.last("a").question) == (["1", "2", "new"], "new")
    # What was before it is what was before the one that it replaced.
    assert keeper.rewind("a", 1) == 1
    assert keeper.last("a").question == "2"
    # The only one can be replaced too.
    assert keeper.rewind("a", 1) == 1
    assert keeper.read("a", key_of_last(keeper)).turn == Turn()
    keeper.remember("a", Turn(question="only"), exchange("only"), replacing=key_of_last(keeper))
    assert (questions_in(keeper), keeper.last("a").question) == (["only"], "only")
    assert keeper.rewind("a", 1) == 1
    assert keeper.last("a") == Turn()


def test_only_the_newest_exchange_is_replaced(make: Callable[..., Conversations]) -> None:
    keeper = make()
    talked(keeper, "1", "2")
    first, second = (one.key for one in keeper.history("a"))
    for session, key in (("a", first), ("a", "none"), ("nobody", second)):
        with pytest.raises(UsageError, match="not the last one of the conversation any more"):
            keeper.read(session, key)
        with pytest.raises(UsageError, match="not the last one of the conversation any more"):
            keeper.remember(session, Turn(question="new"), exchange("new"), replacing=key)
    assert (questions_in(keeper), keeper.last("a").question) == (["1", "2"], "2")
    assert (keeper.history("nobody"), keeper.forget("nobody")) == ([], False)


def test_what_was_changed_since_it_was_read_is_not_written_over(make: Callable[..., Conversations]) -> None:
    keeper = make()
    began = keeper.read("a")
    assert began == Standing()
    talked(keeper, "1")
    read = keeper.read("a")
    assert (read.turn.question, read.mark is None) == ("1", False)
    with pytest.raises(ChangedError, match="changed meanwhile"):
        keeper.remember("a", Turn(question="late"), exchange("late"), standing=began)
    talked(keeper, "2")
    with pytest.raises(ChangedError) as error:
        keeper.remember("a", Turn(question="late"), exchange("late"), standing=read)
    assert not isinstance(error.value, DeletedError)
    assert (questions_in(keeper), keeper.last("a").question) == (["1", "2"], "2")
    # Where it is as it was, it goes on; a pleasantry leaves it so.
    read = keeper.read("a")
    keeper.remember("a", read.turn, exchange("thanks"), standing=keeper.read("a"))
    keeper.remember("a", Turn(question="3"), exchange("3"), standing=read)
    assert questions_in(keeper) == ["1", "2", "thanks", "3"]


@pytest.mark.parametrize("turn", [FULL, Turn()], ids=["knows", "knows nothing"])
def test_what_was_deleted_since_it_was_read_does_not_come_back(make: Callable[..., Conversations], turn: Turn) -> None:
    keeper = make()
    keeper.remember("a", turn, exchange("1"))
    read, key = keeper.read("a"), key_of_last(keeper)
    assert keeper.forget("a")
    for replacing in (None, key):
        with pytest.raises(DeletedError, match="deleted meanwhile; nothing was kept"):
            keeper.remember("a", FULL, exchange("late"), standing=read, replacing=replacing)
    assert (keeper.last("a"), keeper.history("a"), keeper.forget("a")) == (Turn(), [], False)
    # Who asks then begins anew.
    keeper.remember("a", Turn(question="anew"), exchange("anew"), standing=keeper.read("a"))
    assert questions_in(keeper) == ["anew"]


def test_what_expired_or_was_crowded_out_since_it_was_read_does_not_come_back_either(
    make: Callable[..., Conversations], clock: Clock
) -> None:
    keeper = make(days=2, conversations=1)
    talked(keeper, "1")
    read = keeper.read("a")
    clock.seconds += 3 * DAY
    with pytest.raises(DeletedError):
        keeper.remember("a", FULL, exchange("late"), standing=read)
    talked(keeper, "anew")
    read = keeper.read("a")
    talked(keeper, "other", session="b")
    with pytest.raises(DeletedError):
        keeper.remember("a", FULL, exchange("late"), standing=read)
    assert (keeper.history("a"), questions_in(keeper, "b")) == ([], ["other"])


def test_threads_may_take_back_at_once(make: Callable[..., Conversations]) -> None:
    """As many go as were asked for, and the last turn is that of the exchange that stays."""
    keeper = make()
    talked(keeper, *(str(number) for number in range(20)))
    taken: list[int] = []
    together = threading.Barrier(4)

    def take_back() -> None:
        together.wait(timeout=180)
        for _ in range(4):
            taken.append(keeper.rewind("a", 1))

    threads = [threading.Thread(target=take_back) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [1] * 16
    assert (questions_in(keeper), keeper.last("a").question) == (["0", "1", "2", "3"], "3")


def test_threads_may_write_at_once(make: Callable[..., Conversations]) -> None:
    keeper = make()
    failed: list[Exception] = []
    together = threading.Barrier(4)

    def talk(name: int) -> None:
        try:
            for number in range(10):
                together.wait(timeout=180)
                keeper.remember(f"begun by all {number}", FULL, exchange("begun"))
            for number in range(10):
                keeper.remember("shared", Turn(question=f"{name}.{number}"), exchange(f"{name}.{number}"))
                keeper.remember(f"own {name}", Turn(question=f"{name}.{number}"), exchange(f"{name}.{number}"))
                assert keeper.last(f"own {name}").question == f"{name}.{number}"
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    threads = [threading.Thread(target=talk, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    shared = [one.question for one in keeper.history("shared")]
    assert sorted(shared) == sorted(f"{name}.{number}" for name in range(4) for number in range(10))
    assert keeper.last("shared").question == shared[-1]
    assert {len(keeper.history(f"begun by all {number}")) for number in range(10)} == {4}
    for name in range(4):
        assert [q for q in shared if q.startswith(f"{name}.")] == [f"{name}.{number}" for number in range(10)]


def test_identifiers_cannot_be_guessed() -> None:
    made = {new_session_id() for _ in range(100)}
    assert len(made) == 100
    assert {len(id_) for id_ in made} == {32}
    # Each of the 128 bits takes both values: none of them is fixed or derived from the time.
    numbers = [int(id_, 16) for id_ in made]
    assert all(0 < sum(number >> bit & 1 for number in numbers) < 100 for bit in range(128))
