"""Imports Gradio without what it does at each import and no server needs."""

from __future__ import annotations

import inspect
import sys
from typing import Any
from unittest.mock import patch

__all__ = ["import_gradio"]


def import_gradio() -> None:
    """Imports Gradio as it is, but for the stubs that it writes for editors.

    At each import it reads and parses the code of its components, to write stubs beside it: a quarter of its time, in a
    folder that may not be its to write to. A component whose file is not to be found is spared that.
    """
    if "gradio" in sys.modules:
        return
    getfile = inspect.getfile

    def not_of_gradio(thing: Any) -> str:
        if str(getattr(thing, "__module__", "")).startswith("gradio."):
            raise FileNotFoundError(f"{thing!r} gets no stub")
        return getfile(thing)

    with patch.object(inspect, "getfile", not_of_gradio):
        import gradio  # noqa: F401
