from __future__ import annotations

import json

from ingest.index.records import Manifest, Stored, pack_records, unpack_stored
from ingest.types import Document, Source

MANIFEST = Manifest(1, "2026-01-01", "model", "pack", "0" * 64, False, 1, 1, "")


def test_records_are_read_as_they_were_written() -> None:
    source = Source(title="One", aliases=("a",), also_at=("b.txt",), work="w")
    merged, read = Document("one", source, "text", "1" * 64), Document("one", Source(title="One"), "te", "2" * 64)
    stored = [Stored(merged, "/x", as_read=read), Stored(read, None, copy_of="one")]
    lines, manifest = pack_records(stored, MANIFEST)
    assert unpack_stored(lines.encode(), manifest.documents_sha256, "here") == stored


def test_records_of_before_are_still_read() -> None:
    lines, _ = pack_records([Stored(Document("one", Source(title="One"), "text", "1" * 64), None)], MANIFEST)
    old = json.loads(lines)
    for field in ("also_at", "work"):
        del old["source"][field]
    raw = (json.dumps(old) + "\n").encode()
    import hashlib

    (found,) = unpack_stored(raw, hashlib.sha256(raw).hexdigest(), "here")
    assert found.document.source == Source(title="One")
