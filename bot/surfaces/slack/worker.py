"""Threads that answer what was asked in Slack, and what becomes of a job that cannot be answered now."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

from bot.surfaces.slack.calls import BusyError, LockedOutError, RefusedError, SlackCalls, UnsureError
from bot.surfaces.slack.claims import LostLeaseError
from bot.surfaces.slack.delivery import Delivery, FailedAnswerError, Hold
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from slack_sdk import WebClient

    from bot.sessions.session import Exchange
    from bot.surfaces.slack.claims import Claim
    from bot.surfaces.slack.job import Replier
    from bot.surfaces.slack.queue import SlackQueue

__all__ = ["SlackWorker"]

POLL_SECONDS = 0.5
"""How soon a job is found that another process put, or that is due again."""
GIVE_UP_SECONDS = 24 * 3600.0
_FIRST_BACKOFF = 0.5
_LONGEST_BACKOFF = 300.0
# A token is mended by a person: nothing is gained by asking often.
_LOCKED_OUT_SECONDS = 300.0
# Within a lease, so that one that could not be extended can be once more.
_BEATS_PER_LEASE = 3


class SlackWorker:
    """Answers jobs of a queue until it is stopped.

    Args:
        queue: Where jobs are.
        client: Slack's; it must make each call once, see `bot.surfaces.slack.calls.open_client`.
        replier: Makes answers and what shows them.
        workers: Jobs answered at the same time.
        say: Told in a sentence what goes wrong, without a word of the user's and without secrets.
        history: The transcript of a conversation as the replier keeps it, the oldest exchange first: an answer that
            was given before a crash is found there. Without it, a crash in one moment leaves an exchange twice in the
            conversation, though it is shown once.
        forget: Deletes a conversation: one whose user wanted to be forgotten while an answer was made.
    """

    def __init__(
        self,
        queue: SlackQueue,
        client: WebClient,
        replier: Replier,
        workers: int = 2,
        say: Callable[[str], None] = lambda _: None,
        history: Callable[[str], Sequence[Exchange]] = lambda _: (),
        forget: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._queue = queue
        self._claims = queue.claims
        self._stopping = threading.Event()
        self._calls = SlackCalls(client, self._stopping)
        self._replier = replier
        self._say = say
        self._history = history
        self._forget = forget
        self._holds: dict[str, Hold] = {}
        self._told: set[str] = set()
        self._threads = [
            threading.Thread(target=self._work, name=f"slack-worker-{number}", daemon=True)
            for number in range(1, workers + 1)
        ]
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="slack-leases", daemon=True)

    def start(self) -> None:
        """Begins to answer; once."""
        for thread in (self._heart, *self._threads):
            thread.start()

    def stop(self, timeout: float) -> None:
        """Lets the jobs at hand be finished or put back, for so many seconds; what remains is then another's."""
        until = time.monotonic() + timeout
        self._stopping.set()
        self._queue.wake()
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._ended.set()
        self._heart.join(1.0)
        holds = dict(self._holds)
        for hold in holds.values():
            hold.lost = True
        try:
            self._claims.release(list(holds))
        except GroundruleError as error:
            # They are free when their leases end.
            self._say(str(error))

    def _work(self) -> None:
        seen = 0
        while not self._stopping.is_set():
            try:
                claim = self._claims.take()
                if claim is not None:
                    self._deliver(claim)
                else:
                    seen = self._queue.wait(seen, POLL_SECONDS)
            except GroundruleError as error:
                self._tell_once(str(error))
                self._stopping.wait(POLL_SECONDS)
            except Exception as error:  # noqa: BLE001 - a thread that ended would answer nobody any more
                self._tell_once(f"A Slack worker met {type(error).__name__}; it goes on.")
                self._stopping.wait(POLL_SECONDS)

    def _deliver(self, claim: Claim) -> None:
        hold = self._holds[claim.token] = Hold(claim.token, time.monotonic() + self._claims.lease_seconds)
        delivery = Delivery(
            claim, hold, self._claims, self._calls, self._replier, self._history, self._forget, self._say
        )
        try:
            self._settle(delivery)
        except LostLeaseError:
            # When it is still held it was forgotten, and is a job of another kind now.
            self._claims.release([claim.token])
        finally:
            self._holds.pop(claim.token, None)
        # The next message of the thread may be answered now.
        self._queue.wake()

    def _settle(self, delivery: Delivery) -> None:
        """Brings a job to its end, or decides what becomes of it."""
        try:
            delivery.run()
            self._told.clear()
        except BusyError as error:
            self._claims.give_back(delivery.claim, error.seconds)
        except FailedAnswerError:
            self._claims.give_back(delivery.claim, _backoff(delivery.claim.attempts))
        except RefusedError as error:
            self._say(f"Slack job {delivery.claim.id} is given up: {error}.")
            delivery.give_up(error)
        except LockedOutError as error:
            self._tell_once(
                f"Slack does not accept the bot's token ({error}). Questions wait; run `groundrule slack check`."
            )
            self._wait_or_give_up(delivery.claim, str(error), _LOCKED_OUT_SECONDS, doubt=False)
        except UnsureError as error:
            doubt = error.method == "chat.postMessage"
            self._wait_or_give_up(delivery.claim, str(error), _backoff(delivery.claim.failures), doubt=doubt)
        except (GroundruleError, LostLeaseError):
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours: mended by an update, perhaps, within the day
            kind = type(error).__name__
            self._tell_once(f"Slack job {delivery.claim.id} met {kind}; it is tried again.")
            self._wait_or_give_up(delivery.claim, kind, _backoff(delivery.claim.failures), doubt=True)

    def _wait_or_give_up(self, claim: Claim, reason: str, seconds: float, *, doubt: bool) -> None:
        if claim.failing_since is not None and time.time() - claim.failing_since > GIVE_UP_SECONDS:
            self._say(f"Slack job {claim.id} is given up after a day: {reason}.")
            self._claims.finish(claim, reason)
        else:
            self._claims.give_back(claim, seconds, doubt=doubt, failed=True)

    def _beat(self) -> None:
        while not self._ended.wait(self._claims.lease_seconds / _BEATS_PER_LEASE):
            holds = dict(self._holds)
            if not holds:
                continue
            began = time.monotonic()
            try:
                held = self._claims.beat(list(holds))
            except GroundruleError as error:
                self._tell_once(str(error))
                continue
            for token, hold in holds.items():
                hold.lost = hold.lost or token not in held
                hold.until = began + self._claims.lease_seconds

    def _tell_once(self, what: str) -> None:
        """Says a thing that will be met again and again; once, until a job is answered."""
        if what not in self._told:
            self._told.add(what)
            self._say(what)


def _backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: doubled each time, spread, bounded."""
    longest = min(_FIRST_BACKOFF * 2.0 ** min(failures, 16), _LONGEST_BACKOFF)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads those who wait
