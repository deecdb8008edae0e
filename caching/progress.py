"""Progress of one operation: told live four times a second at most, kept on the row once a second, asking to stop.

The copier's own thread calls `copied`, and that is where a copy keeps the pace, rests during a pause and is cut short.
"""

import time
from collections import deque
from collections.abc import Callable

from django.utils import timezone

from caching import disk, events, mover, pace, stopping
from caching.models import Cycle, Operation, State
from caching.playing import NOBODY, Playing

EVENT_SECONDS = 0.25
ROW_SECONDS = 1.0
SPEED_SECONDS = 4.0


class MadeWayError(disk.Cancelled):
    """Cut short for something that passes by itself: what somebody ordered is begun anew afterwards."""


class Speed:
    """How fast bytes came in the last seconds. Times are seconds of one clock."""

    def __init__(self) -> None:
        self.seen: deque[tuple[float, int]] = deque()

    def restart(self, now: float, done: int) -> None:
        """Forget what was before."""
        self.seen.clear()
        self.seen.append((now, done))

    def at(self, now: float, done: int) -> int:
        """Bytes a second, with so many done now."""
        self.seen.append((now, done))
        while len(self.seen) > 2 and now - self.seen[1][0] >= SPEED_SECONDS:
            self.seen.popleft()
        since, before = self.seen[0]
        return int((done - before) / max(now - since, 0.001))


class Progress:
    """Watches one operation's copying. Times are seconds of the monotonic clock."""

    def __init__(
        self,
        operation: Operation,
        clock: Callable[[], float] = time.monotonic,
        *,
        playing: Playing = NOBODY,
        meanwhile: Callable[[], None] = lambda: None,
        shared_pace: pace.Pace = pace.SHARED,
    ) -> None:
        """`meanwhile` is called some times a second while the copy is being made and not resting."""
        self.operation, self.meanwhile = operation, meanwhile
        self.clock = clock
        self.playing, self.pace = playing, shared_pace
        self.told = self.kept = clock()
        self.paid = 0
        self.met_mover = False
        """Whether the copy was cut short for the mover's sake."""
        self.speed = Speed()
        self.speed.restart(self.told, 0)

    def begin(self) -> None:
        """The operation starts."""
        self.told = self.kept = self.clock()
        self.speed.restart(self.told, 0)
        self._tell()

    def copied(self, done: int) -> None:
        """So many bytes are copied, or read to be compared. Returns when more may be; raises Cancelled otherwise."""
        self.operation.bytes_done = done
        if done < self.paid:  # one file was read, now the next one
            self.speed.restart(self.clock(), done)
        self._look()
        fresh, self.paid = max(0, done - self.paid), done
        self.pace.keep(fresh, self.playing, self._look)

    def end(self) -> None:
        """The operation is over, or waits for a recovery."""
        events.publish(events.operation_complete(self.operation))
        if self.operation.state == State.DONE:
            events.publish(events.file_changed(self.operation))

    def _look(self) -> None:
        """Four times a second: tell how it goes, and see whether it shall go on."""
        now = self.clock()
        if now - self.told < EVENT_SECONDS:
            return
        self.told = now
        paused = self.pace.conditions().paused
        self.operation.bytes_per_second = 0 if paused else self.speed.at(now, self.operation.bytes_done)
        self._tell()
        if paused or now - self.kept >= ROW_SECONDS:
            self._keep(now)
        self._require_going()
        if paused:
            self._rest()
        self.meanwhile()

    def _rest(self) -> None:
        """Wait until Cacherr is resumed, quietly. What was copied stays; a cancel or rescue still comes through."""
        while self.pace.conditions().paused:
            self._require_going()
            self.pace.sleep(EVENT_SECONDS)
        self.told = self.clock()
        self.speed.restart(self.told, self.operation.bytes_done)

    def _tell(self) -> None:
        events.publish(events.operation_progress(self.operation))

    def _keep(self, now: float) -> None:
        self.kept = now
        row = self.operation
        Operation.objects.filter(pk=row.pk).update(bytes_done=row.bytes_done, bytes_per_second=row.bytes_per_second)
        if row.cycle_id is not None:
            Cycle.objects.filter(pk=row.cycle_id).update(heartbeat_at=timezone.now())

    def _require_going(self) -> None:
        """Raises Cancelled when it, its cycle or the process shall stop, MadeWayError for the mover or a rescue."""
        if stopped := stopping.requested() or self._cancelled():
            self.pace.look_again()  # it may be for a rescue that began to wait just now
        conditions = self.pace.conditions()
        if conditions.mover:
            self.met_mover = True
            raise MadeWayError(mover.BEGUN)
        if conditions.rescue:
            raise MadeWayError(pace.MADE_WAY)
        if stopped:
            raise disk.Cancelled

    def _cancelled(self) -> bool:
        asked = Operation.objects.filter(pk=self.operation.pk, cancel_requested=True).exists()
        return asked or Cycle.objects.filter(operations=self.operation.pk, stop_requested=True).exists()
