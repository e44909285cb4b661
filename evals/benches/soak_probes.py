"""What is tried while a fault lasts, and after it until everything works again."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from bot.sessions.session import new_session_id
from evals.benches.soak_doors import Said, ask_at_api, call, remove, upload
from evals.benches.soak_faults import HANGS
from evals.doubles.model import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from evals.benches.soak_faults import Made
    from evals.benches.soak_ledger import Ledger
    from evals.benches.soak_server import Server, World
    from evals.benches.soak_users import SlackUser

__all__ = ["Probes"]

_UPLOAD = "Notes of the soak"
_UPLOADED = f"# {_UPLOAD}\n\n- The winch of the old ferry is oiled in March.\n"
_NOT_ANSWER = "no answer"


class Probes:
    """Tries a server.

    Args:
        server: The server.
        ledger: Where what is told is written.
        question: One that has an answer with citations, and that a language model phrases.
        writer: Writes in Slack.
    """

    def __init__(self, server: Server, ledger: Ledger, question: str, writer: SlackUser) -> None:
        self._server = server
        self._ledger = ledger
        self._question = question
        self._writer = writer

    def meanwhile(self, made: Made) -> None:
        """Tries what a fault is to be felt by: each must be done, or be refused in clear words."""
        said = self._tell("probes", self._ask)
        if made.name == HANGS and not str(said.body.get("generator", "")).startswith("extractive ("):
            self._ledger.wrong(f"probes ({made.name}): the answer does not say that the model failed: {said.text:.100}")
        self._tell("votes", self._vote)
        if made.uploads:
            self._tell("uploads", self._upload)

    def wait(self, made: Made, world: World, patience: float) -> tuple[float, list[str]]:
        """Waits until everything works again after a fault.

        Returns:
            How many seconds that took, and what did not work even in the end.
        """
        began = time.monotonic()
        tried: dict[str, Callable[[], str]] = {
            "ready": lambda: _unless_answer(call(self._server.port, "GET", "/readyz")),
            "answers": partial(self._answered, world),
            "votes": lambda: _unless_answer(self._vote(self._server.port)),
            "Slack": lambda: "" if self._ledger.events.get(self._writer.write(self._question)) else "not acknowledged",
        }
        if made.uploads:
            tried["uploads"] = lambda: _unless_answer(self._upload(self._server.port))
            tried["removals"] = lambda: _unless_answer(remove(self._server.port, _UPLOAD))
        left: list[str] = []
        for name, works in tried.items():
            wrong = works()
            while wrong and time.monotonic() - began < patience:
                threading.Event().wait(0.2)
                wrong = works()
            left += [f"{name}: {wrong}"] * bool(wrong)
        return time.monotonic() - began, left

    def _ask(self, port: int) -> Said:
        session = new_session_id()
        said = ask_at_api(port, self._question, session)
        talk = self._ledger.talk(session)
        if said.kind == "answer":
            talk.said.append((self._question, said.text))
        else:
            talk.unsure.append(self._question)
        return said

    def _vote(self, port: int) -> Said:
        """A vote on an answer that was given before anything was wrong."""
        for session, talk in list(self._ledger.talks.items()):
            if len(talk.said) == 1 and not talk.unsure and not talk.votes:
                said = call(port, "POST", "/api/feedback", {"session": session, "vote": "up", "number": 1})
                talk.votes[0] = "up" if said.kind == "answer" else None
                return said
        return Said("clear", "nothing to vote on")

    def _answered(self, world: World) -> str:
        said = self._ask(self._server.port)
        if said.kind != "answer" or said.body["kind"] != "pros_cons" or not said.body["citations"]:
            return said.text or _NOT_ANSWER
        return f"{said.body['generator']} answers" if world.model and said.body["generator"] != MODEL else ""

    def _upload(self, port: int) -> Said:
        return upload(port, "soak.md", _UPLOADED)

    def _tell(self, door: str, ask: Callable[[int], Said]) -> Said:
        fault = self._ledger.fault
        said = ask(self._server.port)
        self._ledger.note(door, said, fault, excused=False)
        return said


def _unless_answer(said: Said) -> str:
    return "" if said.kind == "answer" else said.text or _NOT_ANSWER
