"""What is said while an answer is worked out: corrections stay, deletions stay, and an edit replaces or changes nothing."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from bot.llm.phrasing import Phrasing, Spoken
from bot.service.service import Service
from bot.sessions.conversations import StoredConversations
from bot.sessions.going_on import ATTEMPTS, GoingOn, InTurn
from bot.sessions.memory import MemoryConversations
from bot.sessions.safe import SafeConversations
from bot.sessions.session import Exchange, Limits, Standing, Turn
from bot.storage import file as sqlite_file
from ingest.errors import ChangedError, ConversationError, DeletedError, UsageError
from tests.bot.test_conversations import FULL, exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.assistant import Assistant

START = "We are 30 people with two models live, and nobody regulates us."
MORE = "We have 2 TB of data."
CONS = "What are the cons of the factory model?"


@pytest.fixture(params=["memory", "sqlite", "safe"])
def talks(request: pytest.FixtureRequest, file: Path) -> Iterator[MemoryConversations | StoredConversations]:
    made: Any = MemoryConversations() if request.param == "memory" else StoredConversations(file)
    if request.param == "safe":
        made = SafeConversations(made, Limits(), pytest.fail)
    with closing(made):
        yield made


@pytest.fixture
def over(assistant: Assistant, talks: MemoryConversations) -> Service:
    return Service(assistant.with_conversations(talks), feedback=None)  # type: ignore[arg-type]


def once(act: Callable[[], object]) -> Callable[[], None]:
    """Acts at the first call only."""
    left = [act]

    def check() -> None:
        while left:
            left.pop()()

    return check


def levels(service: Service, session: str = "s") -> dict[str, str]:
    return dict(service.assistant._conversations.last(session).profile.levels)


def questions(service: Service, session: str = "s") -> list[str]:
    return [one.question for one in service.assistant.history(session)]


def another_process(assistant: Assistant) -> Assistant:
    """An assistant over the same conversations that takes no turns with the first."""
    other = assistant.with_conversations(assistant._conversations, phrased=False)
    other._going_on = GoingOn()
    return other


def test_a_correction_made_meanwhile_stays_and_the_question_is_understood_from_there(over: Service) -> None:
    over.ask(START, "s", door="page")
    other = Service(another_process(over.assistant), feedback=None)  # type: ignore[arg-type]
    correct = once(lambda: other.correct("s", {"use-cases": "many"}, door="page"))
    answer = over.ask(f"{MORE} Which operating model fits us?", "s", door="page", check=correct)
    known = levels(over)
    assert (known["use-cases"], "data-volume" in known) == ("many", True)
    assert answer.recommendation is not None
    assert {f.criterion: f.level for f in answer.recommendation.facts}["use-cases"] == "many"
    assert len(questions(over)) == 3
    # Taken back, the correction is what is left.
    assert over.assistant.rewind("s", 1) == 1
    assert levels(over)["use-cases"] == "many"


def test_tabs_that_ask_at_once_lose_nothing_of_one_another(over: Service) -> None:
    told = ["We are 30 people.", "Two models are live.", "Nobody regulates us.", "We have 2 TB of data."]
    together = threading.Barrier(len(told))
    failed: list[BaseException] = []

    def tell(words: str) -> None:
        try:
            together.wait(timeout=180)
            over.ask(f"{words} Which operating model fits us?", "s", door="page")
        except BaseException as error:  # noqa: BLE001 - shown below
            failed.append(error)

    threads = [threading.Thread(target=tell, args=(words,)) for words in told]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=180)
    alone: set[str] = set()
    for number, words in enumerate(told):
        over.ask(f"{words} Which operating model fits us?", f"alone {number}", door="page")
        alone |= levels(over, f"alone {number}").keys()
    assert failed == []
    assert len(alone) >= 3
    assert levels(over).keys() >= alone
    assert len(questions(over)) == len(told)
    assert len(over.assistant._going_on._in_turn) == 0


def test_a_conversation_deleted_meanwhile_does_not_come_back(over: Service) -> None:
    over.ask(START, "s", door="page")
    forget = once(lambda: over.assistant.forget("s"))
    seen: list[str] = []
    over._observe = lambda answer, _: seen.append(answer.question)
    with pytest.raises(DeletedError, match="the conversation was deleted meanwhile; nothing was kept"):
        over.ask(MORE, "s", door="page", check=forget)
    assert (over.assistant.history("s"), levels(over), seen) == ([], {}, [])
    # A first question that is deleted before it is answered had nothing to delete.
    assert over.ask(MORE, "new", door="page", check=once(lambda: over.assistant.forget("new"))).answer
    assert questions(over, "new") == [MORE]


def test_a_conversation_changed_and_then_deleted_does_not_come_back(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = MemoryConversations()
    kept.remember("s", Turn(question="1"), exchange("1"))
    read, times = kept.read, []

    def reading(session: str, replacing: str | None = None) -> Standing:
        times.append(session)
        if len(times) == 2:
            kept.forget("s")
        return read(session, replacing)

    monkeypatch.setattr(kept, "read", reading)
    with pytest.raises(DeletedError):
        assistant.with_conversations(kept).ask(
            MORE, "s", check=once(lambda: kept.remember("s", Turn(question="2"), exchange("2")))
        )
    assert (len(times), kept.history("s")) == (2, [])


def test_who_is_overtaken_again_and_again_is_told(assistant: Assistant) -> None:
    kept = MemoryConversations()
    count: list[int] = []

    def overtake() -> None:
        count.append(1)
        kept.remember("s", Turn(question=str(len(count))), exchange(str(len(count))))

    with pytest.raises(ChangedError, match="again and again; nothing was kept"):
        assistant.with_conversations(kept).ask(MORE, "s", check=overtake)
    assert len(count) == len(kept.history("s")) == ATTEMPTS


def test_an_edit_replaces_the_last_exchange(over: Service) -> None:
    over.ask(START, "s", door="page")
    before = over.assistant._conversations.last("s")
    over.ask("Two hundred models are live. What now?", "s", door="page")
    key = over.assistant.history("s")[-1].key
    answer = over.ask(CONS, "s", door="page", replacing=key)
    assert questions(over) == [START, CONS]
    assert over.assistant.history("s")[-1].answer == answer.as_json()
    # What the edited question told is not known any more.
    assert levels(over) == dict(before.profile.levels)
    assert over.assistant.rewind("s", 1) == 1
    assert over.assistant._conversations.last("s") == before
    with pytest.raises(UsageError, match="not the last one"):
        over.ask(MORE, "s", door="page", replacing=key)


def test_an_edit_that_comes_to_nothing_leaves_the_old_exchange(over: Service) -> None:
    over.ask(START, "s", door="page")
    over.ask(CONS, "s", door="page")
    kept = over.assistant._conversations
    before, key = (kept.history("s"), kept.last("s")), kept.history("s")[-1].key

    def stop() -> None:
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        over.ask(MORE, "s", door="page", replacing=key, check=stop)
    assert (kept.history("s"), kept.last("s")) == before
    # Nobody waits for who was stopped.
    assert len(over.assistant._going_on._in_turn) == 0
    # Somebody else with the link has asked meanwhile.
    with pytest.raises(UsageError, match="not the last one"):
        over.ask(
            MORE, "s", door="page", replacing=key,
            check=once(lambda: kept.remember("s", Turn(question="theirs"), exchange("theirs"))),
        )  # fmt: skip
    assert questions(over) == [START, CONS, "theirs"]
    # Before any work is begun.
    calls: list[int] = []
    with pytest.raises(UsageError, match="not the last one"):
        over.ask(MORE, "s", door="page", replacing=key, check=lambda: calls.append(1))
    assert (calls, len(kept.history("s"))) == ([], 3)


class Speaking(Phrasing):
    """Says each answer in words of its own, and remembers what it was told was said before."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.before: list[int] = []

    def answer(self, composed: Spoken, _intent: Any, _kind: Any, _question: str, conversation: Any = (), _on: Any = None) -> Spoken:  # fmt: skip
        self.said.append(composed.text)
        self.before.append(len(conversation))
        return Spoken(f"{len(self.said)}. in my words", composed.passages, "model")


@pytest.mark.parametrize(
    ("question", "meanwhile", "words"),
    [
        (CONS, "What are the pros of the federated model?", "1. in my words"),
        ("And the cons?", "What are the pros of the federated model?", None),
    ],
    ids=["the same", "another"],
)
def test_a_model_phrases_once(assistant: Assistant, question: str, meanwhile: str, words: str | None) -> None:
    over = assistant.with_conversations(MemoryConversations())
    plain = over.ask("What are the pros of the factory model?", "s")
    over.phrasing = speaking = Speaking()
    kept = over._conversations
    answer = over.ask(question, "s", check=once(lambda: another_process(over).ask(meanwhile, "s")))
    assert len(speaking.said) == 1
    if words:
        assert (answer.answer, answer.generator) == (words, "model")
    else:
        assert answer.answer.startswith("**Cons of Federated")
        assert answer.generator == "extractive"
    # What is replaced is not told as said before.
    assert (speaking.before, plain.session) == ([1], "s")
    over.ask(CONS, "s", replacing=kept.history("s")[-1].key)
    assert speaking.before == [1, 2]


def test_distinct_conversations_do_not_wait_for_one_another() -> None:
    turns = InTurn()
    with turns.of("a"):
        with turns.of("b"):
            assert len(turns) == 2
        entered = threading.Event()

        def enter() -> None:
            with turns.of("a"):
                entered.set()

        second = threading.Thread(target=enter)
        second.start()
        assert not entered.wait(0.05)
    second.join(timeout=180)
    assert (entered.is_set(), len(turns)) == (True, 0)
    with pytest.raises(ValueError, match="fault"), turns.of("a"):
        raise ValueError("fault")
    assert len(turns) == 0


@pytest.fixture
def failing(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SafeConversations, Callable[[], Any]]]:
    """Conversations with one stored, and what makes their store fail for a while."""
    monkeypatch.setattr(sqlite_file, "_BUSY_SECONDS", 0.05)
    said: list[str] = []
    with closing(StoredConversations(file)) as store:
        safe = SafeConversations(store, Limits(), said.append)
        safe.remember("s", FULL, exchange("1"))

        def busy() -> Any:
            other = sqlite3.connect(file, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            return closing(other)

        yield safe, busy


def test_what_could_not_be_stored_is_stored_later_as_before(
    failing: tuple[SafeConversations, Callable[[], Any]], file: Path
) -> None:
    safe, busy = failing
    with busy():
        for number in "23":
            safe.remember("s", Turn(question=number), exchange(number), standing=safe.read("s"))
        # The newest can be replaced, for it is in memory; a greeting changes nothing.
        key = safe.history("s")[-1].key
        safe.remember("s", Turn(question="3b"), exchange("3b"), standing=safe.read("s", key), replacing=key)
        assert safe.read("s", safe.history("s")[-1].key).turn.question == "2"
    safe.remember("s", Turn(question="4"), exchange("4"), standing=safe.read("s"))
    with closing(StoredConversations(file)) as store:
        assert [one.question for one in store.history("s")] == ["1", "2", "3b", "4"]
        assert store.rewind("s", 3) == 3
        assert store.last("s") == FULL


def test_what_stands_in_a_store_that_fails_is_not_replaced(
    failing: tuple[SafeConversations, Callable[[], Any]],
) -> None:
    safe, busy = failing
    key = safe.history("s")[-1].key
    standing = safe.read("s", key)
    with busy(), pytest.raises(ConversationError):
        safe.remember("s", Turn(), exchange("new"), standing=standing, replacing=key)
    assert ([one.question for one in safe.history("s")], safe.last("s")) == (["1"], FULL)


def test_what_is_deleted_in_the_store_meanwhile_is_not_stored_again(
    failing: tuple[SafeConversations, Callable[[], Any]], file: Path
) -> None:
    safe, busy = failing
    with busy():
        safe.remember("s", Turn(question="2"), exchange("2"), standing=safe.read("s"))
        safe.remember("new", Turn(question="n"), exchange("n"), standing=safe.read("new"))
    with closing(StoredConversations(file)) as store:
        assert store.forget("s")
    with pytest.raises(DeletedError):
        safe.remember("s", Turn(question="3"), exchange("3"), standing=safe.read("s"))
    safe.remember("new", Turn(question="m"), exchange("m"), standing=safe.read("new"))
    assert (safe.history("s"), safe.last("s")) == ([], Turn())
    assert [one.question for one in safe.history("new")] == ["n", "m"]


@pytest.mark.parametrize("later", ["another asks", "the end"])
def test_what_could_not_be_stored_is_stored_though_its_user_asks_no_more(
    failing: tuple[SafeConversations, Callable[[], Any]], file: Path, later: str
) -> None:
    safe, busy = failing
    with busy():
        safe.remember("s", Turn(question="2"), exchange("2"), standing=safe.read("s"))
        safe.remember("new", Turn(question="n"), exchange("n"), standing=safe.read("new"))
        safe.remember("gone", Turn(question="g"), exchange("g"), standing=safe.read("gone"))
    assert safe.forget("gone")
    if later == "the end":
        safe.close()
    else:
        safe.remember("other", Turn(), exchange("o"), standing=safe.read("other"))
    with closing(StoredConversations(file)) as store:
        assert [one.question for one in store.history("s")] == ["1", "2"]
        assert [one.question for one in store.history("new")] == ["n"]
        assert store.history("gone") == []


def test_what_is_answered_while_the_rest_is_stored_is_not_lost(
    failing: tuple[SafeConversations, Callable[[], Any]], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    safe, busy = failing
    with busy():
        for number in range(4):
            safe.remember(f"s{number}", Turn(question="1"), exchange("1"), standing=safe.read(f"s{number}"))
    keep, calls = safe._stored.remember, iter(range(100))

    def flaky(*args: Any, **more: Any) -> None:
        # The store fails anew, in the midst of what is stored for all.
        if next(calls) % 3 == 1:
            raise ConversationError("it fails.")
        keep(*args, **more)

    monkeypatch.setattr(safe._stored, "remember", flaky)
    going_on = GoingOn()

    def talk(number: int) -> None:
        for text in "23456":
            going_on.go_on(safe, f"s{number}", lambda _, __: Said(Turn(question=text), exchange(text)))  # noqa: B023

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=180)
    monkeypatch.undo()
    safe.close()
    with closing(StoredConversations(file)) as store:
        for number in range(4):
            assert [one.question for one in store.history(f"s{number}")] == list("123456")


@dataclass(frozen=True)
class Said:
    turn: Turn
    exchange: Exchange


@pytest.mark.parametrize("session", ["s", "new"])
def test_after_a_greeting_in_memory_a_conversation_goes_on_from_the_store(
    failing: tuple[SafeConversations, Callable[[], Any]], file: Path, session: str
) -> None:
    safe, busy = failing
    going_on = GoingOn()

    def say(text: str, turn: Turn | None = None) -> None:
        going_on.go_on(safe, session, lambda last, _: Said(last if turn is None else turn, exchange(text)))

    before = safe.history(session)
    with busy():
        say("hello", Turn())
        say("thanks", Turn())
        say("a", Turn(question="a"))
        say("b", Turn(question="b"))
    say("c", Turn(question="c"))
    with closing(StoredConversations(file)) as store:
        kept = [one.question for one in store.history(session)[len(before) :]]
        assert (kept, store.last(session).question) == (["hello", "thanks", "a", "b", "c"], "c")


def test_a_greeting_while_nothing_can_be_read_wipes_out_nothing(
    failing: tuple[SafeConversations, Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    safe, _ = failing

    def fails(*_: Any, **__: Any) -> Any:
        raise ConversationError("it fails.")

    with monkeypatch.context() as patched:
        patched.setattr(safe._stored, "read", fails)
        patched.setattr(safe._stored, "remember", fails)
        for greeting in ("hello", "thanks"):
            safe.remember("s", Turn(), exchange(greeting), standing=safe.read("s"))
    safe.remember("s", safe.read("s").turn, exchange("bye"), standing=safe.read("s"))
    assert [one.question for one in safe.history("s")] == ["1", "hello", "thanks", "bye"]
    assert safe.last("s") == FULL


def test_what_an_older_release_stored_is_replaced_where_it_stands_alone(file: Path) -> None:
    with closing(StoredConversations(file)) as store:
        store.remember("s", FULL, exchange("1"))
        store.remember("s", FULL, exchange("2"))
        with closing(sqlite3.connect(file)) as other, other:
            other.execute("UPDATE exchanges SET turn_before = NULL")
        key = store.history("s")[-1].key
        with pytest.raises(UsageError, match="an older release stored"):
            store.read("s", key)
        with pytest.raises(UsageError, match="an older release stored"):
            store.remember("s", Turn(), exchange("new"), replacing=key)
        assert [one.question for one in store.history("s")] == ["1", "2"]
        with closing(sqlite3.connect(file)) as other, other:
            other.execute("DELETE FROM exchanges WHERE answer LIKE '%\"1\"%'")
        assert store.read("s", key).turn == Turn()
        store.remember("s", Turn(question="new"), exchange("new"), standing=store.read("s", key), replacing=key)
        assert [one.question for one in store.history("s")] == ["new"]


def test_what_is_replaced_is_nowhere_on_the_disk(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "_PRAGMAS", ("PRAGMA secure_delete=OFF", *sqlite_file._PRAGMAS))
    unheard = "xylophone-quartz"
    with closing(StoredConversations(file)) as store:
        store.remember("s", FULL, exchange("1"))
        store.remember("s", Turn(question=unheard * 50), exchange(unheard * 50))
        store.remember("s", Turn(question="2"), exchange("2"), replacing=store.history("s")[-1].key)
        assert unheard.encode() not in b"".join(one.read_bytes() for one in file.parent.iterdir())
