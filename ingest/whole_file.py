"""Files that hold what people wrote: there whole or not at all, and their user's alone."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["whole_file"]


@contextmanager
def whole_file(file: Path, *, keep_mode: bool = False) -> Iterator[IO[bytes]]:
    """What is written into takes the place of `file` once all of it is on the disk; only its user may read it.

    Args:
        file: The file; where it is a link, what that leads to.
        keep_mode: Whether one that is there already stays open to whom it was.

    Raises:
        StoreError: It cannot be written; what was there stays.
    """
    target = file.resolve()
    draft: Path | None = None
    try:
        mode = stat.S_IMODE(target.stat().st_mode) if keep_mode and target.exists() else None
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as temporary:
            draft = Path(temporary.name)
            yield temporary
            temporary.flush()
            os.fsync(temporary.fileno())
        if mode is not None:
            draft.chmod(mode)
        draft.replace(target)
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}. Choose another place.") from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)
