"""Picking up what a crash left: unfinished operations, cycles that look as if they ran, forgotten probe files."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from django.db.models import Q
from django.utils import timezone

from cacherr.errors import StorageAbsentError
from caching import absences, disk, journal, mover, moves, proving
from caching.directories import remove_idle_directories
from caching.models import CachedFile, Cycle, CycleState, Operation, PathMapping, Root
from caching.playing import Playing

log = logging.getLogger(__name__)


class OpenRoots(dict[str, disk.RootDir]):
    """Opened, marker-checked and locked roots by their ids. They are closed together."""

    def __init__(self, closing: ExitStack) -> None:
        super().__init__()
        self._closing = closing

    def add(self, roots: Iterable[Root]) -> None:
        """Open and lock those that are not open yet. Raises StorageAbsentError, BusyError; then none is added."""
        with ExitStack() as stack:
            new = {
                root.pk: stack.enter_context(disk.open_root(root.path, root.pk))
                for root in roots
                if root.pk not in self
            }
            stack.enter_context(disk.lock_roots(list(new.values())))
            self._closing.push(stack.pop_all())
        self.update(new)


@contextmanager
def open_roots(roots: Iterable[Root]) -> Iterator[OpenRoots]:
    """Open and lock roots. Raises StorageAbsentError, BusyError, and MoverRunningError while Unraid's mover runs."""
    mover.require_resting()
    with ExitStack() as stack:
        opened = OpenRoots(stack)
        opened.add(roots)
        yield opened


def roots_in_use(mappings: Iterable[PathMapping]) -> list[Root]:
    """The roots that can be worked on: the known ones without those that are absent and none of these mappings uses."""
    mappings = list(mappings)
    roots = known_roots(mappings)
    absent = absences.left_out(roots, mappings)
    return [root for root in roots if root.pk not in absent]


def known_roots(mappings: Iterable[PathMapping]) -> list[Root]:
    """The roots of these mappings and of every cached file with which something may be done, in a fixed order."""
    ids = absences.used_by(mappings)
    files = CachedFile.objects.filter(conflict="")
    ids |= {root for pair in files.values_list("array_id", "cache_id").distinct() for root in pair}
    return list(Root.objects.filter(pk__in=ids).order_by("pk"))


def recover(playing: Playing) -> tuple[Operation, ...]:
    """Finish or undo everything unfinished; the operations as they are afterwards. The caller holds the lock.

    Raises StorageAbsentError when a root that it needs is not there: what is on the others is dealt with all the same,
    and of the absent one nothing is concluded. An absent root that no mapping in force uses raises nothing.
    """
    operations = list(_within_reach())
    absent: list[StorageAbsentError] = []
    for operation in operations:
        try:
            with open_roots(_roots(operation)) as opened:
                moves.recover(operation, opened, playing)
        except StorageAbsentError as error:
            absent.append(error)
    remove_idle_directories()
    if absent:
        raise absent[0]
    _forget_probes()
    return tuple(operations)


def _within_reach() -> Iterator[Operation]:
    """What is unfinished, without what lies on storage that is absent and no mapping in force uses."""
    unfinished = [operation for operation in journal.live() if not operation.is_waiting]
    roots = {root.pk: root for operation in unfinished for root in _roots(operation)}
    absent = absences.left_out(roots.values(), PathMapping.objects.filter(enabled=True))
    for operation in unfinished:
        if why := next((absent[root.pk] for root in _roots(operation) if root.pk in absent), None):
            log.info("%s waits: %s", operation, why)
        else:
            yield operation


def _roots(operation: Operation) -> list[Root]:
    roots = [operation.array] if operation.is_rescue else [operation.array, operation.cache]
    return sorted(roots, key=lambda root: root.pk)


def declare_dead() -> int:
    """Cycles that look as if they ran although nobody holds the lock were cut short. How many there were."""
    running = Cycle.objects.filter(state=CycleState.RUNNING)
    return running.update(
        state=CycleState.INTERRUPTED, finished_at=timezone.now(), error="Cut short: Cacherr ended while it ran."
    )


def _forget_probes() -> None:
    for mapping in PathMapping.objects.filter(~Q(probe="")):
        try:
            with disk.open_root(mapping.array_root, None) as array, disk.open_root(mapping.cache_root, None) as cache:
                proving.clean_up(mapping, array, cache)
        except StorageAbsentError:
            if mapping.enabled:
                raise
