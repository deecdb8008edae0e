"""Carrying out many operations: what makes room first, then caching, so many at once as the settings say.

With one at a time everything happens in the calling thread, in the order given.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from django.db import connections

from caching import journal, mover, moves, pace
from caching.models import PLAYBACK, CachePolicy, Kind, Operation
from caching.playing import Playing
from caching.progress import Progress

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25

STOPPED = "The cycle was stopped before it began."
CANCELLED = "Cancelled before it began."


def carry_out_all(
    operations: Sequence[Operation],
    roots: moves.Roots,
    *,
    playing: Playing,
    stopped: Callable[[], bool],
    done: Callable[[Operation], None],
) -> None:
    """Carry out journaled operations: restores and evictions, then caching, each kind in the order given.

    What somebody's playback has ordered meanwhile on these roots is begun before anything that still waits.

    `done` is told of each one that ended, in the calling thread. Once `stopped` says so, those not begun are aborted;
    those in progress notice it themselves. While Cacherr is paused nothing is begun.

    Raises MoverRunningError when the mover has cut the work short, and the first unexpected error of an operation. By
    then no operation is in progress any more; what an error kept from beginning is left to the next recovery.
    """
    policy = CachePolicy.effective()
    crew = _Crew(roots, playing, stopped, done)
    crew.given.update(row.pk for row in operations if row.trigger == PLAYBACK)
    crew.work([row for row in operations if row.kind != Kind.CACHE], policy.operations_to_array)
    crew.work([row for row in operations if row.kind == Kind.CACHE], policy.operations_to_cache)
    if crew.mover_began:
        raise mover.MoverRunningError(mover.RUNNING)


class _Crew:
    """Those who work on the operations of one call."""

    def __init__(
        self, roots: moves.Roots, playing: Playing, stopped: Callable[[], bool], done: Callable[[Operation], None]
    ) -> None:
        self.roots, self.playing = roots, playing
        self.stopped, self.done = stopped, done
        self.mover_began = False
        self.urgent: set[int] = set()
        """Orders that were taken on meanwhile; nobody waits to be told of them."""
        self.given: set[int] = set()

    def work(self, operations: Sequence[Operation], at_once: int) -> None:
        """Carry these out, at most so many at once."""
        waiting = deque(operations)
        if min(at_once, len(waiting)) <= 1:
            self._one_by_one(waiting)
        else:
            self._together(waiting, at_once)

    def _one_by_one(self, waiting: deque[Operation]) -> None:
        while waiting:
            if self._is_over():
                self._drop_all(waiting)
            elif _paused():
                time.sleep(LOOK_SECONDS)
            elif order := self._urgent():
                self._carry_out(order)
            else:
                operation = waiting.popleft()
                self._carry_out(operation)
                self.done(operation)

    def _together(self, waiting: deque[Operation], at_once: int) -> None:
        running: dict[Future[None], Operation] = {}
        failures: list[BaseException] = []
        with ThreadPoolExecutor(at_once, thread_name_prefix="operation") as threads:
            while waiting or running:
                if failures:
                    waiting.clear()
                elif waiting and self._is_over():
                    self._drop_all(waiting)
                while len(running) < at_once and not (failures or _paused()):
                    begun = self._urgent() or (waiting.popleft() if waiting else None)
                    if begun is None:
                        break
                    running[threads.submit(self._in_thread, begun)] = begun
                for future in _ended(running, resting=len(running) < at_once):
                    operation, failure = running.pop(future), future.exception()
                    if failure is None:
                        self._tell(operation)
                    else:
                        failures.append(failure)
        if failures:
            raise failures[0]

    def _urgent(self) -> Operation | None:
        """An order that must not wait for the others, if one has arrived."""
        if self.stopped() or pace.SHARED.conditions().mover:
            return None
        order = journal.urgent(self.roots.keys(), self.given | self.urgent)
        if order is not None:
            self.urgent.add(order.pk)
        return order

    def _tell(self, operation: Operation) -> None:
        if operation.pk not in self.urgent:
            self.done(operation)

    def _in_thread(self, operation: Operation) -> None:
        try:
            self._carry_out(operation)
        finally:
            connections.close_all()  # a thread's connections are its own, and nobody else would close them

    def _carry_out(self, operation: Operation) -> None:
        if Operation.objects.filter(pk=operation.pk, cancel_requested=True).exists():
            _drop(operation, CANCELLED)
            return
        progress = Progress(operation, playing=self.playing)
        try:
            moves.carry_out(operation, self.roots, progress, self.playing)
        except journal.LostOperationError as error:
            log.info("%s", error)
            operation.refresh_from_db()
        self.mover_began = self.mover_began or progress.met_mover

    def _is_over(self) -> bool:
        """Whether nothing more is to be begun."""
        self.mover_began = self.mover_began or pace.SHARED.conditions().mover
        return self.mover_began or self.stopped()

    def _drop_all(self, waiting: deque[Operation]) -> None:
        while waiting:
            _drop(waiting.popleft(), mover.BEGUN if self.mover_began else STOPPED)


def _drop(operation: Operation, outcome: str) -> None:
    """End an operation that was not begun; who else ended it meanwhile has said why."""
    try:
        journal.abort(operation, outcome)
    except journal.LostOperationError:
        operation.refresh_from_db()


def _paused() -> bool:
    return pace.SHARED.conditions().paused


def _ended(running: dict[Future[None], Operation], *, resting: bool) -> set[Future[None]]:
    """Wait for one to end; while there would be room to begin another, only for a moment."""
    if not running:
        time.sleep(LOOK_SECONDS if resting else 0)
        return set()
    return wait(running, LOOK_SECONDS if resting else None, FIRST_COMPLETED).done
