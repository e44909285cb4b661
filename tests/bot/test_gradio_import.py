from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING

from bot.surfaces.page.gradio_import import import_gradio

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PART = """
import inspect
class Component: pass
try:
    found = inspect.getfile(Component)
except OSError:
    found = None
elsewhere = inspect.getfile(inspect)
"""


def test_components_get_no_stubs_and_all_else_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "gradio"
    package.mkdir()
    (package / "__init__.py").write_text("from gradio import part\n")
    (package / "part.py").write_text(PART)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "gradio"]:
        monkeypatch.delitem(sys.modules, name)
    import_gradio()
    part = sys.modules.pop("gradio.part")
    del sys.modules["gradio"]
    assert part.__dict__["found"] is None
    assert part.__dict__["elsewhere"] == inspect.getfile(inspect)
    assert inspect.getfile(import_gradio).endswith("gradio_import.py")


def test_what_is_imported_already_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gradio", inspect)
    import_gradio()
    assert sys.modules["gradio"] is inspect
