"""What users were told while a server was soaked, and whether everything they were told of is kept."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evals.benches.soak_doors import Said
    from evals.doubles.slack_channels import Message

__all__ = ["Fault", "Ledger", "Talk", "answered_once", "kept_whole"]

_MOST_TOLD = 50


@dataclass(slots=True)
class Fault:
    """A sort of fault, and what users met in it.

    Attributes:
        times: How often it was made.
        not_made: Why it could not be made here; "" where it was.
        answers: Answers that users got meanwhile.
        seen: Errors that they got instead, each in its words, and how often.
        recovered_seconds: How long after its end everything worked again, for each time.
        not_recovered: What did not work again, in words.
    """

    times: int = 0
    not_made: str = ""
    answers: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    recovered_seconds: list[float] = field(default_factory=list)
    not_recovered: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Talk:
    """A conversation as its user knows it.

    Attributes:
        said: Question and answer of each exchange that was acknowledged, in order.
        unsure: Questions that got no answer: they may be kept or not.
        votes: The last vote on an answer, by its place in `said`; None where it is not known whether it was stored.
    """

    said: list[tuple[str, str]] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    votes: dict[int, str | None] = field(default_factory=dict)


class Ledger:
    """Everything that was asked, told and lost; safe with threads.

    Attributes:
        counts: Answers by door, and what else is counted.
        faults: By name.
        errors: Errors that users got while nothing was wrong, and unclear ones at any time.
        losses: What was acknowledged and is not there, or is there twice.
        talks: Conversations by session.
        events: Events of Slack by key: whether one was acknowledged.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fault: str | None = None
        self.counts: Counter[str] = Counter()
        self.faults: dict[str, Fault] = defaultdict(Fault)
        self.errors: list[str] = []
        self.losses: list[str] = []
        self.talks: dict[str, Talk] = {}
        self.events: dict[str, bool] = {}

    @property
    def fault(self) -> str | None:
        """The fault that users may meet now: from when it is made until everything works again."""
        return self._fault

    @fault.setter
    def fault(self, name: str | None) -> None:
        with self._lock:
            self._fault = name

    @property
    def answers(self) -> int:
        """How many answers users got."""
        return sum(count for name, count in self.counts.items() if name.startswith("answers"))

    def talk(self, session: str) -> Talk:
        """The conversation of that name."""
        with self._lock:
            return self.talks.setdefault(session, Talk())

    def note(self, door: str, said: Said, fault: str | None, *, excused: bool) -> None:
        """Counts what a user was told.

        Args:
            door: Where.
            said: What.
            fault: The fault that there was when it was asked.
            excused: Whether the server was ended meanwhile, so that its connections broke.
        """
        fault = fault or self.fault
        with self._lock:
            if said.kind == "answer":
                self.counts[f"answers {door}"] += 1
                if fault:
                    self.faults[fault].answers += 1
            elif excused and said.kind in ("cut", "clear"):
                self.counts["cut off"] += 1
            elif said.kind == "clear" and fault:
                self.faults[fault].seen[said.text] += 1
            else:
                self._wrong(f"{door}{f' ({fault})' * bool(fault)}: {said.kind}: {said.text}")

    def wrong(self, what: str) -> None:
        """Notes something that should not have been."""
        with self._lock:
            self._wrong(what)

    def lost(self, whats: Sequence[str]) -> None:
        """Notes losses."""
        with self._lock:
            self.losses += whats[:_MOST_TOLD]
            self.counts["losses"] += len(whats)

    def count(self, what: str, number: int = 1) -> None:
        """Counts something else."""
        with self._lock:
            self.counts[what] += number

    def event(self, key: str, *, acknowledged: bool) -> None:
        """Notes an event of Slack's."""
        with self._lock:
            self.events[key] = acknowledged
            self.counts["Slack events acknowledged" if acknowledged else "Slack events given up"] += 1

    def _wrong(self, what: str) -> None:
        self.counts["errors"] += 1
        if len(self.errors) < _MOST_TOLD and what not in self.errors:
            self.errors.append(what)


def kept_whole(
    session: str, talk: Talk, history: Sequence[Mapping[str, Any]], votes: Callable[[Mapping[str, Any]], str | None]
) -> list[str]:
    """What is lost or doubled of a conversation.

    Args:
        session: Its name.
        talk: As its user knows it.
        history: The answers that are kept of it, the oldest first.
        votes: The vote that is kept on one of them.
    """
    found: list[str] = []
    unsure = Counter(talk.unsure)
    left = list(enumerate(talk.said))
    for kept in history:
        question, answer = str(kept.get("question")), str(kept.get("answer"))
        if left and left[0][1] == (question, answer):
            number = left.pop(0)[0]
            if (vote := talk.votes.get(number)) and votes(kept) != vote:
                found.append(f"{session}: the vote {vote!r} on answer {number + 1} is kept as {votes(kept)!r}")
        elif unsure[question]:
            unsure[question] -= 1
        else:
            found.append(f"{session}: kept twice, or by nobody asked: {question!r:.80}")
    found += [f"{session}: answer {number + 1} is not kept, to {said[0]!r:.80}" for number, said in left]
    return found


def answered_once(events: Mapping[str, bool], messages: Sequence[Message]) -> list[str]:
    """What is wrong with what Slack's channels show: an event that was acknowledged is answered once and whole.

    Args:
        events: Keys of the events, and whether each was acknowledged.
        messages: What the bot wrote.
    """
    parts: dict[str, Counter[int]] = {key: Counter() for key in events}
    found: list[str] = []
    for message in messages:
        payload = (message.metadata or {}).get("event_payload", {})
        key = str(payload.get("key"))
        if key not in parts:
            found.append(f"nobody asked for {key}: {message.text!r:.80}")
            continue
        parts[key][int(payload.get("part", -1))] += 1
        if message.text.startswith("Looking that up"):
            found.append(f"{key}: left as {message.text!r}")
        elif message.text.startswith("I could not answer"):
            found.append(f"{key}: {message.text!r:.200}")
    for key, counts in parts.items():
        if any(count > 1 for count in counts.values()):
            found.append(f"{key}: answered more than once: {dict(counts)}")
        elif (events[key] or counts) and sorted(counts) != list(range(max(len(counts), 1))):
            found.append(f"{key}: parts {sorted(counts)} of its answer are there")
    return found
