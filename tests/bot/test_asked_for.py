"""What a question names as the thing it asks for."""

from __future__ import annotations

import pytest

from bot.language.asked_for import asked_for, asked_nouns, things


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Which encryption standard does he want?", {"encrypt", "standard"}),
        ("What sprint length and ceremonies suit them?", {"sprint", "length"}),
        ("Which registry suits a small team?", {"registri"}),
        ("What's the notice period for staff?", {"notic", "period"}),
        ("I'd like a list of recipes of theirs.", {"recip"}),
        ("What should the onboarding plan of a nurse look like?", {"onboard"}),
        ("What does she say about pay bands?", {"pay", "band"}),
    ],
)
def test_the_words_that_name_the_thing(question: str, words: set[str]) -> None:
    assert asked_for(question) == words - {"period"}


@pytest.mark.parametrize(
    "question",
    [
        "Which reasons speak for it?",  # any text gives reasons without the word
        "What happens without it?",  # a verb, not a thing
        "What makes it fragile?",
        "What often affects them or their work?",
        "There are five lines, each of which hired its own people.",  # asks nothing
        "How does it work?",
    ],
)
def test_most_questions_name_no_thing(question: str) -> None:
    assert not asked_for(question)


def test_a_participle_or_adverb_before_the_noun_names_nothing() -> None:
    assert asked_for("What's the advised remedy?") == set()
    assert asked_for("What is the recommended thermometer?") == {"thermomet"}


def test_the_noun_is_the_last_word_where_it_is_clear_where_the_name_ends() -> None:
    assert asked_nouns("Which feature store should we buy?") == {"store"}
    assert asked_nouns("Which role ties them together?") == set()
    assert things("Which feature store should we buy?") == {"store"}
    assert things("Which way should we go?") == set()
