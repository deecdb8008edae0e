"""Roots whose disk will not come back: what must be done before, and what ends with them.

A root is retired when a person proves a mapping with another disk at its path. It keeps its id, so that its disk,
should it be found again, is known wherever a mapping names it then; but it has no path any more that could be opened.
"""

from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from cacherr.errors import RefusedError
from caching import damage, journal
from caching.models import CachedFile, Kind, Mode, Operation, Root, State

LOST = "It was moved to the cache, and the cache disk is gone: there is no other copy unless the disk comes back."
GONE = "Its cache disk is gone for good."
ARRAY_GONE = "Its array disk was exchanged before it began."


def holds_name(operation: Operation) -> bool:
    """Whether an unfinished operation may have left the original without its name."""
    if operation.kind == Kind.CACHE:
        return operation.state in {State.PUBLISHED, State.SWAPPED}
    return operation.state == State.VERIFIED and not operation.is_rescue


def require_needless(roots: Collection[Root]) -> None:
    """Raises RefusedError, saying what to do first, while something needs what was on the disks of these roots."""
    for root in roots:
        if root.kind == Root.Kind.CACHE:
            _require_rescued(root)
    caches = [root.pk for root in roots if root.kind == Root.Kind.CACHE]
    for root in roots:
        if root.kind == Root.Kind.ARRAY:
            _require_given_back(root, caches)


def _require_rescued(cache: Root) -> None:
    files = CachedFile.objects.filter(cache=cache, rescued_at=None)
    begun = [row for row in journal.live() if row.cache_id == cache.pk and (row.is_rescue or holds_name(row))]
    if count := len(parked(files)) + len(begun):
        raise RefusedError(
            f"Another disk is at {cache.path}, and {_counted(count)} cached on the one before: the originals do not "
            "have their names yet.",
            "If that disk is gone, run `cacherr rescue`, which gives them their names back, and prove again. Else "
            "mount it; if this is a copy of it, copy its .cacherr-root as well.",
        )
    if count := files.filter(mode=Mode.MOVE).exclude(conflict=LOST).count():
        raise RefusedError(
            f"Another disk is at {cache.path}, and {_counted(count)} only on the one before, by mode move.",
            "Mount it, or a copy of it with its .cacherr-root, and restore them. If it is gone for good, switch the "
            "path mapping off, run `cacherr rescue`, which notes them as lost, switch it on and prove again.",
        )


def _require_given_back(array: Root, leaving: Collection[str]) -> None:
    """`leaving` are the caches that are retired along with it: what they only tell of ends with them."""
    ends = Q(conflict=LOST) | Q(cache__in=leaving, conflict__in=damage.UNDISPUTED)
    if count := CachedFile.objects.filter(array=array).exclude(ends).count():
        raise RefusedError(
            f"Another disk is at {array.path}, and {_counted(count)} cached from the one before.",
            "Mount that one and restore them first. If this is a copy of it, copy its .cacherr-root as well.",
        )
    if any(row.state != State.PLANNED for row in _live_on(array, leaving)):
        raise RefusedError(
            f"Another disk is at {array.path}, and an operation on the one before is not finished.",
            "Mount that one and run `cacherr recover` first.",
        )


def _live_on(array: Root, leaving: Collection[str]) -> list[Operation]:
    return [row for row in journal.live() if row.array_id == array.pk and row.cache_id not in leaving]


def _counted(count: int) -> str:
    return "1 file is" if count == 1 else f"{count} files are"


def retire(roots: Iterable[Root]) -> None:
    """Take their paths from roots that nothing needs, within the transaction of whoever gives the paths to others."""
    for root in sorted(roots, key=lambda root: root.kind == Root.Kind.ARRAY):
        if root.kind == Root.Kind.CACHE:
            let_go(root)
        else:
            for row in _live_on(root, ()):
                journal.abort(row, ARRAY_GONE)
        Root.objects.filter(pk=root.pk).update(path=root.retired_path)


def let_go(cache: Root) -> None:
    """The disk of a cache will not come back: what only told of copies on it ends.

    What an original could not be given its name back for stays: it is tried again, and the audit tells it.
    """
    for operation in journal.live():
        if operation.cache_id != cache.pk or operation.is_rescue or holds_name(operation):
            continue
        if operation.kind != Kind.CACHE and operation.state == State.SWAPPED:
            journal.finish_returned(operation)
        else:
            journal.abort(operation, GONE)
    files = CachedFile.objects.filter(cache=cache)
    files.filter(mode=Mode.MOVE).update(conflict=LOST)
    copied = files.exclude(mode=Mode.MOVE).filter(conflict__in=damage.UNDISPUTED)
    copied.exclude(pk__in=[file.pk for file in parked(copied)]).delete()


def parked(files: QuerySet[CachedFile]) -> list[CachedFile]:
    """Those whose originals do not have their names back yet."""
    return [file for file in files.filter(mode=Mode.COPY, rescued_at=None) if file.leaves_name]
