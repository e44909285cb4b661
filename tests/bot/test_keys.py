from __future__ import annotations

import hashlib
import json
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from bot.surfaces.commands.keys import keys as keys_command
from bot.surfaces.commands.serve import serve
from bot.surfaces.guard.keys import KeyRing, add_key, check_exposure, is_loopback, read_keys, remove_key
from ingest.errors import MissingError, StoreError, UsageError

if TYPE_CHECKING:
    from ingest.config import Settings


def test_a_key_is_shown_once_and_kept_as_a_digest(home: Path) -> None:
    key, shown = add_key(home, "team", "write")
    assert re.fullmatch(r"gr_[0-9a-f]{8}_[\w-]{43}", shown)  # 43 characters of base64 hold 256 bits
    assert shown.startswith(f"gr_{key.id}_")
    text = (home / "keys.json").read_text()
    assert shown not in text
    assert shown.split("_", 2)[2] not in text
    assert json.loads(text)["keys"][0]["sha256"] == hashlib.sha256(shown.encode()).hexdigest()
    assert stat.S_IMODE((home / "keys.json").stat().st_mode) == 0o600
    assert read_keys(home) == (key,)
    assert add_key(home, "other", "read")[1] != shown
    assert stat.S_IMODE((home / "keys.json").stat().st_mode) == 0o600


def test_each_scope_contains_those_before_it(home: Path) -> None:
    may = {}
    for scope in ("read", "write", "admin"):
        key = add_key(home, scope, scope)[0]
        may[scope] = [key.may(one) for one in ("read", "write", "admin")]
    assert may == {"read": [True, False, False], "write": [True, True, False], "admin": [True, True, True]}


@pytest.mark.parametrize("name", ["", "two words", "-x", "a" * 65, "über", "a\n", "../x"])
def test_a_name_that_is_none_is_refused(home: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a key"):
        add_key(home, name, "read")
    assert read_keys(home) is None


def test_a_ring_knows_its_keys_and_only_them(home: Path) -> None:
    assert KeyRing(home).required() is False
    key, shown = add_key(home, "a", "read")
    other = add_key(home, "b", "read")[1]
    ring = KeyRing(home)
    assert ring.required() is True
    assert ring.find(shown) == key
    id_, secret = key.id, shown.split("_", 2)[2]
    # The wrong secret, the other key's, none, a prefix, another id, no form at all.
    for wrong in (
        shown[:-1], shown + "x", f"gr_{id_}_{other.split('_', 2)[2]}", f"gr_{id_}_", f"gr_{id_}", f"gr_00000000_{secret}",
        secret, id_, "", "gr_", "é", key.sha256, f"gr_{id_}_{key.sha256}", shown.upper(), shown.removeprefix("gr_"),
    ):  # fmt: skip
        assert ring.find(wrong) is None, wrong


def test_unknown_keys_are_compared_like_known_ones(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, shown = add_key(home, "a", "read")
    compared: list[tuple[int, int]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return one == other

    monkeypatch.setattr("hmac.compare_digest", compare)
    ring = KeyRing(home)
    for one in (shown, "gr_00000000_x", "", "nonsense"):
        ring.find(one)
    assert compared == [(64, 64)] * 4


def test_a_ring_follows_the_file(home: Path) -> None:
    ring = KeyRing(home)
    assert ring.required() is False
    first, shown = add_key(home, "a", "read")
    assert ring.required() is True
    assert ring.find(shown) == first
    second = add_key(home, "b", "admin")[1]
    assert ring.find(second) is not None
    assert remove_key(home, "a") == 1
    assert ring.find(shown) is None
    assert ring.with_id(first.id) is None
    assert ring.find(second) is not None


def test_who_asked_for_keys_goes_on_asking_when_the_last_is_removed(home: Path) -> None:
    ring = KeyRing(home)
    _, shown = add_key(home, "a", "read")
    assert ring.required() is True
    remove_key(home, "a")
    assert ring.required() is True
    assert ring.find(shown) is None
    # One that starts now was never closed.
    assert KeyRing(home).required() is False


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "{}", '{"schema": 1}', '{"schema": 2, "keys": []}', '{"schema": 1, "keys": {}}', "\x00",
        '{"schema": 1, "keys": [{"id": "0a0a0a0a", "name": "a", "scope": "root", "sha256": "' + "0" * 64 + '", "created": ""}]}',
        '{"schema": 1, "keys": [{"id": "0a0a0a0a", "name": "a", "scope": "read", "sha256": "", "created": ""}]}',
        '{"schema": 1, "keys": [], "more": 1}',
    ],
)  # fmt: skip
def test_a_damaged_file_closes_and_is_left_as_it_is(home: Path, text: str) -> None:
    _, shown = add_key(home, "a", "read")
    ring = KeyRing(home)
    assert ring.find(shown)
    (home / "keys.json").write_text(text)
    for tried in (ring.required, lambda: ring.find(shown), KeyRing(home).required, lambda: add_key(home, "b", "read")):
        with pytest.raises(StoreError, match=r"keys\.json are damaged, so nobody is let in"):
            tried()
    with pytest.raises(StoreError):
        remove_key(home, "a")
    assert (home / "keys.json").read_text() == text


def test_two_keys_of_one_id_are_damage(home: Path) -> None:
    add_key(home, "a", "read")
    fields = json.loads((home / "keys.json").read_text())
    fields["keys"].append({**fields["keys"][0], "name": "b", "scope": "admin"})
    (home / "keys.json").write_text(json.dumps(fields))
    with pytest.raises(StoreError, match="damaged"):
        read_keys(home)


def test_a_file_that_cannot_be_read_or_has_gone_closes(home: Path) -> None:
    _, shown = add_key(home, "a", "read")
    ring = KeyRing(home)
    assert ring.find(shown)
    kept = (home / "keys.json").read_bytes()
    (home / "keys.json").unlink()
    with pytest.raises(StoreError, match="are gone"):
        ring.required()
    (home / "keys.json").mkdir()  # what can be read by nobody, whoever runs the test
    for one in (ring, KeyRing(home)):
        with pytest.raises(StoreError, match="cannot be read"):
            one.required()
    (home / "keys.json").rmdir()
    (home / "keys.json").write_bytes(kept)
    assert ring.find(shown)


def test_several_at_once_lose_no_key(home: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: add_key(home, f"k{n}", "read"), range(24)))
    assert {key.name for key in read_keys(home) or ()} == {f"k{n}" for n in range(24)}


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("LOCALHOST", True),
        ("0.0.0.0", False), ("::", False), ("192.168.1.2", False), ("example.org", False), ("localhost.example.org", False),  # noqa: S104
        ("127.0.0.1.example.org", False), ("", False),
    ],
)  # fmt: skip
def test_which_addresses_are_local(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_other_addresses_need_a_key(settings: Settings) -> None:
    check_exposure(settings)
    outside = settings.model_copy(update={"host": "0.0.0.0"})  # noqa: S104 - compared with, not bound to
    with pytest.raises(UsageError, match=r"host 0\.0\.0\.0 can be reached .*groundrule keys add NAME --scope read"):
        check_exposure(outside)
    add_key(settings.home, "a", "read")
    check_exposure(outside)
    remove_key(settings.home, "a")
    with pytest.raises(UsageError):
        check_exposure(outside)


def test_serve_refuses_before_it_loads_anything(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr("bot.wiring.keep_conversations", lambda *_: pytest.fail("it went on"))
    done = CliRunner().invoke(serve, ["--host", "0.0.0.0"])  # noqa: S104 - it is refused
    assert isinstance(done.exception, UsageError)
    assert done.exception.exit_code == 2
    assert not home.exists()
    home.mkdir()
    (home / "keys.json").write_text("damaged")
    for arguments in (["--host", "0.0.0.0"], []):  # noqa: S104
        done = CliRunner().invoke(serve, arguments)
        assert isinstance(done.exception, StoreError)


def test_the_commands_make_list_and_remove(home: Path) -> None:
    run = CliRunner().invoke
    empty = run(keys_command, ["list"])
    assert empty.stdout == ""
    assert "There is no key" in empty.stderr
    made = run(keys_command, ["add", "slack-bot", "--scope", "read"], catch_exceptions=False)
    shown = made.stdout.strip()
    assert KeyRing(home).find(shown)
    assert shown not in made.stderr
    assert run(keys_command, ["add", "x"]).exit_code == 2
    assert run(keys_command, ["add", "x", "--scope", "root"]).exit_code == 2
    twice = run(keys_command, ["add", "slack-bot", "--scope", "admin"])
    assert isinstance(twice.exception, UsageError)
    assert "there is a key 'slack-bot' already" in str(twice.exception)
    run(keys_command, ["add", "me", "--scope", "admin"])
    listed = run(keys_command, ["list"], catch_exceptions=False).stdout
    (key, _) = read_keys(home) or ()
    assert listed.splitlines()[0] == f"slack-bot  read   {key.created}  gr_{key.id}_…"
    assert shown not in listed
    for_programs = run(keys_command, ["list", "--json"], catch_exceptions=False).stdout
    assert json.loads(for_programs)[0] == {"id": key.id, "name": "slack-bot", "scope": "read", "created": key.created}
    assert key.sha256 not in for_programs
    assert run(keys_command, ["remove", "me"], catch_exceptions=False).stdout == "Removed: me\n"
    missing = run(keys_command, ["remove", "me"])
    assert isinstance(missing.exception, MissingError)
    assert "There are: slack-bot." in str(missing.exception)
    last = run(keys_command, ["remove", "slack-bot"], catch_exceptions=False)
    assert "No key is left" in last.stderr
    assert KeyRing(home).find(shown) is None
