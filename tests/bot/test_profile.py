"""Facts from what people write: numbers, phrases, denials, hedges, suppositions, corrections; each with its words."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.advising.evidence import require_rubric_book
from bot.deciding.facts import Fact, Profile
from bot.deciding.profile import Profiler
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
        ("It is not true that we are regulated.", "governance", "light"),
        ("We are anything but regulated.", "governance", "light"),
        ("Sharing is not important for us.", "sharing", "low"),
        ("We don't have 100 models, more like 8.", "use-cases", "few"),
        ("We are not 80 people but 8,000.", "stage", "enterprise"),
        ("200 models. Actually no, 20.", "use-cases", "growing"),
        ("our models are only two", "use-cases", "few"),
        ("we went from 15 to 60 models", "use-cases", "many"),
        ("15 models but only 3 are live", "use-cases", "few"),
        ("two of our five departments use ML", "units", "few"),
        ("12 of our 80k employees work on ML", "stage", "large-enterprise"),
        ("5TB of call records a day", "data-volume", "big"),
        ("our single ML team of 8", "staff", "mixed"),
        ("The models grew to 60.", "use-cases", "many"),
        ("We had 50 models last year, now 20.", "use-cases", "growing"),
        ("150 scoring and collections models", "use-cases", "many"),
        ("We are fourteen in a converted barn.", "stage", "small-startup"),
        ("No one audits us.", "governance", "light"),
        ("The inspectorate asks us to explain every decision.", "governance", "strict"),
        ("Two groups were building identical features.", "sharing", "high"),
        ("Identical features: two groups were building them", "sharing", "high"),
        ("The investors are patient for many years.", "aim", "research"),
        ("What we predict will be part of our product. Today we publish papers.", "aim", "research"),
        ("What we predict will be part of our product.", "aim", "product"),
        ("one list of all projects", "alignment", "high"),
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
        ("We used to have 10 models.", "use-cases"),
        ("We don't have 100 models.", "use-cases"),
        ("0 in production and no plans", "units"),
        ("Our vendor is regulated.", "governance"),
        ("Are we a regulated bank?", "governance"),
    ],
)
def test_what_is_no_fact_of_today_is_not_read(message: str, criterion: str) -> None:
    assert criterion not in levels(message)


@pytest.mark.parametrize(
    ("message", "criterion"),
    [
        # A number that counts something else.
        ("tiny team (five)", "units"),
        ("five people with one ML model", "staff"),
        ("Three apps should get ML features.", "use-cases"),
        ("habits from all three trades", "transactions"),
        ("We are 14 days late.", "stage"),
        ("I head a 25-person team at a utility in Quebec", "units"),
        ("One team with a budget of its own, yes?", "units"),
        # A word that only shares its stem with one that tells something.
        ("The coffee is excellent.", "tooling"),
        ("We are from Basel.", "governance"),
        ("The COO has approved two hires.", "governance"),
        ("The COO has approved two hires.", "release"),
        ("There is a new version each week.", "release"),
    ],
)
def test_what_only_looks_like_a_fact_is_not_read(message: str, criterion: str) -> None:
    assert criterion not in levels(message)


def test_a_part_of_an_organisation_says_nothing_of_its_size() -> None:
    assert levels("a 25-person team at a utility") == {"stage": "enterprise"}
    assert levels("a 25-person company")["stage"] == "small-startup"


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


def test_what_is_planned_is_only_supposed() -> None:
    reading = profiler.read("We plan to have 400 people and 50 models in two years.")
    assert not reading.facts
    assert {c: f.level for c, f in reading.supposed.items()} == {"stage": "large-startup", "use-cases": "many"}


def test_quoted_words_stop_at_a_comma_and_do_not_end_in_the_middle() -> None:
    facts = profiler.read(
        "An insurer: 11,000 people, seven countries; engineers deploy what the scientists build."
    ).facts
    assert facts["stage"].said == "11,000 people"
    assert facts["units"].said == "seven countries"
    assert not facts["data-team"].said.endswith((" the", " what"))


def test_what_was_chosen_outright_stays_and_a_hint_replaces_nothing() -> None:
    chosen = Profile(facts={"governance": Fact("governance", "light", "light", "chosen")})
    assert chosen.after(profiler.read("We are heavily regulated.")).levels["governance"] == "light"


@pytest.mark.parametrize("message", ["s\u0131x models", "f\u0131ve, \u017feven or S\u0130X models"])
def test_letters_that_only_look_like_a_number_are_none(message: str) -> None:
    assert "use-cases" not in levels(message)


@pytest.mark.parametrize(
    "message",
    [
        "We have 12 models, " + "a" * 3900,
        "5 models " * 444,
        "a, " * 1300,
        "each team has its own tools " * 140,
        "no " * 1300,
    ],
    ids=["letters", "numbers", "commas", "patterns", "denials"],
)
def test_the_longest_message_takes_no_more_than_many_short_ones(message: str) -> None:
    """Relative to the work of reading the same length in ordinary sentences: never a multiple of it."""
    ordinary = "We are a 400-person company with 12 models, and our auditors want one policy. " * 50

    def seconds(text: str) -> float:
        began = time.process_time()
        profiler.read(text)
        return time.process_time() - began

    profiler.read(ordinary)
    assert min(seconds(message) for _ in range(3)) < 20 * min(seconds(ordinary[:4000]) for _ in range(3))


def test_a_later_turn_corrects_an_earlier_one() -> None:
    profile = Profile().after(profiler.read("We have 60 models and 400 employees."))
    assert profile.levels["use-cases"] == "many"
    named = profile.after(profiler.read("actually only 4 models"))
    assert named.levels["use-cases"] == "few"
    assert named.levels["stage"] == "large-startup"


def test_a_part_of_what_was_counted_corrects_it() -> None:
    profile = Profile().after(profiler.read("We have 14 models in three business units."))
    said = "Actually only six of the models are really in production."
    corrected = profile.after(profiler.read(said, None, profile.last_number))
    assert (corrected.levels["use-cases"], corrected.levels["units"]) == ("few", "few")
    assert "use-cases" not in profiler.read("One of the models broke last week.").facts


@pytest.mark.parametrize(
    ("message", "criterion", "level"),
    [
        ("The regulator has just asked us who approved a pricing model.", "governance", "strict"),
        ("No authority has ever asked us about a model.", "governance", "light"),
        ("A single machine can handle our data.", "data-volume", "medium"),
        ("No single machine can handle our data.", "data-volume", "big"),
    ],
)
def test_a_list_of_words_behind_a_denial_is_denied_as_a_whole(message: str, criterion: str, level: str) -> None:
    assert profiler.read(message).facts[criterion].level == level


def test_a_bare_correction_is_about_the_last_number() -> None:
    profile = Profile().after(profiler.read("We have 60 models."))
    corrected = profile.after(profiler.read("sorry, actually 40", None, profile.last_number))
    assert corrected.levels["use-cases"] == "growing"


@pytest.mark.parametrize("message", ["it's 40, not 4", "typo, it's 40, over five banners", "oops, 40 in five banners"])
def test_a_number_is_corrected_among_other_things(message: str) -> None:
    profile = Profile().after(profiler.read("We have 4 models."))
    corrected = profile.after(profiler.read(message, None, profile.last_number))
    assert corrected.levels["use-cases"] == "growing"
    assert corrected.facts["use-cases"].value == 40


def test_a_correction_of_something_else_leaves_the_last_number() -> None:
    profile = Profile().after(profiler.read("We have 4 models."))
    corrected = profile.after(profiler.read("sorry, we are 300 people", None, profile.last_number))
    assert corrected.levels == {"use-cases": "few", "stage": "large-startup"}


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


@pytest.mark.parametrize(
    "message",
    [
        "Is decentralised a handicap when we recruit?",
        "hiring: is decentralised bad for us today? thanks",
        "are federated teams slow for us?",
    ],
)
def test_a_question_about_an_option_does_not_say_that_there_is_one_today(message: str) -> None:
    assert profiler.read(message).present == {}


def test_whether_something_is_so_supposes_nothing() -> None:
    assert profiler.read("We have 60 models; let me know if our bank's auditors matter here.").supposed == {}
    assert profiler.read("What if we had 60 models?").supposed["use-cases"].level == "many"
