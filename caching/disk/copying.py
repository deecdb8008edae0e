"""Copying one file so that the copy is complete, durable and verified before anybody can see it under a public name."""

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from caching.disk import verifying
from caching.disk.copy_failures import Cancelled, CopyFailedError, SourceBusyError, SourceChangedError
from caching.disk.failures import is_full
from caching.disk.layout import Layout, layout_of
from caching.disk.leases import may_be_written
from caching.disk.metadata import copy_metadata
from caching.disk.places import NOWHERE, Fingerprint, Place, RefusedPathError, require_directory
from caching.disk.priority import idle_priority
from caching.disk.transfer import Progress, reserve, transfer
from caching.planning.sizes import readable

__all__ = [
    "Cancelled",
    "Copied",
    "CopyFailedError",
    "Progress",
    "SourceBusyError",
    "SourceChangedError",
    "copy_verified",
]

TO_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
TO_MAKE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
MAKE_ROOM = "Free some space, or lower the cache limit."
KEEP_LESS = "Free some space, or lower the minimum free space and the reserve."

_taking_room = threading.Lock()


@dataclass(frozen=True, slots=True)
class Copied:
    """A finished copy: fingerprints of both ends, xxh3-128 of the content, size in bytes."""

    source_print: str
    target_print: str
    hash: str
    size: int


def copy_verified(
    source: Place,
    temporary: Place,
    chunk: int,
    progress: Progress,
    *,
    exact: bool = False,
    rest: int = 0,
    keep_free: int = 0,
) -> Copied:
    """Copy `source` to the new file `temporary` with its metadata and holes; sync it; read it back and compare.

    `chunk` is the size of one read and write in bytes. A large file is verified by a second thread while it is still
    being written; that thread has ended when this returns or raises. The work has idle priority on the disks.
    `exact`: the source will go, so an extended attribute that the copy cannot hold is an error.
    `rest`: for how many seconds the source must have been at rest where the kernel does not tell who writes it.
    `keep_free`: so many bytes of the copy's file system stay free, or the copy is not begun.

    Raises FileExistsError when the temporary name is taken, SourceBusyError, SourceChangedError, CopyFailedError (its
    message names the cure), what `progress` raises, or OSError: also when the sync fails, which is never tried again
    because a second one may succeed with the bytes lost. The caller removes the temporary afterwards when this raises.
    """
    with idle_priority(), _opened(source, TO_READ) as reader:
        before = os.fstat(reader)
        _require_at_rest(source, reader, before, rest)
        layout = layout_of(reader, before.st_size)
        with _made(temporary, layout, keep_free) as writer, _full_disk_named():
            with verifying.trailing(temporary, writer, layout.size) as behind:
                digest = transfer(reader, writer, layout, chunk, progress=progress, behind=behind)
                copy_metadata(reader, writer, before, exact=exact)
                os.fsync(writer)
                if behind is None:
                    verifying.compare_all(writer, layout.size, digest.digest(), lambda: progress(layout.size))
                else:
                    behind.wait(0, lambda: progress(layout.size))
            _require_unchanged(source, before)
            after = os.fstat(writer)
    _require_size(after, before)
    return Copied(str(Fingerprint.of(before)), str(Fingerprint.of(after)), digest.hexdigest(), before.st_size)


@contextmanager
def _made(temporary: Place, layout: Layout, keep_free: int) -> Iterator[int]:
    """Make the file of the copy, with its room reserved where the file system can.

    One copy after the other looks how much is free and takes it: what several at once still have to write is taken.
    """
    with ExitStack() as stack:
        with _taking_room, _full_disk_named():
            _require_room(temporary, layout.bytes_of_data, keep_free)
            writer = stack.enter_context(_opened(temporary, TO_MAKE))
            reserve(writer, layout)
        yield writer


@contextmanager
def _opened(at: Place, flags: int) -> Iterator[int]:
    """Open a file; afterwards nothing of it is left in the page cache."""
    require_directory(at)
    descriptor = os.open(at.name, flags, 0o600, dir_fd=at.directory)
    try:
        yield descriptor
    finally:
        _forget_pages(descriptor)
        os.close(descriptor)


def _forget_pages(descriptor: int) -> None:
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    except OSError:
        pass  # what is no plain file has none, and no tidying up may hide why a copy ended


@contextmanager
def _full_disk_named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise CopyFailedError("The disk is full.", MAKE_ROOM) from error
        raise


def _require_at_rest(source: Place, reader: int, status: os.stat_result, rest_seconds: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise RefusedPathError(f"{source.name!r} is no plain file.", "It is left alone.")
    if may_be_written(reader, status.st_ctime, rest_seconds):
        raise SourceBusyError("Somebody may still be writing the file.", "It is tried again in the next cycle.")


def _require_room(temporary: Place, needed: int, keep_free: int) -> None:
    """Look at the file system that the temporary is really on, which may be another one than its root's."""
    if temporary.directory == NOWHERE:
        raise CopyFailedError("The directory of the copy was removed by another program.", "It is tried again.")
    room = os.fstatvfs(temporary.directory)
    free = room.f_bavail * room.f_frsize
    if room.f_blocks and free < needed:  # some FUSE file systems know nothing of their size
        raise CopyFailedError(f"The disk is full: {needed} bytes are needed and {free} are free.", MAKE_ROOM)
    if room.f_blocks and needed and free - keep_free < needed:
        sizes = f"{readable(needed)} are needed, {readable(free)} are free, and {readable(keep_free)} shall stay free"
        raise CopyFailedError(f"There is no room for it any more: {sizes}.", KEEP_LESS)


def _require_unchanged(source: Place, before: os.stat_result) -> None:
    """Compare what has the source's name with what was opened; ctime counts within one copy.

    The open file keeps its inode's number from being used again: what has that number is the file itself.
    """
    after = os.stat(source.name, dir_fd=source.directory, follow_symlinks=False)
    if (Fingerprint.of(after), after.st_ctime_ns) != (Fingerprint.of(before), before.st_ctime_ns):
        raise SourceChangedError("The file changed while it was copied.", "It is tried again in the next cycle.")


def _require_size(copy: os.stat_result, source: os.stat_result) -> None:
    if copy.st_size != source.st_size:
        raise CopyFailedError("Somebody wrote to the unfinished copy.", "It is tried again in the next cycle.")
