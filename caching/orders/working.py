"""Carrying orders out: at once for a command, or by a worker for rows that wait."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from cacherr.errors import StorageAbsentError
from caching import (
    crew,
    disk,
    exclusions,
    journal,
    lock,
    mappings,
    mover,
    pace,
    pausing,
    proving,
    recovery,
    stopping,
)
from caching.models import PLAYBACK, CachePolicy, Kind, Operation, PathMapping
from caching.orders.placing import Placed, require_allowed
from caching.playing import Playing, of_plex

log = logging.getLogger(__name__)

NOT_DONE = "The command ended before this was done; everything is as it was."


def at_once(place: Callable[[Sequence[PathMapping]], Placed], *, proved: bool) -> Placed:
    """Place orders and carry them out in this process. `place` gets the mappings, `proved` if they must be.

    Raises BusyError, RefusedError, StorageAbsentError, ConfigurationError, and what `place` raises.
    """
    require_allowed()
    with lock.held(lock.WORK_LOCK):
        mover.require_resting()
        recovery.declare_dead()
        try:
            known = [proving.prove(row) for row in mappings.usable()] if proved else mappings.in_force()
            playing = of_plex(known)
            _recover(playing)
            placed = place(known)
            try:
                carry_out(placed.operations, playing)
            finally:
                exclusions.write()
        except OSError as error:
            raise disk.named(error) from error
    for operation in placed.operations:
        operation.refresh_from_db()
    return placed


def _recover(playing: Playing) -> None:
    try:
        recovery.recover(playing)
    except StorageAbsentError as error:
        log.warning("%s", error)  # what an order needs of it, its own operations find out


def waiting() -> list[Operation]:
    """The orders that nobody has begun: those of playback, then what makes room, then the oldest."""
    rows = [row for row in journal.live() if row.is_waiting]
    return sorted(rows, key=lambda row: (row.trigger != PLAYBACK, row.kind == Kind.CACHE, row.pk))


def run_waiting() -> int:
    """Carry out the orders that wait, also those that arrive meanwhile; how many, without those that a crew took on.

    A few at a time, so that what was not begun goes on waiting when this process has to end. Nothing is begun while
    Cacherr is paused or dry run is on. Raises BusyError, StorageAbsentError, StorageFailedError.
    """
    count = 0
    absent: list[StorageAbsentError] = []
    with lock.held(lock.WORK_LOCK), _failures_named():
        policy = CachePolicy.effective()
        at_a_time = max(policy.operations_to_array, policy.operations_to_cache)
        try:
            while not _is_held_up() and (rows := waiting()[:at_a_time]):
                mover.require_resting()
                pace.SHARED.look_again()  # the crew must not go by what was so before these were looked for
                count += len(rows)
                try:
                    _carry_out(rows, of_plex(mappings.in_force()))
                except StorageAbsentError as error:
                    absent.append(error)
        finally:
            if count:
                exclusions.write()
    if absent:
        raise absent[0]
    return count


def _is_held_up() -> bool:
    return stopping.requested() or bool(pausing.holds()) or lock.is_wanted(lock.WORK_LOCK)


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise disk.named(error) from error


def carry_out(operations: Sequence[Operation], playing: Playing) -> None:
    """Carry orders out for somebody who looks on. The caller holds the lock and writes the mover's list afterwards.

    Those that do not come to their end do not wait: there may be no worker, and whoever looks on can order them again.
    Raises StorageAbsentError, MoverRunningError.
    """
    try:
        _carry_out(operations, playing)
    finally:
        for row in operations:
            if row.is_waiting:
                journal.cancel(row, NOT_DONE)


def _carry_out(operations: Sequence[Operation], playing: Playing) -> None:
    """Carry journaled orders out; what cannot be begun now goes on waiting.

    Orders on a storage that is absent are ended with that reason, once everything else is done. Raises
    StorageAbsentError, MoverRunningError.
    """
    by_roots: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for row in operations:
        by_roots[row.array_id, row.cache_id].append(row)
    absent: list[StorageAbsentError] = []
    for rows in by_roots.values():
        try:
            _carry_out_on(rows, playing)
        except StorageAbsentError as error:
            absent.append(error)
            for row in rows:
                _end(row, str(error))
    if absent:
        raise absent[0]


def _carry_out_on(rows: Sequence[Operation], playing: Playing) -> None:
    roots = {root.pk: root for root in (rows[0].array, rows[0].cache)}
    with recovery.open_roots([roots[key] for key in sorted(roots)]) as opened:
        crew.carry_out_all(rows, opened, playing=playing, stopped=_is_over, done=lambda _: None)


def _is_over() -> bool:
    """Whether nothing more is to be begun: this process ends, or dry run was switched on."""
    return stopping.requested() or pace.SHARED.conditions().dry_run


def _end(row: Operation, why: str) -> None:
    """End an order that was not begun; who else ended it meanwhile has said why."""
    try:
        journal.abort(row, why)
    except journal.LostOperationError as error:
        log.info("%s", error)
