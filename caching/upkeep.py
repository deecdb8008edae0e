"""What is done every minute without being asked: a sign of life, and work that a lost message left lying."""

from dataclasses import dataclass

from django.utils import timezone

from caching import cycle, disk, journal, lock, recovery
from caching.models import Cycle, CycleState, Operation, Pulse


def tend() -> None:
    """Note the pulse; then, unless somebody is at work, recover and run what waits."""
    for name in ("worker", "beat"):  # beat sent the message, a worker received it: both live
        Pulse.objects.update_or_create(name=name, defaults={"at": timezone.now()})
    if cycle.is_working():
        return
    live = Cycle.objects.filter(state__in=(CycleState.RUNNING, CycleState.QUEUED)).exists()
    if live or journal.live():
        recover()
        cycle.run_waiting()


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery did."""

    operations: tuple[Operation, ...]
    interrupted_cycles: int

    @property
    def unfinished(self) -> tuple[Operation, ...]:
        """Operations that are still not finished: they wait for a file to be closed or a disk to work."""
        return tuple(operation for operation in self.operations if operation.is_live)


def recover() -> Recovered:
    """Recover while holding the installation's lock. Raises BusyError, StorageAbsentError."""
    with lock.held(cycle.WORK_LOCK):
        interrupted = recovery.declare_dead()
        try:
            return Recovered(recovery.recover(), interrupted)
        except OSError as error:
            raise disk.named(error) from error
