"""Our link was renamed while its file was cached, as Sonarr and Radarr do: finding it, and following it.

The copy keeps its path on the cache, since the link's target is what counts. The search is near first: the link's own
directory, where Plex says the item is now, and the directories beside. All of the array is walked only where somebody
ordered the operation, or nothing else would be left of the file: that wakes its disks.
"""

import errno
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from cacherr.errors import StorageAbsentError
from caching import disk, journal
from caching.bench import OPEN, AbortedError, ConflictError
from caching.models import AUTOMATIC, Operation, PathMapping, Root
from caching.models.file_row import FileRow, parents
from caching.paths import locate
from plexusers.library import files_of
from plexusers.models import Versions

log = logging.getLogger(__name__)

Watch = Callable[[], None]
MOST_BESIDE = 2000
"""So many directories beside the one that had the link are looked into, one level of them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A link that leads to a cached copy."""

    path: bytes
    """Below the array's root."""
    exact: bool
    """Whether it is as we made it; otherwise somebody made it, for example a relative one."""


def near(array: disk.RootDir, row: FileRow) -> tuple[Seen, ...]:
    """The links to a file's copy in the nearest place that has any. Reads names only. Raises OSError."""
    directory = os.path.dirname(row.on_array)
    for places in ((directory,), _by_plex(row), _beside(array, directory)):
        found = tuple(_leading(array.path, _links(array, places), row))
        if found:
            return found
    return ()


def anywhere(array: disk.RootDir, row: FileRow, watch: Watch) -> tuple[Seen, ...]:
    """The links to a file's copy below the array, by walking all of it. Raises OSError, and what `watch` does."""
    return tuple(_leading(array.path, disk.links_below(array, watch), row))


def _links(array: disk.RootDir, directories: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for directory in dict.fromkeys(directories):
        yield from disk.scan(array, directory).links.items()


def _leading(root: str, links: Iterable[tuple[bytes, bytes]], row: FileRow) -> Iterator[Seen]:
    wanted = bytes(row.link_target)
    for path, target in links:
        if not wanted or not target or disk.is_private(os.path.basename(path)):
            continue
        whole = os.path.normpath(os.path.join(os.fsencode(root), os.path.dirname(path), target))
        if target == wanted or whole == os.path.normpath(wanted):
            yield Seen(path, target == wanted)


def _by_plex(row: FileRow) -> list[bytes]:
    """The directories in which the index of Plex's library has the item now."""
    if not row.rating_key:
        return []
    mappings = list(PathMapping.objects.filter(enabled=True, array_id=row.array_id))
    files = files_of([row.rating_key], Versions.ALL).get(row.rating_key, ())
    found = (locate(file.path, mappings) for file in files)
    return [os.path.dirname(place[1]) for place in found if place]


def _beside(array: disk.RootDir, directory: bytes) -> list[bytes]:
    """The directories beside the one that had the link, or beside the outermost that is not there any more.

    Of the latter, what lies as deep in them as the link did.
    """
    outermost, rest = directory, b""
    for above in [directory, *parents(directory)] if directory else []:
        if not disk.missing_directories(array, above + b"/-"):
            break
        outermost = above
        rest = directory[len(above) + 1 :]
    there = disk.scan(array, os.path.dirname(outermost)).directories
    open_ones = [one for one in there if not os.path.basename(one).startswith(b".")]
    return [os.path.join(one, rest) if rest else one for one in open_ones[:MOST_BESIDE]]


def follow(operation: Operation, array: disk.RootDir, cache: disk.RootDir | None, watch: Watch) -> None:
    """Before a return begins: where its link was renamed, the file shall come back under the new name.

    Raises ConflictError where the new name is not certain, AbortedError, OSError, and what `watch` does.
    """
    if not operation.is_linked or _has_its_name(operation, array):
        return
    if cache is None:
        _follow_any(operation, array, watch)
        return
    # A cycle asks a person before it does anything about a link that is gone, unless nothing is left to be kept. Where
    # something else has the name, it was replaced or renamed: nobody can tell without having looked everywhere.
    is_gone = _is_absent(array, operation.on_array) and not _is_absent(cache, operation.relative)
    thorough = operation.trigger != AUTOMATIC or not is_gone
    found = near(array, operation)
    if not found and thorough:
        _require_closed(operation, cache)
        found = _everywhere(operation, array, watch)
    if found:
        _follow(operation, array, _certain(operation, found))
    elif operation.renamed_to and disk.missing_directories(array, operation.on_array):
        # The new directory is gone as well; only the old one has a twin on the cache that it can be made like.
        _unfollow(operation, b"", operation.relative)


def _require_closed(operation: Operation, cache: disk.RootDir) -> None:
    """Raises AbortedError while somebody has the copy open: nothing would come of a search that wakes every disk."""
    with disk.place_if_there(cache, operation.relative) as copy:
        if copy.look().kind is disk.Kind.FILE and disk.in_use(copy) is disk.Use.SOMEBODY:
            raise AbortedError(OPEN, "It is tried again later.")


def _follow_any(operation: Operation, array: disk.RootDir, watch: Watch) -> None:
    """For a rescue: no copy is taken from any link, so the original gets the nearest name that was our link's.

    Where that cannot be, it is better to have it under its old name than under none.
    """
    before, renamed_to = operation.on_array, bytes(operation.renamed_to)
    exact = [one.path for one in _found_by_any(operation, array, watch) if one.exact]
    if not exact:
        return
    try:
        _follow(operation, array, exact[0])
    except (ConflictError, OSError, disk.RefusedPathError) as error:
        if not _is_parked_beside(operation, array, before):
            raise
        log.warning("%s gets its old name: %s", operation, error)
        _unfollow(operation, renamed_to, before)


def _found_by_any(operation: Operation, array: disk.RootDir, watch: Watch) -> tuple[Seen, ...]:
    searches: tuple[Callable[[], tuple[Seen, ...]], ...] = (
        lambda: near(array, operation),
        lambda: anywhere(array, operation, watch),
    )
    for search in searches:
        try:
            if found := search():
                return found
        except (OSError, disk.RefusedPathError) as error:
            log.warning("The link of %s was not looked for everywhere: %s", operation, error)
    return ()


def _is_parked_beside(operation: Operation, array: disk.RootDir, path: bytes) -> bool:
    parked = os.path.join(os.path.dirname(path), bytes(operation.original_name))
    look = disk.looks(array, [parked]).get(parked)
    return look is not None and _is_original(operation, look)


def _is_original(operation: Operation, look: disk.Look) -> bool:
    """Whether it is the original; its disk may have been exchanged."""
    return look.is_file(operation.source_print) or look.may_be_copy_of(operation.source_print)


def _unfollow(operation: Operation, renamed_to: bytes, to: bytes) -> None:
    plex_path = _as_plex_sees(operation.plex_path, operation.on_array, to)
    journal.note(operation, renamed_to=renamed_to, plex_path=plex_path)
    journal.follow(operation)


def is_elsewhere(operation: Operation, array: disk.RootDir) -> bool:
    """Whether the link has another name now: then the copy must not be taken from it. Raises ConflictError, OSError."""
    return operation.is_linked and bool(near(array, operation) or _everywhere(operation, array, lambda: None))


def _has_its_name(operation: Operation, array: disk.RootDir) -> bool:
    """Whether our link or its original is where it was. What cannot be seen counts as there."""
    look = disk.looks(array, [operation.on_array]).get(operation.on_array)
    return look is None or look.is_link(bytes(operation.link_target)) or look.is_file(operation.source_print)


def _is_absent(root: disk.RootDir, path: bytes) -> bool:
    """What cannot be seen is not absent."""
    look = disk.looks(root, [path]).get(path)
    return look is not None and look.kind is disk.Kind.ABSENT


def _everywhere(operation: Operation, array: disk.RootDir, watch: Watch) -> tuple[Seen, ...]:
    """All of its array, then the others. Raises ConflictError where a link is below another array.

    Raises StorageAbsentError when another file has the name, and the link may be on an array that is not there.
    """
    found = anywhere(array, operation, watch)
    for root in Root.objects.filter(kind=Root.Kind.ARRAY).exclude(pk=operation.array_id) if not found else ():
        try:
            with disk.open_root(root.path, root.pk) as opened:
                for seen in anywhere(opened, operation, watch):
                    place = shown(root.path, seen.path)
                    raise ConflictError(
                        f"Its link was moved below another array while it was cached: {place}.",
                        f"Move the link back below {array.path}, then restore it.",
                    )
        except StorageAbsentError:
            # A link on a disk that is not there leads nobody anywhere now; but what the new file replaces is removed.
            if not _is_absent(array, operation.on_array) and _is_used(root):
                raise
    return found


def _is_used(array: Root) -> bool:
    return PathMapping.objects.filter(enabled=True, array=array).exists()


def _certain(operation: Operation, found: tuple[Seen, ...]) -> bytes:
    """The one link that was ours. Raises ConflictError where that cannot be known."""
    problem = uncertain(operation.array.path, found)
    if problem:
        raise ConflictError(*problem)
    return found[0].path


def uncertain(root: str, found: tuple[Seen, ...]) -> tuple[str, str] | None:
    """Why links cannot be followed and what a person can do; None when one can. Pure."""
    if len(found) > 1:
        places = " and ".join(shown(root, one.path) for one in found)
        return f"Several links lead to its cached copy: {places}.", "Remove all but one, then restore it."
    if not found[0].exact:
        place = shown(root, found[0].path)
        return f"Another program's link leads to its cached copy: {place}.", "Remove that link, then restore it."
    return None


def shown(root: str, path: bytes) -> str:
    """An absolute path for people."""
    return f"{root}/{path.decode('utf-8', 'backslashreplace')}"


def _follow(operation: Operation, array: disk.RootDir, to: bytes) -> None:
    """The operation's row says it first, then the parked original comes beside its link, then the file's row says it.

    After a crash in between, recovery finishes it, and whatever it cannot is simply found again.
    """
    before = operation.on_array
    changes = {
        "renamed_to": b"" if to == operation.relative else to,
        "plex_path": _as_plex_sees(operation.plex_path, before, to),
        "reason": f"{operation.reason}; it was renamed to {shown(operation.array.path, to)} while it was cached",
    }
    journal.note(operation, **changes)
    _bring_parked(operation, array, before)
    journal.follow(operation)


def finish(operation: Operation, array: disk.RootDir) -> None:
    """What a crash left of following: the file's row and its parked original go where the operation's row says.

    Raises ConflictError, OSError, RefusedPathError; LostOperationError.
    """
    file = journal.cached_file(operation).first()
    if file is not None and file.on_array != operation.on_array:
        _bring_parked(operation, array, file.on_array)
        journal.follow(operation)


def _as_plex_sees(plex_path: str, before: bytes, to: bytes) -> str:
    """The Plex path with the new name; what does not end in the old one stays as it is."""
    old, new = (path.decode("utf-8", "backslashreplace") for path in (before, to))
    return plex_path[: -len(old)] + new if plex_path.endswith(f"/{old}") else plex_path


def _bring_parked(operation: Operation, array: disk.RootDir, before: bytes) -> None:
    """It went along where a directory was renamed, and stayed where the link was moved out of it.

    Where both happened it is in neither place: then all of the array is looked through for its private name.
    """
    name, to = bytes(operation.original_name), operation.on_array
    if not name or os.path.dirname(before) == os.path.dirname(to) or _bring(operation, array, before):
        return
    for path in disk.private_names_below(array):
        if os.path.basename(path) == name and _bring(operation, array, path):
            return


def _bring(operation: Operation, array: disk.RootDir, source: bytes) -> bool:
    """Bring the parked original from the directory of `source`, if it is there. Whether it is beside the link now."""
    name, to = bytes(operation.original_name), operation.on_array
    with ExitStack() as stack:
        old_disk = stack.enter_context(disk.real_root(array, source, [name]))
        new_disk = stack.enter_context(disk.real_root(array, to, [os.path.basename(to)]))
        parked = stack.enter_context(disk.place_if_there(old_disk, source)).sibling(name)
        beside = stack.enter_context(disk.place_if_there(new_disk, to)).sibling(name)
        if _is_original(operation, parked.look()) and beside.look().kind is disk.Kind.ABSENT:
            _rename(parked, beside)
        disk.sync(beside)
        disk.sync(parked)
        return beside.look().kind is not disk.Kind.ABSENT


def _rename(parked: disk.Place, beside: disk.Place) -> None:
    try:
        disk.rename_new(parked, beside)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        raise ConflictError(
            "Its link was moved to another disk, while its original is parked on the old one. Both are kept.",
            "Move the link back to where it was, then restore it.",
        ) from error
