"""`groundrule mcp`: the MCP server on standard input and output."""

from __future__ import annotations

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
    from bot.deciding.rubric_file import has_rubric
    from bot.service.recommending import open_advisor
    from bot.service.service import Service
    from bot.sessions.feedback_store import stored_feedback
    from bot.surfaces.mcp.server import make_server, run_stdio
    from bot.wiring import build_assistant, keep_conversations
    from ingest.pack import load_pack

    pack = load_pack(settings.corpus)
    advisor = open_advisor(pack) if has_rubric(pack) else None
    conversations = keep_conversations(settings, notice)
    feedback = stored_feedback(settings, notice)

    def build() -> Service:
        assistant = build_assistant(settings, notice, conversations=conversations)
        assistant.warm_up()
        return Service(assistant, feedback)

    try:
        # The client is greeted at once; the model loads meanwhile, and the first call that needs it waits.
        run_stdio(make_server(_begun(build), pack, advisor))
    finally:
        feedback.close()
        conversations.close()


def _begun(make: Callable[[], T]) -> Callable[[], T]:
    """What will be made, begun on a thread now: calling the result waits for it, and raises what went wrong."""
    import threading
    from concurrent.futures import Future

    made: Future[T] = Future()

    def work() -> None:
        try:
            made.set_result(make())
        except Exception as error:  # noqa: BLE001 - told to whoever waits
            made.set_exception(error)

    # A client that hangs up does not wait for a model.
    threading.Thread(target=work, name="groundrule-build", daemon=True).start()
    return made.result
