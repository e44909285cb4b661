"""Made-up documents that are changed and ingested while a server answers, and whether its index holds them."""

from __future__ import annotations

import random
import re
import subprocess
import threading
import time
from typing import TYPE_CHECKING

from evals.benches.made_up import prose_of, write_documents
from evals.benches.processes import limit_files
from evals.benches.soak_doors import call
from ingest.config import BUNDLED_CORPUS

if TYPE_CHECKING:
    from pathlib import Path

    from evals.benches.processes import Start
    from evals.benches.soak_ledger import Ledger
    from evals.benches.soak_server import Server, World

__all__ = ["Documents"]

_DOCUMENTS, _PASSAGES = 8, 5
_INGEST_SECONDS, _SEEN_SECONDS = 400.0, 60.0
# As on a disk that is nearly full: what is said goes in, an index does not.
_FULL_BYTES = 2**16
# Each made-up line ends so, and no other text does.
_LINE = re.compile(r"\((\d+\.\d+(?: r\d+)?)\)")
_TITLE = re.compile(r"Note \d+")

State = dict[str, frozenset[str]]
"""The marks of the lines in each made-up document, by its title."""


class Documents:
    """A folder of documents of one world, and what of it was ingested last.

    Args:
        folder: An empty folder.
        world: Where they are ingested.
        server: Shows them.
        ledger: Where what went wrong is written.
        start: Begins a command of ours.
        seed: Of what changes.
    """

    def __init__(self, folder: Path, world: World, server: Server, ledger: Ledger, start: Start, seed: int) -> None:
        self._folder = folder / "documents"
        self._log = folder / "ingest.log"
        self._world = world
        self._server = server
        self._ledger = ledger
        self._start = start
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        self._prose = prose_of(BUNDLED_CORPUS / "sources")
        self._round = 0
        self._takes = 10.0
        # What the index may hold: what was ingested last, and what was being ingested since, for one that was killed
        # may have published just before. Which it is shows only once the server has looked.
        self._possible: list[State] = [{}]
        write_documents(self._prose, self._folder, _DOCUMENTS, _DOCUMENTS * _PASSAGES, seed)

    def change(self) -> None:
        """Changes some documents, adds one and removes one."""
        self._round += 1
        there = sorted(self._folder.glob("*.md"))
        for path in self._chance.sample(there, 2):
            line = f"- {self._chance.choice(self._prose)} ({self._number(path)}.0 r{self._round})\n"
            path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
        number = 1000 + self._round
        lines = (f"- {line} ({number}.{place})\n" for place, line in enumerate(self._chance.sample(self._prose, 3)))
        (self._folder / f"note-{number:05}.md").write_text(f"# Note {number}\n\n{''.join(lines)}", encoding="utf-8")
        if len(there) >= _DOCUMENTS:
            self._chance.choice(there).unlink()

    def ingest(self, *, kill: bool = False, full: bool = False, hopeless: bool = False) -> None:
        """Ingests the folder, and looks whether the index is what it should be then.

        Args:
            kill: Kills that at a moment drawn by chance.
            full: Lets its files hardly grow.
            hopeless: Whether something else is wrong that it may fail by.
        """
        wanted, began = self._state_of_folder(), time.monotonic()
        status, said = self._run(kill=kill, full=full)
        if status == 0:
            self._takes = self._takes if full else time.monotonic() - began
            self._possible = [wanted]
            self._ledger.count("ingests")
        elif status < 0 and kill:
            self._possible.append(wanted)
            self._ledger.count("ingests killed")
        else:
            last = said.strip().splitlines()[-1] if said.strip() else "nothing was said"
            clear = last.startswith("groundrule: ") and "internal fault" not in last and "Traceback" not in said
            if not clear or not (full or hopeless):
                self._ledger.wrong(f"an ingest ended with {status}: {last:.300}")
            elif self._ledger.fault:
                self._ledger.faults[self._ledger.fault].seen[f"ingest: {last}"] += 1
            self._possible.append(wanted)
        self._check()

    def _run(self, *, kill: bool, full: bool) -> tuple[int, str]:
        """Exit status, and what was said."""
        self._log.unlink(missing_ok=True)
        environment = self._server.environment(self._world)
        process = self._start(["ingest", str(self._folder)], environment, self._log)
        try:
            if full:
                limit_files(process.pid, _FULL_BYTES)
            try:
                status = process.wait(self._chance.uniform(0.2, 1.2) * self._takes if kill else _INGEST_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                status = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
        return status, self._log.read_text(encoding="utf-8", errors="replace")

    def _check(self) -> None:
        """Waits until the server shows what the index may hold."""
        if not self._server.up.is_set():
            # Looked at after the next one.
            return
        shown = self._shown()
        until = time.monotonic() + _SEEN_SECONDS
        while shown not in self._possible and time.monotonic() < until:
            threading.Event().wait(0.5)
            shown = self._shown()
        if shown in self._possible:
            self._ledger.count("looks at the index")
        else:
            self._ledger.lost([f"the index in {self._world.name} holds {_differences(shown, self._possible[-1])}"])

    def _shown(self) -> State | None:
        """What the server shows; None where it cannot show it."""
        port, found = self._server.port, {}
        said = call(port, "GET", "/api/documents")
        for one in said.body.get("documents", ()):
            if _TITLE.fullmatch(one["title"]):
                told = call(port, "GET", f"/api/documents/{one['id']}/passages")
                if told.kind != "answer":
                    return None
                text = "\n".join(passage["text"] for passage in told.body["passages"])
                found[one["title"]] = frozenset(_LINE.findall(text))
        return found if said.kind == "answer" else None

    def _state_of_folder(self) -> State:
        texts = {path: path.read_text(encoding="utf-8") for path in sorted(self._folder.glob("*.md"))}
        return {f"Note {self._number(path)}": frozenset(_LINE.findall(text)) for path, text in texts.items()}

    @staticmethod
    def _number(path: Path) -> int:
        return int(path.stem.rpartition("-")[2])


def _differences(shown: State | None, wanted: State) -> str:
    if shown is None:
        return "what cannot be read"
    wrong = [title for title in shown.keys() | wanted.keys() if shown.get(title) != wanted.get(title)]
    return "something else of " + ", ".join(sorted(wrong)[:10])
