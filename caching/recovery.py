"""Picking up what a crash left: unfinished operations, cycles that look as if they ran, forgotten probe files."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from django.db.models import Q
from django.utils import timezone

from caching import disk, journal, moves, proving
from caching.models import LIVE_STATES, CachedFile, Cycle, CycleState, MadeDirectory, Operation, PathMapping, Root


@contextmanager
def open_roots(roots: Iterable[Root]) -> Iterator[moves.Roots]:
    """Open and lock roots. Raises StorageAbsentError, BusyError."""
    with ExitStack() as stack:
        opened = {root.pk: stack.enter_context(disk.open_root(root.path, root.pk)) for root in roots}
        stack.enter_context(disk.lock_roots(list(opened.values())))
        yield opened


def roots_in_use(mappings: Iterable[PathMapping]) -> list[Root]:
    """The roots of these mappings and of every cached file, in a fixed order."""
    ids = {root for mapping in mappings for root in (mapping.array_id, mapping.cache_id) if root}
    ids |= {root for pair in CachedFile.objects.values_list("array_id", "cache_id").distinct() for root in pair}
    return list(Root.objects.filter(pk__in=ids).order_by("pk"))


def recover() -> tuple[Operation, ...]:
    """Finish or undo everything unfinished; the operations as they are afterwards. The caller holds the lock.

    Raises StorageAbsentError when a root that it needs is not there; nothing is concluded from that.
    """
    operations = journal.live()
    roots = {root.pk: root for operation in operations for root in (operation.array, operation.cache)}
    with open_roots(roots[key] for key in sorted(roots)) as opened:
        for operation in operations:
            moves.recover(operation, opened)
    _remove_idle_directories()
    _forget_probes()
    return tuple(operations)


def declare_dead() -> int:
    """Cycles that look as if they ran although nobody holds the lock were cut short. How many there were."""
    running = Cycle.objects.filter(state=CycleState.RUNNING)
    return running.update(
        state=CycleState.INTERRUPTED, finished_at=timezone.now(), error="Cut short: Cacherr ended while it ran."
    )


def _remove_idle_directories() -> None:
    """Directories that we made and nothing of ours is in: an error kept them from being removed in their time."""
    rows = MadeDirectory.objects.select_related("root")
    if not rows.exists():
        return
    live = Operation.objects.filter(state__in=LIVE_STATES).values_list("cache_id", "path")
    paths = [*CachedFile.objects.values_list("cache_id", "path"), *live]
    used = {(root, parent) for root, path in paths for parent in _parents(bytes(path))}
    idle = [row for row in rows if (row.root_id, bytes(row.path)) not in used]
    for row in sorted(idle, key=lambda row: len(row.path), reverse=True):
        with disk.open_root(row.root.path, row.root_id) as root:
            if disk.remove_directory(root, bytes(row.path)):
                row.delete()


def _parents(path: bytes) -> Iterator[bytes]:
    while b"/" in path:
        path = path.rsplit(b"/", 1)[0]
        yield path


def _forget_probes() -> None:
    for mapping in PathMapping.objects.filter(~Q(probe="")):
        with disk.open_root(mapping.array_root, None) as array, disk.open_root(mapping.cache_root, None) as cache:
            proving.clean_up(mapping, array, cache)
