"""Reading every cached file and its original, and comparing them with the hash that was made when it was cached."""

import errno
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from cacherr.errors import StorageAbsentError
from caching import disk, journal, recognising
from caching.auditing import rot
from caching.auditing.comparing import compare
from caching.auditing.findings import Finding
from caching.auditing.where import parked_path
from caching.models import CachedFile, Root

Watch = Callable[[CachedFile, int], None]
"""Told the file being read and how many of its bytes were read; may raise Cancelled."""


class _Read(StrEnum):
    """What the reading of a file came to."""

    SOUND = "sound"
    DAMAGED = "damaged"
    OTHER = "other bytes under another inode"
    NOTHING = "not read"


KNOWN = {_Read.SOUND: True, _Read.DAMAGED: False}


def verify(files: Iterable[CachedFile], watch: Watch) -> Iterator[Finding | None]:
    """What is wrong with each file that could be read, None when it is sound; one answer for each file.

    What came along with a new disk is recognised by its bytes, and its row knows it from then on; so it does what is
    damaged. What cannot be read is no answer. Raises Cancelled.
    """
    for file in files:
        if not file.hash:
            continue  # taken over without being read: there is nothing to compare with
        copy = _read(file, file.cache, file.relative, "cache_print", watch)
        path = parked_path(file) or (b"" if file.leaves_name else file.on_array)
        original = _read(file, file.array, path, "array_print", watch) if path else _Read.NOTHING
        if _Read.OTHER in (copy, original):
            yield from compare([file], strictly=True)
        elif (copy, original) != (_Read.NOTHING, _Read.NOTHING):
            rot.remember(file, copy=KNOWN.get(copy), original=KNOWN.get(original))
            yield rot.of(file, other_is_good=_Read.SOUND in {copy, original})


def _read(file: CachedFile, root: Root, path: bytes, field: str, watch: Watch) -> _Read:
    """Whether the content is what was cached. `field` has the fingerprint."""
    fingerprint = getattr(file, field)

    def progress(done: int) -> None:
        watch(file, done)

    try:
        with disk.open_root(root.path, root.pk) as opened, disk.place(opened, path) as at:
            if compared := recognising.compare(at, fingerprint, file.hash, progress):
                return _recognised(file, field, compared)
            found = disk.hash_of(at, fingerprint, progress)
    except (FileNotFoundError, StorageAbsentError, disk.RefusedPathError):
        return _Read.NOTHING  # what is missing is told without reading
    except OSError as error:
        return _Read.DAMAGED if _has_lost_it(root, error) else _Read.NOTHING
    if found is None:
        return _Read.NOTHING
    return _Read.SOUND if found == file.hash else _Read.DAMAGED


def _has_lost_it(root: Root, error: OSError) -> bool:
    """Whether a disk cannot read its own file, and has not just gone away with all of them."""
    if error.errno not in {errno.EIO, errno.EBADMSG, errno.EUCLEAN}:
        return False
    try:
        with disk.open_root(root.path, root.pk):
            return True
    except (StorageAbsentError, OSError):
        return False


def _recognised(file: CachedFile, field: str, compared: recognising.Compared) -> _Read:
    if not compared.same:
        return _Read.OTHER
    journal.recognise_file(file, field, compared.print)
    return _Read.SOUND
