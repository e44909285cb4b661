from __future__ import annotations

from bot.session import SessionStore, Turn


def test_a_conversation_is_remembered_and_forgotten() -> None:
    store = SessionStore(2)
    store.remember("a", Turn(question="q"))
    assert store.last("a").question == "q"
    store.forget("a")
    assert store.last("a") == Turn()
    store.forget("never there")


def test_conversations_are_kept_apart() -> None:
    store = SessionStore(2)
    store.remember("a", Turn(question="of a"))
    store.remember("b", Turn(question="of b"))
    assert (store.last("a").question, store.last("b").question) == ("of a", "of b")


def test_the_one_longest_unused_is_forgotten_first() -> None:
    store = SessionStore(2)
    for name in ("a", "b"):
        store.remember(name, Turn(question=name))
    store.last("a")
    store.remember("c", Turn(question="c"))
    assert [store.last(name).question for name in ("a", "b", "c")] == ["a", "", "c"]


def test_identifiers_cannot_be_guessed() -> None:
    assert len({SessionStore.new_id() for _ in range(100)}) == 100
    assert len(SessionStore.new_id()) == 32
