from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.config import BUNDLED_CORPUS
from ingest.naming import Namer
from ingest.pack import load_pack
from ingest.reading.load import make_document
from ingest.structure import parse_passages
from ingest.types import Passage
from tests.fakes import WordEncoder

NAMER = Namer(load_pack(BUNDLED_CORPUS))


def parse(body: str, max_tokens: int = 64, **fields: str) -> list[Passage]:
    words = WordEncoder(max_tokens=max_tokens)
    document = make_document(body, fields, "test.md")
    passages = parse_passages(document, NAMER, words.count_tokens, max_tokens)
    assert all(document.text[p.start : p.end] == p.text for p in passages)
    return passages


def test_a_bullet_is_a_passage_with_its_headings_option_and_stance() -> None:
    (passage,) = parse("# T\n\n## Federated\n\n### Cons of it\n\n- Slow: like the decentralised model, it waits.\n")
    assert passage.text == "Slow: like the decentralised model, it waits."
    assert passage.heading_path == ("T", "Federated", "Cons of it")
    assert passage.section == "Federated › Cons of it"
    # The heading says what the claim is about; what the text compares it with does not count.
    assert passage.options == ("federated",)
    assert (passage.stance, passage.kind) == ("con", "bullet")


def test_without_a_heading_that_names_one_the_text_says_what_it_is_about() -> None:
    (passage,) = parse("# T\n\n## Size\n\nA factory beats a centralised team.\n")
    assert passage.options == ("factory", "centralised")


def test_a_title_with_two_options_does_not_decide() -> None:
    first, second = parse("# Centralised or federated?\n\n- A federated set-up scales.\n- Nobody knows.\n")
    assert first.options == ("federated",)
    assert second.options == ("centralised", "federated")


@pytest.mark.parametrize(
    ("heading", "stance"),
    [
        ("Benefits", "pro"),
        ("Potential challenges", "con"),
        ("How to choose", "fit"),
        ("Pros and cons", "neutral"),
        ("History", "neutral"),
    ],
)
def test_the_nearest_heading_shows_the_stance(heading: str, stance: str) -> None:
    assert parse(f"# T\n\n## {heading}\n\n- Something.\n")[0].stance == stance


def test_an_example_under_benefits_is_no_benefit() -> None:
    assert parse("# T\n\n## Benefits\n\n### Example\n\n- ACME did it.\n")[0].stance == "neutral"


def test_a_lead_in_gives_stance_and_context() -> None:
    paragraph, bullet = parse("# T\n\nSuch teams are prone to the following problems:\n\n- Chaos.\n")
    assert (bullet.lead_in, bullet.stance) == (paragraph.text, "con")
    assert "prone to" in bullet.embedding_text


def test_a_claim_that_only_says_when_it_fits_is_a_fit() -> None:
    assert parse("# T\n\n- A factory suits large firms.\n")[0].stance == "fit"


def test_text_past_the_encoders_limit_is_cut_between_sentences_and_never_lost() -> None:
    sentences = [f"Sentence number {n} has exactly eight words here." for n in range(12)]
    passages = parse("# T\n\n" + " ".join(sentences) + "\n", max_tokens=20)
    assert len(passages) > 1
    assert " ".join(p.text for p in passages) == " ".join(sentences)
    assert all(WordEncoder().count_tokens(p.embedding_text) <= 20 for p in passages)


def test_a_sentence_past_the_limit_is_cut_between_words() -> None:
    words = " ".join(f"word{n}" for n in range(100))
    passages = parse(f"# T\n\n{words}\n", max_tokens=16)
    assert " ".join(p.text for p in passages) == words


@given(st.text(max_size=600))
def test_every_passage_stands_in_its_document_and_no_word_is_lost(text: str) -> None:
    try:
        document = make_document(text, {}, "t.md")
    except Exception:  # noqa: BLE001 - text that holds nothing is refused elsewhere
        return
    passages = parse_passages(document, NAMER, WordEncoder().count_tokens, 64)
    assert all(document.text[p.start : p.end] == p.text and p.text for p in passages)
    assert len({p.id for p in passages}) == len(passages)


def test_ids_do_not_change_when_another_claim_is_added() -> None:
    before = parse("# T\n\n- One.\n- Two.\n")
    after = parse("# T\n\n- Zero.\n- One.\n- Two.\n")
    assert [p.id for p in after][1:] == [p.id for p in before]


# What the notes promise: (source, option) -> how many pros and cons, counted by reading the sources.
COUNTS = {
    ("ordax-2024", "decentralised"): (4, 4),
    ("ordax-2024", "functional"): (2, 5),
    ("ordax-2024", "centralised"): (4, 3),
    ("ordax-2024", "federated"): (3, 3),
    ("ordax-2024", "federated-coe"): (3, 3),
    ("ordax-2024", "factory"): (4, 3),
    ("nguyen-2023", "centralised"): (2, 6),
    ("nguyen-2023", "decentralised"): (5, 3),
    ("sha-2023", "small-data-ops"): (0, 3),
    ("sha-2023", "big-data-ops"): (0, 2),
    ("sha-2023", "hybrid-mlops"): (0, 8),
    ("sha-2023", "large-scale-mlops"): (0, 7),
    ("centralised-vs-distributed", "centralised"): (3, 3),
}


def test_the_notes_hold_all_pros_and_cons_and_no_others() -> None:
    from ingest.reading.load import pack_documents

    found: dict[tuple[str, str], list[int]] = {}
    for document in pack_documents(BUNDLED_CORPUS / "sources"):
        for passage in parse_passages(document, NAMER, lambda text: len(text.split()), 256):
            for option in passage.options:
                if passage.stance in ("pro", "con"):
                    found.setdefault((document.id, option), [0, 0])[passage.stance == "con"] += 1
    assert {key: tuple(counts) for key, counts in found.items()} == COUNTS


def test_a_text_without_a_title_stands_under_the_name_of_its_document() -> None:
    (passage,) = parse("## Federated\n\n- Slow.\n", title="Ways to work")
    assert passage.heading_path == ("Ways to work", "Federated")
    assert parse("Nothing but words.\n", title="Ways to work")[0].heading_path == ("Ways to work",)
    # Several headings of the first level are sections, and none is the title.
    first, second = parse("# Federated\n\n- Slow.\n\n# Factory\n\n- Fast.\n", title="Ways to work")
    assert (first.heading_path, second.heading_path) == (("Ways to work", "Federated"), ("Ways to work", "Factory"))


@pytest.mark.parametrize(
    ("announced", "below", "stance"),
    [
        ("Benefits", "Risk management", "pro"),
        ("Key advantages of pools", "Problem solving", "pro"),
        ("Potential challenges", "Benefit realisation", "con"),
        ("Benefits", "Drawbacks", "con"),
        ("Benefits", "Risks of it", "con"),
        ("History", "Risk management", "con"),
    ],
)
def test_a_word_in_a_heading_shows_nothing_below_what_announces_pros_or_cons(
    announced: str, below: str, stance: str
) -> None:
    assert parse(f"# T\n\n## {announced}\n\n### {below}\n\n- Something.\n")[0].stance == stance


@pytest.mark.parametrize(
    ("lead_in", "stance"),
    [
        ("A central platform can help ensure:", "pro"),
        ("One pool makes it easier to do the following:", "pro"),
        ("There are reasons why such attempts fail:", "con"),
        ("This practice may lead to the following,", "con"),
        ("The team uses,", "neutral"),
    ],
)
def test_a_sentence_over_a_list_shows_the_stance_of_its_points(lead_in: str, stance: str) -> None:
    assert parse(f"# T\n\nWords.\n\n{lead_in}\n\n- Something.\n")[-1].stance == stance


def test_a_list_that_nothing_announces_is_weighed_by_its_points() -> None:
    losses = "- Repeated work by several people.\n- High cost of tools.\n- Nobody knows why.\n"
    opening = "# T\n\n## Factory\n\nA factory is like this.\n\n"
    assert [p.stance for p in parse(opening + losses)] == ["neutral", "con", "con", "con"]
    mixed = losses.replace("Nobody knows why", "Better tools for less")
    assert {p.stance for p in parse(opening + mixed)} == {"neutral"}
    # Right under its heading, a list says what the heading names.
    assert {p.stance for p in parse("# T\n\n## Factory\n\n" + losses)} == {"neutral"}


def test_examples_and_remedies_under_challenges_are_no_challenges() -> None:
    body = "# T\n\n## Challenges\n\nThere are some.\n\n- Chaos: it spreads.\n\nFor example, it spread once.\n\n- Cost: it grows.\n\nTherefore, save.\n\nIt is never paid back.\n"
    assert [p.stance for p in parse(body)] == ["neutral", "con", "neutral", "con", "neutral", "con"]


def test_closing_words_are_not_about_what_the_last_heading_names() -> None:
    *_, last, closing, further = parse(
        "# T\n\n## Factory\n\nIt is big.\n\nIn conclusion, pools matter.\n\nA federated one scales.\n"
    )
    assert last.options == ("factory",)
    assert (closing.options, further.options) == ((), ("federated",))


def test_an_original_is_read_with_the_words_of_the_notes_on_it() -> None:
    document = make_document("# T\n\n## Functional teams\n\n- One.\n", {"title": "T"}, "page.md")
    words = WordEncoder()
    assert parse_passages(document, NAMER, words.count_tokens, 64)[0].options == ("functional",)
    of_work = replace(document, source=replace(document.source, work="nguyen-2023"))
    assert parse_passages(of_work, NAMER, words.count_tokens, 64)[0].options == ("centralised",)


def test_a_table_of_pros_and_cons_is_read_cell_by_cell() -> None:
    table = (
        "| Model | Pros | Cons |\n| --- | --- | --- |\n| Factory | It scales | Overhead |\n| Federated |  | Queues |\n"
    )
    passages = parse("# T\n\n## Compared\n\n" + table)
    assert [(p.text, p.kind, p.options, p.stance, p.lead_in) for p in passages] == [
        ("It scales", "cell", ("factory",), "pro", "Pros"),
        ("Overhead", "cell", ("factory",), "con", "Cons"),
        ("Queues", "cell", ("federated",), "con", "Cons"),
    ]
    assert passages[0].heading_path == ("T", "Compared", "Factory")


def test_a_table_of_options_is_read_cell_by_cell() -> None:
    table = "| Aspect | Factory | Federated |\n| --- | --- | --- |\n| Drawbacks | Overhead | Queues |\n| Size | Large | Any |\n"
    assert [(p.text, p.options, p.stance) for p in parse("# T\n\n" + table)] == [
        ("Overhead", ("factory",), "con"),
        ("Queues", ("federated",), "con"),
        ("Large", ("factory",), "neutral"),
        ("Any", ("federated",), "neutral"),
    ]


def test_any_other_table_is_read_row_by_row() -> None:
    rows = parse("# T\n\n| Tool | Price |\n| --- | --- |\n| Anvil | 3 |\n")
    assert [(p.text, p.kind) for p in rows] == [("| Tool | Price |", "row"), ("| Anvil | 3 |", "row")]


def test_a_paragraph_may_say_of_itself_what_it_tells() -> None:
    body = (
        "# T\n\n## Drawbacks\n\nIt is slow.\n\nWhen to use it: in large firms.\n\nBenefits: none.\n\nNote: it is old.\n"
    )
    assert [p.stance for p in parse(body)] == ["con", "fit", "pro", "con"]


def test_a_long_paragraph_is_told_in_parts_and_no_word_is_lost() -> None:
    sentences = [
        f"Sentence number {n} says something of its own about the people who look after the tools." for n in range(5)
    ]
    passages = parse("# T\n\n" + " ".join(sentences) + "\n", max_tokens=256)
    assert [p.text.count("Sentence") for p in passages] == [1, 2, 2]
    assert " ".join(p.text for p in passages) == " ".join(sentences)
    # What is short, or a bullet, is one claim.
    assert len(parse("# T\n\nOne. Two. Three. Four.\n", max_tokens=256)) == 1
    assert len(parse("# T\n\n- " + " ".join(sentences) + "\n", max_tokens=256)) == 1
