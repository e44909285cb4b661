"""How `groundrule ingest` tells people what became of their documents."""

from __future__ import annotations

from ingest.commands import _lines
from ingest.gather import FileReport
from ingest.pipeline import Report

FAILED = FileReport("b.pdf", "failed", "b.pdf is damaged.")
ADDED = FileReport("a.pdf", "added", notes=("two pages are pictures",), missing=("author", "published"))


def test_a_thousand_unchanged_documents_are_one_line_and_failures_come_last() -> None:
    files = (FAILED, *(FileReport(f"{n}.md", "unchanged") for n in range(1000)), ADDED)
    assert list(_lines(Report(files, 1001, 5000, 7, skipped=2), verbose=False)) == [
        "+ added     a.pdf  (two pages are pictures)",
        "= unchanged 1,000 documents",
        "  2 other files skipped: of kinds that are not read.",
        "? 1 document will be cited with something unknown. A sources.yaml beside the files can give it:",
        "    a.pdf: no author, no date",
        "! failed    b.pdf  (b.pdf is damaged.)",
        "1,001 documents, 5,000 passages in the index; 7 embedded now. 1 failure, see above.",
    ]


def test_verbose_names_every_document() -> None:
    files = tuple(FileReport(f"{n}.md", "unchanged", missing=("title",)) for n in range(30))
    lines = list(_lines(Report(files, 30, 30, 0), verbose=True))
    assert [line for line in lines if line.startswith("= unchanged")] == [f"= unchanged {n}.md" for n in range(30)]
    assert lines[-2] == "    29.md: no title"


def test_few_unchanged_documents_are_named() -> None:
    lines = list(_lines(Report((FileReport("a.md", "unchanged"),), 1, 1, 0), verbose=False))
    assert lines == ["= unchanged a.md", "1 document, 1 passage in the index; 0 embedded now."]
