"""Messages that ask several things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.messages.splitting import alternatives, separate
from bot.sessions.session import Turn

if TYPE_CHECKING:
    from bot.assistant import Assistant


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("What is a CoE; when does it make sense?", ["What is a CoE", "when does it make sense?"]),
        (
            "Which tools do analysts use and how much do they earn?",
            ["Which tools do analysts use", "how much do they earn?"],
        ),
        ("We have 40 models. Does a factory scale? And the cons?", ["Does a factory scale?", "And the cons?"]),
        ("Explain how models are built and who repeats work.", ["Explain how models are built and who repeats work."]),
        ("Compare squads and factories", ["Compare squads and factories"]),
        ("We have 40 models.", []),
    ],
)
def test_questions_are_parted(message: str, parts: list[str]) -> None:
    assert separate(message) == parts


def test_two_things_asked_of_a_third() -> None:
    assert alternatives("Tools and salary of an analyst?") == ["Tools of an analyst?", "salary of an analyst?"]
    assert alternatives("Compare squads and factories") == []


def test_each_question_is_answered_and_what_is_missing_is_said(assistant: Assistant) -> None:
    answer = assistant.ask("Tools and salary of a data engineer?")
    assert not answer.refused
    assert "Spark" in answer.answer
    assert answer.answer.endswith("The documents I have do not answer “salary of a data engineer”.")


def test_the_answers_share_one_numbering(assistant: Assistant) -> None:
    answer = assistant.ask("What are the cons of a factory? And which tools do data engineers use?")
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert len({citation.passage_id for citation in answer.citations}) == len(answer.citations)
    tools = next(citation for citation in answer.citations if "Spark" in citation.quote)
    assert tools.number > 1
    assert f"Hadoop. [{tools.number}]" in answer.answer


def test_where_nothing_is_answered_it_is_refused_once(assistant: Assistant) -> None:
    answer = assistant.ask("What does Kubeflow cost? And who is the mayor of Lisbon?")
    assert (answer.kind, answer.citations) == ("refusal", ())
    assert answer.answer.count("You could ask") == 1


def test_a_question_that_hangs_on_an_unanswered_one_is_unanswered(assistant: Assistant) -> None:
    answer = assistant.ask("Who wrote the social post and where do they work?")
    assert answer.refused, answer.answer


def test_a_part_may_refer_to_the_one_before(assistant: Assistant) -> None:
    request = assistant._reader.read(
        "What are the pros of a factory; when does it make sense?",
        assistant._known.only(assistant._conversations.last("nobody")),
    )
    assert [(part.intent, part.options) for part in request.each] == [
        ("pros_cons", ("factory",)),
        ("fit", ("factory",)),
    ]


def test_a_question_beside_another_is_sought_by_itself_unless_it_points_back(assistant: Assistant) -> None:
    read = assistant._answering._reader.read
    beside = read("Why can a central team be a bottleneck? Which tools do data engineers use?", Turn()).each
    assert [part.before for part in beside] == ["", ""]
    hanging = read("Which firm runs its ML out of one central team? And what do its models drive?", Turn()).each
    assert [part.follows_up for part in hanging] == [False, True]
    assert hanging[1].before == hanging[0].own != ""
