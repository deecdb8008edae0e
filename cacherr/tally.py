"""What is counted of requests, and the clerk who keeps the books that outlive a process.

The clerk works in a thread of its own, because a request may be made in the middle of somebody's transaction, or in a
thread that never closes a database connection. It comes when there is something to do and goes when there is not.
"""

import atexit
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

ROUND_SECONDS = 5.0
IDLE_ROUNDS = 6


class What(NamedTuple):
    """What is counted together."""

    day: date
    """In UTC."""
    host: str
    endpoint: str
    outcome: str
    """`ok`, `429`, `4xx`, `5xx`, `error`."""


@dataclass(frozen=True, slots=True)
class Sum:
    """How often, how much and how long."""

    count: int = 0
    size: int = 0
    """Bytes of the answers' bodies."""
    seconds: float = 0.0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.count + other.count, self.size + other.size, self.seconds + other.seconds)


Counts = Mapping[What, Sum]


def outcome_of(status: int | None) -> str:
    """How a request is counted by its answer's status; None: no whole answer arrived."""
    if status is None:
        return "error"
    if status == 429:
        return "429"
    return "ok" if status < 400 else f"{status // 100}xx"


class Clerk:
    """Does a piece of work again and again, as long as there is something to do."""

    def __init__(self, work: Callable[[], bool], put_away: Callable[[], None], seconds: float = ROUND_SECONDS) -> None:
        """`work` says whether there was anything to do; it is done by one at a time, every `seconds` seconds.

        `put_away` comes after each time in the clerk's own thread.
        """
        self._work, self._put_away, self._seconds = work, put_away, seconds
        self._working = threading.Lock()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._rounds = 0
        self._wanted = False
        self._comes_at_exit = False

    def call(self, *, soon: bool = False) -> None:
        """See to it that the work is done within its time, or `soon`: at once. Does not wait for it."""
        with self._changed:
            self._wanted = self._wanted or soon
            self._changed.notify_all()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._keep_working, name="request books", daemon=True)
                self._thread.start()
            if not self._comes_at_exit:
                self._comes_at_exit = True
                atexit.register(self.work)

    def work(self) -> bool:
        """Do the work now, in this thread."""
        with self._working:
            return self._work()

    def wait_for_a_round(self, seconds: float) -> None:
        """Have the work done at once, and wait for that; not longer than so many seconds."""
        with self._changed:
            after = self._rounds + 1
        self.call(soon=True)
        with self._changed:
            self._changed.wait_for(lambda: self._rounds >= after, seconds)

    def _keep_working(self) -> None:
        idle = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted, self._seconds)
                if self._wanted:
                    idle = 0
                elif idle >= IDLE_ROUNDS:
                    self._thread = None  # under the lock: whoever calls from now on starts another one
                    return
                self._wanted = False
            idle = 0 if self.work() else idle + 1
            self._put_away()
            with self._changed:
                self._rounds += 1
                self._changed.notify_all()
