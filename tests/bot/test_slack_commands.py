"""`groundrule slack`: the manifest, the checks and the status, with the real client against a double of Slack."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from bot.storage.database import Database, open_database
from bot.surfaces.commands.slack import slack as command
from bot.surfaces.slack.blocks import UP
from bot.surfaces.slack.checking import check_slack
from bot.surfaces.slack.job import Job
from bot.surfaces.slack.manifest import SCOPES, manifest
from bot.surfaces.slack.process import open_slack, socket_mode
from ingest.config import Settings
from ingest.errors import GroundruleError, SettingError, UsageError
from tests.bot.slack_door import BOT, SIGNING, Slack, clicked, event, send, slack_double, slack_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.service.service import Service

GOOD = ({"ok": True, "user": "groundrule", "team": "Acme", "bot_id": "B1"}, {"x-oauth-scopes": ",".join(SCOPES)})


@pytest.fixture
def double() -> Iterator[Slack]:
    with slack_double() as made:
        yield made


def found(home: Path, double: Slack, **given: Any) -> dict[str, tuple[bool | None, str]]:
    settings = slack_settings(home, api_url=f"{double.url}/api/", **given)
    return {one.name: (one.good, one.told) for one in check_slack(settings)}


def test_the_manifest_for_socket_mode_has_no_address() -> None:
    made = manifest()
    assert made["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in json.dumps(made)
    assert made["oauth_config"]["scopes"]["bot"] == sorted(SCOPES)
    assert made["features"]["slash_commands"][0]["command"] == "/groundrule"
    # The lengths that Slack allows.
    assert len(made["display_information"]["description"]) <= 140
    assert len(made["features"]["shortcuts"][0]["name"]) <= 24


def test_the_manifest_for_http_names_one_address_everywhere() -> None:
    made = manifest("https://bot.example.com/")
    address = "https://bot.example.com/slack/events"
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["event_subscriptions"]["request_url"] == address
    assert made["settings"]["interactivity"]["request_url"] == address
    assert made["features"]["slash_commands"][0]["url"] == address
    assert manifest(address) == made


@pytest.mark.parametrize(
    "url", ["http://bot.example.com", "bot.example.com", "https://", "https://[", "https://x/?a=1"]
)
def test_an_address_that_slack_cannot_call_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="--url"):
        manifest(url)


def test_the_manifest_is_printed_as_json_and_as_yaml() -> None:
    from ingest.yaml_file import parse_yaml

    runner = CliRunner()
    assert json.loads(runner.invoke(command, ["manifest"]).output) == manifest()
    shown = runner.invoke(command, ["manifest", "--yaml", "--url", "https://a.example"]).output
    assert parse_yaml(shown) == manifest("https://a.example")


def test_all_that_is_needed_is_found(home: Path, double: Slack) -> None:
    double.replies["auth.test"] = GOOD
    double.replies["apps.connections.open"] = ({"ok": True, "url": "wss://127.0.0.1/"}, {})
    told = found(home, double, bot="xoxb-1", app="xapp-1", signing="s")
    assert {name: good for name, (good, _) in told.items()} == {
        "bot token": True, "scopes": True, "app-level token": True, "signing secret": True,
    }  # fmt: skip
    assert "groundrule in Acme" in told["bot token"][1]
    assert [authorization for *_, authorization in double.calls] == ["Bearer xoxb-1", "Bearer xapp-1"]


def test_what_is_missing_is_named_with_what_to_do(home: Path, double: Slack) -> None:
    assert found(home, double) == {
        "bot token": (
            False,
            "not set. Install the app to the workspace and set GROUNDRULE_SLACK_BOT_TOKEN to its `xoxb-…` token.",
        ),
        "way in": (
            False,
            (
                "neither an app-level token nor a signing secret is set, so Slack cannot report anything. "
                "Set GROUNDRULE_SLACK_APP_TOKEN for Socket Mode, or GROUNDRULE_SLACK_SIGNING_SECRET for HTTP."
            ),
        ),
    }
    double.replies["auth.test"] = (GOOD[0], {"x-oauth-scopes": ",".join(sorted(SCOPES.keys() - {"im:write"}))})
    told = found(home, double, bot="xoxb-1", signing="s")
    assert told["scopes"][0] is False
    assert told["scopes"][1].startswith("missing: im:write (to answer in private). Paste")
    assert told["app-level token"][0] is None


def test_tokens_that_slack_does_not_take(home: Path, double: Slack) -> None:
    double.replies["auth.test"] = ({"ok": False, "error": "invalid_auth"}, {})
    double.replies["apps.connections.open"] = ({"ok": False, "error": "not_allowed_token_type"}, {})
    told = found(home, double, bot="xoxb-secret", app="xapp-secret")
    assert told["bot token"] == (
        False,
        "GROUNDRULE_SLACK_BOT_TOKEN: Slack does not know it; copy it again from the app's page.",
    )
    kind = "it is of another kind; bot tokens begin with `xoxb-`, app-level ones with `xapp-`"
    assert told["app-level token"] == (False, f"GROUNDRULE_SLACK_APP_TOKEN: {kind}.")
    assert "-secret" not in str(told)
    double.replies["auth.test"] = ({"ok": True, "user": "ann", "team": "Acme"}, {})
    assert "no bot's token" in found(home, double, bot="xoxp-1")["bot token"][1]


def test_slack_that_cannot_be_reached_is_said(home: Path) -> None:
    settings = slack_settings(home, api_url="http://127.0.0.1:1/api/", bot="xoxb-1")
    assert "cannot be reached" in check_slack(settings)[0].told


def test_check_exits_with_1_when_something_is_missing(
    home: Path, double: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDRULE_SLACK_API_URL", f"{double.url}/api/")
    runner = CliRunner()
    done = runner.invoke(command, ["check"])
    assert done.exit_code == 1
    assert done.output.startswith("!!  bot token: not set.")
    double.replies["auth.test"] = GOOD
    monkeypatch.setenv("GROUNDRULE_SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("GROUNDRULE_SLACK_SIGNING_SECRET", "s")
    done = runner.invoke(command, ["check", "--json"])
    assert done.exit_code == 0
    assert [one["good"] for one in json.loads(done.output)] == [True, True, None, True]


def test_a_missing_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = CliRunner().invoke(command, ["check"])
    assert isinstance(done.exception, UsageError)
    assert "pip install 'groundrule[slack]'" in str(done.exception)


@pytest.mark.parametrize(
    ("variables", "missing"),
    [({}, "GROUNDRULE_SLACK_APP_TOKEN"), ({"GROUNDRULE_SLACK_APP_TOKEN": "xapp-1"}, "GROUNDRULE_SLACK_BOT_TOKEN")],
)
def test_run_says_which_token_is_missing(
    variables: dict[str, str], missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(command, ["run"])
    assert isinstance(done.exception, SettingError)
    assert missing in str(done.exception)


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    """The database of a server over the test's home."""
    opened = open_database(Settings(home=home))
    yield opened
    opened.close()


def test_status_counts_what_waits(home: Path, service: Service, database: Database) -> None:
    runner = CliRunner()
    assert runner.invoke(command, ["status"]).output == "0 waiting, 0 given up.\n"
    process = open_slack(slack_settings(home, bot="xoxb-1"), service, service._feedback, database, print)
    process.queue.put(Job("k", "question", "T", "C", "U", "1", "which?"))
    process.close()
    assert json.loads(runner.invoke(command, ["status", "--json"]).output) == {"waiting": 1, "failed": []}


def test_socket_mode_that_cannot_be_opened_says_so(
    home: Path, double: Slack, service: Service, database: Database
) -> None:
    double.replies["apps.connections.open"] = ({"ok": False, "error": "invalid_auth"}, {})
    settings = slack_settings(home, api_url=f"{double.url}/api/", bot="xoxb-1")
    process = open_slack(settings, service, service._feedback, database, print)
    with pytest.raises(GroundruleError, match="invalid_auth"):
        socket_mode(process, "xapp-1", lambda: None, threading.Event())
    process.close()


def test_a_mention_is_answered_with_a_message_that_its_buttons_know(
    home: Path, double: Slack, service: Service, database: Database
) -> None:
    double.replies["chat.postMessage"] = ({"ok": True, "ts": "100.2", "channel": "C1"}, {})
    double.replies["chat.update"] = ({"ok": True, "ts": "100.2", "channel": "C1"}, {})
    given = slack_settings(home, bot="xoxb-1", signing=SIGNING, api_url=f"{double.url}/api/", workers=1)
    said: list[str] = []
    process = open_slack(given, service, service._feedback, database, said.append)
    process.start()
    assert send(process.app, event("app_mention", f"<@{BOT}> What are the pros of the factory model?")).status == 200
    until = time.monotonic() + 30
    while process.queue.depth() and time.monotonic() < until:
        time.sleep(0.02)
    (posted,), (shown,) = double.called("chat.postMessage"), double.called("chat.update")
    assert (posted["channel"], posted["thread_ts"]) == ("C1", "100.1")
    assert shown["blocks"][0]["text"]["text"].startswith("*Pros of Factory*")
    number = shown["blocks"][-1]["elements"][0]["value"]
    assert send(process.app, clicked(UP, number)).status == 200
    assert [one.kind for one in service._feedback.entries()] == ["up"]
    found = process.queue.answer_of(int(number))
    assert found is not None
    assert process.queue.knows_thread("T1", "C1", "100.1")
    process.close()
    service.assistant.forget(found[1]["session"])
    assert said == []


def test_socket_mode_acknowledges_what_is_stored_and_ends_when_told(
    home: Path, double: Slack, service: Service, database: Database
) -> None:
    sync = pytest.importorskip("websockets.sync.server")
    acknowledged: list[dict[str, Any]] = []
    stop = threading.Event()
    sent = json.loads(event("app_mention", f"<@{BOT}> which fits us?"))

    def talk(connection: Any) -> None:
        connection.send(json.dumps({"type": "hello"}))
        connection.send(json.dumps({"type": "events_api", "envelope_id": "E1", "payload": sent}))
        for text in connection:
            if "envelope_id" in text:
                acknowledged.append(json.loads(text))
                stop.set()

    with sync.serve(talk, "127.0.0.1", 0) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        address = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        double.replies["apps.connections.open"] = ({"ok": True, "url": address}, {})
        given = slack_settings(home, bot="xoxb-1", api_url=f"{double.url}/api/")
        process = open_slack(given, service, service._feedback, database, print)
        ready: list[bool] = []
        timer = threading.Timer(20, stop.set)
        timer.start()
        socket_mode(process, "xapp-1", lambda: ready.append(True), stop)
        timer.cancel()
        assert (ready, [one["envelope_id"] for one in acknowledged]) == ([True], ["E1"])
        assert process.queue.depth() == 1
        process.close()
        server.shutdown()
        serving.join()
