"""The latest evaluation, as `groundrule eval` left it in the data folder: its figures in short, and its report.

What is written there is owned by the evaluation; that nothing above the product is imported, its shape is said here,
and the evaluation writes by it. Read back it may be anything: whatever it is, a reader is told so in a sentence.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.errors import DocumentError, MissingError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.config import Settings

__all__ = ["FIGURES_FILE", "REPORT_FILE", "Figure", "Figures", "Reports", "Verdicts", "reports_folder"]

FIGURES_FILE = "summary.json"
REPORT_FILE = "report.html"
MAX_FIGURES_BYTES = 2**20
"""A hundred times what an evaluation writes."""
MAX_REPORT_BYTES = 2**26

Words = Annotated[str, Field(max_length=500)]


class _Kept(BaseModel):
    # A later release may add to it.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, allow_inf_nan=False)


class Figure(_Kept):
    """One figure: the mean of a mark over the cases that it applies to.

    Attributes:
        title: What people read.
        meaning: What it says, in a sentence.
        value: The mean.
        low: Lower end of its 95 % interval.
        high: Upper end.
        n: How many cases it is over.
        share: Whether it is a share, 0 to 1.
        better: Which way is better; null where neither is.
    """

    title: Words
    meaning: Words
    value: float
    low: float
    high: float
    n: Annotated[int, Field(ge=0)]
    share: bool = True
    better: Literal["higher", "lower"] | None = "higher"


class Verdicts(_Kept):
    """How many cases were answered rightly, not at all, and wrongly."""

    right: Annotated[int, Field(ge=0)]
    missing: Annotated[int, Field(ge=0)]
    wrong: Annotated[int, Field(ge=0)]


class Figures(_Kept):
    """An evaluation in short, the same on every run of one system over one set: `summary.json`, changed by additions.

    Attributes:
        schema_version: 1; "schema" in the file.
        about: What was measured: "groundrule" (version), "generator", "encoder", "reranker", "nli_model", and the
            digests "code_sha256", "pack_sha256", "rubric_sha256", "documents_sha256" and "cases_sha256"; null for none.
        cases: How many cases were asked.
        failures: At how many of them the system failed.
        verdicts: What became of them.
        thresholds: How many thresholds the figures were held against.
        held: How many of these they meet.
        figures: What was measured, in the order in which it is told.
    """

    schema_version: Annotated[Literal[1], Field(alias="schema")] = 1
    about: Annotated[dict[Annotated[str, Field(max_length=100)], Words | None], Field(max_length=100)]
    cases: Annotated[int, Field(ge=0)]
    failures: Annotated[int, Field(ge=0)]
    verdicts: Verdicts
    thresholds: Annotated[int, Field(ge=0)] = 0
    held: Annotated[int, Field(ge=0)] = 0
    figures: Annotated[tuple[Figure, ...], Field(max_length=200)]


def reports_folder(settings: Settings) -> Path:
    """Where an evaluation is written unless another place is named."""
    return settings.home / "evals"


class Reports:
    """The latest evaluation in a folder; looked at anew at every call.

    Args:
        folder: The folder, which need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def figures(self) -> tuple[Figures, dt.datetime] | None:
        """The latest figures and when they were written; None when there are none.

        Raises:
            DocumentError: The file holds something else.
            StoreError: It cannot be read.
        """
        found = self._read(FIGURES_FILE, MAX_FIGURES_BYTES)
        if found is None:
            return None
        try:
            return Figures.model_validate_json(found[0]), found[1]
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise DocumentError(
                f"the file of the latest evaluation, {FIGURES_FILE}, is damaged or of another release "
                f"({f'{where}: ' if where else ''}{first['msg']:.200}). Run `groundrule eval` again."
            ) from error

    def has_report(self) -> bool:
        """Whether there is a report to open."""
        try:
            return (self._folder / REPORT_FILE).is_file()
        except OSError:
            return False

    def report(self) -> bytes:
        """The report: an HTML page in UTF-8 without scripts.

        Raises:
            MissingError: There is none.
            StoreError: It cannot be read.
        """
        found = self._read(REPORT_FILE, MAX_REPORT_BYTES)
        if found is None:
            raise MissingError("there is no report of an evaluation yet. Run `groundrule eval` on the server.")
        return found[0]

    def _read(self, name: str, most: int) -> tuple[bytes, dt.datetime] | None:
        """A file and when it was written; None when it is not there. Where the folder lies is nobody's business."""
        file = self._folder / name
        try:
            with file.open("rb") as opened:
                content = opened.read(most + 1)
            at = dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(
                f"{name} of the latest evaluation cannot be read: {error.strerror}. Check it on the server."
            ) from error
        if len(content) > most:
            raise StoreError(f"{name} of the latest evaluation is larger than {most} bytes, so it is not read.")
        return content, at
