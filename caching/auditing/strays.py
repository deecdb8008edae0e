"""Private names on the disks whose owner is over or unknown, and other files in a cache of links. Reads only."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cacherr.errors import StorageAbsentError
from caching import disk
from caching.auditing.findings import Finding, Kind, Repair, Severity, Stray
from caching.auditing.where import parked_path
from caching.models import CachedFile, Operation, PathMapping, Placement, Root, State
from caching.models import Kind as Does

NAME = re.compile(rb"\.cacherr\.([0-9a-f]+)\.(tmp|orig|rm)")
REBUILD = "`cacherr recover --rebuild` asks the disks whose it is; until then it is left alone."
ENDED = (State.DONE, State.ABORTED)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A private name, what stands there, and its tag."""

    root: Root
    path: bytes
    look: disk.Look
    tag: disk.Tag | None

    @property
    def absolute(self) -> bytes:
        return os.path.join(os.fsencode(self.root.path), self.path)


def private(pairs: Iterable[tuple[Root, Root]]) -> Iterator[Finding]:
    """Findings about private names below these arrays and caches."""
    seen = {one.absolute: one for pair in pairs for one in _seen(*pair)}
    # Rows are read after the disks: a row is there before its private name is.
    known = set(_known())
    tokens = set(PathMapping.objects.exclude(probe="").values_list("probe", flat=True))
    strays = {path: one for path, one in seen.items() if path not in known and _token(one) not in tokens}
    rows = Operation.objects.select_related("array", "cache").filter(token__in={_token(one) for one in strays.values()})
    operations = {row.token: row for row in rows}
    for one in strays.values():
        operation = operations.get(_token(one))
        if not (operation and operation.is_live) and _is_still_there(one):
            yield _judge(one, operation)


def _seen(array: Root, cache: Root) -> list[_Seen]:
    try:
        with disk.open_root(cache.path, cache.pk) as below, disk.open_root(array.path, array.pk) as above:
            found = list(disk.private_names(below, above))
            return [_look(cache if root is below else array, root, path) for root, path in found]
    except StorageAbsentError:
        return []  # told once for each root


def _look(row: Root, root: disk.RootDir, path: bytes) -> _Seen:
    with disk.place_if_there(root, path) as at:
        look = at.look()
        tag = disk.read_tag(at) if look.kind is disk.Kind.FILE and path.endswith(b".orig") else None
        return _Seen(row, path, look, tag)


def _is_still_there(one: _Seen) -> bool:
    """An operation may have ended between the look at the disk and that at its row."""
    with disk.open_root(one.root.path, one.root.pk) as root, disk.place_if_there(root, one.path) as at:
        return at.look() == one.look and one.look.kind is not disk.Kind.ABSENT


def _known() -> Iterator[bytes]:
    for row in CachedFile.objects.select_related("array").exclude(original_name=b""):
        yield os.path.join(os.fsencode(row.array.path), parked_path(row))


def _parts(one: _Seen) -> tuple[str, str]:
    found = NAME.fullmatch(os.path.basename(one.path))
    return (found[1].decode(), found[2].decode()) if found else ("", "")


def _token(one: _Seen) -> str:
    return _parts(one)[0]


def _judge(one: _Seen, operation: Operation | None) -> Finding:
    if operation is not None and _is_ours(one, operation):
        message = f"A temporary that operation {operation.pk} left behind."
        return _about(one, Kind.STALE, Severity.WARNING, message, "A repair removes it.", repair=Repair.UNLINK)
    if _parts(one)[1] == "orig" and one.look.kind is disk.Kind.FILE and (operation or one.tag):
        return _parked(one, operation)
    if operation is not None:
        message = f"Operation {operation.pk} is over and left this, but it is not what the journal says."
        cure = "It may be another program's file: look at it, and move it to where it belongs or remove it."
        return _about(one, Kind.ORPHAN, Severity.ERROR, message, cure)
    return _about(one, Kind.ORPHAN, Severity.ERROR, "A private name that no operation of this journal has.", REBUILD)


def _parked(one: _Seen, operation: Operation | None) -> Finding:
    path = one.tag.path if one.tag else operation.relative if operation else b""
    owner = os.path.join(os.fsencode(one.root.path), path).decode("utf-8", "backslashreplace")
    whose = "its tag says" if one.tag else "the journal says"
    cure = f"If nothing is at that name any more, rename it back. {REBUILD}" if operation is None else (
        "If nothing is at that name any more, rename it back; else look which of the two you want."
    )  # fmt: skip
    return _about(one, Kind.PARKED, Severity.ERROR, f"A parked original without an owner; {whose} it is {owner}.", cure)


def _is_ours(one: _Seen, operation: Operation) -> bool:
    """Whether it is certainly something that an operation made and that nobody needs any more."""
    if operation.state not in ENDED or one.root.pk not in {operation.array_id, operation.cache_id}:
        return False
    role, on_cache = _parts(one)[1], one.root.pk == operation.cache_id
    if one.look.is_link(bytes(operation.link_target)):
        return not on_cache
    if one.look.kind is not disk.Kind.FILE:
        return False
    if role == "tmp" and operation.kind == Does.CACHE:
        return on_cache  # nothing but a copy in the making ever gets this name there
    if role == "tmp":
        # Before a way was chosen it is a copy in the making; afterwards something else may have been exchanged for it.
        return not on_cache and (not operation.way or one.look.is_file(operation.source_print))
    return role == "rm" and on_cache and operation.state == State.DONE and one.look.is_file(operation.target_print)


def _about(
    one: _Seen, kind: Kind, severity: Severity, message: str, cure: str, *, repair: Repair = Repair.NONE
) -> Finding:
    stray = Stray(one.root.pk, one.path) if repair is Repair.UNLINK else None
    return Finding(kind, severity, (one.absolute,), message, cure, repair, stray=stray)


def foreign(mappings: Iterable[PathMapping]) -> Iterator[Finding]:
    """Other files in a cache that only links lead to: nobody reads them there."""
    for mapping in mappings:
        if mapping.cache is None or mapping.proved_placement != Placement.SYMLINK:
            continue
        try:
            with disk.open_root(mapping.cache.path, mapping.cache.pk) as root:
                there = [path for path, _ in disk.public_files(root, b"")]
        except StorageAbsentError:
            continue  # told once for each root
        for path in _not_ours(mapping.cache, there):
            cure = "It is left alone; if it is left over from another program, remove it."
            yield Finding(Kind.FOREIGN, Severity.INFO, (path,), "A file that Cacherr did not put there.", cure)


def _not_ours(cache: Root, there: list[bytes]) -> list[bytes]:
    """The absolute paths of what no row has, of whatever cache: one may lie in another, as when a root was changed."""
    live = Operation.objects.exclude(state__in=(*ENDED, State.CONFLICT))
    rows = [row for query in (CachedFile.objects.all(), live) for row in query.values_list("cache__path", "path")]
    mine = {os.path.join(os.fsencode(root), bytes(path)) for root, path in rows}
    absolute = (os.path.join(os.fsencode(cache.path), path) for path in there)
    return [path for path in absolute if path not in mine]
