from __future__ import annotations

import subprocess
import sys


def test_no_torch_is_loaded_to_find_that_there_is_no_gpu() -> None:
    code = (
        "import sys; from ingest.embedding import devices; devices._DRIVERS = (); devices.platform.system = lambda: 'Linux'; "
        "print(devices.find_gpu(), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=600)
    assert done.stdout.strip() == "None False"
