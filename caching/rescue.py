"""The cache's disk is gone: every parked original gets its name back, without the cache being read."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.db.models import QuerySet
from django.utils import timezone

from cacherr.errors import StorageAbsentError
from caching import absences, damage, journal, lock, moves, pace, queueing, recovery
from caching.models import (
    RESCUE,
    CachedFile,
    CachePolicy,
    Cycle,
    CycleState,
    Kind,
    Operation,
    PathMapping,
    Root,
    State,
)
from caching.playing import NOBODY
from caching.progress import Progress
from caching.retiring import holds_name, let_go, parked

log = logging.getLogger(__name__)

REASON = "its cache disk is gone"
AGAIN = timedelta(minutes=5)
WAIT_SECONDS = 60.0
"""So long it waits for whoever is at work: a copy ends within a second, a request at hand or a sync may take longer."""


@dataclass(slots=True)
class Rescued:
    """What a rescue did. Files by their operations; `lost` are those whose only copy was on the lost disk."""

    caches: list[Root] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    lost: list[CachedFile] = field(default_factory=list)

    @property
    def failed(self) -> list[Operation]:
        """Files whose original could not be brought back."""
        return [operation for operation in self.operations if operation.state != State.DONE]


def caches_in_use() -> list[Root]:
    """The caches of enabled mappings, and those that a cached file or an unfinished operation names."""
    ids = set(PathMapping.objects.filter(enabled=True).values_list("cache_id", flat=True))
    ids |= set(CachedFile.objects.values_list("cache_id", flat=True).distinct())
    ids |= {operation.cache_id for operation in journal.live()}
    return list(Root.objects.filter(pk__in=ids - {None}, kind=Root.Kind.CACHE).order_by("pk"))


def is_present(root: Root) -> bool:
    """Whether a root's storage is there, by its marker."""
    return absences.absence(root) is None


def absent_roots(but: Collection[Root] = ()) -> dict[str, StorageAbsentError]:
    """Which roots of enabled mappings and of cached files are not there, by path, and why; without those in `but`."""
    roots = recovery.known_roots(PathMapping.objects.filter(enabled=True))
    return {root.path: error for root in roots if root not in but and (error := absences.absence(root))}


def watch() -> Rescued | None:
    """Note which caches are gone, and rescue once one has been gone for as long as the settings say.

    Raises BusyError when whoever is at work does not end for it in time, StorageAbsentError when an array is gone as
    well.
    """
    now, due = timezone.now(), False
    patience = timedelta(seconds=CachePolicy.effective().rescue_after_seconds)
    for root in caches_in_use():
        if is_present(root):
            Root.objects.filter(pk=root.pk, absent_since__isnull=False).update(absent_since=None)
            continue
        if root.absent_since is None:
            Root.objects.filter(pk=root.pk).update(absent_since=now)
            root.absent_since = now
        due = due or (now - root.absent_since >= patience and needs_rescue(root))
    return rescue() if due and not _was_just_tried(now) else None


def _was_just_tried(now: datetime) -> bool:
    """What cannot be brought back now is not tried every few seconds."""
    return Operation.objects.filter(trigger=RESCUE, created_at__gt=now - AGAIN).exists()


def needs_rescue(root: Root) -> bool:
    """Whether anything can be done for a cache that is gone. What is on an array that is gone as well has to wait."""
    begun = [row for row in journal.live() if row.cache_id == root.pk and holds_name(row)]
    arrays = {row.array_id for row in (*_parked(root), *begun)}
    if arrays:
        return any(is_present(array) for array in Root.objects.filter(pk__in=arrays))
    return is_unused(root) and _undisputed(root).exists()


def _undisputed(root: Root) -> QuerySet[CachedFile]:
    return CachedFile.objects.filter(cache=root, conflict__in=damage.UNDISPUTED)


def _parked(root: Root) -> list[CachedFile]:
    """The files of a lost cache whose originals have not got their names back."""
    return [file for file in parked(_undisputed(root)) if not _is_back(file)]


def is_unused(root: Root) -> bool:
    """Whether no enabled mapping uses this cache any more: then its disk will not come back."""
    return not PathMapping.objects.filter(enabled=True, cache=root).exists()


def rescue() -> Rescued:
    """Bring back what was parked for every cache that is gone. What is on caches that are there is left alone.

    Where something can be done, whoever is at work or paused ends for it in a safe state.

    Raises BusyError, and StorageAbsentError when an array is gone as well: what is on the others is brought back all
    the same, and of the absent one nothing is concluded.
    """
    done = Rescued()
    absent: list[StorageAbsentError] = []
    with _at_work():
        for root in caches_in_use():
            if not is_present(root):
                done.caches.append(root)
                absent += _rescue(root, done)
    if absent:
        raise absent[0]
    return done


@contextmanager
def _at_work() -> Iterator[None]:
    is_needed = any(needs_rescue(root) for root in caches_in_use() if not is_present(root))
    if not is_needed or _has_just_been_made_way():
        with lock.held(lock.WORK_LOCK):
            yield
        return
    with lock.held_first(lock.WORK_LOCK, WAIT_SECONDS, queueing.make_way):
        yield


def _has_just_been_made_way() -> bool:
    """A rescue that could not do what it came for must not stop every cycle: it comes between them."""
    ended = Cycle.objects.filter(state=CycleState.STOPPED, finished_at__gt=timezone.now() - AGAIN)
    return ended.filter(error__startswith=lock.RESCUE_FIRST).exists()


def _rescue(root: Root, done: Rescued) -> list[StorageAbsentError]:
    """Rescue what one cache held. What its arrays that are gone as well kept from being done."""
    begun = [row for row in journal.live() if row.cache_id == root.pk and holds_name(row)]
    absent = _each(partial(_let_go, operation, done) for operation in begun)
    files = CachedFile.objects.select_related("array", "cache").filter(cache=root, rescued_at__isnull=True)
    absent += _each(partial(_rescue_file, file, done) for file in files)
    if is_unused(root) and not absent:
        let_go(root)
    return absent


def _each(steps: Iterable[Callable[[], None]]) -> list[StorageAbsentError]:
    absent: list[StorageAbsentError] = []
    for step in steps:
        try:
            step()
        except StorageAbsentError as error:
            absent.append(error)
    return absent


def _rescue_file(file: CachedFile, done: Rescued) -> None:
    if _is_back(file):
        return
    if not file.keeps_original:
        done.lost.append(file)
    elif file.leaves_name:
        _bring_back(file, done)


def _is_back(file: CachedFile) -> bool:
    """Whether a return that was under way has given the file its name already."""
    returning = Operation.objects.filter(cache_id=file.cache_id, path_key=file.path_key, state=State.SWAPPED)
    return returning.exclude(kind=Kind.CACHE).exists()


def _bring_back(file: CachedFile, done: Rescued) -> None:
    with recovery.open_roots([file.array]) as roots:  # before the row: one that cannot be begun would be left behind
        unhurried = pace.Pace(pace.Conditions)  # neither a pause nor a limit holds up a rescue
        operation = journal.plan_return(None, Kind.RESTORE, file, REASON, trigger=RESCUE)
        if operation is None:
            return  # an unfinished operation has given the original its name already, see `_let_go`
        moves.carry_out(operation, roots, Progress(operation, shared_pace=unhurried), NOBODY)
    done.operations.append(operation)


def _let_go(operation: Operation, done: Rescued) -> None:
    """An unfinished operation on the lost cache: the original gets its name; the rest waits for the disk."""
    with recovery.open_roots([operation.array]) as roots:
        moves.let_go(operation, roots)
    if operation.state == State.CONFLICT or holds_name(operation):
        done.operations.append(operation)
