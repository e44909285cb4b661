"""Whether there is a GPU that models can use, found out without loading what uses it where none can be."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["find_gpu", "gpu_possible"]

# What a driver puts there: NVIDIA's, the same under Windows' Linux, and AMD's.
_DRIVERS = tuple(Path("/dev") / name for name in ("nvidiactl", "nvidia0", "dxg", "kfd"))


def gpu_possible() -> bool:
    """Whether it is worth asking torch, which takes a second to load."""
    try:
        if version("torch").endswith("+cpu"):
            return False
    except PackageNotFoundError:
        return False
    if platform.system() == "Darwin":
        return platform.machine() == "arm64"
    return any(path.exists() for path in _DRIVERS)


def find_gpu() -> tuple[str, str] | None:
    """torch's name of the device ("cuda" or "mps") and the device's own, or None."""
    if not gpu_possible():
        return None
    import torch

    if torch.cuda.is_available():
        return "cuda", torch.cuda.get_device_name()
    if torch.backends.mps.is_available():
        return "mps", f"{platform.machine()} {platform.mac_ver()[0]}"
    return None
