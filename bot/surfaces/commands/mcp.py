"""`groundrule mcp`: the MCP server on standard input and output."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

import click

from ingest.console import notice, settings_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.config import Settings

__all__ = ["mcp"]

T = TypeVar("T")


@click.command()
@settings_options()
def mcp(settings: Settings) -> None:
    """Serve a program with a language model of its own (Model Context Protocol) on standard input and output.

    Standard output belongs to the protocol; everything else is told on standard error. Ends when its input does.
    """
    from bot.storage.database import open_database
    from ingest.embedding.choice import make_encoder
    from ingest.pack import load_pack

    # What is set wrongly is refused now, not at the first question.
    database = open_database(settings, notice)
    pack = load_pack(settings.corpus)
    # Begun before what follows is imported: that takes longer than to load the model.
    encoder = make_encoder(settings)
    encoder.load_ahead()
    from bot.deciding.rubric_file import has_rubric
    from bot.service.recommending import open_advisor
    from bot.surfaces.mcp.server import make_server, run_stdio
    from bot.wiring import build_service

    advisor = open_advisor(pack) if has_rubric(pack) else None
    # The client is greeted at once; the model loads meanwhile, and the first call that needs it waits.
    running = _begun(lambda: build_service(settings, notice, database=database, encoder=encoder))
    try:
        run_stdio(make_server(lambda: running.result().service, pack, advisor))
    finally:
        if running.done() and running.exception() is None:
            running.result().close()


def _begun(make: Callable[[], T]) -> Future[T]:
    """What will be made, begun on a thread now."""
    made: Future[T] = Future()

    def work() -> None:
        try:
            made.set_result(make())
        except Exception as error:  # noqa: BLE001 - raised to whoever waits
            made.set_exception(error)

    # A client that hangs up does not wait for a model.
    threading.Thread(target=work, name="groundrule-build", daemon=True).start()
    return made
