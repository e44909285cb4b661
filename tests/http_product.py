"""The product as the tests of several servers run and kill it: the API over the small pack and a shared database."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn

from bot.service.service import Service
from bot.sessions.feedback_store import stored_feedback
from bot.storage.database import open_database
from bot.surfaces.http.api import make_api
from bot.surfaces.http.metrics import Metrics
from bot.wiring import assistant_maker, keep_conversations, ready_library
from ingest.config import Settings
from tests.fakes import WordEncoder

PACK = Path(__file__).resolve().parent / "packs" / "database"


def serve(port: int, home: str, database: str) -> None:
    """Runs until it is killed."""
    settings = Settings.model_validate({"home": Path(home), "corpus": PACK, "database_url": database})
    place, encoder = open_database(settings, _say), WordEncoder()
    make = assistant_maker(settings, encoder, keep_conversations(settings, _say, place))
    service = Service(make(ready_library(settings, encoder)), stored_feedback(settings, _say, place))
    uvicorn.run(make_api(service, Metrics()), host="127.0.0.1", port=port, log_level="warning", access_log=False)


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")
