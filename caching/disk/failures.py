"""What the system's errors mean for a person, and what helps."""

import errno
import os

from cacherr.errors import CacherrError

SENTENCES = {
    errno.ENOENT: ("The file is not there any more.", ""),
    errno.ENOSPC: ("The disk is full.", "Free some space, or lower the cache limit."),
    errno.EDQUOT: ("The disk's quota is used up.", "Free some space, or lower the cache limit."),
    errno.EROFS: ("The disk is mounted read-only.", "Mount it writable; the system's log may say why it is not."),
    errno.EACCES: ("Cacherr has no permission for a file or directory.", "Run it as its owner (PUID and PGID)."),
    errno.EPERM: ("The system does not permit it.", "Run Cacherr as the files' owner (PUID and PGID)."),
    errno.EIO: ("The disk reports an input/output error.", "Check the disk; nothing was lost by this."),
}


FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class StorageFailedError(CacherrError):
    """A disk did not do what it was asked to."""


def is_full(error: OSError) -> bool:
    """Whether a disk has no room left, or none left for us."""
    return error.errno in FULL


def named(error: OSError) -> StorageFailedError:
    """A system's error with a sentence, its file where it has one, and a cure."""
    message, cure = SENTENCES.get(error.errno or 0, (f"The system says: {error.strerror or error}.", ""))
    if not isinstance(error.filename, str | bytes):
        return StorageFailedError(message, cure)
    where = os.fsencode(error.filename).decode("utf-8", "backslashreplace")  # a database takes no broken text
    return StorageFailedError(f"{message[:-1]} ({where}).", cure)
