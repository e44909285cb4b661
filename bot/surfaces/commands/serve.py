"""`groundrule serve`: the chat page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingest.console import notice, progress_bars, settings_options

if TYPE_CHECKING:
    from bot.surfaces.http.metrics import Metrics
    from bot.surfaces.slack.process import SlackProcess
    from bot.wiring import Running
    from ingest.config import Settings

__all__ = ["serve"]


@click.command()
@click.option("--host", help="Address to listen on (GROUNDRULE_HOST).")
@click.option("--port", type=int, help="Port to listen on (GROUNDRULE_PORT).")
@settings_options(host="host", port="port")
def serve(settings: Settings) -> None:
    """Open the chat page, the API and the other doors on this machine; Ctrl-C ends it.

    It listens on another address only when there is an API key: `groundrule keys add`.
    """
    from bot.surfaces.guard.keys import check_exposure

    check_exposure(settings)

    from bot.storage.database import open_database
    from bot.surfaces.page.gradio_import import import_gradio
    from ingest.embedding.choice import make_encoder
    from ingest.embedding.loads import LOADS

    # An address that cannot be one is refused before anything is loaded.
    database = open_database(settings, notice)
    # Begun before Gradio is imported: that takes longer than to load the model.
    encoder = make_encoder(settings)
    encoder.load_ahead()
    import_gradio()
    from bot.surfaces.http.metrics import Metrics
    from bot.surfaces.http.web import bind, make_app, run
    from bot.wiring import build_service

    # The port is taken first: a refusal should not wait for a model to load.
    listener = bind(settings.host, settings.port, notice)
    metrics = Metrics()
    metrics.gauge("groundrule_encoder_loads", "Embedding models that this process has loaded.", LOADS.count)
    with listener:
        with progress_bars() as told:
            running = build_service(settings, notice, told, metrics.answered, database, encoder)
        running.renewal.start()
        slack = _slack(settings, running, metrics)
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"Groundrule is ready: http://{shown}:{port}  (Ctrl-C ends it)")
        try:
            run(make_app(running.service, metrics, settings, slack.app if slack else None), listener, settings, metrics)
        finally:
            if slack is not None:
                slack.close()
            running.close()


def _slack(settings: Settings, running: Running, metrics: Metrics) -> SlackProcess | None:
    """What serves Slack, started, where the settings name an app that reports over HTTP."""
    if settings.slack_bot_token is None or settings.slack_signing_secret is None:
        return None
    from bot.surfaces.commands.slack import require_extra

    require_extra()
    from bot.surfaces.slack.process import open_slack

    process = open_slack(settings, running.service, running.feedback, running.database, notice)
    process.start()
    metrics.gauge("groundrule_slack_queue_depth", "Questions from Slack that wait for an answer.", process.queue.depth)
    return process
