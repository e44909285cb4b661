"""What documents that change take from the rubric's evidence and from answers that were given before."""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from bot.deciding.rubric_file import read_rubric
from bot.service.drift import Tally, drifted_citations, lost_evidence, stored_answers
from bot.service.near import no_passage
from bot.sessions.conversations import StoredConversations
from bot.sessions.feedback_store import StoredFeedback
from bot.sessions.session import Exchange, Turn
from bot.storage.address import DATABASE_FILE
from bot.storage.database import Database
from bot.surfaces.commands.check import check
from bot.verifying.drift import Nearest, Span, Spans
from ingest.config import Settings
from ingest.errors import ConversationError
from ingest.pack import load_pack
from ingest.pipeline import build_index
from ingest.reading.load import pack_documents
from ingest.types import Document, Source
from tests.bot.clock import Clock
from tests.fakes import WordEncoder
from tests.small_server import GOUDA, PACK

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

EDAM = "Edam is covered with red wax and kept for four weeks."
TEXT = f"# Cheese\n\n- {GOUDA}\n\n{EDAM}"
AT = datetime(2026, 5, 4, tzinfo=UTC)


def document(text: str, id_: str = "cheese") -> Document:
    return Document(id_, Source(title="Cheese"), text, hashlib.sha256(text.encode()).hexdigest())


def cited(quote: str, text: str = TEXT, id_: str = "cheese", number: int = 1) -> dict[str, Any]:
    start = text.index(quote)
    return {
        "number": number,
        "passage_id": f"{id_}#0",
        "source_id": id_,
        "title": "Cheese",
        "author": None,
        "publisher": None,
        "published": None,
        "section": "Cheese",
        "quote": quote,
        "start": start,
        "end": start + len(quote),
        "document_sha256": document(text).sha256,
        "text": "original",
        "url": None,
    }


def answer(*citations: dict[str, Any], question: str = "How long?", session: str = "s") -> dict[str, Any]:
    return {"session": session, "question": question, "answer": "So long.", "citations": list(citations)}


def looked(quote: str, *documents: Document) -> Span:
    fields = cited(quote)
    return Spans({one.id: one for one in documents}).look("cheese", quote, fields["start"], fields["document_sha256"])


def test_a_quote_stands_where_it_did_though_the_document_changed_below_it() -> None:
    assert looked(GOUDA, document(TEXT)) == Span("stands", "cheese", 12)
    assert looked(GOUDA, document(TEXT + "\nMore.")) == Span("stands", "cheese", 12)


def test_a_quote_that_moved_is_found_at_the_place_nearest_to_its_old_one() -> None:
    assert looked(GOUDA, document("More.\n" + TEXT)) == Span("moved", "cheese", 18)
    assert looked(EDAM, document(f"{EDAM}\n{'x' * 40}\n{EDAM}")) == Span("moved", "cheese", 95)


def test_a_quote_whose_document_goes_by_another_name_has_moved_there() -> None:
    assert looked(GOUDA, document(TEXT, "cheese-2")) == Span("moved", "cheese-2", 12)


def test_a_quote_is_changed_or_gone_with_its_document() -> None:
    assert looked(GOUDA, document(TEXT.replace("thirty", "forty"))) == Span("changed", "cheese")
    assert looked(GOUDA, document("Tulips.", "tulips")) == Span("gone", "cheese")


def test_what_is_cited_may_stand_in_the_pack_though_the_index_has_another_document_of_that_name() -> None:
    spans = Spans({"cheese": document("Quite another text.")}, {"cheese": document(TEXT)})
    assert spans.look("cheese", GOUDA, 12, "") == Span("stands", "cheese", 12)


def test_the_nearest_line_is_what_the_quote_became() -> None:
    text = TEXT.replace("thirty", "forty")
    near = Spans({"cheese": document(text)}).nearest("cheese", GOUDA)
    assert near == Nearest(f"- {GOUDA.replace('thirty', 'forty')}", text.index("- "), 0.95)
    assert text.startswith(near.text, near.start)


def test_a_quote_that_is_a_sentence_of_a_longer_paragraph_now_is_near_to_it() -> None:
    paragraph = f"Of cheese there is much to say. {GOUDA.replace('thirty', 'forty')} It is made of milk, and of time."
    near = Spans({"cheese": document(f"# Cheese\n\n{paragraph}")}).nearest("cheese", GOUDA)
    assert near is not None
    assert near.text == paragraph


def test_nothing_is_near_in_a_text_on_something_else_and_a_short_heading_is_not() -> None:
    spans = Spans({"cheese": document("# Gouda\n\n- the cellar\n\nTulips are planted in autumn, before the frost.")})
    assert spans.nearest("cheese", GOUDA) is None
    assert spans.nearest("nowhere", GOUDA) is None


def test_lost_evidence_is_told_with_all_that_rests_on_it(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(PACK, folder)
    guide = folder / "sources" / "field-guide.md"
    guide.write_text(guide.read_text().replace("chains of edges quickly", "chains of edges at once"))
    pack = load_pack(folder)
    documents = {one.id: one for one in pack_documents(pack.sources)}
    rubric = read_rubric(pack)
    lost = lost_evidence(rubric, documents, Spans(documents))
    assert [(one.name, one.source_id, one.gone) for one in lost] == [("paths", "field-guide", False)]
    scores = [cell for *_, cell in rubric.cells if "paths" in cell.evidence]
    assert scores
    assert len([one for one in lost[0].rests if " counts " in one]) == len(scores)
    assert lost[0].nearest is not None
    assert "Paths: a graph database follows long chains of edges at once." in lost[0].nearest.text
    assert [one.gone for one in lost_evidence(rubric, {}, Spans({}))] == [True] * len(rubric.quotes)


@pytest.fixture
def small(home: Path, tmp_path: Path) -> Settings:
    """A home with an index of a small pack and one file besides, and three answers of before."""
    settings = Settings(home=home, corpus=PACK)
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "cheese.md").write_text(TEXT)
    build_index(settings, WordEncoder(), [folder])
    with closing(StoredConversations(home / DATABASE_FILE)) as store:
        given = answer(cited(GOUDA), cited(EDAM, number=2), question="How long\x1b[2J does it ripen?")
        store.remember("a-long-and-secret-name", Turn(), Exchange(AT, given))
        store.remember("b", Turn(), Exchange(AT, answer(cited(EDAM), {"number": 1}, session="b")))
    with closing(StoredFeedback(home / DATABASE_FILE)) as store:
        store.add("down", "b", ["How long?"], answer(cited(GOUDA), session="b"))
    return settings


def checked(settings: Settings, *arguments: str) -> Result:
    given = [*arguments, "--home", str(settings.home), "--corpus", str(settings.corpus)]
    done = CliRunner().invoke(check, given)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def change(settings: Settings, folder: Path, text: str) -> None:
    (folder / "cheese.md").write_text(text)
    build_index(settings, WordEncoder())


def test_check_says_that_all_stands(small: Settings) -> None:
    done = checked(small)
    assert done.stdout.splitlines()[-2] == (
        "3 stored answers, 5 citations: 4 stand, 1 of another release. --verbose shows which."
    )
    assert done.exit_code == 0


def test_check_tells_what_moved_from_what_changed_and_counts_answers(small: Settings, tmp_path: Path) -> None:
    change(small, tmp_path / "mine", "# Cheese\n\nNew.\n\n" + TEXT[10:].replace("thirty", "forty"))
    assert checked(small).stdout.splitlines()[-2] == (
        "3 stored answers, 5 citations: 2 moved within the text and still stand, 2 changed, 1 of another release. "
        "2 answers lost what was cited. --verbose shows which."
    )
    assert (checked(small).exit_code, checked(small, "--strict").exit_code) == (0, 1)


def test_check_shows_each_with_what_stands_in_its_place_and_no_whole_session(small: Settings, tmp_path: Path) -> None:
    change(small, tmp_path / "mine", "# Cheese\n\nNew.\n\n" + TEXT[10:].replace("thirty", "forty"))
    lines = checked(small, "--verbose").stdout.splitlines()
    assert lines[:5] == [
        "~ conversation a-long-a… of 2026-05-04, “How long[2J does it ripen?”",
        f"    [1] cheese has changed; cited was “{GOUDA}”",
        f"    nearest now, 95% alike: “- {GOUDA.replace('thirty', 'forty')}”",
        "= conversation a-long-a… of 2026-05-04, “How long[2J does it ripen?”",
        f"    [2] cheese moved from character {TEXT.index(EDAM)} to {TEXT.index(EDAM) + 5}: “{EDAM}”",
    ]
    assert "a-long-and-secret-name" not in "\n".join(lines)


def test_check_has_all_of_it_for_programs(small: Settings, tmp_path: Path) -> None:
    (tmp_path / "mine" / "cheese.md").unlink()
    (tmp_path / "mine" / "tulips.md").write_text("Tulips are planted in autumn.")
    build_index(small, WordEncoder())
    found = json.loads(checked(small, "--json").stdout)
    assert found["evidence"] == []
    stored = found["stored"]
    assert stored["answers"] == {"conversation": 2, "feedback": 1}
    assert stored["citations"] == {"stands": 0, "moved": 0, "changed": 0, "gone": 4, "unreadable": 1}
    assert stored["answers_hit"] == 3
    assert [(one["stored"], one["session"], one["number"], one["state"]) for one in stored["drifted"]] == [
        ("conversation", "a-long-and-secret-name", 1, "gone"),
        ("conversation", "a-long-and-secret-name", 2, "gone"),
        ("conversation", "b", 1, "gone"),
        ("feedback", "b", 1, "gone"),
    ]
    assert stored["drifted"][0]["quote"] == GOUDA


def test_check_fails_for_lost_evidence_and_shows_how_to_mend_it(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(PACK, folder)
    guide = folder / "sources" / "field-guide.md"
    guide.write_text(guide.read_text().replace("chains of edges quickly", "chains of edges at once"))
    settings = Settings(home=home, corpus=folder)
    build_index(settings, WordEncoder())
    done = checked(settings)
    assert done.exit_code == 1
    assert "~ evidence 'paths' is lost, not in 'field-guide' any more: “Paths: a graph database" in done.stdout
    assert "    rests on it: " in done.stdout
    assert "alike: “- Paths: a graph database follows long chains of edges at once.”" in done.stdout
    assert json.loads(checked(settings, "--json").stdout)["evidence"][0]["quote_name"] == "paths"


def test_check_goes_on_where_there_is_no_database(home: Path) -> None:
    settings = Settings(home=home, corpus=PACK)
    build_index(settings, WordEncoder())
    assert checked(settings).stdout.splitlines()[-2] == "No answer is stored."
    assert not (home / DATABASE_FILE).exists()


def test_check_leaves_a_damaged_database_where_it_is_and_says_so(small: Settings) -> None:
    file = small.home / DATABASE_FILE
    for log in file.parent.glob(f"{DATABASE_FILE}-*"):
        log.unlink()
    file.write_bytes(b"no database" * 1000)
    done = checked(small)
    told = f"Stored answers were not checked: the conversations in {file} cannot be used: "
    assert done.stdout.splitlines()[-2].startswith(told)
    assert (done.exit_code, checked(small, "--strict").exit_code) == (0, 1)
    assert json.loads(checked(small, "--json").stdout)["stored"]["unchecked"].startswith("the conversations in ")
    assert file.read_bytes() == b"no database" * 1000


def test_a_database_that_is_only_read_is_not_led_to_this_layout(tmp_path: Path) -> None:
    file = tmp_path / "empty.sqlite3"
    file.touch()
    with closing(Database(file, reads_only=True)) as database:
        store = StoredConversations(database)
        with pytest.raises(ConversationError, match="of another release"):
            store.history("a")
    with closing(StoredConversations(file)) as store:
        assert store.history("a") == []


def test_answers_are_read_page_by_page_in_order_and_expired_ones_are_not(tmp_path: Path, clock: Clock) -> None:
    with closing(Database(tmp_path / "kept.sqlite3")) as database:
        store = StoredConversations(database, now=clock)
        feedback = StoredFeedback(database, now=clock)
        assert list(stored_answers(store, feedback)) == []
        for number in range(7):
            store.remember("ab"[number % 2], Turn(), Exchange(AT, answer(question=str(number))))
        assert [(session, one.question) for session, one in store.each(page=2)] == [
            ("ab"[number % 2], str(number)) for number in range(7)
        ]
        clock.seconds += 31 * 86_400
        assert list(store.each()) == []


def test_drift_is_counted_along_and_the_nearest_looked_for_only_when_asked() -> None:
    spans = Spans({"cheese": document(TEXT.replace("thirty", "forty"))})
    tally = Tally()
    given = [("conversation", "s", AT, answer(cited(GOUDA), cited(EDAM, number=2)))]
    found = list(drifted_citations(given, spans, tally, nearest=False))
    assert [(one.citation.number, one.span.state, one.nearest) for one in found] == [
        (1, "changed", None),
        (2, "moved", None),
    ]
    assert (dict(tally.states), dict(tally.answers), tally.hit) == (
        {"changed": 1, "moved": 1},
        {"conversation": 1},
        1,
    )


def test_who_opens_a_passage_of_an_old_answer_is_told_that_the_document_changed() -> None:
    assert no_passage("cheese#0a1b", {"cheese"}) == (
        "passage 'cheese#0a1b' does not stand in 'cheese' any more: the document has changed since. "
        "An answer that cites it keeps its words; ask again for today's."
    )
    assert "there is no document 'wine' any more" in no_passage("wine#0a1b", {"cheese"})
    assert no_passage("x", {"cheese"}).endswith("Take an id from a citation or a search.")
