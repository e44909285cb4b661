"""A server over a small pack with a quick encoder, as `build_service` makes one: its documents can be changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.service.renewal import Renewal
from bot.service.service import Service
from bot.service.uploads import Uploads
from bot.sessions.feedback_store import StoredFeedback
from bot.wiring import assistant_maker, ready_library
from ingest.config import Settings
from ingest.index.generations import index_slot
from tests.fakes import WordEncoder

if TYPE_CHECKING:
    import pytest

__all__ = ["GOUDA", "PACK", "SmallServer"]

PACK = Path(__file__).resolve().parent / "packs" / "database"
GOUDA = "Gouda ripens for thirty weeks in the cellar of the dairy."


class SmallServer:
    """What a server holds; `close` it."""

    def __init__(self, home: Path, chroma_url: str | None = None) -> None:
        self.settings = Settings(home=home, corpus=PACK, chroma_url=chroma_url)
        self.built: list[str] = []
        self.said: list[str] = []
        encoder = WordEncoder()
        make = assistant_maker(self.settings, encoder)
        self.feedback = StoredFeedback(home / "feedback.sqlite3")
        self.service = Service(make(ready_library(self.settings, encoder, self.built.append)), self.feedback)
        self.renewal = Renewal(index_slot(self.settings), self.service, make, self.said.append)
        self.uploads = Uploads(self.settings, encoder, lambda: self.service.assistant.library, self.renewal.refresh)
        self.service.uploads = self.uploads

    def best(self) -> str:
        """The text of the passage that is found first for words about cheese."""
        return str(self.service.search("How long does Gouda ripen in the cellar?", 1)[0].text)

    def uploaded(self) -> dict[str, str]:
        """Ids of the uploaded documents, by title."""
        return {one.title: one.id for one in self.service.documents() if one.removable}

    def look_until_heard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Looks for new indexes until something is said of one, and a while longer."""
        monkeypatch.setattr("bot.service.renewal.LOOK_SECONDS", 0.01)
        self.renewal.start()
        for _ in range(500):
            if self.said:
                break
            self.renewal._ended.wait(0.01)
        self.renewal._ended.wait(0.1)

    def close(self) -> None:
        """Lets go of everything."""
        self.renewal.close()
        self.feedback.close()
        self.service.assistant.library.close()
