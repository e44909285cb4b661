"""`groundrule serve`: the chat page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingest.console import notice, progress_bars, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["serve"]

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command()
@click.option("--host", help="Address to listen on (GROUNDRULE_HOST).")
@click.option("--port", type=int, help="Port to listen on (GROUNDRULE_PORT).")
@settings_options(host="host", port="port")
def serve(settings: Settings) -> None:
    """Open the chat page on this machine; Ctrl-C ends it."""
    from bot.sessions.conversations import stored_conversations
    from bot.surfaces.http.metrics import Metrics
    from bot.surfaces.http.web import bind, make_app, run
    from bot.wiring import build_service

    # An address that cannot be one is refused before anything is loaded.
    stored_conversations(settings, notice).close()
    # The port is taken first: a refusal should not wait for a model to load.
    listener = bind(settings.host, settings.port, notice)
    metrics = Metrics()
    with listener:
        with progress_bars() as told:
            running = build_service(settings, notice, told, metrics.answered)
        running.renewal.start()
        host, port = listener.getsockname()[:2]
        if host not in _LOOPBACK:
            notice(f"Warning: {host} can be reached from other machines, and the page has no login yet.")
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"Groundrule is ready: http://{shown}:{port}  (Ctrl-C ends it)")
        try:
            run(make_app(running.service, metrics), listener)
        finally:
            running.close()
