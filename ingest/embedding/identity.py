"""What a verdict on a backend holds for: the model's files, the libraries that read them, and what computes.

Of another identity nothing is known, so that what was found out is found out anew.
"""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from ingest.embedding.model_files import fingerprint

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["identity_of", "key_of", "of_processor"]

# Another version of one of these may convert, cut or compute otherwise.
_LIBRARIES = ("openvino", "sentence-transformers", "tokenizers", "torch", "transformers")


def identity_of(name: str, folder: Path) -> dict[str, str]:
    """The model's files and the libraries that read them.

    Args:
        name: What the model is called; see `encoder_name`.
        folder: Its files.
    """
    return {"model": name, "files": fingerprint(folder), **{library: _version(library) for library in _LIBRARIES}}


def of_processor(identity: dict[str, str]) -> dict[str, str]:
    """An identity, with what computes on this machine's processor."""
    return {**identity, "backend": "openvino", "device": platform.machine(), "native": _native()}


def key_of(identity: dict[str, str]) -> str:
    """The name under which what was found out is kept."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]


def _native() -> str:
    """What this processor computes in: what was found out on another may not hold here."""
    try:
        from ingest.embedding.openvino_backend import native_precision

        return native_precision()
    except (ImportError, RuntimeError):
        return "none"


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"
