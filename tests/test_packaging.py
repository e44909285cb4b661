"""Wheel and sdist hold what they must, and the wheel works away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def corpus_files() -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / "corpus").rglob("*") if path.is_file()}


def other_files() -> set[str]:
    """What lies beside the code and is needed with it: templates, styles, scripts, data."""
    listed = subprocess.run(["git", "ls-files", "bot", "ingest", "evals"], cwd=ROOT, capture_output=True, check=False)
    return {name for name in listed.stdout.decode().splitlines() if not name.endswith(".py")}


def test_the_wheel_carries_the_corpus_and_no_tests(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    assert corpus_files() <= names
    assert other_files() <= names
    assert {"bot/surfaces/page/assets/page.css", "bot/storage/migrations/r0001_conversations.py"} <= names
    assert not any(name.startswith(("tests/", ".")) for name in names)


def test_the_sdist_carries_everything_to_build_and_test(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames() if "/" in name}
    assert corpus_files() <= names
    assert {"pyproject.toml", "README.md", "LICENSE", "tests/conftest.py", ".ci/run"} <= names


def test_the_wheel_answers_from_another_folder(built: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(site)  # noqa: S202 - built a moment ago by this test
    code = (
        f"import sys; sys.path[:] = [{str(site)!r}] + [p for p in sys.path if p not in ('', {str(ROOT)!r})]\n"
        "import bot; assert bot.__file__.startswith(sys.path[0]), bot.__file__\n"
        "from bot.surfaces.cli import main; main(['ask', '--json', 'pros of the factory model'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "GROUNDRULE_HOME": str(tmp_path / "home")},
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["citations"]) == 4
