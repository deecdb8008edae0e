"""What a step of an operation works with: the opened places of its file, and the exceptions that end it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from cacherr.errors import CacherrError
from caching import disk
from caching.models import Operation
from caching.playing import Playing

OPEN = "Somebody has the file open."


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

    def require_unused(self, at: disk.Place) -> disk.Use:
        """Look once more, right before something is taken away. Raises BusyFileError while it is played or open.

        Whether the kernel could tell it: nobody, or unknown, when Plex's sessions are all that is known.
        """
        held = self.playing.holds(self.operation)
        if held:
            raise BusyFileError(held, "It is tried again later.")
        use = disk.in_use(at)
        if use is disk.Use.SOMEBODY:
            raise BusyFileError(OPEN, "It is tried again when it is closed.")
        return use


@contextmanager
def bench(operation: Operation, array: disk.RootDir, cache: disk.RootDir | None, playing: Playing) -> Iterator[Bench]:
    """Open the places of an operation. Raises RefusedPathError when a directory on the way is a link.

    Places are opened for each step anew: on Unraid a step may decide which of the array's disks has the file.
    """
    token = operation.token
    parked_name = bytes(operation.original_name) or disk.private_name(token, "orig")
    names = [os.path.basename(operation.on_array), parked_name, disk.private_name(token, "tmp")]
    with ExitStack() as stack:
        real = stack.enter_context(disk.real_root(array, operation.on_array, names))
        original = stack.enter_context(disk.place_if_there(real, operation.on_array))
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
