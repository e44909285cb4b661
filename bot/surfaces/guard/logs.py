"""The server's log: one line a request, as text or JSON, on standard error.

A line says who (the key's name), what (the route), how it went and how long it took. It never holds a question, a
query string, a key, a cookie or a token: those are not handed to it, and what looks like one, or is one of the
settings' secrets, is struck out of whatever other libraries log. Of an exception it says its type and its place; its
message may quote what a user wrote.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from ingest.config import Settings

__all__ = ["ACCESS", "REQUEST_ID", "LogLines", "log_to", "secrets_of", "told_fault"]

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Id of the request that is being answered, for every line that is logged on the way."""
ACCESS = logging.getLogger("groundrule.access")

_STRUCK = "***"
# Our keys, Slack's tokens, what follows "Bearer", and user and password in an address.
_SHAPES = (
    r"gr_[0-9a-f]{8}_[\w-]{16,}|xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|(?i:(?<=bearer )[\w.~+/=-]{8,})|(?<=://)[^/\s@]+(?=@)"
)
# A shorter secret would strike out ordinary words; none that protects anything is as short.
_SHORTEST = 4
_FRAMES = 6


class LogLines(logging.Formatter):
    """Log records as lines."""

    def __init__(self, form: str, secrets: Iterable[str] = ()) -> None:
        """Lines of that form.

        Args:
            form: "text" or "json".
            secrets: What never stands in a line.
        """
        super().__init__()
        self._json = form == "json"
        known = sorted({one for one in secrets if len(one) >= _SHORTEST}, key=len, reverse=True)
        self._secret = re.compile("|".join([*map(re.escape, known), _SHAPES]))

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the record's text has in it."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._clean(record.getMessage()),
            "request_id": REQUEST_ID.get(),
        }
        fields |= {name: self._clean(value) for name, value in getattr(record, "fields", {}).items()}
        if record.exc_info and record.exc_info[1]:
            fields |= {name: self._clean(value) for name, value in told_fault(record.exc_info[1]).items()}
        fields = {name: value for name, value in fields.items() if value is not None}
        return json.dumps(fields, ensure_ascii=False) if self._json else _as_text(fields)

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._secret.sub(_STRUCK, value)
        return [self._clean(one) for one in value] if isinstance(value, list) else value


def told_fault(error: BaseException) -> dict[str, Any]:
    """Type and place of an exception, and of the one behind it; never its words."""
    told: dict[str, Any] = {"error": type(error).__name__, "where": _places(error)}
    cause = error.__cause__ or error.__context__
    if cause is not None:
        told |= {"cause": type(cause).__name__, "cause_where": _places(cause)}
    return told


def secrets_of(settings: Settings) -> set[str]:
    """The secrets among the settings, and the parts of them that errors of libraries quote."""
    values = (getattr(settings, name) for name in type(settings).model_fields)
    found = {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
    for address in list(found):
        try:
            password = urlsplit(address).password
        except ValueError:
            continue
        if password:
            found |= {password, unquote(password)}
    return found


def log_to(stream: TextIO, settings: Settings) -> None:
    """Sends everything that this process logs to a stream, in the form that the settings ask for."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LogLines(settings.log_format, secrets_of(settings)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("groundrule").setLevel(logging.INFO)


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(file: str) -> str:
    """A file below the folder that it is imported from."""
    for folder in sorted(filter(None, sys.path), key=len, reverse=True):
        if file.startswith(folder.rstrip("/") + "/"):
            return file[len(folder.rstrip("/")) + 1 :]
    return file.rpartition("/")[2]


def _as_text(fields: dict[str, Any]) -> str:
    time, level, logger, message = (fields.pop(name) for name in ("time", "level", "logger", "message"))
    more = " ".join(f"{name}={_shown(value)}" for name, value in fields.items())
    # A text with line breaks could pass for several lines.
    return " ".join(f"{time} {level:<7} {logger}: {message} {more}".splitlines()).rstrip()


def _shown(value: Any) -> str:
    return " < ".join(reversed(value)) if isinstance(value, list) else str(value)
