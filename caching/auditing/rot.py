"""Bit rot: remembering it on the row, and telling it in every audit until it is mended."""

import logging

from cacherr.errors import StorageAbsentError
from caching import damage, disk, journal, manifest
from caching.auditing.findings import Finding, Kind, Repair, Severity
from caching.auditing.where import copy_path, original_path
from caching.models import CachedFile

log = logging.getLogger(__name__)


def of(row: CachedFile, *, other_is_good: bool = False) -> Finding | None:
    """What the row knows of damage; None when it knows of none. Pure.

    `other_is_good` when the other of the two has just been read and has the bytes that were cached.
    """
    problem = damage.no_good_one(row)
    if problem:
        paths = (original_path(row), copy_path(row)) if row.keeps_original else (copy_path(row),)
        return _found(row, paths, *problem, Repair.HOLD)
    if row.copy_damaged:
        return _found(
            row, (copy_path(row),), f"The cached copy is damaged; {_other('original', other_is_good)}.",
            "A repair restores the original. Check the cache's disk.", Repair.RESTORE,
        )  # fmt: skip
    if row.original_damaged:
        return _found(
            row, (original_path(row), copy_path(row)),
            f"The original is damaged; {_other('cached copy', other_is_good)}.",
            "A repair makes the original again from the cached copy, which has to match its checksum. Check the "
            "array's disk.", Repair.HEAL,
        )  # fmt: skip
    return None


def _other(what: str, is_good: bool) -> str:
    return f"the {what} is good" if is_good else f"no damage of the {what} is known"


def _found(row: CachedFile, paths: tuple[bytes, ...], message: str, cure: str, repair: Repair) -> Finding:
    return Finding(Kind.ROT, Severity.ERROR, paths, message, cure, repair, file=row.pk)


def remember(row: CachedFile, *, copy: bool | None, original: bool | None) -> None:
    """Note what reading the two has shown: True is sound, False damaged, None unknown, which changes nothing.

    Whoever brings the file back before it is repaired must know it, and after the database was lost as well. The row
    is kept from being touched while no good copy is known.
    """
    found = {"copy_damaged": copy, "original_damaged": original}
    news = {name: not sound for name, sound in found.items() if sound is not None and getattr(row, name) is sound}
    if not (news and journal.note_damage(row, news)):
        return
    try:
        with disk.open_root(row.cache.path, row.cache.pk) as cache:
            manifest.note_damage(row, cache)
    except StorageAbsentError as error:
        log.warning("Only the database knows of it: %s", error)
