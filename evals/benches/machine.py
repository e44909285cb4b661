"""What figures were measured on."""

from __future__ import annotations

import os
import platform

__all__ = ["machine"]


def machine() -> str:
    """The machine, in words: processors and the interpreter."""
    return f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
