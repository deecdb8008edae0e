"""Copying one file so that the copy is complete, durable and verified before anybody can see it under a public name."""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass

import xxhash

from cacherr.errors import CacherrError
from caching.disk import calls
from caching.disk.places import Fingerprint, Place, RefusedPathError

Progress = Callable[[int], None]
"""Called with the bytes copied so far, after each chunk; may raise Cancelled."""

DROP_EVERY = 32 * 1024 * 1024


class Cancelled(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The copy was asked to stop."""


class SourceChangedError(CacherrError):
    """Somebody wrote to the file while it was copied."""


class CopyFailedError(CacherrError):
    """The copy could not be made or is not equal to its source."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A finished copy: fingerprints of both ends, xxh3-128 of the content, size in bytes."""

    source_print: str
    target_print: str
    hash: str
    size: int


def copy_verified(source: Place, temporary: Place, chunk: int, progress: Progress) -> Copied:
    """Copy `source` to the new file `temporary` with its metadata; sync it; read it back and compare.

    Raises FileExistsError when the temporary name is taken, SourceChangedError, CopyFailedError (its message names the
    cure), Cancelled, or OSError. The caller removes the temporary afterwards when this raises.
    """
    reader = os.open(source.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=source.directory)
    try:
        before = os.fstat(reader)
        if not stat.S_ISREG(before.st_mode):
            raise RefusedPathError(f"{source.name!r} is no plain file.", "It is left alone.")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        writer = os.open(temporary.name, flags, 0o600, dir_fd=temporary.directory)
        try:
            digest = _transfer(reader, writer, before.st_size, chunk, progress)
            _copy_metadata(reader, writer, before)
            os.fsync(writer)
            _require_unchanged(source, reader, before)
            _require_equal(writer, before.st_size, chunk, digest, progress)
            after = os.fstat(writer)
        finally:
            os.close(writer)
    finally:
        os.close(reader)
    return Copied(str(Fingerprint.of(before)), str(Fingerprint.of(after)), digest, before.st_size)


def _transfer(reader: int, writer: int, size: int, chunk: int, progress: Progress) -> str:
    """Copy the bytes while hashing them, and leave the page cache as it was."""
    try:
        calls.fallocate(writer, size)
        digest, done, dropped = xxhash.xxh3_128(), 0, 0
        while block := os.read(reader, chunk):
            digest.update(block)
            _write_all(writer, block)
            done += len(block)
            if done - dropped >= DROP_EVERY:
                os.fdatasync(writer)
                _drop_pages(reader, writer)
                dropped = done
            progress(done)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise CopyFailedError("The cache is full.", "Free some space, or lower the cache limit.") from error
        raise
    if done != size:
        raise SourceChangedError(
            "The file changed its length while it was copied.", "It is tried again in the next cycle."
        )
    return digest.hexdigest()


def _write_all(writer: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(writer, view) :]


def _drop_pages(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _copy_metadata(reader: int, writer: int, status: os.stat_result) -> None:
    """Extended attributes, owner, mode and times, in this order: each later one is undone by an earlier one."""
    for name in _xattrs(reader):
        try:
            os.setxattr(writer, name, os.getxattr(reader, name))
        except OSError as error:
            # An attribute that the cache's file system cannot hold is no reason to refuse the file.
            if error.errno not in {
                errno.EOPNOTSUPP,
                errno.EPERM,
                errno.ENODATA,
                errno.EACCES,
                errno.ENOSPC,
                errno.E2BIG,
            }:
                raise
    mine = os.fstat(writer)
    if (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
        _change_owner(writer, status)
    os.fchmod(writer, status.st_mode & 0o7777)
    os.utime(writer, ns=(status.st_atime_ns, status.st_mtime_ns))


def _change_owner(writer: int, status: os.stat_result) -> None:
    try:
        os.fchown(writer, status.st_uid, status.st_gid)
    except PermissionError as error:
        raise CopyFailedError(
            f"The copy cannot be given the file's owner ({status.st_uid}:{status.st_gid}).",
            "Run Cacherr as that user (PUID and PGID), or as root.",
        ) from error


def _xattrs(reader: int) -> list[str]:
    try:
        return os.listxattr(reader)
    except OSError as error:
        if error.errno in {errno.EOPNOTSUPP, errno.ENOSYS}:
            return []
        raise


def _require_unchanged(source: Place, reader: int, before: os.stat_result) -> None:
    """Compare the open file and its name with what they were; ctime counts within one copy."""
    after = os.fstat(reader)
    named = os.stat(source.name, dir_fd=source.directory, follow_symlinks=False)
    if (Fingerprint.of(after), after.st_ctime_ns) != (Fingerprint.of(before), before.st_ctime_ns) or (
        named.st_ino != before.st_ino
    ):
        raise SourceChangedError("The file changed while it was copied.", "It is tried again in the next cycle.")


def _require_equal(writer: int, size: int, chunk: int, digest: str, progress: Progress) -> None:
    """Read the copy back from the device, not from memory, and compare."""
    _drop_pages(writer)
    os.lseek(writer, 0, os.SEEK_SET)
    again, done = xxhash.xxh3_128(), 0
    while block := os.read(writer, chunk):
        again.update(block)
        done += len(block)
        progress(size)  # the bytes are all there; this only lets a cancel through
    _drop_pages(writer)
    if done != size or again.hexdigest() != digest:
        raise CopyFailedError(
            "What was read back from the cache is not what was written.",
            "Check the cache disk and the memory of this machine. The original is untouched.",
        )
