"""Reading a file to compare it with the hash that was made when it was cached."""

import os

import xxhash

from caching.disk.copying import Progress
from caching.disk.places import Fingerprint, Place
from caching.disk.priority import idle_priority

READ_BYTES = 1024 * 1024
DROP_BYTES = 32 * 1024 * 1024


def hash_of(at: Place, fingerprint: str, progress: Progress) -> str | None:
    """xxh3-128 of a plain file, from the device and not from memory; the page cache is left as it was.

    None when the file is not the one with this fingerprint, before the reading or after it. `progress` is called with
    the bytes read so far and may raise Cancelled. Raises OSError.
    """
    fd = os.open(at.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=at.directory)
    try:
        if not at.look().is_file(fingerprint) or str(Fingerprint.of(os.fstat(fd))) != fingerprint:
            return None
        with idle_priority():
            digest = _read(fd, progress)
        return digest if str(Fingerprint.of(os.fstat(fd))) == fingerprint else None
    finally:
        os.close(fd)


def _read(fd: int, progress: Progress) -> str:
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    digest, done, dropped = xxhash.xxh3_128(), 0, 0
    while block := os.read(fd, READ_BYTES):
        digest.update(block)
        done += len(block)
        if done - dropped >= DROP_BYTES:
            os.posix_fadvise(fd, dropped, done - dropped, os.POSIX_FADV_DONTNEED)
            dropped = done
        progress(done)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    return digest.hexdigest()
