"""Ingests that are killed at moments drawn by chance, while others read: whether anything is ever lost or damaged."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evals.benches.made_up import HashEncoder, prose_of, write_documents
from ingest.config import BUNDLED_CORPUS, Settings
from ingest.index.folders import DAMAGED, GENERATION
from ingest.index.generations import index_slot
from ingest.index.library import open_library
from ingest.naming import Namer
from ingest.pack import load_pack
from ingest.reading.load import load_file
from ingest.structure import parse_passages

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.index.library import Library

__all__ = ["Killed", "begin_ingest", "kill_often"]

_FORKING = multiprocessing.get_context("forkserver")
# Documents at the beginning, and passages in each: an ingest takes a part of a second, so that many can be killed.
_DOCUMENTS, _PASSAGES = 12, 16
_SECONDS_A_TEXT = 0.0005
_DIMENSION = 16
# Of all rounds: those with two ingests at once, and those that are not killed.
_TWO, _SPARED = 0.2, 0.1
# The current generation and the one before, two that were not finished, and the one that was being written by each.
_MOST_LEFT = 6
# A moment is drawn from none to so much of the time that an ingest took when it was last let be.
_LATEST = 1.3
_JOIN_SECONDS = 120.0
# Between two reads: readers that never rest would leave nothing of a small machine to the ingests.
_READ_SECONDS = 0.1

State = frozenset[tuple[str, str]]
"""What an index holds: the id and the text of each passage."""


@dataclass
class Killed:
    """What became of it.

    Attributes:
        rounds: Rounds in all.
        kills: Processes that were killed while they ran.
        old: Rounds after which the index was the one before.
        new: Rounds after which it was the new one.
        reads: Times that the index was opened and searched meanwhile.
        most_generations: The most generations that were there after a round.
        faults: What was wrong, in words; empty when nothing was.
    """

    rounds: int = 0
    kills: int = 0
    old: int = 0
    new: int = 0
    reads: int = 0
    most_generations: int = 0
    faults: list[str] = field(default_factory=list)


def begin_ingest(home: Path, folder: Path, seconds: float = _SECONDS_A_TEXT) -> Any:
    """Begins to index a folder alone, in a process of its own that is there at once.

    Args:
        home: Data folder.
        folder: What is indexed.
        seconds: How long the encoder takes over a text.
    """
    _FORKING.set_forkserver_preload(["evals.benches.killing", "ingest.building.here"])
    process = _FORKING.Process(target=_ingest, args=(str(home), str(folder), seconds))
    process.start()
    return process


def kill_often(place: Path, rounds: int, seed: int, told: Callable[[int], None] = lambda _: None) -> Killed:
    """Changes a folder, ingests it and kills that, again and again.

    Args:
        place: An empty folder to work in.
        rounds: How often.
        seed: Of all that is drawn.
        told: Told how many rounds are over.
    """
    return _Killing(place, seed).run(rounds, told)


def _ingest(home: str, folder: str, seconds: float) -> None:
    from ingest.pipeline import build_index

    try:
        build_index(_settings(Path(home)), HashEncoder(seconds, _DIMENSION), [Path(folder)], only=True)
    except KeyboardInterrupt:
        os._exit(130)
    # Tidying up after the libraries would take longer than the ingest.
    os._exit(0)


def _settings(home: Path) -> Settings:
    return Settings(home=home, embedding_batch=4)


class _Killing:
    def __init__(self, place: Path, seed: int) -> None:
        self._settings = _settings(place / "home")
        self._slot = index_slot(self._settings)
        self._folder = place / "documents"
        self._drawn = random.Random(seed)  # noqa: S311 - no secret
        self._prose = prose_of(BUNDLED_CORPUS / "sources")
        self._namer = Namer(load_pack(self._settings.corpus))
        self._encoder = HashEncoder(dimension=_DIMENSION)
        self._result = Killed()
        self._committed: State | None = None
        self._known: set[State] = set()
        self._takes = 1.0
        self._ended = threading.Event()
        write_documents(self._prose, self._folder, _DOCUMENTS, _DOCUMENTS * _PASSAGES, seed)

    def run(self, rounds: int, told: Callable[[int], None]) -> Killed:
        # The first process of all waits for the libraries to be loaded, and would make an ingest look long.
        begin_ingest(self._settings.home.with_name("first"), self._folder).join(_JOIN_SECONDS)
        reader = threading.Thread(target=self._read, daemon=True)
        reader.start()
        try:
            for number in range(rounds):
                self._round(number, spared=number in (0, rounds - 1) or self._drawn.random() < _SPARED)
                told(number + 1)
                if self._result.faults:
                    break
        finally:
            self._ended.set()
            reader.join()
        return self._result

    def _round(self, number: int, *, spared: bool) -> None:
        if number:
            self._change(number)
        wanted = self._state_of_folder()
        self._known.add(wanted)
        begun = time.monotonic()
        running = [
            begin_ingest(self._settings.home, self._folder)
            for _ in range(2 if self._drawn.random() < _TWO and number else 1)
        ]
        if not spared:
            time.sleep(self._drawn.random() * _LATEST * self._takes * len(running))
            for process in self._drawn.sample(running, len(running)):
                if process.is_alive():
                    os.kill(process.pid, signal.SIGKILL)
        for process in running:
            process.join(_JOIN_SECONDS)
        if spared:
            self._takes = (time.monotonic() - begun) / len(running)
        self._result.rounds += 1
        self._result.kills += sum(process.exitcode == -signal.SIGKILL for process in running)
        for process in running:
            if process.exitcode not in (0, -signal.SIGKILL):
                self._fault(number, f"an ingest ended with {process.exitcode}")
        self._check(number, wanted, whole=any(process.exitcode == 0 for process in running))

    def _change(self, number: int) -> None:
        """Changes, adds and removes a few documents."""
        there = sorted(self._folder.glob("*.md"))
        for path in self._drawn.sample(there, self._drawn.randint(0, 3)):
            text = path.read_text(encoding="utf-8")
            path.write_text(f"{text}- {self._drawn.choice(self._prose)} Round {number}.\n", encoding="utf-8")
        if self._drawn.random() < 0.4:
            lines = "".join(f"- {line} Round {number}.\n" for line in self._drawn.sample(self._prose, _PASSAGES))
            (self._folder / f"round-{number:04}.md").write_text(f"# Round {number}\n\n{lines}", encoding="utf-8")
        if len(there) > _DOCUMENTS // 2 and self._drawn.random() < 0.4:
            self._drawn.choice(there).unlink()

    def _state_of_folder(self) -> State:
        """What an index of the folder holds: parsed here, without any index."""
        documents = [load_file(path, self._folder, 2**20) for path in sorted(self._folder.glob("*.md"))]
        return frozenset(
            (passage.id, passage.text)
            for document in documents
            for passage in parse_passages(document, self._namer, self._encoder.count_tokens, self._encoder.max_tokens)
        )

    def _check(self, number: int, wanted: State, *, whole: bool) -> None:
        folder = self._slot.folder
        generations = Counter(path.name[: len(GENERATION)] for path in folder.iterdir())[GENERATION]
        self._result.most_generations = max(self._result.most_generations, generations)
        if generations > (2 if whole else _MOST_LEFT):
            self._fault(number, f"{generations} generations are there")
        if any(path.name.startswith(DAMAGED) for path in folder.iterdir()):
            self._fault(number, "an index was set aside as damaged")
        try:
            library = open_library(self._slot)
            found = self._looked_at(library) if library else None
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            self._fault(number, f"the index does not open: {error!r}")
            return
        if found == wanted:
            self._result.new += 1
        elif found == self._committed and not whole:
            self._result.old += 1
        else:
            self._fault(number, "the index is neither the old one nor the new one, or it is old after a whole run")
        self._committed = found

    def _looked_at(self, library: Library) -> State:
        """What a library holds; each vector is compared with what it should be, and one is searched for."""
        try:
            passages = library.passages
            wanted = self._encoder.encode([passage.embedding_text for passage in passages])
            sample = range(0, len(passages), max(len(passages) // 10, 1))
            for place in sample:
                cosines = library.near(wanted[place]).cosines
                if not np.isclose(cosines[place], 1.0, atol=1e-4):
                    raise ValueError(f"passage {passages[place].id} has another's vector")
            return frozenset((passage.id, passage.text) for passage in passages)
        finally:
            library.close()

    def _read(self) -> None:
        while not self._ended.is_set():
            known = set(self._known)
            try:
                library = open_library(self._slot)
                if library is not None:
                    if self._looked_at(library) not in known | self._known:
                        self._fault(self._result.rounds, "a reader saw an index that is none of those that were made")
                    self._result.reads += 1
                    time.sleep(_READ_SECONDS)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
                self._fault(self._result.rounds, f"a reader failed: {error!r}")

    def _fault(self, number: int, what: str) -> None:
        self._result.faults.append(f"round {number}: {what}")
