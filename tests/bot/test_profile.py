"""Facts from what people write: numbers, phrases, denials, hedges, suppositions, corrections; each with its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.evidence import require_rubric_book
from bot.facts import Profile
from bot.profile import Profiler
from ingest.config import BUNDLED_CORPUS
from ingest.pack import load_pack

DATABASE_PACK = Path(__file__).parent.parent / "packs" / "database"
profiler = Profiler(require_rubric_book(load_pack(BUNDLED_CORPUS)).rubric)


def levels(message: str) -> dict[str, str]:
    return {c: fact.level for c, fact in profiler.read(message).facts.items()}


@pytest.mark.parametrize(
    ("message", "criterion", "level"),
    [
        ("We have a dozen models live.", "use-cases", "growing"),
        ("There are 3-5 use cases in production.", "use-cases", "few"),
        ("No models yet.", "use-cases", "few"),
        ("Roughly 90 models are in production", "use-cases", "many"),
        ("Models in production: 14", "use-cases", "growing"),
        ("We are a €2bn bank", "stage", "enterprise"),
        ("a bank in nine countries", "units", "many"),
        ("We employ two data scientists", "staff", "thin"),
        ("a 12-person company", "stage", "small-startup"),
        ("headcount is about 400", "stage", "large-startup"),
        ("80k employees", "stage", "large-enterprise"),
        ("14 business units", "units", "many"),
        ("about 200 GB of data", "data-volume", "medium"),
        ("4 TB a day", "data-volume", "big"),
        ("600 transactions/day", "transactions", "low"),
        ("2 million payments a month", "transactions", "medium"),
        ("Our auditors insist on one set of policies.", "governance", "strict"),
        ("We are not regulated.", "governance", "light"),
        ("Nothing we do is regulated", "governance", "light"),
        ("Compliance is not an issue for us", "governance", "light"),
        ("we ship every week", "autonomy", "high"),
        ("Time to market is not a priority.", "autonomy", "low"),
        ("Nobody coordinates the teams.", "alignment", "high"),
        ("We don't need a common framework", "sharing", "low"),
        ("there must be no more duplicate work", "sharing", "high"),
        ("We run Spark and Kafka", "tooling", "big-data"),
        ("everything hangs on a mainframe", "legacy", "several"),
        ("Finance, our shops and HR each want ML.", "units", "few"),
        ("Ten units use ML: finance, sales and HR among them.", "units", "many"),
        ("We are not regulated, small and quick", "governance", "light"),
    ],
)
def test_a_fact_is_read(message: str, criterion: str, level: str) -> None:
    assert levels(message).get(criterion) == level


@pytest.mark.parametrize(
    ("message", "criterion"),
    [
        ("There are three operating models to choose from.", "use-cases"),
        ("Our competitor has 300 models.", "use-cases"),
        ("We plan to have 50 models by the end of the year.", "use-cases"),
        ("We want 20 models.", "use-cases"),
        ("Growth is 15 % a year.", "use-cases"),
        ("It works in 2024.", "use-cases"),
        ("We see no reason to hire data scientists.", "staff"),
        ("I want one team that coordinates.", "units"),
        ("Squads or one team?", "units"),
        ("What do you recommend?", "aim"),
    ],
)
def test_what_is_no_fact_of_today_is_not_read(message: str, criterion: str) -> None:
    assert criterion not in levels(message)


def test_a_fact_keeps_the_users_own_words() -> None:
    message = "We're a scale-up (~400 employees) with €20m revenue; our auditors are strict."
    for fact in profiler.read(message).facts.values():
        assert fact.said in message
    assert profiler.read("We run ~90 models, live").facts["use-cases"].said == "We run ~90 models"


def test_a_hedge_and_a_rounding_make_a_fact_rough() -> None:
    facts = profiler.read("maybe 5 models. We are heavily regulated.").facts
    assert facts["use-cases"].rough
    assert not facts["governance"].rough


@pytest.mark.parametrize(
    "message", ["What if we had 50 models?", "Suppose we grow to 50 models", "If we had 50 models, would that change?"]
)
def test_a_supposition_is_kept_apart(message: str) -> None:
    reading = profiler.read(message)
    assert "use-cases" not in reading.facts
    assert reading.supposed["use-cases"].level == "many"


def test_of_several_numbers_the_whole_counts_unless_the_message_corrects_itself() -> None:
    assert levels("2,100 people, 14 of our people in the hub")["stage"] == "enterprise"
    assert levels("We have 50 models. Sorry, 5 models.")["use-cases"] == "few"


def test_a_later_turn_corrects_an_earlier_one() -> None:
    profile = Profile().after(profiler.read("We have 60 models and 400 employees."))
    assert profile.levels["use-cases"] == "many"
    named = profile.after(profiler.read("actually only 4 models"))
    assert named.levels["use-cases"] == "few"
    assert named.levels["stage"] == "large-startup"


def test_a_bare_correction_is_about_the_last_number() -> None:
    profile = Profile().after(profiler.read("We have 60 models."))
    corrected = profile.after(profiler.read("sorry, actually 40", None, profile.last_number))
    assert corrected.levels["use-cases"] == "growing"


@pytest.mark.parametrize(
    ("asked", "reply", "level"),
    [
        ("use-cases", "about 40", "growing"),
        ("use-cases", "40 I guess", "growing"),
        ("governance", "yes", "strict"),
        ("governance", "no", "light"),
        ("governance", "Strict.", "strict"),
        ("closeness", "very close", "high"),
        ("units", "seven", "many"),
    ],
)
def test_a_bare_reply_is_about_what_was_asked(asked: str, reply: str, level: str) -> None:
    assert profiler.read(reply, asked).facts[asked].level == level


def test_a_hint_never_replaces_what_was_said() -> None:
    profile = Profile().after(profiler.read("We are 70 people."))
    assert profile.after(profiler.read("Our partner is a bank.")).levels["stage"] == "small-startup"


@pytest.mark.parametrize(
    ("message", "option"),
    [
        ("We are decentralised now.", "decentralised"),
        ("Today we have one big central data science team.", "centralised"),
        ("At present a Centre of Excellence coordinates us.", "federated-coe"),
    ],
)
def test_what_an_organisation_has_today_is_read(message: str, option: str) -> None:
    assert profiler.read(message).present["operating-structure"][0] == option


@pytest.mark.parametrize(
    "message", ["We want to become centralised.", "Should we have a central team?", "We are not centralised."]
)
def test_what_is_only_wished_for_is_not_what_they_have(message: str) -> None:
    assert profiler.read(message).present == {}


def test_another_pack_is_read_by_the_same_code() -> None:
    other = Profiler(require_rubric_book(load_pack(DATABASE_PACK)).rubric)
    facts = other.read(
        "Our records are nested; 4 schema changes a week; no reports at all. Payments are all or nothing."
    ).facts
    assert {c: f.level for c, f in facts.items()} == {
        "shape": "nested",
        "changes": "often",
        "reports": "no-reports",
        "transactions": "together",
    }
