"""The latest evaluation as the page shows it, and its report over HTTP; its files may hold anything."""

from __future__ import annotations

import datetime as dt
import json
import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from bot.service import reports as module
from bot.service.reports import FIGURES_FILE, REPORT_FILE, Reports, reports_folder
from bot.surfaces.http.api import make_api
from bot.surfaces.http.metrics import Metrics
from bot.surfaces.page.quality import quality_page
from ingest.errors import DocumentError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.service.service import Service
    from ingest.config import Settings

EVIL = "<script>harm()</script>"


@pytest.fixture
def folder(settings: Settings) -> Path:
    made = reports_folder(settings)
    made.mkdir(parents=True)
    return made


def kept(folder: Path, **changes: Any) -> Reports:
    """Reports over a folder with an evaluation in it."""
    figure = {"title": "Right", "meaning": "What is right.", "value": 0.9, "low": 0.8, "high": 0.95, "n": 10}
    written = {
        "schema": 1,
        "about": {"groundrule": version("groundrule"), "rubric_sha256": "a", "documents_sha256": "b" * 64},
        "cases": 12,
        "failures": 0,
        "verdicts": {"right": 9, "missing": 1, "wrong": 2},
        "thresholds": 5,
        "held": 4,
        "figures": [figure],
        **changes,
    }
    (folder / FIGURES_FILE).write_text(json.dumps(written))
    return Reports(folder)


def in_use(service: Service) -> dict[str, str]:
    """What an evaluation of the product as it is would say of it."""
    return {
        "groundrule": version("groundrule"),
        "rubric_sha256": service.advisor.book.rubric.sha256,
        "documents_sha256": service.assistant.library.manifest.documents_sha256,
    }


def test_nothing_measured_yet_says_what_to_do(service: Service, folder: Path) -> None:
    for reports in (Reports(folder / "nowhere"), Reports(folder), None):
        html = quality_page(service, reports)
        assert "Nothing was measured here yet." in html
        assert "<code>groundrule eval</code>" in html
        assert "api/quality/report" not in html
    (folder / REPORT_FILE).write_text("of an earlier release")
    assert "api/quality/report" in quality_page(service, Reports(folder))


def test_figures_are_shown_with_bars_and_when_they_were_measured(service: Service, folder: Path) -> None:
    score = {"title": "Score", "meaning": "x", "value": -0.25, "low": -1, "high": 0.5, "n": 3, "share": False}
    late = {"title": "Late", "meaning": "x", "value": 1.0, "low": 1.0, "high": 1.0, "n": 3, "better": "lower"}
    right = {"title": "Right", "meaning": "x", "value": 0.9, "low": 0.8, "high": 0.95, "n": 10}
    reports = kept(folder, figures=[right, score, late])
    at = dt.datetime(2026, 3, 4, 5, 6, tzinfo=dt.UTC).timestamp()
    os.utime(folder / FIGURES_FILE, (at, at))
    html = quality_page(service, reports)
    assert '<time datetime="2026-03-04T05:06:00+00:00">4 March 2026, 05:06 UTC</time>' in html
    assert "<strong>9</strong> answered rightly, <strong>1</strong> not answered, <strong>2</strong>" in html
    assert "4 of 5 thresholds hold." in html
    assert '<span class="points">90.0 %</span> <span class="range">(80.0 to 95.0)</span>' in html
    assert '<rect class="score" x="0" y="1" width="90.00" height="8"/>' in html
    assert '<rect class="interval" x="80.00" y="4" width="15.00" height="2"/>' in html
    # An interval without a width is still seen, within the bar.
    assert '<rect class="interval" x="99.50" y="4" width="0.50" height="2"/>' in html
    assert '<span class="points">-0.25</span> <span class="range">(-1.00 to 0.50)</span>' in html
    assert html.count("<svg") == 2
    assert html.count("Lower is better.") == 1
    assert " style=" not in html


def test_whether_it_is_still_the_same_is_said(service: Service, folder: Path) -> None:
    same = in_use(service)
    assert "are still the same" in quality_page(service, kept(folder, about=same))
    html = quality_page(service, kept(folder, about={**same, "rubric_sha256": "f" * 64}))
    assert "Changed since: the rubric." in html
    assert "Changed since: the rubric, the documents, the release." in quality_page(service, kept(folder, about={}))


def test_whatever_the_file_says_is_text(service: Service, folder: Path) -> None:
    figure = {"title": EVIL, "meaning": EVIL, "value": 0.5, "low": 0.4, "high": 0.6, "n": 1}
    html = quality_page(service, kept(folder, figures=[figure], about={"generator": EVIL, "encoder": None}))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ('{"schema": 1}', "about: Field required"),
        ("\0\xff", "JSON"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_a_damaged_file_is_told(service: Service, folder: Path, content: str, said: str) -> None:
    (folder / FIGURES_FILE).write_text(content)
    with pytest.raises(DocumentError, match=r"damaged or of another release") as told:
        quality_page(service, Reports(folder))
    assert said in str(told.value)
    assert "groundrule eval" in str(told.value)
    assert str(folder) not in str(told.value)


@pytest.mark.parametrize(
    "changes", [{"schema": 2}, {"cases": -1}, {"figures": [{}]}, {"about": {"a": "x" * 501}}, {"verdicts": None}]
)
def test_a_file_of_another_shape_is_told(folder: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(DocumentError):
        kept(folder, **changes).figures()


def test_a_later_release_may_add_to_the_file(folder: Path) -> None:
    found = kept(folder, more=1).figures()
    assert found is not None
    assert found[0].cases == 12


def test_a_file_too_large_or_not_to_be_read_is_told_without_its_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = kept(folder)
    monkeypatch.setattr(module, "MAX_FIGURES_BYTES", 100)
    with pytest.raises(StoreError, match="larger than 100 bytes"):
        reports.figures()
    (folder / REPORT_FILE).mkdir()
    assert not reports.has_report()
    with pytest.raises(StoreError, match="cannot be read") as told:
        reports.report()
    assert str(folder) not in str(told.value)


def test_the_report_is_a_page_that_may_do_nothing(service: Service, folder: Path) -> None:
    client = TestClient(make_api(service, Metrics(), reports=Reports(folder)))
    missing = client.get("/api/quality/report")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert "groundrule eval" in missing.json()["detail"]
    (folder / REPORT_FILE).write_text("<p>ü</p>", encoding="utf-8")
    got = client.get("/api/quality/report")
    assert (got.status_code, got.text) == (200, "<p>ü</p>")
    assert got.headers["content-type"] == "text/html; charset=utf-8"
    policy = got.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert "script-src" not in policy


def test_a_server_without_a_place_for_evaluations_has_no_report(service: Service) -> None:
    assert TestClient(make_api(service, Metrics())).get("/api/quality/report").status_code == 404
