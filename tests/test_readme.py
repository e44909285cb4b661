"""What the README tells users is true."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.sessions.conversations import StoredConversations
from bot.sessions.session import Exchange, Turn
from bot.storage.address import DATABASE_FILE
from bot.verifying.citations import cite_all
from ingest.config import Settings
from ingest.index.generations import index_slot
from ingest.index.library import open_library
from ingest.pipeline import build_index
from tests.bot.test_drift import checked
from tests.fakes import WordEncoder
from tests.settings_table import settings_table, with_table
from tests.small_server import PACK

if TYPE_CHECKING:
    from bot.assistant import Assistant

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_two_commands_stand_as_promised() -> None:
    assert "- run: `python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/groundrule serve`" in README
    assert "- test: `python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest`" in README


def test_it_opens_with_a_sentence_a_picture_the_commands_and_an_answer() -> None:
    order = ["# Groundrule", "A chatbot that", "![", "- run:", "- test:", "```console"]
    places = [README.index(part) for part in order]
    assert places == sorted(places)
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", README)
    assert len(pictures) >= 2
    assert all(words and (ROOT / place).is_file() for words, place in pictures)


def test_the_shown_answer_is_the_answer(assistant: Assistant) -> None:
    question, shown = re.search(r'groundrule ask "([^"]+)"\n(.*?)\n\nSources\n', README, re.DOTALL).groups()  # type: ignore[union-attr]
    answer = assistant.ask(question)
    assert answer.answer == shown
    assert all(f"[{c.number}] {c.attribution}, {c.section}" in README for c in answer.citations)


def test_the_example_questions_are_answered_as_the_table_says(assistant: Assistant) -> None:
    rows = re.findall(r"^\| ([^|]+) \| \*([^*|]+)\* \| ", README, re.MULTILINE)
    kinds = {
        "which fits us": "recommendation",
        "pros and cons": "pros_cons",
        "a comparison": "comparison",
        "when it fits": "fact",
        "roles": "fact",
        "a fact": "fact",
        "something else": "refusal",
    }
    assert [kind for kind, _ in rows] == list(kinds)
    for kind, question in rows:
        assert assistant.ask(question).kind == kinds[kind]


def test_the_table_of_settings_is_complete_and_right() -> None:
    assert settings_table() in README
    assert with_table(README) == README


def test_every_command_is_named() -> None:
    code = "from bot.surfaces.cli import main; main(['--help'])"
    help_text = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for command in re.findall(r"^  (\w+) {2,}", help_text.split("Commands:")[1], re.MULTILINE):
        assert f"groundrule {command}" in README


HANDBOOK = """# How we run ML

- Every model is reviewed by {who} before it goes live.

Anybody in the team may stop a release.
"""
ASKED = {"Every model": "How are models reviewed?", "Anybody": "Who may stop a release?"}


def test_the_shown_drift_is_what_check_says(home: Path, tmp_path: Path) -> None:
    settings, encoder = Settings(home=home, corpus=PACK), WordEncoder()
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "handbook.md").write_text(HANDBOOK.format(who="one colleague"))
    build_index(settings, encoder, [folder])
    library = open_library(index_slot(settings))
    assert library is not None
    with closing(StoredConversations(home / DATABASE_FILE)) as store:
        for begin, question in ASKED.items():
            cited = cite_all([one for one in library.passages if one.text.startswith(begin)], library.documents)
            given = {"question": question, "citations": [one.model_dump(mode="json") for one in cited]}
            store.remember("plan", Turn(), Exchange(datetime(2026, 5, 4, tzinfo=UTC), given))
    library.close()
    (folder / "handbook.md").write_text(HANDBOOK.format(who="two colleagues"))
    build_index(settings, encoder)
    told = checked(settings, "--verbose").stdout.splitlines()
    shown = re.search(r"<!-- drift:.*?check --verbose\n(.*?)\n```", README, re.DOTALL)
    assert shown is not None
    assert told[:-1] == shown[1].splitlines()
