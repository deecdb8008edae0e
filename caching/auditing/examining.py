"""One audit: rows, cache and array compared. Reads only."""

from collections.abc import Iterable, Iterator

from cacherr.errors import StorageAbsentError
from caching import disk, exclusions, mappings
from caching.auditing import strays
from caching.auditing.comparing import compare
from caching.auditing.findings import Audited, Finding, Kind, Repair, Severity, in_order
from caching.auditing.verifying import Watch, verify
from caching.auditing.where import copy_path
from caching.models import LIVE_STATES, CachedFile, Operation, PathMapping, Placement, Root


def examine(*, verified: bool = False, watch: Watch = lambda _file, _done: None) -> Audited:
    """Look at everything; with `verified`, also read every file. A root that is absent is a finding itself.

    Raises Cancelled when `watch` does, StorageFailedError.
    """
    try:
        return _examine(verified, watch)
    except OSError as error:
        raise disk.named(error) from error


def _examine(verified: bool, watch: Watch) -> Audited:
    known = mappings.in_force()
    files = list(CachedFile.objects.select_related("array", "cache").order_by("id"))
    pairs = _pairs(known, files)
    suspicious = [
        *_absent(pairs),
        *compare(files),
        *_unlisted(files),
    ]
    found = _still_so(suspicious)
    found += strays.private(pairs)
    found += strays.foreign(known)
    read = 0
    if verified:
        found = [one for one in found if one.kind is not Kind.ROT]  # it is read afresh
        told = {one.file for one in found if one.kind is not Kind.MOVER}
        for answer in verify((row for row in files if row.pk not in told and row.rescued_at is None), watch):
            read += 1
            found += [answer] if answer else []
    return Audited(in_order(found), len(files), read)


def _pairs(known: Iterable[PathMapping], files: Iterable[CachedFile]) -> list[tuple[Root, Root]]:
    """Arrays and caches that belong together."""
    found = {(row.array, row.cache): None for row in known if row.array is not None and row.cache is not None}
    found |= {(row.array, row.cache): None for row in files}
    return list(found)


def _absent(pairs: Iterable[tuple[Root, Root]]) -> Iterator[Finding]:
    for root in {root.pk: root for pair in pairs for root in pair}.values():
        try:
            with disk.open_root(root.path, root.pk):
                pass
        except StorageAbsentError as error:
            path = root.path.encode()
            yield Finding(Kind.ABSENT, Severity.ERROR, (path,), f"{error.message} Nothing is known of it.", error.cure)


def _unlisted(files: Iterable[CachedFile]) -> Iterator[Finding]:
    """Files that the mover would take away, because nothing tells it to leave them."""
    listed, roots = exclusions.listed(), exclusions.host_roots()
    for row in files:
        if not _mover_matters(row):
            continue
        line = exclusions.line_of(roots.get(row.cache_id, row.cache.path), row.relative)
        if b"\n" in line:
            message, repair = "Its name has a line break, so the mover's list cannot name it.", Repair.NONE
            cure = "Rename the file, or keep the mover from the directory."
        elif line not in listed:
            message, repair = f"The mover's list {exclusions.path()} does not name it.", Repair.LIST
            cure = "A repair writes the list; Mover Tuning must be set to leave out what it names."
        else:
            continue
        yield Finding(Kind.MOVER, Severity.WARNING, (copy_path(row),), message, cure, repair, file=row.pk)


def _mover_matters(row: CachedFile) -> bool:
    """Where the original has left its name on a union, the mover would put the copy there."""
    return row.placement == Placement.UNION and row.rescued_at is None and row.leaves_name


def _still_so(findings: list[Finding]) -> list[Finding]:
    """Without those about files that an operation has come to, or has been at while the disks were looked at."""
    pks = [one.file for one in findings if one.file is not None]
    there = {row.pk: (row.cache_id, row.path_key) for row in CachedFile.objects.filter(pk__in=pks)} if pks else {}
    live = set(Operation.objects.filter(state__in=LIVE_STATES).values_list("cache_id", "path_key"))
    quiet = {pk for pk, key in there.items() if key not in live}
    return [one for one in findings if one.file is None or one.file in quiet]
