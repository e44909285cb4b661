"""`groundrule slack`: the Slack bot in a process of its own, and what an admin needs to set it up."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from ingest.console import notice, print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["require_extra", "slack"]


@click.group()
def slack() -> None:
    """The Slack bot: `manifest` to begin, `check` what is set, `run` it.

    `run` needs no address that Slack can reach; `groundrule serve` takes in Slack's HTTP requests at /slack/events.
    """


@slack.command()
@settings_options()
def run(settings: Settings) -> None:
    """Answer in Slack through Socket Mode; Ctrl-C ends it.

    What was asked and not answered when it ends is answered after the next start.
    """
    require_extra()
    import signal
    import threading

    from bot.storage.database import open_database
    from ingest.embedding.choice import make_encoder
    from ingest.errors import SettingError

    if settings.slack_app_token is None:
        raise SettingError(
            "Socket Mode needs an app-level token. Set GROUNDRULE_SLACK_APP_TOKEN to the app's `xapp-…` token; "
            "`groundrule slack check` says what else is missing."
        )
    if settings.slack_bot_token is None:
        raise SettingError("there is no bot token. Set GROUNDRULE_SLACK_BOT_TOKEN to the app's `xoxb-…` token.")
    # An address that cannot be one is refused before anything is loaded.
    database = open_database(settings, notice)
    # Begun before what follows is imported: that takes as long as to load the model.
    encoder = make_encoder(settings)
    encoder.load_ahead()
    from bot.surfaces.slack.process import open_slack, socket_mode
    from bot.wiring import build_service

    stop = threading.Event()

    def ready() -> None:
        # Until here Ctrl-C breaks off; from here on it, and a service manager, end the process in order.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: stop.set())
        click.echo("Groundrule is in Slack  (Ctrl-C ends it)")

    with progress_bars() as told:
        running = build_service(settings, notice, told, database=database, encoder=encoder)
    try:
        running.renewal.start()
        process = open_slack(settings, running.service, running.feedback, running.database, notice)
        try:
            process.start()
            socket_mode(process, settings.slack_app_token.get_secret_value(), ready, stop)
        finally:
            process.close()
    finally:
        running.close()


@slack.command()
@click.option("--url", help="Address of this server, https://…, for HTTP; Socket Mode without one.")
@click.option("--yaml", "as_yaml", is_flag=True, help="Print YAML instead of JSON.")
def manifest(url: str | None, as_yaml: bool) -> None:
    """Print the app manifest, to be pasted at api.slack.com/apps under "From a manifest"."""
    from bot.surfaces.slack.manifest import manifest as made
    from ingest.yaml_file import dump_yaml

    found = made(url)
    click.echo(dump_yaml(found).rstrip() if as_yaml else json.dumps(found, indent=2))


@slack.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings for programs.")
@settings_options()
def check(as_json: bool, settings: Settings) -> None:
    """Ask Slack whether the tokens work and have their scopes; exit status 1 when something is missing."""
    require_extra()
    from bot.surfaces.slack.checking import check_slack

    found = check_slack(settings)
    if as_json:
        print_json([{"name": one.name, "good": one.good, "told": one.told} for one in found])
    else:
        signs = {True: "ok", False: "!!", None: "--"}
        for one in found:
            click.echo(f"{signs[one.good]}  {one.name}: {one.told}")
    if any(one.good is False for one in found):
        sys.exit(1)


@slack.command()
@click.option("--json", "as_json", is_flag=True, help="Print the status for programs.")
@settings_options()
def status(as_json: bool, settings: Settings) -> None:
    """Show how many questions wait for an answer, and which were given up and why."""
    from contextlib import closing

    from bot.storage.database import open_database
    from bot.surfaces.slack.queue import SlackQueue

    with closing(open_database(settings, notice)) as database:
        queue = SlackQueue(database)
        waiting, failed = (0, []) if database.absent else (queue.depth(), queue.failed())
    if as_json:
        jobs = [{"id": j.id, "channel": j.channel, "at": j.at.isoformat(), "reason": j.reason} for j in failed]
        print_json({"waiting": waiting, "failed": jobs})
        return
    click.echo(f"{waiting} waiting, {len(failed)} given up.")
    for job in failed:
        click.echo(f"{job.at:%Y-%m-%d %H:%M} UTC  {job.channel}  {job.reason}")


def require_extra() -> None:
    """Refuses to go on without the libraries that speak to Slack.

    Raises:
        UsageError: They are not installed.
    """
    from importlib.util import find_spec

    from ingest.errors import UsageError

    if find_spec("slack_bolt") is None or find_spec("slack_sdk") is None:
        raise UsageError("the Slack bot needs an extra that is not installed: pip install 'groundrule[slack]'")
