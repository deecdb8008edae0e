"""Carrying out many operations: what makes room first, then caching, so many at once as the settings say.

What somebody's playback ordered does not wait for any of them: it has one place more than the settings give.
With one at a time everything happens in the calling thread, in the order given, until playback orders something.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from cacherr.errors import BusyError, StorageAbsentError
from caching import disk, exclusions, journal, mover, moves, pace
from caching.models import PLAYBACK, CachePolicy, Kind, Operation
from caching.playing import Playing
from caching.progress import Progress
from caching.recovery import OpenRoots

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25

STOPPED = "The cycle was stopped before it began."
CANCELLED = "Cancelled before it began."


def carry_out_all(
    operations: Sequence[Operation],
    roots: OpenRoots,
    *,
    playing: Playing,
    stopped: Callable[[], bool],
    done: Callable[[Operation], None],
) -> None:
    """Carry out journaled operations: restores and evictions, then caching, each kind in the order given.

    What somebody's playback has ordered, these or meanwhile, is begun before anything that still waits, and beside what
    is in progress; its roots join those that are open.

    `done` is told of each one that ended, in the calling thread. Once `stopped` says so, nothing more is begun: a
    cycle's own are aborted, orders go on waiting. Those in progress notice it themselves. While Cacherr is paused
    nothing is begun.

    When a rescue waits everything ends, in a pause as well.

    Raises OSError when the mover's list cannot be written: then nothing is cached; MoverRunningError when the mover has
    cut the work short, and the first unexpected error of an operation. By then no operation is in progress any more;
    what an error kept from beginning is left to the next recovery.
    """
    unwritten = _unwritten(operations)
    policy = CachePolicy.effective()
    pace.SHARED.look_again()  # a rescue that waited a second ago may be over
    places = max(policy.operations_to_array, policy.operations_to_cache) + 1
    with _threads(places) as threads:
        crew = _Crew(threads, roots, playing, stopped, done)
        if unwritten is None:
            crew.caching.extend(_playback_first(row for row in operations if row.kind == Kind.CACHE))
        crew.given.update(row.pk for row in operations if row.trigger == PLAYBACK)
        crew.work(deque(row for row in operations if row.kind != Kind.CACHE), policy.operations_to_array)
        crew.work(crew.caching, policy.operations_to_cache)
    if crew.mover_began:
        raise mover.MoverRunningError(mover.RUNNING)
    if unwritten is not None:
        raise unwritten


def _unwritten(operations: Sequence[Operation]) -> OSError | None:
    """Have the mover's list name what is cached here. What makes room need not wait for a disk that is full."""
    try:
        exclusions.announce(operations)
    except OSError as error:
        return error
    return None


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads in the background that each keep one connection to the database.

    Making a connection anew costs as much as caching a small file.
    """
    opened: list[BaseDatabaseWrapper] = []

    def begin() -> None:
        disk.work_in_the_background()
        connection = connections[DEFAULT_DB_ALIAS]
        connection.inc_thread_sharing()  # so that it can be closed when its thread has ended
        opened.append(connection)

    try:
        with ThreadPoolExecutor(count, thread_name_prefix="operation", initializer=begin) as threads:
            yield threads
    finally:
        for connection in opened:
            connection.close()


def _playback_first(operations: Iterable[Operation]) -> list[Operation]:
    return sorted(operations, key=lambda row: row.trigger != PLAYBACK)


class _Crew:
    """Those who work on the operations of one call. Everything but an operation itself happens in the calling thread.

    The threads' owner waits for them, also when an error is raised.
    """

    def __init__(
        self,
        threads: ThreadPoolExecutor,
        roots: OpenRoots,
        playing: Playing,
        stopped: Callable[[], bool],
        done: Callable[[Operation], None],
    ) -> None:
        self.threads, self.roots, self.playing = threads, roots, playing
        self.stopped, self.done = stopped, done
        self.mover_began = False
        self.rescue_waits = False
        self.caching: deque[Operation] = deque()
        """What waits to be cached, what playback ordered before the rest."""
        self.given: set[int] = set()
        """Orders of somebody's playback that the caller brought."""
        self.taken: set[int] = set()
        """Orders that came to light meanwhile; nobody waits to be told of them."""
        self.running: dict[Future[None], Operation] = {}
        """What is in progress in threads."""
        self.failures: list[BaseException] = []
        self.looked_at = -LOOK_SECONDS
        """When playback's orders were last looked for; each look costs as much as half the rows of a small file."""

    def work(self, waiting: deque[Operation], at_once: int) -> None:
        """Carry these out, at most so many at once, and one more when playback has ordered it."""
        here = min(at_once, len(waiting)) <= 1
        while waiting or self.running:
            if self.failures:
                waiting.clear()
            elif waiting and self._is_over():
                self._drop_all(waiting)
            elif begun := self._next(waiting, at_once):
                if here:
                    self._carry_out_here(begun, at_once)
                else:
                    self._begin_in_thread(begun)
                continue
            elif not self.running:
                time.sleep(LOOK_SECONDS)  # until a pause is over
            self._collect(LOOK_SECONDS)
        if self.failures:
            raise self.failures[0]

    def _next(self, waiting: deque[Operation], at_once: int) -> Operation | None:
        """What is to be begun now: what playback ordered before everything else."""
        if _paused():
            return None
        if order := self._urgent(self.running.values(), at_once):
            return order
        return waiting.popleft() if waiting and len(self.running) < at_once else None

    def _carry_out_here(self, operation: Operation, at_once: int) -> None:
        """Carry an operation out in the calling thread, and begin meanwhile what must not wait for it."""

        def look() -> None:
            self._collect(0)
            if self.failures or _paused():
                return
            if order := self._urgent([*self.running.values(), operation], at_once):
                self._begin_in_thread(order)

        self._carry_out(operation, look)
        self._tell(operation)

    def _begin_in_thread(self, operation: Operation) -> None:
        self.running[self.threads.submit(self._carry_out, operation)] = operation

    def _collect(self, seconds: float) -> None:
        """Wait at most so long until something in progress ends; tell of everything that has."""
        for future in wait(self.running, seconds, FIRST_COMPLETED).done:
            operation, failure = self.running.pop(future), future.exception()
            if failure is None:
                self._tell(operation)
            else:
                self.failures.append(failure)

    def _urgent(self, in_progress: Collection[Operation], at_once: int) -> Operation | None:
        """An order of somebody's playback, if one waits and there is a place for it.

        In the place beyond the limit these orders come one after the other, too: the first of them is awaited first.
        """
        now = time.monotonic()
        if now - self.looked_at < LOOK_SECONDS:
            return None
        self.looked_at = now
        crowded = len(in_progress) >= at_once and any(row.trigger == PLAYBACK for row in in_progress)
        conditions = pace.SHARED.conditions()
        if crowded or len(in_progress) > at_once or self.stopped() or conditions.mover or conditions.rescue:
            return None
        if self.caching and self.caching[0].trigger == PLAYBACK:
            return self.caching.popleft()
        while order := journal.urgent(self.given | self.taken):
            self.taken.add(order.pk)
            if self._can_reach(order):
                return order
        return None

    def _can_reach(self, order: Operation) -> bool:
        """Whether an order's roots are open, now at least, and the mover's list names it; else it goes on waiting."""
        try:
            self.roots.add([order.array, order.cache])
            exclusions.announce([order])
        except (StorageAbsentError, BusyError, OSError) as error:
            log.info("%s waits: %s", order, error)
            return False
        return True

    def _tell(self, operation: Operation) -> None:
        if operation.pk not in self.taken:
            self.done(operation)

    def _carry_out(self, operation: Operation, meanwhile: Callable[[], None] = lambda: None) -> None:
        progress = Progress(operation, playing=self.playing, meanwhile=meanwhile)
        try:
            moves.carry_out(operation, self.roots, progress, self.playing)
        except journal.LostOperationError as error:
            log.info("%s", error)
            operation.refresh_from_db()
            if operation.cancel_requested and operation.is_live and operation.started_at is None:
                _drop(operation, CANCELLED)
        self.mover_began = self.mover_began or progress.met_mover

    def _is_over(self) -> bool:
        """Whether nothing more is to be begun."""
        if stopped := self.stopped():
            pace.SHARED.look_again()  # it may be for a rescue that began to wait just now
        conditions = pace.SHARED.conditions()
        self.mover_began = self.mover_began or conditions.mover
        self.rescue_waits = self.rescue_waits or conditions.rescue
        return self.mover_began or self.rescue_waits or stopped

    def _drop_all(self, waiting: deque[Operation]) -> None:
        """What was ordered goes on waiting, for nobody would order it again; the next cycle makes its own anew."""
        why = mover.BEGUN if self.mover_began else pace.MADE_WAY if self.rescue_waits else STOPPED
        for row in waiting:
            if not row.is_ordered:
                _drop(row, why)
        waiting.clear()


def _drop(operation: Operation, outcome: str) -> None:
    """End an operation that was not begun; who else ended it meanwhile has said why."""
    try:
        journal.abort(operation, outcome)
    except journal.LostOperationError:
        operation.refresh_from_db()


def _paused() -> bool:
    return pace.SHARED.conditions().paused
