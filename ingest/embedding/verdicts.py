"""What was found out about backends, and the models converted for them, kept for the processes that come after.

    <cache>/embedding/<key>/record.json       the verdict, and the digests of what lies beside it
    <cache>/embedding/<key>/model.xml, .bin   the converted model, where the verdict is for it
    <cache>/embedding/<key>/tokenizer.json    how its texts are cut

An entry is written elsewhere and renamed into place, so a reader sees all of it or nothing; what is not as its record
says counts as not there. A folder that cannot be written costs time, never an error.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock
from filelock import Timeout as LockTimeout

from ingest.embedding.model_files import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Verdict", "Verdicts"]

_RECORD = "record.json"
_FORMAT = 2
# A conversion takes some ten seconds; who waits longer than this does the work itself.
_WAIT_SECONDS = 180
# Entries of models and versions that nobody has used for so long are removed when another is written.
_UNUSED_DAYS = 60
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about a backend for a model.

    Attributes:
        use: Whether it gives the reference's vectors.
        reason: Why not, or "".
        min_cosine: Smallest cosine between a text's vectors by the backend and by the reference.
        rate: Check texts a second by the backend.
        reference_rate: The same by the reference.
        tokens: `max_tokens`, `cut` and `padding` of `Tokenising`.
        precision: What many texts are computed in by a converted model; "" for others.
        identity: What the key is the digest of, for people who look into the folder.
        sha256: Digests of the files beside the record, by name.
    """

    use: bool
    reason: str = ""
    min_cosine: float | None = None
    rate: float | None = None
    reference_rate: float | None = None
    tokens: dict[str, Any] = field(default_factory=dict)
    precision: str = ""
    identity: dict[str, str] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)


class Verdicts:
    """The entries of one cache folder.

    Args:
        cache: The folder; made when it is first written.
    """

    def __init__(self, cache: Path) -> None:
        self._folder = cache / "embedding"

    def find(self, key: str) -> tuple[Verdict, Path] | None:
        """An entry and the folder of its files; None when there is none, or its record or small files are damaged.

        The large files are looked at by `intact`, beside other work.
        """
        folder = self._folder / key
        try:
            fields = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
            if fields.pop("format") != _FORMAT:
                return None
            verdict = Verdict(**fields)
            # That it was used; a day's resolution will do.
            if time.time() - (folder / _RECORD).stat().st_mtime > _DAY:
                with contextlib.suppress(OSError):
                    os.utime(folder / _RECORD)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return verdict, folder

    @contextmanager
    def intact(self, verdict: Verdict, folder: Path) -> Iterator[Callable[[], bool]]:
        """Begins to compare the files with their digests, in a thread; what it gives waits and tells the outcome."""
        with ThreadPoolExecutor(1, "digests") as pool:
            yield pool.submit(_as_recorded, folder, verdict.sha256).result

    @contextmanager
    def writing(self, key: str) -> Iterator[None]:
        """Holds the right to make an entry, so that two processes do not both work for it; waits for a while."""
        lock: FileLock | None = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._folder / f"{key}.lock", timeout=_WAIT_SECONDS)
            lock.acquire()
        except (OSError, LockTimeout):
            lock = None  # the work is done, if for this process alone
        try:
            yield
        finally:
            if lock is not None:
                lock.release()

    def keep(self, key: str, verdict: Verdict, write: Callable[[Path], None] = lambda _: None) -> bool:
        """Makes an entry in the place of what is there.

        Args:
            key: Its key.
            verdict: What was found out; the digests are filled in here.
            write: Writes the files that belong to it into a folder.

        Returns:
            Whether it was kept; not where the folder cannot be written.
        """
        draft = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = tempfile.mkdtemp(prefix=".draft-", dir=self._folder)
            folder = Path(draft)
            write(folder)
            digests = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
            fields = {"format": _FORMAT, **asdict(verdict), "sha256": digests}
            (folder / _RECORD).write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")
            self._put(folder, self._folder / key)
            self._clear()
        except (OSError, RuntimeError):  # OpenVINO's own words for a disk that is full
            return False
        finally:
            if draft is not None:
                shutil.rmtree(draft, ignore_errors=True)
        return True

    def _put(self, draft: Path, place: Path) -> None:
        if place.exists():
            former = tempfile.mkdtemp(prefix=".former-", dir=self._folder)
            place.rename(Path(former) / place.name)
            shutil.rmtree(former, ignore_errors=True)
        draft.rename(place)

    def _clear(self) -> None:
        """Removes what nobody has used for long, and what was left by those who were killed while they wrote."""
        for entry in self._folder.iterdir():
            if not entry.is_dir():
                continue
            with contextlib.suppress(OSError):
                seen = (entry if entry.name.startswith(".") else entry / _RECORD).stat().st_mtime
                if time.time() - seen > (_DAY if entry.name.startswith(".") else _UNUSED_DAYS * _DAY):
                    shutil.rmtree(entry, ignore_errors=True)


def _as_recorded(folder: Path, digests: dict[str, str]) -> bool:
    try:
        return all(sha256_of(folder / name) == digest for name, digest in digests.items())
    except OSError:
        return False
