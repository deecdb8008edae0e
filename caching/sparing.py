"""Returns that a cycle planned and nobody has begun: they end when somebody wants their files again.

Only those. What a person ordered back stands until a person cancels it: a wish may be older than the order, and nobody
would understand why the order did nothing. A repair and a rescue have causes that no wish removes. What plays is safe
from all of them, by the look right before something is taken away.
"""

import logging
from collections.abc import Iterable, Sequence, Set
from typing import Final

from cacherr.errors import StorageAbsentError
from caching import changes, disk, events, journal
from caching.models import AUTOMATIC, CachedFile, Kind, Operation, PathMapping, State
from caching.paths import locate
from caching.planning.belonging import why_it_must_leave
from caching.planning.sidecars import owners, ownerships
from caching.planning.values import Cached, FileKey

log = logging.getLogger(__name__)

WANTED_AGAIN: Final = "It is wanted again."
UNSEEN: Final = "it cannot be seen on the array now"


def spare(plex_paths: Iterable[str], known: Sequence[PathMapping]) -> int:
    """End them for the files at these paths and for their sidecars; how many. `known` are the mappings in force.

    What has to come back whoever wants it does so all the same. Looks at these files on their disks; changes rows only.
    """
    planned = _planned()
    if not planned:
        return 0
    found = (locate(path, known) for path in plex_paths)
    meant = _meant({FileKey(place[0].cache_key, place[1]) for place in found if place}, planned)
    files = {_key(row): row for row in _files(meant)}
    needless = [row for row in meant if _key(row) in files and not _must_leave(files[_key(row)], known)]
    return sum(_end(row) for row in needless)


def _planned() -> list[Operation]:
    rows = Operation.objects.filter(state=State.PLANNED, started_at=None, trigger=AUTOMATIC)
    return list(rows.exclude(kind=Kind.CACHE).order_by("id"))


def _key(row: Operation | CachedFile) -> FileKey:
    return FileKey(row.cache_id, row.relative)


def _meant(wanted: Set[FileKey], planned: Iterable[Operation]) -> list[Operation]:
    """The operations on wanted files, and on what belongs to them."""
    owned = {(key.cache, owner) for key in wanted for owner in ownerships(key.path)}
    return [row for row in planned if _is_meant(row, wanted, owned)]


def _is_meant(row: Operation, wanted: Set[FileKey], owned: Set[tuple[str, bytes]]) -> bool:
    """A file is wanted by the name that it has now, or had when it was cached."""
    names = {_key(row), FileKey(row.cache_id, row.on_array)}
    owner = bytes(row.belongs_to)
    return not wanted.isdisjoint(names) or bool(owner and (row.cache_id, owners(owner)) in owned)


def _files(operations: Sequence[Operation]) -> Iterable[CachedFile]:
    for cache in {row.cache_id for row in operations}:
        digests = [row.path_key for row in operations if row.cache_id == cache]
        yield from CachedFile.objects.filter(cache_id=cache, path_key__in=digests).select_related("array", "cache")


def _must_leave(file: CachedFile, known: Sequence[PathMapping]) -> bool:
    """Whether it comes back whoever wants it. What cannot be seen, or not without being read, is taken for that."""
    key = _key(file)
    arrays = {mapping.cache_id: mapping.array_id for mapping in known}
    seen = changes.of_mappings({key: file}, arrays) | changes.on_caches({key: file}, _nothing_is_the_same)
    change = seen.get(key) or _on_array(file)
    why, is_rescued = change.reason if change else "", file.rescued_at is not None
    known_as = Cached(key, file.size, 0, frozenset(), changed=why, rescued=is_rescued)
    return bool(file.conflict or why_it_must_leave(known_as))


def _nothing_is_the_same(rows: Sequence[CachedFile], *_: object) -> list[bool]:
    """The cycle has read it and knows better: its decision stands."""
    return [False] * len(rows)


def _on_array(file: CachedFile) -> changes.Change | None:
    try:
        with disk.open_root(file.array.path, file.array_id) as root, disk.place(root, file.on_array) as at:
            look = at.look()
    except FileNotFoundError:
        look = disk.Look(disk.Kind.ABSENT)
    except (OSError, StorageAbsentError, disk.RefusedPathError) as error:
        log.info("%s goes back as it was planned: %s", file, error)
        return changes.Change(UNSEEN, file.size)
    return changes.on_array(file, look)


def _end(operation: Operation) -> bool:
    if not journal.cancel(operation, WANTED_AGAIN):
        return False  # somebody has begun it just now
    log.info("%s stays: it is wanted again.", operation)
    operation.refresh_from_db()
    events.publish(events.operation_complete(operation))
    return True
