"""Reading a rubric: every rule, broken once, gives an error that names the file, the place, the value and the rule."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from bot.advising.evidence import load_rubric_book, require_rubric_book
from bot.deciding.rubric_file import RUBRIC_FILE, SCHEMA_FILE, WORDS_FILE, json_schema, rubric_faults
from ingest.config import BUNDLED_CORPUS
from ingest.errors import PackError
from ingest.pack import load_pack
from ingest.reading.load import pack_documents

DATABASE_PACK = Path(__file__).parent.parent / "packs" / "database"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATABASE_PACK, tmp_path / "pack"))


# (what is replaced, with what, path in the message, what the message says of value and rule)
BROKEN = [
    ("version: 0.2.0", "version: two", "version", "pattern.*'two'"),
    ("version: 0.2.0", "version: 0.2.0\ncolour: red", "colour", "Extra inputs.*'red'"),
    ("version: 0.2.0", "version: 0.2.0\nversion: 0.3.0", "", "not valid YAML .*'version' is given twice"),
    ("source: field-guide, quote: \"Few", "source: nowhere, quote: \"Few", "quotes.few-people.source", "names no document of the pack.*field-guide.*'nowhere'"),
    ("graph specialists are hard", "graph experts are hard", "quotes.few-people.quote", "byte for byte.*graph experts"),
    ("criteria:\n  shape:", 'quotes-of-old: {}\ncriteria:\n  shape:', "quotes-of-old", "Extra inputs"),
    ("  rows: {", '  spare: {source: field-guide, quote: "A graph database keeps nodes"}\n  rows: {', "quotes.spare", "no score, weight or cut-off rests on it.*'spare'"),
    ("basis: judgement", "basis: hearsay", "criteria.changes.numbers.0.basis", "must be 'judgement' or the name of a quote.*'hearsay'"),
    ("from: {rarely: 0", "from: {never: 0", "criteria.changes.numbers.0.from.never", "names no level.*rarely, sometimes, often.*'never'"),
    ("from: {rarely: 0", "from: {rarely: -1", "criteria.changes.numbers.0.from.rarely", "greater than or equal to 0.*-1"),
    ("    ordinal: true\n    grows: true", "    grows: true", "criteria.changes.grows", "only an ordinal criterion can grow"),
    ("denied: no-reports", "denied: seldom", "criteria.reports.levels.reports.denied", "names no level of this criterion.*'seldom'"),
    ("from: {rarely: 0, sometimes: 3, often: 10}", "from: {rarely: 0, sometimes: 10, often: 3}", "criteria.changes.numbers.0.from", r"must rise.*\[0.0, 10.0, 3.0\]"),
    ("a: {month: 1, week: 4.3}", "a: {month: 1, work week: 4.3}", "criteria.changes.numbers.0.a.work week", "one word"),
    ("units: {schema change: 1,", "units: {schema change: -1,", "criteria.changes.numbers.0.units.schema change", "greater than 0.*-1"),
    ("units: {schema change: 1,", "decisive: [release]\n        units: {schema change: 1,", "criteria.changes.numbers.0.decisive", "names no unit.*'release'"),
    ("units: {schema change: 1,", "named: [(x)]\n        units: {schema change: 1,", "criteria.changes.numbers.0.named", r"'\(x\)' is neither a word"),
    ("friends of friends", "... friends", "criteria.shape.levels.connected.phrases", "must begin and end with a word"),
    ("friends of friends", "friends (of) friends", "criteria.shape.levels.connected.phrases", r"'\(of\)' is neither a word"),
    ("database-kind:\n    clear_from", "data-kind:\n    clear_from", "decisions.data-kind", "names no decision of options.yaml.*database-kind.*'data-kind'"),
    ("clear_from: 0.6", "clear_from: 1.6", "decisions.database-kind.clear_from", "less than or equal to 1.*1.6"),
    ("concentration: 30", "concentration: 0", "decisions.database-kind.concentration", "greater than or equal to 1.*0"),
    ("weight: 0.15", "weight: 0.25", "decisions.database-kind.criteria", "the weights must sum to 1.*1.1"),
    ("weight: 0.15\n        why: \"Named once.\"", "weight: 0.15", "decisions.database-kind.criteria.transactions.why", "Field required"),
    ("      transactions:\n        weight", "      locks:\n        weight", "decisions.database-kind.criteria.locks", "names no criterion.*'locks'"),
    ("          graph:\n            reports", "          network:\n            reports", "decisions.database-kind.criteria.reports.scores.network", "names no option of this decision.*relational, document, graph.*'network'"),
    ("            together: {score: 2", "            jointly: {score: 2", "decisions.database-kind.criteria.transactions.scores.relational.jointly", "names no level of this criterion.*'jointly'"),
    ("together: {score: 2, evidence: [transactions]}", "together: {score: 3, evidence: [transactions]}", "decisions.database-kind.criteria.transactions.scores.relational.together.score", "less than or equal to 2.*3"),
    ("together: {score: 2, evidence: [transactions]}", "together: {score: 2, evidence: []}", "decisions.database-kind.criteria.transactions.scores.relational.together", "a score other than 0 needs evidence.*2"),
    ("together: {score: 2, evidence: [transactions]}", "together: {score: 2, evidence: [transaction]}", "decisions.database-kind.criteria.transactions.scores.relational.together.evidence", "names no quote.*'transaction'"),
    ("sometimes: {score: -1, evidence: [rigid]}", "sometimes: {score: 1, evidence: [rigid]}", "decisions.database-kind.criteria.changes.scores.relational", r"scores must run one way.*\[0, 1, -2\]"),
    ("why: \"What the guide says first of every kind.\"", "why: \"x\"\n        monotone: true", "decisions.database-kind.criteria.shape.monotone", "ordinal criterion only"),
    ("          graph:\n            reports: {score: -2", "          graph:\n            no-reports: {score: -1, evidence: [sums]}\n            reports: {score: -2", "decisions.database-kind.criteria.reports.scores.graph", r"must count 0 or the other way.*\[-1, -2\]"),
    ("disagreements: []", "disagreements:\n      - {topic: t, when: {size: [big]}, ours: o, positions: [{says: a, evidence: rows}, {says: b, evidence: sums}]}", "decisions.database-kind.disagreements.0.when.size", "names no criterion.*'size'"),
    ("disagreements: []", "disagreements:\n      - {topic: t, when: {shape: [big]}, ours: o, positions: [{says: a, evidence: rows}, {says: b, evidence: sums}]}", "decisions.database-kind.disagreements.0.when.shape", "names no level.*'big'"),
    ("disagreements: []", "disagreements:\n      - {topic: t, when: {shape: [nested]}, ours: o, positions: [{says: a, evidence: rows}, {says: b, evidence: lost}]}", "decisions.database-kind.disagreements.0.positions.1.evidence", "names no quote.*'lost'"),
    ("disagreements: []", "disagreements:\n      - {topic: t, when: {shape: [nested]}, ours: o, options: [oracle], positions: [{says: a, evidence: rows}, {says: b, evidence: sums}]}", "decisions.database-kind.disagreements.0.options.0", "names no option.*'oracle'"),
    ("document: [mongo]", "oracle: [mongo]", "decisions.database-kind.present.oracle", "names no option of database-kind.*'oracle'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "says"), BROKEN, ids=lambda v: str(v)[:40])
def test_a_broken_rule_is_named_with_file_line_path_and_value(
    pack: Path, old: str, new: str, path: str, says: str
) -> None:
    file = pack / RUBRIC_FILE
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(PackError) as error:
        require_rubric_book(load_pack(pack))
    message = str(error.value)
    assert re.match(rf"{re.escape(str(file))}, line \d+: {re.escape(path)}", message), message
    assert re.search(says, message), message


def test_the_line_is_the_line(pack: Path) -> None:
    file = pack / RUBRIC_FILE
    text = file.read_text().replace("basis: judgement", "basis: hearsay")
    file.write_text(text)
    wanted = 1 + next(n for n, line in enumerate(text.splitlines()) if "hearsay" in line)
    with pytest.raises(PackError, match=rf"line {wanted}: criteria\.changes\.numbers\.0\.basis"):
        require_rubric_book(load_pack(pack))


def test_criteria_that_tell_nothing_apart_or_that_nobody_weighs_are_refused(pack: Path) -> None:
    file = pack / RUBRIC_FILE
    text = file.read_text()
    flat = re.sub(
        r"(why: \"Named once\.\"\n        scores:\n).*?(    disagreements)",
        r"\1          relational:\n            apart: {score: 0}\n\2",
        text,
        flags=re.DOTALL,
    )
    file.write_text(flat)
    faults = list(rubric_faults(load_pack(pack), {d.id: d for d in pack_documents(pack / "sources")}))
    assert any("criteria.transactions.scores: must tell one option from another" in fault for fault in faults)
    file.write_text(
        text.replace(
            "criteria:\n  shape:",
            "criteria:\n  spare: {name: s, question: s, levels: {a: {label: a, meaning: a}, b: {label: b, meaning: b}}}\n  shape:",
            1,
        )
    )
    with pytest.raises(PackError, match=r"criteria\.spare: no decision weighs it"):
        require_rubric_book(load_pack(pack))


def test_all_broken_rules_are_listed_at_once(pack: Path) -> None:
    file = pack / RUBRIC_FILE
    file.write_text(
        file.read_text().replace("basis: judgement", "basis: hearsay").replace("weight: 0.15", "weight: 0.25")
    )
    faults = list(rubric_faults(load_pack(pack), {d.id: d for d in pack_documents(pack / "sources")}))
    assert len(faults) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("criteria: {colour: {red: {phrases: [red]}}}", r"criteria\.colour: names no criterion.*'colour'"),
        ("criteria: {shape: {round: {phrases: [ball]}}}", r"criteria\.shape\.round: names no level.*'round'"),
        ("criteria: {shape: {nested: {phrases: ['(']}}}", r"criteria\.shape\.nested\.phrases: pattern '\('"),
        (
            "criteria: {shape: {nested: {phrases: ['<toy> dolls']}}}",
            r"criteria\.shape\.nested\.phrases: .*<toy> names no list of words",
        ),
        ("lists: {toy: ['two words']}", r"lists\.toy\.0: .*pattern"),
        ("present: {database-kind: {oracle: [big]}}", r"present\.database-kind\.oracle: names no option.*'oracle'"),
        ("lists: {toy: []}", r"lists\.toy: .*at least 1"),
        ("present: {other: {}}", r"present\.other: names no decision.*'other'"),
    ],
)
def test_words_must_speak_of_what_the_rubric_knows(pack: Path, text: str, says: str) -> None:
    (pack / WORDS_FILE).write_text(text)
    with pytest.raises(PackError, match=rf"{WORDS_FILE}, line 1: {says}"):
        require_rubric_book(load_pack(pack))


def test_words_are_added_to_the_rubrics_own(pack: Path) -> None:
    (pack / WORDS_FILE).write_text(
        "lists: {toy: [doll, train]}\n"
        "criteria: {shape: {nested: {phrases: [russian dolls, <toy>|box inside], replies: [boxes]}}}\n"
        "present: {database-kind: {graph: [neo]}}\n"
    )
    rubric = require_rubric_book(load_pack(pack)).rubric
    assert {"nested", "russian dolls", "doll|train|box inside"} <= set(
        rubric.criteria["shape"].levels["nested"].phrases
    )
    assert rubric.decisions["database-kind"].present["graph"] == ("neo",)


def test_a_quote_must_stand_in_a_claim(pack: Path) -> None:
    file = pack / RUBRIC_FILE
    heading = next(
        line for line in (pack / "sources" / "field-guide.md").read_text().splitlines() if line.startswith("## ")
    )
    text = file.read_text()
    old = text[text.index("  sums: ") : text.index("\n", text.index("  sums: "))]
    file.write_text(text.replace(old, f'  sums: {{source: field-guide, quote: "{heading.lstrip("# ")}"}}'))
    with pytest.raises(PackError, match="in no claim of it"):
        require_rubric_book(load_pack(pack))


def test_the_digest_is_the_rubrics_alone(pack: Path) -> None:
    before = require_rubric_book(load_pack(pack)).rubric.sha256
    (pack / WORDS_FILE).write_text("criteria: {shape: {nested: {phrases: [russian dolls]}}}\n")
    assert require_rubric_book(load_pack(pack)).rubric.sha256 == before
    file = pack / RUBRIC_FILE
    file.write_text(
        file.read_text().replace("score: 2, evidence: [transactions]", "score: 1, evidence: [transactions]")
    )
    assert require_rubric_book(load_pack(pack)).rubric.sha256 != before


def test_a_pack_without_a_rubric_has_none(pack: Path) -> None:
    (pack / RUBRIC_FILE).unlink()
    assert load_rubric_book(load_pack(pack)) is None
    with pytest.raises(PackError, match=r"has no rubric\.yaml.*groundrule init"):
        require_rubric_book(load_pack(pack))


def test_every_quote_of_the_bundled_rubric_stands_in_its_document() -> None:
    book = require_rubric_book(load_pack(BUNDLED_CORPUS))
    for name, quote in book.rubric.quotes.items():
        passage = book.evidence.passage(name)
        document = book.evidence.documents[quote.source]
        assert quote.quote.encode() in document.text.encode()
        assert document.text[passage.start : passage.end] == passage.text
        assert quote.quote in passage.text


def test_every_weight_is_argued_and_every_cut_off_has_a_basis() -> None:
    rubric = require_rubric_book(load_pack(BUNDLED_CORPUS)).rubric
    for decision in rubric.decisions.values():
        assert all(len(weighing.why.split()) > 4 for weighing in decision.criteria.values())
    for criterion in rubric.criteria.values():
        for numbers in criterion.numbers:
            # Where the line is ours, the levels' own words say so.
            if numbers.basis == "judgement":
                assert any("ours" in level.meaning for level in criterion.levels.values()), criterion.name


def test_the_schema_beside_the_rubric_is_the_models() -> None:
    assert json.loads((BUNDLED_CORPUS / SCHEMA_FILE).read_text()) == json_schema()
    assert (BUNDLED_CORPUS / RUBRIC_FILE).read_text().startswith(f"# yaml-language-server: $schema={SCHEMA_FILE}")
