"""What a step of an operation works with: the opened places of its file, and the exceptions that end it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from cacherr.errors import CacherrError
from caching import disk
from caching.models import MadeDirectory, Operation
from caching.models.file_row import path_key


class AbortedError(CacherrError):
    """The operation cannot go on and everything can be put back as it was."""


class ConflictError(CacherrError):
    """Something is not what the journal says: keep both versions, stop, and let a person look."""


class BusyFileError(CacherrError):
    """Somebody has the file open now: try again later."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The places of one operation: the public names on both sides and the private ones beside them."""

    operation: Operation
    array: disk.RootDir
    cache: disk.RootDir
    original: disk.Place
    parked: disk.Place
    copy: disk.Place
    temporary: disk.Place
    removal: disk.Place

    @property
    def link_target(self) -> bytes:
        """Where our symlink points: the cached copy as an absolute path."""
        return os.path.join(os.fsencode(self.cache.path), self.operation.relative)


@contextmanager
def bench(operation: Operation, array: disk.RootDir, cache: disk.RootDir) -> Iterator[Bench]:
    """Open the places of an operation. Raises FileNotFoundError when a directory on the way is missing."""
    token = operation.token
    parked_name = bytes(operation.original_name) or disk.private_name(token, "orig")
    with ExitStack() as stack:
        original = stack.enter_context(disk.place(array, operation.relative))
        copy = stack.enter_context(disk.place(cache, operation.relative))
        yield Bench(
            operation=operation,
            array=array,
            cache=cache,
            original=original,
            parked=original.sibling(parked_name),
            copy=copy,
            temporary=copy.sibling(disk.private_name(token, "tmp")),
            removal=copy.sibling(disk.private_name(token, "rm")),
        )


def make_parents(operation: Operation, array: disk.RootDir, cache: disk.RootDir) -> None:
    """Make the directories that the copy needs. Each is a row before it is a directory."""
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
    gone = set(disk.missing_directories(cache, operation.relative))
    parts = operation.relative.split(b"/")[:-1]
    for depth in range(len(parts), 0, -1):
        directory = b"/".join(parts[:depth])
        row = MadeDirectory.objects.filter(root=operation.cache, path_key=path_key(directory)).first()
        if row is not None and disk.remove_directory(cache, directory):
            row.delete()
        elif directory not in gone:
            return
