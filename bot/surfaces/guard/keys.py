"""API keys: named, each with a scope, stored as digests in `<home>/keys.json`.

A key is `gr_<id>_<secret>`. Its secret is 256 random bits, which nobody can guess, so a plain SHA-256 of it is safe to
store: a slow hash protects secrets that people think up, and here it would only let strangers keep the server busy.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.errors import MissingError, StoreError, UsageError
from ingest.index.generations import writing
from ingest.index.records import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.config import Settings

__all__ = [
    "SCOPES",
    "Key",
    "KeyRing",
    "Scope",
    "add_key",
    "check_exposure",
    "is_loopback",
    "read_keys",
    "remove_key",
]

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""Each contains those before it."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_FILE = "keys.json"
_OWNER_ALONE = 0o600
_SECRET_BYTES = 32
# What an unknown key is compared with, so that it takes as long as a known one.
_NOBODY = hashlib.sha256(b"").hexdigest()


class Key(BaseModel):
    """What is kept of a key; the key itself is nowhere.

    Attributes:
        id: The part of the key that may be shown.
        name: Whose it is, or what for.
        scope: What it may do.
        sha256: Digest of the whole key.
        created: When it was made, ISO 8601, UTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern="^[0-9a-f]{8}$")
    name: str = Field(pattern=NAME)
    scope: Scope
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    created: str

    def may(self, scope: Scope) -> bool:
        """Whether it may do what asks for that scope."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


class _KeyFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: Annotated[Literal[1], Field(alias="schema")]
    keys: tuple[Key, ...]


def read_keys(home: Path) -> tuple[Key, ...] | None:
    """The keys of a home folder; None when none was ever made.

    Raises:
        StoreError: The file is damaged or cannot be read.
    """
    path = home / _FILE
    try:
        kept = _KeyFile.model_validate_json(path.read_bytes()).keys
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(
            f"the API keys in {path} cannot be read: {error.strerror or error}. Mend its permissions."
        ) from error
    except ValidationError as error:
        # The message of pydantic would show what the file holds.
        raise _damaged(path) from error
    if len({key.id for key in kept}) < len(kept) or len({key.name for key in kept}) < len(kept):
        raise _damaged(path)
    return kept


def add_key(home: Path, name: str, scope: Scope) -> tuple[Key, str]:
    """Makes a key and stores its digest.

    Args:
        home: The home folder.
        name: Whose it is, or what for; no two keys share one.
        scope: What it may do.

    Returns:
        What is kept, and the key itself, which is nowhere else.

    Raises:
        UsageError: The name is taken, or is none.
        StoreError: The file is damaged, or cannot be read or written.
    """
    id_ = secrets.token_hex(4)
    shown = f"gr_{id_}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    created = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        key = Key(id=id_, name=name, scope=scope, sha256=_digest(shown), created=created)
    except ValidationError as error:
        raise UsageError(
            f"{name!r:.80} cannot name a key. Take up to 64 letters, digits, dots, hyphens and underscores, "
            "the first a letter or digit."
        ) from error
    with writing(home):
        kept = read_keys(home) or ()
        if any(one.name == name for one in kept):
            raise UsageError(f"there is a key {name!r} already. Take another name, or remove it first.")
        _write(home, (*kept, key))
    return key, shown


def remove_key(home: Path, name: str) -> int:
    """Removes a key; a running server refuses it from its next request on.

    Returns:
        How many keys are left.

    Raises:
        MissingError: There is no key of that name.
        StoreError: The file is damaged, or cannot be read or written.
    """
    with writing(home):
        kept = read_keys(home) or ()
        left = tuple(key for key in kept if key.name != name)
        if len(left) == len(kept):
            raise MissingError(
                f"there is no key {name!r:.80}. There are: {', '.join(key.name for key in kept) or 'none'}."
            )
        _write(home, left)
    return len(left)


class KeyRing:
    """The keys as they are now: the file is read again whenever it changes.

    Who once asked for keys asks for them until it ends: were the last key removed because it is known to strangers,
    an open door would let them in.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._seen: tuple[int, ...] | None = None
        self._keys: dict[str, Key] = {}
        self._fault: StoreError | None = None
        self._closed = False

    def required(self) -> bool:
        """Whether a key is asked for.

        Raises:
            StoreError: The file is damaged, unreadable or, after there were keys, gone.
        """
        self._refresh()
        return self._closed

    def find(self, presented: str) -> Key | None:
        """The key that was presented, if it is one.

        Raises:
            StoreError: As `required`.
        """
        self._refresh()
        id_ = presented.removeprefix("gr_").partition("_")[0]
        kept = self._keys.get(id_)
        same = hmac.compare_digest(_digest(presented), kept.sha256 if kept else _NOBODY)
        return kept if same else None

    def with_id(self, id_: str) -> Key | None:
        """The key of that id, for who has shown it before.

        Raises:
            StoreError: As `required`.
        """
        self._refresh()
        return self._keys.get(id_)

    def _refresh(self) -> None:
        now = self._signature()
        if now != self._seen:
            self._read()
            self._seen = now
        if self._fault is not None:
            raise self._fault

    def _signature(self) -> tuple[int, ...]:
        try:
            status = (self._home / _FILE).stat()
        except FileNotFoundError:
            return ()
        except OSError as error:
            return (error.errno or -1,)
        return status.st_ino, status.st_mtime_ns, status.st_size, status.st_mode

    def _read(self) -> None:
        self._keys, self._fault = {}, None
        try:
            kept = read_keys(self._home)
            if kept is None and self._closed:
                raise StoreError(f"the API keys in {self._home / _FILE} are gone. Put the file back, or restart.")
        except StoreError as error:
            self._fault = error
            return
        self._keys = {key.id: key for key in kept or ()}
        self._closed = self._closed or bool(self._keys)


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def check_exposure(settings: Settings) -> None:
    """Refuses to listen where other machines can come in and no key is asked for.

    Raises:
        UsageError: It would.
        StoreError: The keys cannot be read.
    """
    if not read_keys(settings.home) and not is_loopback(settings.host):
        raise UsageError(
            f"host {settings.host} can be reached from other machines, and {settings.home / _FILE} holds no API key. "
            "Make one with `groundrule keys add NAME --scope read` (or write, or admin), or use --host 127.0.0.1."
        )


def _write(home: Path, keys: tuple[Key, ...]) -> None:
    fields = {"schema": 1, "keys": [key.model_dump() for key in keys]}
    write_atomically(home / _FILE, json.dumps(fields, indent=2) + "\n", _OWNER_ALONE)


def _damaged(path: Path) -> StoreError:
    return StoreError(
        f"the API keys in {path} are damaged, so nobody is let in. Put a sound copy back, "
        "or remove the file and make new keys with `groundrule keys add`."
    )


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
