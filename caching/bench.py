"""What a step of an operation works with: the opened places of its file, and the exceptions that end it."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from cacherr.errors import CacherrError
from caching import disk
from caching.models import LIVE_STATES, MadeDirectory, Operation
from caching.models.file_row import path_key
from caching.playing import Playing

_directories = threading.Lock()
"""Making directories and removing empty ones do not meet: operations of one process work side by side."""


class AbortedError(CacherrError):
    """The operation cannot go on and everything can be put back as it was."""


class ConflictError(CacherrError):
    """Something is not what the journal says: keep both versions, stop, and let a person look."""


class BusyFileError(CacherrError):
    """Somebody has the file open or plays it now: try again later."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The places of one operation: the public names on both sides and the private ones beside them."""

    operation: Operation
    array: disk.RootDir
    cache: disk.RootDir | None
    """None while its disk is gone: then everything on it counts as absent, which only a rescue may conclude."""
    playing: Playing
    original: disk.Place
    parked: disk.Place
    returned: disk.Place
    """Where a file that is copied back is made, beside the original's name."""
    copy: disk.Place
    temporary: disk.Place
    """Where a file that is cached is made, beside the copy's name."""
    removal: disk.Place

    @property
    def link_target(self) -> bytes:
        """Where our symlink points: the cached copy as an absolute path."""
        return os.path.join(os.fsencode(self.operation.cache.path), self.operation.relative)

    def require_unused(self, at: disk.Place) -> None:
        """Look once more, right before something is taken away. Raises BusyFileError while it is played or open."""
        held = self.playing.holds(self.operation)
        if held:
            raise BusyFileError(held, "It is tried again later.")
        if disk.in_use(at):
            raise BusyFileError("Somebody has the file open.", "It is tried again when it is closed.")


@contextmanager
def bench(operation: Operation, array: disk.RootDir, cache: disk.RootDir | None, playing: Playing) -> Iterator[Bench]:
    """Open the places of an operation. Raises RefusedPathError when a directory on the way is a link.

    Places are opened for each step anew: on Unraid a step may decide which of the array's disks has the file.
    """
    token = operation.token
    parked_name = bytes(operation.original_name) or disk.private_name(token, "orig")
    names = [os.path.basename(operation.relative), parked_name, disk.private_name(token, "tmp")]
    with ExitStack() as stack:
        real = stack.enter_context(disk.real_root(array, operation.relative, names))
        original = stack.enter_context(disk.place_if_there(real, operation.relative))
        copy = stack.enter_context(disk.place_if_there(cache, operation.relative))
        yield Bench(
            operation=operation,
            array=array,
            cache=cache,
            playing=playing,
            original=original,
            parked=original.sibling(parked_name),
            returned=original.sibling(disk.private_name(token, "tmp")),
            copy=copy,
            temporary=copy.sibling(disk.private_name(token, "tmp")),
            removal=copy.sibling(disk.private_name(token, "rm")),
        )


def make_parents(operation: Operation, array: disk.RootDir, cache: disk.RootDir) -> None:
    """Make the directories that the copy needs. Each is a row before it is a directory."""
    with _directories:
        missing = disk.missing_directories(cache, operation.relative)
        for directory in missing:
            MadeDirectory.objects.get_or_create(
                root=operation.cache, path_key=path_key(directory), defaults={"path": directory}
            )
        disk.make_directories(cache, array, missing)


def remove_parents(operation: Operation, cache: disk.RootDir) -> None:
    """Remove the directories above the file that we made and that are empty now, innermost first.

    One that is gone already was removed by a recovery that was cut short: its row, or the row of one above it, may be
    left.
    """
    with _directories:
        gone = set(disk.missing_directories(cache, operation.relative))
        needed = _needed_by_others(operation)
        for directory in parents(operation.relative):
            row = MadeDirectory.objects.filter(root=operation.cache, path_key=path_key(directory)).first()
            removed = row is not None and directory not in needed and disk.remove_directory(cache, directory)
            if row is not None and removed:
                row.delete()
            elif directory not in gone:
                return


def _needed_by_others(operation: Operation) -> set[bytes]:
    """Directories that others are working in: empty for a moment, and yet not to be removed under their feet.

    Who has not begun makes what is missing when it begins.
    """
    begun = Operation.objects.filter(state__in=LIVE_STATES, started_at__isnull=False, cache_id=operation.cache_id)
    others = begun.exclude(pk=operation.pk)
    return {parent for path in others.values_list("path", flat=True) for parent in parents(bytes(path))}


def parents(path: bytes) -> Iterator[bytes]:
    """The directories above a path below a root, innermost first."""
    while b"/" in path:
        path = path.rsplit(b"/", 1)[0]
        yield path
