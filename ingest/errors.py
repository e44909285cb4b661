"""Every error a user can meet.

    GroundruleError            a job failed                          exit 1
    ├── UsageError             the request itself is wrong           exit 2
    │   ├── SettingError       a flag, variable or settings file
    │   ├── QuestionError      a question that cannot be asked
    │   ├── PathError          a path that is not there
    │   └── MissingError       a stored thing that is not there
    ├── DocumentError          a document that cannot be read
    ├── PackError              a corpus pack that breaks a rule
    ├── EncoderError           the embedding model or a cross-encoder
    ├── ClusterError           the Ray cluster cannot be reached or failed
    ├── ChangedError           a conversation that changed while an answer was worked out
    │   └── DeletedError       it was deleted meanwhile
    ├── ModelError             the language model
    │   └── ModelTimeoutError  it took too long
    └── StoreError             the data folder or the index
        ├── DamagedIndexError  the index is there but cannot be trusted
        └── ConversationError  the place where conversations are kept

A message is one line that says what failed, on which value and what to do. A library's own error is wrapped where
the library is owned, `raise ... from error`.
"""

from __future__ import annotations

__all__ = [
    "ChangedError",
    "ClusterError",
    "ConversationError",
    "DamagedIndexError",
    "DeletedError",
    "DocumentError",
    "EncoderError",
    "GroundruleError",
    "MissingError",
    "ModelError",
    "ModelTimeoutError",
    "PackError",
    "PathError",
    "QuestionError",
    "SettingError",
    "StoreError",
    "UsageError",
]


class GroundruleError(Exception):
    """A job failed; the message is meant for the user."""

    exit_code = 1


class UsageError(GroundruleError):
    """What was asked for is not something that can be done."""

    exit_code = 2


class SettingError(UsageError):
    """A setting has a value that it cannot have."""


class QuestionError(UsageError):
    """A question that is empty, too long or not text."""


class PathError(UsageError):
    """A path that does not exist."""


class MissingError(UsageError):
    """A conversation, document or passage that is not there."""


class DocumentError(GroundruleError):
    """A document that cannot be read; the others are not affected."""


class PackError(GroundruleError):
    """A corpus pack that breaks a rule of its format."""


class EncoderError(GroundruleError):
    """The embedding model or a cross-encoder is missing, not the one expected, or does not fit the index."""


class ClusterError(GroundruleError):
    """The Ray cluster cannot be reached, or what ran on it failed."""


class ChangedError(GroundruleError):
    """A conversation is not any more what an answer was worked out from; nothing of the answer was kept."""


class DeletedError(ChangedError):
    """A conversation that was there when something was asked in it has gone since; nothing of the answer was kept."""


class ModelError(GroundruleError):
    """The language model cannot be reached or does not return what it should."""


class ModelTimeoutError(ModelError):
    """The language model does not begin, or does not end, in time."""


class StoreError(GroundruleError):
    """The data folder or the index in it cannot be used."""


class DamagedIndexError(StoreError):
    """An index that is there but cannot be trusted; the caller sets it aside and rebuilds."""


class ConversationError(StoreError):
    """Conversations cannot be read, written or deleted now; questions can still be answered."""
