"""Progress of one operation: told live four times a second at most, kept on the row once a second, asking to stop."""

import time
from collections.abc import Callable

from django.utils import timezone

from caching import disk, events, stopping
from caching.models import Cycle, Operation, State

EVENT_SECONDS = 0.25
ROW_SECONDS = 1.0


class Progress:
    """Watches one operation's copying. Times are seconds of the monotonic clock."""

    def __init__(self, operation: Operation, clock: Callable[[], float] = time.monotonic) -> None:
        self.operation = operation
        self.clock = clock
        self.started = self.told = self.kept = clock()

    def begin(self) -> None:
        """The operation starts."""
        self.started = self.told = self.kept = self.clock()
        self._tell()

    def copied(self, done: int) -> None:
        """So many bytes are copied. Raises Cancelled when the operation, its cycle or the process shall stop."""
        now = self.clock()
        self.operation.bytes_done = done
        if now - self.told < EVENT_SECONDS:
            return
        self.told = now
        self.operation.bytes_per_second = int(done / max(now - self.started, 0.001))
        self._tell()
        if now - self.kept >= ROW_SECONDS:
            self.kept = now
            self._keep()
        if stopping.requested() or self._cancelled():
            raise disk.Cancelled

    def end(self) -> None:
        """The operation is over, or waits for a recovery."""
        events.publish(events.operation_complete(self.operation))
        if self.operation.state == State.DONE:
            events.publish(events.file_changed(self.operation))

    def _tell(self) -> None:
        events.publish(events.operation_progress(self.operation))

    def _keep(self) -> None:
        row = self.operation
        Operation.objects.filter(pk=row.pk).update(bytes_done=row.bytes_done, bytes_per_second=row.bytes_per_second)
        if row.cycle_id is not None:
            Cycle.objects.filter(pk=row.cycle_id).update(heartbeat_at=timezone.now())

    def _cancelled(self) -> bool:
        asked = Operation.objects.filter(pk=self.operation.pk, cancel_requested=True).exists()
        return asked or Cycle.objects.filter(operations=self.operation.pk, stop_requested=True).exists()
