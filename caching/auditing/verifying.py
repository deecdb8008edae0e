"""Reading every cached file and its original, and comparing them with the hash that was made when it was cached."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from cacherr.errors import StorageAbsentError
from caching import disk, journal, recognising
from caching.auditing.comparing import compare, copy_path, damaged_original, name_path, parked_path
from caching.auditing.findings import Finding, Kind, Repair, Severity
from caching.models import CachedFile, Root

Watch = Callable[[CachedFile, int], None]
"""Told the file being read and how many of its bytes were read; may raise Cancelled."""


class _Read(StrEnum):
    """What the reading of a file came to."""

    SOUND = "sound"
    DAMAGED = "damaged"
    OTHER = "other bytes under another inode"
    NOTHING = "not read"


AS_JUDGED = {_Read.SOUND: True, _Read.DAMAGED: False}


def verify(files: Iterable[CachedFile], watch: Watch) -> Iterator[Finding | None]:
    """What is wrong with each file that could be read, None when it is sound; one answer for each file.

    What came along with a new disk is recognised by its bytes, and its row knows it from then on; so it does which
    original is damaged. What cannot be read is no answer. Raises Cancelled.
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
            _remember(file, copy, original)
            yield judge(file, AS_JUDGED.get(copy), AS_JUDGED.get(original))


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
    except OSError:
        return _Read.DAMAGED  # a disk that cannot read its own file has lost it
    if found is None:
        return _Read.NOTHING
    return _Read.SOUND if found == file.hash else _Read.DAMAGED


def _remember(file: CachedFile, copy: _Read, original: _Read) -> None:
    """Whoever brings the file back before it is repaired must know which of the two is good."""
    if original is _Read.SOUND and file.original_damaged:
        journal.note_original(file, damaged=False)
    elif (copy, original) == (_Read.SOUND, _Read.DAMAGED):
        journal.note_original(file, damaged=True)


def _recognised(file: CachedFile, field: str, compared: recognising.Compared) -> _Read:
    if not compared.same:
        return _Read.OTHER
    journal.recognise_file(file, field, compared.print)
    return _Read.SOUND


def judge(file: CachedFile, copy: bool | None, original: bool | None) -> Finding | None:
    """What the two readings say: True is sound, False damaged, None unknown. Pure."""
    if False not in (copy, original):
        return None
    if copy is False and original is True:
        return _rot(
            file, (copy_path(file),), "The cached copy is damaged; the original is good.",
            "A repair restores the original. Check the cache's disk.", Repair.RESTORE,
        )  # fmt: skip
    if original is False and copy is True:
        return damaged_original(file)
    damaged = "cached copy" if copy is False else "original"
    both = copy is False and original is False
    message = "Both the cached copy and the original are damaged." if both else (
        f"The {damaged} is damaged, and there is no other that could be read."
    )  # fmt: skip
    return _rot(
        file, (name_path(file), copy_path(file)), message,
        "Get the file again from its source, or from a backup. Check the disks.", Repair.HOLD,
    )  # fmt: skip


def _rot(file: CachedFile, paths: tuple[bytes, ...], message: str, cure: str, repair: Repair) -> Finding:
    return Finding(Kind.ROT, Severity.ERROR, paths, message, cure, repair, file=file.pk)
