"""Files that are zips (DOCX, PPTX, EPUB): looked at before anything in them is unpacked, so that none can be a bomb.

Sizes are those that the zip's own list states; Python unpacks no more of a part than is stated there.
"""

from __future__ import annotations

import io
import zipfile
import zlib

from ingest.errors import DocumentError

__all__ = ["MAX_PARTS", "MAX_RATIO", "MAX_UNPACKED", "check_archive", "names_in", "part_of"]

MAX_PARTS = 20_000
"""Most files within a document; a long book with its pictures has some thousands."""
MAX_UNPACKED = 2**30
"""Most bytes that a document unpacks to, pictures included."""
MAX_RATIO = 100
"""How many times its size a document may unpack to, once that is more than `_HARMLESS`; text packs 10 to 30 times."""
_HARMLESS = 2**25
# Entities of XML that stand for one another grow without end. Office documents have no use for a DTD.
_DTD = tuple(word.encode(code) for word in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le", "utf-16-be"))


def names_in(content: bytes, name: str) -> frozenset[str]:
    """The names of the files in a zip.

    Raises:
        DocumentError: It is damaged, has too many, or unpacks to too much.
    """
    with _opened(content, name) as archive:
        return frozenset(archive.namelist())


def check_archive(content: bytes, name: str) -> None:
    """Refuses an Office document that declares entities in its XML.

    Raises:
        DocumentError: It does, or it is damaged.
    """
    with _opened(content, name) as archive:
        for info in archive.infolist():
            if info.filename.lower().endswith((".xml", ".rels")):
                with _part(archive, info.filename, name) as part:
                    head = part.read(1 << 16)
                if any(mark in head for mark in _DTD):
                    raise DocumentError(
                        f"{name} declares XML entities in {info.filename}, as no Office program does. It is not read."
                    )


def part_of(content: bytes, part: str, name: str) -> bytes | None:
    """One file of a zip, unpacked; None when there is none of that name.

    Raises:
        DocumentError: It is damaged.
    """
    with _opened(content, name) as archive:
        if part not in archive.namelist():
            return None
        try:
            return archive.read(part)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise _damaged(name) from error


def _part(archive: zipfile.ZipFile, part: str, name: str) -> io.BytesIO:
    try:
        with archive.open(part) as opened:
            return io.BytesIO(opened.read(1 << 16))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _damaged(name) from error


def _opened(content: bytes, name: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError) as error:
        raise _damaged(name) from error
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS:
        raise DocumentError(f"{name} has {len(parts)} files in it, more than {MAX_PARTS}. It is not unpacked.")
    if unpacked > MAX_UNPACKED or unpacked > max(_HARMLESS, MAX_RATIO * len(content)):
        raise DocumentError(
            f"{name} is {len(content) / 2**20:.1f} MiB and would unpack to {unpacked / 2**20:.0f} MiB, "
            "as a zip bomb does. It is not unpacked."
        )
    if any(part.flag_bits & 1 for part in parts):
        raise DocumentError(f"{name} is protected by a password. Save it without one.")
    return archive


def _damaged(name: str) -> DocumentError:
    return DocumentError(f"{name} is damaged or incomplete: it cannot be unpacked. Get the file again.")
