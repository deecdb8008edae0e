"""The pace of all copies of this process together: so many bytes a second, fewer while anybody streams.

A copier tells what it has copied and waits until that is paid for. Waiting happens in short slices, so that whoever
waits can still be stopped, and settings that change meanwhile count at once.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connections

from caching import lock, mover
from caching.models import CachePolicy
from caching.planning.sizes import parse_size
from caching.playing import Playing

SLICE_SECONDS = 0.1
READ_SECONDS = 1.0
ASK_SECONDS = 2.0
BURST_SECONDS = 0.25
STALE_SECONDS = 30.0

MADE_WAY = f"{lock.RESCUE_FIRST} Everything is as it was."


class Bucket:
    """A token bucket: bytes flow in at a rate, and copied bytes are paid with them in the order they came.

    In any stretch of time no more is paid than the rate's share of it and one burst. Times are seconds of one clock.
    """

    def __init__(self, now: float) -> None:
        self.at = now
        self.asked = 0
        """All bytes that were ever to be paid."""
        self.allowed = 0.0
        """How many of them are paid for, and what is saved up."""

    def ask(self, count: int) -> int:
        """Bytes to be paid: their place in the queue."""
        self.asked += count
        return self.asked

    def is_paid(self, place: int) -> bool:
        """Whether everything up to this place is paid for."""
        return self.allowed >= place

    def fill(self, now: float, rate: float | None) -> None:
        """Let in what has flowed since the last time at `rate` bytes a second; None pays for everything."""
        passed, self.at = max(0.0, now - self.at), now
        if rate is None:
            self.allowed = float(self.asked)
        else:
            self.allowed = min(self.allowed + passed * rate, self.asked + rate * BURST_SECONDS)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a copy in progress has to heed: limits in bytes a second, None without one."""

    limit: int | None = None
    limit_streaming: int | None = None
    paused: bool = False
    dry_run: bool = False
    mover: bool = False
    rescue: bool = False
    """Whether a rescue waits for the work to end."""

    @classmethod
    def now(cls) -> "Conditions":
        """By the settings in force, the mover's pid file and the lock of work."""
        policy = CachePolicy.effective()
        limit, streaming = _bytes(policy.bandwidth_limit), _bytes(policy.bandwidth_limit_streaming)
        return cls(
            limit,
            streaming,
            paused=policy.paused,
            dry_run=policy.dry_run,
            mover=mover.is_running(policy),
            rescue=lock.is_wanted(lock.WORK_LOCK),
        )

    def rate(self, *, streaming: bool) -> int | None:
        """The limit that holds: the smaller one while anybody streams."""
        limits = [self.limit, self.limit_streaming if streaming else None]
        return min((limit for limit in limits if limit is not None), default=None)


def _bytes(text: str) -> int | None:
    size = parse_size(text)
    return size.bytes or None if size else None


class Pace:
    """One for all threads of a process that copy."""

    def __init__(
        self,
        look: Callable[[], Conditions] = Conditions.now,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`look` finds the conditions out; it is called at most once a second."""
        self.clock, self.sleep = clock, sleep
        self._look = look
        self._lock = threading.Lock()
        self._bucket = Bucket(clock())
        self._conditions = Conditions()
        self._looked_at: float | None = None
        self._streaming = _Streaming()

    def conditions(self) -> Conditions:
        """What is to be heeded; the answer is at most a second old."""
        with self._lock:
            return self._fresh(self.clock())

    def keep(self, count: int, playing: Playing, meanwhile: Callable[[], None]) -> None:
        """Wait until `count` copied bytes are paid for. `meanwhile` is called in each slice; what it raises ends it."""
        with self._lock:
            place = self._bucket.ask(count)
        while not self._is_paid(place, playing):
            self.sleep(SLICE_SECONDS)
            meanwhile()

    def look_again(self) -> None:
        """Something has changed: the next question is answered afresh."""
        with self._lock:
            self._looked_at = None

    def rate(self, playing: Playing) -> int | None:
        """The limit that holds now, in bytes a second; None without one."""
        with self._lock:
            return self._rate(playing, self.clock())

    def _is_paid(self, place: int, playing: Playing) -> bool:
        with self._lock:
            now = self.clock()
            self._bucket.fill(now, self._rate(playing, now))
            return self._bucket.is_paid(place)

    def _rate(self, playing: Playing, now: float) -> int | None:
        conditions = self._fresh(now)
        streaming = conditions.limit_streaming is not None and self._streaming.answer(playing, now)
        return conditions.rate(streaming=streaming)

    def _fresh(self, now: float) -> Conditions:
        if self._looked_at is None or now - self._looked_at >= READ_SECONDS:
            self._conditions = self._look()
            self._looked_at = now
        return self._conditions


class _Streaming:
    """Whether anybody streams, asked in a thread of its own: Plex may be slow, and a copy must stay able to stop.

    Until the first answer, and when the last one is old because nothing was copied since, somebody may be streaming.
    """

    def __init__(self) -> None:
        self._known = True
        self._asked_at: float | None = None
        self._asking: threading.Thread | None = None

    def answer(self, playing: Playing, now: float) -> bool:
        """The latest answer, in doubt yes. Asks again when it is some seconds old; never waits."""
        if self._asked_at is not None and now - self._asked_at >= STALE_SECONDS:
            self._known = True
        known = self._known
        resting = self._asking is None or not self._asking.is_alive()
        if resting and (self._asked_at is None or now - self._asked_at >= ASK_SECONDS):
            self._asked_at = now
            self._asking = threading.Thread(target=self._ask, args=(playing,), name="streaming", daemon=True)
            self._asking.start()
        return known

    def _ask(self, playing: Playing) -> None:
        try:
            self._known = playing.anybody()
        finally:
            connections.close_all()


SHARED = Pace()
"""The pace of this process."""
