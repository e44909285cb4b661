"""Results by commit: small JSON files, and what changed between two of them."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.summary import SCHEMA
from ingest.errors import DocumentError, PathError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RESULTS", "Change", "changes", "code_sha256", "keep", "latest", "load_result"]

RESULTS = Path(__file__).resolve().parent / "results"
"""Where this project's own results are kept."""

_ROOT = RESULTS.parent.parent
# What a kept result leaves out of a summary: curves that the report draws and nobody compares.
_LEFT_OUT = ("curve",)
# What a result cannot be read without.
_PARTS = ("metrics", "kinds", "verdicts")


@dataclass(frozen=True, slots=True)
class Change:
    """What changed since an earlier result, over the cases that both hold unaltered.

    Attributes:
        since: Name of the earlier result.
        compared: How many cases both hold.
        broken: Ids of cases that were right and are not.
        mended: Ids of cases that were not right and are.
        figures: Metric to its earlier and its present value, where they differ; none unless both are over the very same
            cases, for else they say nothing of a change.
    """

    since: str
    compared: int
    broken: tuple[str, ...]
    mended: tuple[str, ...]
    figures: Mapping[str, tuple[float, float]]

    def as_json(self) -> dict[str, Any]:
        """The change for programs."""
        return {
            "since": self.since,
            "compared": self.compared,
            "broken": list(self.broken),
            "mended": list(self.mended),
            "figures": {name: list(pair) for name, pair in self.figures.items()},
        }


def changes(before: Mapping[str, Any], now: Mapping[str, Any], since: str) -> Change:
    """What changed between two summaries."""
    old, new = _verdicts(before), _verdicts(now)
    both = sorted(old.keys() & new.keys())
    figures = {}
    if old.keys() == new.keys():
        for name, figure in now["metrics"].items():
            earlier = before["metrics"].get(name)
            if earlier is not None and earlier["value"] != figure["value"]:
                figures[name] = (earlier["value"], figure["value"])
    return Change(
        since=since,
        compared=len(both),
        broken=tuple(_id(key) for key in both if old[key] == "right" != new[key]),
        mended=tuple(_id(key) for key in both if old[key] != "right" == new[key]),
        figures=figures,
    )


def code_sha256() -> str:
    """Digest of this installation's own code: names what was measured also where there is no git."""
    digest = hashlib.sha256()
    for package in ("ingest", "bot", "evals"):
        for file in sorted((_ROOT / package).rglob("*.py")):
            digest.update(file.relative_to(_ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def keep(result: Mapping[str, Any], folder: Path) -> Path:
    """Writes a result under the commit that it was measured on.

    Args:
        result: A summary.
        folder: Where results are kept.

    Returns:
        The file, named by time and commit, so that names sort by time.

    Raises:
        StoreError: It cannot be written.
    """
    now = datetime.now(UTC)
    commit = _commit()
    small = {**result, "at": now.isoformat(timespec="seconds"), "commit": commit}
    small["refusing"] = {key: value for key, value in result["refusing"].items() if key not in _LEFT_OUT}
    file = folder / f"{now:%Y%m%dT%H%M%S}-{commit}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(small, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}. Choose another with --results.") from error
    return file


def latest(folder: Path) -> Path | None:
    """The newest result in a folder; None when there is none."""
    return max(folder.glob("*.json"), default=None, key=lambda file: file.name)


def load_result(file: Path) -> dict[str, Any]:
    """A result as `keep` or `groundrule eval --out` wrote it.

    Raises:
        PathError: It cannot be read.
        DocumentError: It is no result, or one of another release.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise PathError(f"{file} cannot be read: {error.strerror}. Give a result of `groundrule eval`.") from error
    except ValueError as error:
        raise DocumentError(f"{file} is no JSON: {error}. Give a result of `groundrule eval`.") from error
    parts = (found.get(part) for part in _PARTS) if isinstance(found, dict) else ()
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or not all(isinstance(one, dict) for one in parts):
        raise DocumentError(f"{file} is no result of this release. Give one that `groundrule eval` wrote.")
    return found


def _commit() -> str:
    """The checkout's commit, "+changes" behind it when files were changed since; "no-commit" where there is none."""
    try:
        # An installation may lie within somebody's checkout of something else.
        _git("ls-files", "--error-unmatch", "evals/results.py")
        commit = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--", "ingest", "bot", "evals/*.py", "evals/datasets", "corpus")
    except (OSError, subprocess.SubprocessError):
        return "no-commit"
    return f"{commit}+changes" if changed else commit


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=_ROOT, capture_output=True, text=True, check=True, timeout=30)  # noqa: S603, S607 - fixed words
    return done.stdout.strip()


def _verdicts(result: Mapping[str, Any]) -> dict[str, str]:
    return {key: verdict for verdict, keys in result["verdicts"].items() for key in keys}


def _id(key: str) -> str:
    return key.rsplit(":", 1)[0]
