"""What is done every minute without being asked: a sign of life, and work that a lost message left lying."""

import logging
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from cacherr.errors import StorageAbsentError
from caching import auditing, cycle, disk, exclusions, journal, lock, mappings, orders, proving, recovery
from caching.models import CachedFile, Cycle, CycleState, Operation, Pin, Pulse
from caching.notifying import keeping, outbox, sentences
from caching.playing import of_plex
from caching.rebuild import Rebuilt, rebuild
from caching.replaying import waiting as replays
from caching.usage import sampling
from plexusers import avatars, bookkeeping, posters, remarks

log = logging.getLogger(__name__)


def tend() -> None:
    """Note the pulse; then, unless somebody is at work, recover, run what waits, and copy a few new pictures."""
    for name in ("worker", "beat"):  # beat sent the message, a worker received it: both live
        Pulse.objects.update_or_create(name=name, defaults={"at": timezone.now()})
    bookkeeping.tidy()
    remarks.tidy()
    sampling.take_if_due()
    replays.start()
    keeping.tend()
    if cycle.is_working():
        return
    live = Cycle.objects.filter(state__in=(CycleState.RUNNING, CycleState.QUEUED)).exists()
    if live or journal.live():
        _recover_what_is_there()
        orders.run_waiting()
        cycle.run_waiting()
    avatars.fetch_some()
    posters.fetch_some(*shown_keys())


def _recover_what_is_there() -> None:
    """A storage that is gone for days must not keep what waits for others from being begun."""
    try:
        recover()
    except StorageAbsentError as error:
        log.warning("%s", error)  # what needs it finds out by itself


def audit() -> None:
    """The schedule's audit: it looks, keeps what it found, and has it told. Raises StorageFailedError."""
    found = auditing.audit("schedule").findings
    left = [one for one in found if one["severity"] != auditing.Severity.INFO and not one["repaired"]]
    if told := sentences.audited([f"{one['message']} {one['cure']}" for one in left]):
        outbox.tell(told)


def shown_keys() -> tuple[QuerySet[Any, Any], ...]:
    """The rating keys of what pages show with a poster: what is cached and what is pinned."""
    return CachedFile.objects.exclude(rating_key="").values("rating_key"), Pin.objects.values("rating_key")


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery did."""

    operations: tuple[Operation, ...]
    interrupted_cycles: int
    rebuilt: tuple[Rebuilt, ...] = ()

    @property
    def unfinished(self) -> tuple[Operation, ...]:
        """Operations that are still not finished: they wait for a file to be closed or a disk to work."""
        return tuple(operation for operation in self.operations if operation.is_live)


def recover(*, rebuild_rows: bool = False) -> Recovered:
    """Recover while holding the installation's lock; `rebuild_rows` first writes what a lost database does not have.

    Raises BusyError, StorageAbsentError, and with `rebuild_rows` ConfigurationError.
    """
    with lock.held(lock.WORK_LOCK):
        interrupted = recovery.declare_dead()
        try:
            try:
                rebuilt = [rebuild(proving.prove(row)) for row in mappings.usable()] if rebuild_rows else []
                done = recovery.recover(of_plex(mappings.in_force()))
            finally:
                exclusions.write()
        except OSError as error:
            raise disk.named(error) from error
        return Recovered(done, interrupted, tuple(rebuilt))
