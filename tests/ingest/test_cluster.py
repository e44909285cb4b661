"""The same index from a Ray cluster as from this process."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from ingest.config import Settings
from ingest.errors import SettingError
from ingest.index.generations import index_slot
from ingest.index.library import open_library
from ingest.pipeline import build_index
from tests.commands import begin_code
from tests.fakes import WordEncoder

ROOT = Path(__file__).resolve().parents[2]
needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed")

# In a process of its own: Ray begins threads and leaves files open, and warns of much that is not ours. In one, for Ray
# takes long to load.
INGEST = """
    import sys
    from pathlib import Path
    import ray
    from ingest.config import Settings
    from ingest.errors import GroundruleError
    from ingest.pipeline import build_index
    from tests.fakes import WordEncoder

    home, folder = map(Path, sys.argv[1:])
    try:
        build_index(Settings(home=home / "nowhere", ray="127.0.0.1:1"), WordEncoder(), [folder])
    except GroundruleError as error:
        print(type(error).__name__, error)
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=100 * 2**20, log_to_driver=False)
    for again in range(2):
        report = build_index(Settings(home=home, ray="local"), WordEncoder(), [folder])
        print(report.published, report.passages, report.embedded)
        # One claim more in a document of three: the two others' vectors are known.
        (folder / "n0.md").write_text("# Note 0\\n\\n- One claim.\\n- Another claim.\\n- Still another.\\n")
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds notes, the home that two workers indexed them into, and what was said."""
    place = tmp_path_factory.mktemp("cluster")
    folder = place / "notes"
    folder.mkdir()
    for number in range(6):
        (folder / f"n{number}.md").write_text(f"# Note {number}\n\n- One claim.\n- Another claim.\n")
    (folder / "empty.md").write_text("# Only a heading\n")
    with pytest.MonkeyPatch.context() as patched:
        # For the workers.
        patched.setenv("PYTHONPATH", str(ROOT))
        patched.setenv("OMP_NUM_THREADS", "1")
        patched.setenv("RAY_USAGE_STATS_ENABLED", "0")
        running = begin_code(INGEST, str(place / "there"), str(folder), stdout=str(place / "said"))
    running.join(600)
    assert running.exitcode == 0
    return place


@needs_ray
def test_two_workers_make_the_same_index_as_one_process(place: Path, tmp_path: Path) -> None:
    said = (place / "said").read_text().splitlines()
    here = Settings(home=tmp_path / "here")
    whole = build_index(here, WordEncoder(), [place / "notes"])
    # The first run came before the last claim was written.
    assert said[-2:] == [f"True {whole.passages - 1} {whole.passages - 1}", f"True {whole.passages} 1"]
    libraries = [open_library(index_slot(one)) for one in (Settings(home=place / "there"), here)]
    there, ours = libraries
    assert there is not None
    assert ours is not None
    assert there.passages == ours.passages
    assert there.stored == ours.stored
    ids = [passage.id for passage in ours.passages]
    assert np.allclose(there._store.matrix(ids), ours._store.matrix(ids), atol=1e-6)
    pages = [library._store._collection.get(["metadatas", "documents"], ids=sorted(ids)) for library in (there, ours)]
    by_id = [
        dict(zip(page["ids"], zip(page["metadatas"], page["documents"], strict=True), strict=True)) for page in pages
    ]
    assert by_id[0] == by_id[1]
    there.close()
    ours.close()


@needs_ray
def test_a_cluster_that_is_not_there_is_a_clear_error(place: Path) -> None:
    said = (place / "said").read_text().splitlines()[-3]
    assert said.startswith("ClusterError the Ray cluster at '127.0.0.1:1' cannot be used: ")
    assert said.endswith("or unset GROUNDRULE_RAY.")


def test_without_ray_the_extra_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SettingError, match=r"pip install 'groundrule\[ray\]'"):
        build_index(settings.model_copy(update={"ray": "auto"}), WordEncoder())
