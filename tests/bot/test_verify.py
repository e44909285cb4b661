"""Sentences against their passages: copies pass, rewordings pass, and each kind of small change is found."""

from __future__ import annotations

import time

import pytest

from bot.verifying.verify import SUPPORTED_FROM, Verifier

HARBOUR = (
    "The harbour of Valmora was dug in 1884 by two hundred labourers under Ines Carrow. It has twelve piers, and the "
    "longest of them measures 340 metres. Ships from Ostrel are not allowed to stay longer than three days."
)
RIVALS = (
    "Brightwell bought Tannery Lane Books in 2011 after a long dispute. The chain was founded by Oda Lind, who had worked "
    "for Brightwell as a clerk. Sales have always risen in winter, and most shops close before dusk."
)
TEAMS = (
    "Our notes › Squads: A squad that owns its pipeline releases faster than a shared platform group. "
    "The platform group pays for storage, and the squads pay for compute. Before the war with Valmora, Ostrel had no fleet."
)
PASSAGES = (HARBOUR, RIVALS, TEAMS)


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier([["machine learning", "ml"], ["squad", "pod"]])


def sentences(text: str) -> list[str]:
    return [one.strip().removesuffix(".") + "." for one in text.split(". ")]


@pytest.mark.parametrize("sentence", [one for text in PASSAGES for one in sentences(text)])
def test_a_passage_supports_its_own_sentences(verifier: Verifier, sentence: str) -> None:
    verdict = verifier.sentence(sentence, PASSAGES)
    assert verdict.supported
    assert verdict.reasons == ()
    assert verdict.score > 0.9


@pytest.mark.parametrize(
    "sentence",
    [
        "Two hundred labourers dug the harbour of Valmora in 1884.",
        "In 1884 the harbour of Valmora was dug.",
        "The harbour has 12 piers.",
        "Ships from Ostrel aren't allowed to stay longer than 3 days.",
        "Ships from Ostrel are forbidden to stay longer than three days.",
        "Tannery Lane Books was bought by Brightwell in 2011.",
        "Oda Lind founded the chain.",
        "Oda Lind, who founded the chain, had worked as a clerk for Brightwell.",
        "A pod that owns its pipeline releases faster than a shared platform group.",
        "The squads pay for compute, and the platform group pays for storage.",
    ],
)
def test_rewordings_pass(verifier: Verifier, sentence: str) -> None:
    verdict = verifier.sentence(sentence, PASSAGES)
    assert verdict.supported, verdict


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("The harbour of Valmora was dug in 1894 by two hundred labourers.", "the passage says 1884, not 1894"),
        ("The harbour of Valmora was dug in 1884 by three hundred labourers.", "two hundred, not three hundred"),
        ("It has fourteen piers, and the longest of them measures 340 metres.", "twelve, not fourteen"),
        ("It has twelve piers, and the longest of them measures 350 metres.", "340, not 350"),
        ("Ships from Ostrel are not allowed to stay longer than two weeks.", "not two"),
        ("Brightwell bought Tannery Lane Books in 2012.", "the passage says 2011, not 2012"),
    ],
)
def test_a_changed_number_is_found(verifier: Verifier, sentence: str, reason: str) -> None:
    verdict = verifier.sentence(sentence, PASSAGES)
    assert not verdict.supported
    assert any(reason in one for one in verdict.reasons), verdict.reasons


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("The harbour of Valmora was not dug in 1884 by two hundred labourers under Ines Carrow.", "not"),
        ("Brightwell never bought Tannery Lane Books in 2011.", "never"),
        ("The platform group doesn't pay for storage.", "n't"),
        ("The chain was no longer founded by Oda Lind.", "no"),
        ("A squad that owns its pipeline does not release faster than a shared platform group.", "not"),
        ("Ships from Ostrel are not never allowed to stay longer than three days.", "not"),
        ("Sales haven't always risen in winter.", "n't"),
        ("The platform group fails to pay for storage, and the squads pay for compute.", "fails"),
    ],
)
def test_a_denial_that_was_put_in_is_found(verifier: Verifier, sentence: str, word: str) -> None:
    verdict = verifier.sentence(sentence, PASSAGES)
    assert not verdict.supported
    assert any(word in one for one in verdict.reasons), verdict.reasons


def test_a_denial_that_was_left_out_is_found(verifier: Verifier) -> None:
    verdict = verifier.sentence("Ships from Ostrel are allowed to stay longer than three days.", PASSAGES)
    assert not verdict.supported
    assert verdict.reasons[0].startswith("the passage denies it")


def test_a_copy_without_the_denial_before_it_does_not_pass_as_a_copy(verifier: Verifier) -> None:
    passage = "It is not true that Brightwell sold the chain to Oda Lind in spring."
    assert verifier.sentence(passage, [passage]).score > 0.9
    assert verifier.sentence("Brightwell sold the chain to Oda Lind in spring.", [passage]).score < 0.97


@pytest.mark.parametrize(
    "sentence",
    [
        "Tannery Lane Books bought Brightwell in 2011 after a long dispute.",
        "Brightwell was bought by Tannery Lane Books in 2011 after a long dispute.",
        "The chain was founded by Brightwell, who had worked for Oda Lind as a clerk.",
        "The squads pay for storage, and the platform group pays for compute.",
        "A shared platform group releases faster than a squad that owns its pipeline.",
        "Before the war with Ostrel, Valmora had no fleet.",
        "The harbour of Ostrel was dug in 1884 by two hundred labourers under Ines Carrow.",
    ],
)
def test_names_that_changed_places_are_found(verifier: Verifier, sentence: str) -> None:
    verdict = verifier.sentence(sentence, PASSAGES)
    assert not verdict.supported, verdict


@pytest.mark.parametrize(
    ("passage", "sentence"),
    [
        ("Ines, Oda and Per built the mill.", "Per, Ines and Oda built the mill."),
        ("In May the council closed the mill.", "The council closed the mill in May."),
        ("Based on its size, the mill needs grain beyond its store.", "Beyond its store, the mill needs grain."),
        ("The mill of Per feeds the town.", "Per's mill feeds the town."),
        ("The mill grinds not only rye but also wheat.", "The mill grinds rye and also wheat."),
        ("The mill is not always open on Sundays.", "The mill is not always open on Sundays, it says."),
    ],
)
def test_order_that_says_nothing_is_left_alone(verifier: Verifier, passage: str, sentence: str) -> None:
    assert verifier.sentence(sentence, [passage]).reasons == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "Sales have always risen in winter, and all shops close before dusk.",
        "Sales have always risen in winter, and most shops close after dusk.",
        "Sales have rarely risen in winter, and most shops close before dusk.",
    ],
)
def test_opposites_and_other_strengths_are_found(verifier: Verifier, sentence: str) -> None:
    assert not verifier.sentence(sentence, PASSAGES).supported


def test_what_no_passage_says_is_not_supported(verifier: Verifier) -> None:
    verdict = verifier.sentence("I guess the lighthouse keeper loves jazz, do you?", PASSAGES)
    assert verdict.score < SUPPORTED_FROM
    assert not verdict.supported
    assert "lighthouse" in verdict.reasons[0]


def test_a_text_falls_with_one_false_sentence(verifier: Verifier) -> None:
    true = "The harbour has twelve piers. Oda Lind founded the chain. The squads pay for compute."
    assert verifier.text(true, PASSAGES).supported
    false = true.replace("twelve", "thirty")
    verdict = verifier.text(false, PASSAGES)
    assert not verdict.supported
    assert verdict.score < verifier.text(true, PASSAGES).score


def test_a_stricter_bound_can_be_asked_for() -> None:
    sentence = "Two hundred labourers dug a big harbour for the old town's ships."
    verdict = Verifier().sentence(sentence, PASSAGES)
    assert verdict.supported
    assert not Verifier(supported_from=verdict.score + 0.001).sentence(sentence, PASSAGES).supported


@pytest.mark.parametrize("sentence", ["", "   ", "?!", "…", "🙂", "İstanbul'da ß'ﬁ ŉ't", "don't", "'s", "1.", "no"])
def test_odd_input_breaks_nothing(verifier: Verifier, sentence: str) -> None:
    for passages in (PASSAGES, [], [""], ["?"]):
        verdict = verifier.text(sentence, passages)
        assert 0.0 <= verdict.score <= 1.0
        assert verdict.supported is (verdict.reasons == ())


def cost(unit: str) -> float:
    """Seconds of the processor to verify 4,000 characters against 20 passages that repeat a piece of text."""
    passages = [f"{RIVALS} {unit * 2000}"[:6000] + str(n) for n in range(20)]
    start = time.process_time()
    Verifier().text((unit * 4000)[:4000], passages)
    return time.process_time() - start


@pytest.mark.parametrize("unit", ["not no never ", "a", "12 ", ". ", "model ", "Ab, ", "(", "1,000"])
def test_long_input_stays_bounded(unit: str) -> None:
    assert cost(unit) < 10 * cost(f"{RIVALS} ")
