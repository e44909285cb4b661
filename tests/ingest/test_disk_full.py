"""A disk that is full in the midst of an ingest: on a real one, of a few MiB, in memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A file system of its own for one process: as root, or as one's own root where the system lets everybody be that.
ALONE = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]

INGEST = """
    import os, subprocess, sys
    from pathlib import Path
    from evals.benches.made_up import HashEncoder, prose_of, write_documents
    from ingest.config import BUNDLED_CORPUS, Settings
    from ingest.errors import DamagedIndexError, StoreError
    from ingest.index.generations import index_slot
    from ingest.index.library import open_library
    from ingest.pipeline import build_index

    place, documents = map(Path, sys.argv[1:])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(place)], check=True)
    settings, encoder = Settings(home=place / "home"), HashEncoder(dimension=64)
    few, many = documents / "few", documents / "many"
    prose = prose_of(BUNDLED_CORPUS / "sources")
    write_documents(prose, few, 3, 60)
    write_documents(prose, many, 8, 2400, seed=2)

    def told():
        library = open_library(index_slot(settings))
        try:
            return library.stored, library.near(encoder.encode(["who keeps the ferry?"])[0]).cosines.tolist()
        finally:
            library.close()

    print(build_index(settings, encoder, [few]).passages)
    before = told()
    filler = place / "filler"
    # Some of it goes in, next to nothing, nothing at all.
    for left in (2**20, 2**16, 0):
        filler.unlink(missing_ok=True)
        room = os.statvfs(place)
        with filler.open("wb") as full:
            os.posix_fallocate(full.fileno(), 0, room.f_bavail * room.f_frsize - left)
        try:
            build_index(settings, encoder, [many])
            print("there was room")
        except StoreError as error:
            print(error)
        # With no room at all Chroma cannot open what it only has to read; that is not said to be damage.
        try:
            print("the same" if told() == before else "another")
        except StoreError as error:
            print("damaged" if isinstance(error, DamagedIndexError) else "not now")
    filler.unlink()
    print("the same" if told() == before else "another")
    print(build_index(settings, encoder, [many]).passages)
    print(len(index_slot(settings).generations()))
"""


def test_on_a_full_disk_the_index_stays_and_the_next_run_goes_on(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    if not shutil.which("unshare") or subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no file system of its own can be had here")
    done = subprocess.run(
        [*ALONE, sys.executable, "-c", textwrap.dedent(INGEST), str(place), str(tmp_path / "documents")],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=600,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    first, *failures, afterwards, last, generations = done.stdout.splitlines()
    assert int(last) == int(first) + 2400
    said, whole = failures[0::2], failures[1::2]
    assert whole[0] == afterwards == "the same"
    assert set(whole[1:]) <= {"the same", "not now"}
    for line in said:
        assert "space" in line
        assert str(place) in line
    assert generations == "2"  # the one before it may still have readers
