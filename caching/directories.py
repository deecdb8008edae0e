"""The directories above a file, on the side that gets a new copy: on the cache when a file is cached, on the array when
it comes back and its directory there is gone. Each is a row before it is made, and removed again when it is empty.
"""

import threading

from django.db.models import Q

from cacherr.errors import StorageAbsentError
from caching import disk
from caching.bench import AbortedError
from caching.models import LIVE_STATES, CachedFile, MadeDirectory, Operation
from caching.models.file_row import parents, path_key

REMOVED = "A directory above the file was removed by another program at this moment."

_directories = threading.Lock()
"""Making directories and removing empty ones do not meet: operations of one process work side by side."""


def make_parents(operation: Operation, root: disk.RootDir, like: disk.RootDir) -> None:
    """Make the directories that the new copy needs, each as its twin below `like`.

    What another program makes at this moment is its own. Raises AbortedError when it removes one, RefusedPathError,
    OSError.
    """
    with _directories:
        path = operation.path_below(operation.makes_on)
        missing = disk.missing_directories(root, path)
        rows = [_row(operation.makes_on, directory) for directory in missing]
        try:
            made = disk.make_directories(root, like, missing)
            if made:
                disk.sync_on_disk(root, path)
        except FileNotFoundError as error:
            raise AbortedError(REMOVED, "It is tried again.") from error
        for row in rows:
            if bytes(row.path) not in made:
                row.delete()


def _row(root_id: str, directory: bytes) -> MadeDirectory:
    key = path_key(directory)
    return MadeDirectory.objects.get_or_create(root_id=root_id, path_key=key, defaults={"path": directory})[0]


def remove_parents(operation: Operation, root_id: str, root: disk.RootDir) -> None:
    """Remove the directories above the file that we made and that are empty now, innermost first.

    One that is gone already was removed by another program, or by a recovery that was cut short: its row, or the row of
    one above it, may be left.
    """
    with _directories:
        path = operation.path_below(root_id)
        gone = set(disk.missing_directories(root, path))
        needed = _needed_by_others(operation, root_id)
        for directory in parents(path):
            row = MadeDirectory.objects.filter(root_id=root_id, path_key=path_key(directory)).first()
            removed = row is not None and directory not in needed and disk.remove_directory(root, directory)
            if row is not None and removed:
                row.delete()
            elif directory not in gone:
                return


def _needed_by_others(operation: Operation, root_id: str) -> set[bytes]:
    """Directories that others are working in: empty for a moment, and yet not to be removed under their feet.

    Who has not begun makes what is missing when it begins.
    """
    begun = Operation.objects.filter(state__in=LIVE_STATES, started_at__isnull=False)
    others = begun.filter(Q(cache_id=root_id) | Q(array_id=root_id)).exclude(pk=operation.pk)
    paths = (bytes(path) for pair in others.values_list("path", "renamed_to") for path in pair)
    return {parent for path in paths for parent in parents(path)}


def remove_idle_directories() -> None:
    """Remove directories that we made and nothing of ours is in: an error, or a neighbour at work, kept them then."""
    rows = MadeDirectory.objects.select_related("root")
    if not rows.exists():
        return
    live = Operation.objects.filter(state__in=LIVE_STATES)
    places = (
        *CachedFile.objects.values_list("cache_id", "path"),
        *live.values_list("cache_id", "path"),
        *live.values_list("array_id", "path"),
        *live.values_list("array_id", "renamed_to"),
    )
    used = {(root, parent) for root, path in places for parent in parents(bytes(path))}
    idle = [row for row in rows if (row.root_id, bytes(row.path)) not in used]
    for row in sorted(idle, key=lambda row: len(row.path), reverse=True):
        try:
            with disk.open_root(row.root.path, row.root_id) as root:
                if disk.remove_directory(root, bytes(row.path)):
                    row.delete()
        except StorageAbsentError:
            continue  # its disk is not there now
