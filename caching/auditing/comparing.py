"""Cached files: whether the disks show what their rows say. Reads only.

What an automatic restore would dare is what a repair dares: the table of ways is asked with the caution of a cycle.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from cacherr.errors import StorageAbsentError
from caching import damage, disk, renamed
from caching.auditing import rot
from caching.auditing.findings import Finding, Kind, Repair, Severity
from caching.auditing.where import copy_path, name_path, parked_path
from caching.bench import ConflictError
from caching.changes import may_be_the_same
from caching.models import CachedFile, Operation
from caching.ways import GoneError, Shown, decide, shown

WANT_BACK = "`cacherr restore` brings back what Cacherr has of it."
ONLY_COPY = f"{WANT_BACK} The cached copy is the only one: do not delete it."
LOOK_FIRST = "Look at it before you remove anything: its only copy may be the cached one. Then `cacherr restore` it."
LOOK = "Look at both versions and remove the one you do not want, then `cacherr restore` it."


@dataclass(frozen=True, slots=True)
class Sight:
    """What the three places of a cached file show."""

    name: Shown
    parked: Shown
    copy: Shown


def compare(files: Iterable[CachedFile], *, strictly: bool = False) -> Iterator[Finding]:
    """Findings about cached files, pair of roots by pair; of a root that is absent nothing is concluded.

    A file that differs by its inode only may have come with a new disk and counts as unchanged; `strictly` it does not.
    """
    pairs: dict[tuple[str, str], list[CachedFile]] = defaultdict(list)
    for file in files:
        if file.conflict and not file.is_linked:
            yield conflict(file)
        elif file.conflict or file.rescued_at is None:
            pairs[file.array_id, file.cache_id].append(file)
    for rows in pairs.values():
        try:
            with ExitStack() as stack:
                array, cache = (
                    stack.enter_context(disk.open_root(root.path, root.pk)) for root in (rows[0].array, rows[0].cache)
                )
                yield from _compare(rows, array, cache, strictly=strictly)
        except StorageAbsentError:
            yield from (conflict(row) for row in rows if row.conflict)  # the root itself is told once


def _compare(rows: list[CachedFile], array: disk.RootDir, cache: disk.RootDir, *, strictly: bool) -> Iterator[Finding]:
    copies = disk.looks(cache, [row.relative for row in rows])
    names = [path for row in rows for path in (row.on_array, parked_path(row)) if path]
    originals = disk.looks(array, names)
    for row in rows:
        sight = _sight(row, originals, copies, strictly=strictly)
        found = unreadable(row) if sight is None else _renamed(row, sight, array) or judge(row, sight)
        if row.conflict and not (found and found.kind is Kind.RENAMED):
            found = conflict(row)
        if found is not None:
            yield found


def _sight(
    row: CachedFile, originals: Mapping[bytes, disk.Look], copies: Mapping[bytes, disk.Look], *, strictly: bool
) -> Sight | None:
    """None when one of the places cannot be seen: unknown is not absent."""
    target, parked = bytes(row.link_target), parked_path(row)
    name, copy = originals.get(row.on_array), copies.get(row.relative)
    beside = originals.get(parked) if parked else disk.Look(disk.Kind.ABSENT)
    if name is None or copy is None or beside is None:
        return None

    def seen(look: disk.Look, known: str, link: bytes) -> Shown:
        return Shown.OURS if not strictly and may_be_the_same(row, look, known) else shown(look, known, link)

    known = row.array_print
    return Sight(seen(name, known, target), seen(beside, known, target), seen(copy, row.cache_print, b""))


def _renamed(row: CachedFile, sight: Sight, array: disk.RootDir) -> Finding | None:
    """A link that has another name nearby now; None when there is none, or nobody may look there."""
    if not row.is_linked or sight.name in {Shown.LINK, Shown.OURS}:
        return None
    try:
        links = renamed.near(array, row)
    except (OSError, disk.RefusedPathError):
        return unreadable(row)
    if not links:
        return None
    problem = renamed.uncertain(array.path, links)
    if problem:
        return _about(row, Kind.RENAMED, Severity.ERROR, *problem)
    message = f"It was renamed to {renamed.shown(array.path, links[0].path)} while it was cached. {_of_copy(sight)}"
    cure = "A repair restores it under its new name; it is cached afresh when somebody wants it."
    return _about(row, Kind.RENAMED, Severity.WARNING, message.strip(), cure, repair=Repair.RESTORE)


def as_it_should_be(row: CachedFile) -> Sight:
    """What the places of an untouched cached file show."""
    name = Shown.LINK if row.is_linked else Shown.ABSENT if row.leaves_name else Shown.OURS
    parked = Shown.OURS if bytes(row.original_name) else Shown.ABSENT
    return Sight(name, parked, Shown.OURS)


def judge(row: CachedFile, sight: Sight) -> Finding | None:
    """What is wrong with a cached file; None when it is as its row says. Pure."""
    if sight == as_it_should_be(row):
        return rot.of(row)
    if sight.copy is Shown.ABSENT and sight.name is Shown.OURS and not row.leaves_name:
        return _about(
            row, Kind.REAPPEARED, Severity.WARNING,
            "The cached copy was deleted, and the original, which it had hidden, is seen again.",
            "If the file was to be deleted, delete it once more. Else nothing has to be done.",
        )  # fmt: skip
    kind = Kind.MISSING if sight.copy is Shown.ABSENT else Kind.CHANGED
    message = f"{_of_copy(sight)} {_of_name(row, sight)}".strip()
    refusal = _why_not_certain(row, sight)
    if refusal:
        back = ONLY_COPY if not row.keeps_original and sight.copy is not Shown.ABSENT else WANT_BACK
        cure = back if Shown.ABSENT in (sight.name, sight.copy) else LOOK
        return _about(row, kind, Severity.ERROR, f"{message} {refusal}".strip(), cure)
    cure = "A repair restores it; it is cached afresh when somebody wants it."
    return _about(row, kind, Severity.WARNING, message, cure, repair=Repair.RESTORE)


def _of_copy(sight: Sight) -> str:
    return {
        Shown.ABSENT: "The cached copy is gone.",
        Shown.FOREIGN: "The cached copy was replaced by another program.",
        Shown.OTHER: "Something that is no file stands at the cached copy's place.",
        Shown.LINK: "Something that is no file stands at the cached copy's place.",
        Shown.OURS: "",
    }[sight.copy]


def _of_name(row: CachedFile, sight: Sight) -> str:
    should = as_it_should_be(row)
    if sight.parked is not should.parked:
        gone = sight.parked is Shown.ABSENT
        return "The parked original is gone." if gone else "The parked original is not what was parked."
    if sight.name is should.name:
        return ""
    return {
        Shown.ABSENT: "The link to it was deleted." if row.is_linked else "The original was deleted.",
        Shown.FOREIGN: "Another program's file has the name.",
        Shown.OURS: "The original has its name back.",
    }.get(sight.name, "Something else stands at the name.")


def _why_not_certain(row: CachedFile, sight: Sight) -> str:
    """Why a cycle would not restore it by itself; empty when it would."""
    operation = Operation(**row.shared(), source_print=row.array_print, target_print=row.cache_print)
    try:
        decide(operation, name=sight.name, parked=sight.parked, copy=sight.copy)
    except ConflictError as error:
        return error.message
    except GoneError:
        return ""
    return ""


def conflict(row: CachedFile) -> Finding:
    """A file that is kept as it is: an operation found what nobody can have meant, or no good copy is known."""
    if row.conflict in damage.HELD and (found := rot.of(row)):
        return found
    return _about(row, Kind.CONFLICT, Severity.ERROR, row.conflict, LOOK if row.keeps_original else LOOK_FIRST)


def unreadable(row: CachedFile) -> Finding:
    """A file that cannot be seen: nothing is concluded from it."""
    cure = "Check permissions, and whether a directory above it became a link."
    return _about(row, Kind.UNREADABLE, Severity.WARNING, "It cannot be seen, so nothing is known of it.", cure)


def _about(
    row: CachedFile, kind: Kind, severity: Severity, message: str, cure: str, *, repair: Repair = Repair.NONE
) -> Finding:
    return Finding(kind, severity, (name_path(row), copy_path(row)), message, cure, repair, file=row.pk)
