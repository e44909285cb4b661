"""Foreign formats are read in a process of their own, which no document outlives or outgrows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.errors import DocumentError
from ingest.reading.isolated import Reader
from ingest.reading.worker import limits_memory
from tests.ingest.reading.made import LINE, long_pdf, pdf, word

SMALL = pdf([(LINE, 50, 100, 10, "Helvetica")])


def process_of(reader: Reader) -> int | None:
    return reader._process.pid if reader._process else None


def test_one_process_reads_all_and_is_gone_at_the_end() -> None:
    with Reader() as reader:
        assert reader.read(b"plain words", "a.txt").body == "plain words"
        assert process_of(reader) is None  # text needs none
        assert reader.read(SMALL, "a.pdf").body.strip() == LINE
        first = process_of(reader)
        assert first is not None
        with pytest.raises(DocumentError, match=r"b\.pdf is damaged"):
            reader.read(b"%PDF-1.4 and no more", "b.pdf")
        assert reader.read(SMALL, "c.pdf").kind == "pdf"
        assert process_of(reader) == first
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_what_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    with Reader(60.0) as reader:
        reader.read(SMALL, "a.pdf")
        first = process_of(reader)
        reader.seconds = 0.05
        with pytest.raises(DocumentError, match=r"long\.pdf was not read within 0\.05 seconds"):
            reader.read(long_pdf(30), "long.pdf")
        reader.seconds = 60.0
        assert reader.read(SMALL, "b.pdf").body.strip() == LINE
        assert process_of(reader) != first


def test_a_reader_that_dies_costs_its_document_alone() -> None:
    with Reader() as reader:
        reader.read(SMALL, "a.pdf")
        os.kill(process_of(reader) or 0, signal.SIGKILL)
        with pytest.raises(DocumentError, match=r"b\.pdf brought down the program that reads it"):
            reader.read(SMALL, "b.pdf")
        assert reader.read(SMALL, "c.pdf").body.strip() == LINE


@pytest.mark.skipif(not limits_memory(), reason="this platform limits no memory")
def test_a_document_that_needs_too_much_memory_is_given_up() -> None:
    bomb = word("<w:p/>" * 1_500_000)
    assert len(bomb) < 2**17
    with Reader(60.0, memory_mb=200) as reader:
        with pytest.raises(DocumentError, match=r"bomb\.docx (needs more than 200 MiB|brought down)"):
            reader.read(bomb, "bomb.docx")
        assert reader.read(SMALL, "b.pdf").body.strip() == LINE


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel for it")
def test_nothing_is_left_of_it_when_the_one_who_asked_is_killed(tmp_path: Path) -> None:
    (tmp_path / "long.pdf").write_bytes(long_pdf(60))
    code = (
        "import sys, threading, time; from pathlib import Path; from ingest.reading.isolated import Reader\n"
        "reader = Reader(); content = Path(sys.argv[1]).read_bytes()\n"
        "threading.Thread(target=reader.read, args=(content, 'long.pdf'), daemon=True).start()\n"
        "while reader._process is None: time.sleep(0.01)\n"
        "print(reader._process.pid, flush=True); time.sleep(60)"
    )
    asking = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "long.pdf")], stdout=subprocess.PIPE, text=True
    )
    assert asking.stdout is not None
    reading = int(asking.stdout.readline())
    asking.kill()
    asking.wait()
    asking.stdout.close()
    until = time.monotonic() + 20
    while Path(f"/proc/{reading}/cmdline").exists() and Path(f"/proc/{reading}/cmdline").read_bytes():
        assert time.monotonic() < until
        time.sleep(0.02)
