"""Which cached files are not any more what was cached: replaced by another program, gone, or of no use. Reads only.

What differs from its fingerprint by nothing but the inode came with a new disk, or is another program's file of that
size and time. Only its bytes tell; until they were compared it counts as unchanged.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cacherr.errors import StorageAbsentError
from caching import disk
from caching.models import CachedFile
from caching.planning.values import FileKey

REPLACED = "replaced by another program: the new file wins"
GONE = "the cached copy is gone"
STRANGE = "something that is no file stands at the cached copy's place"
ELSEWHERE = "its path mapping has another array now: it goes back to the one it came from"


@dataclass(frozen=True, slots=True)
class Change:
    """Why a cached file is not what was cached, and what stands at its place now, in bytes."""

    reason: str
    size: int


def of_mappings(cached: Mapping[FileKey, CachedFile], arrays: Mapping[str | None, str | None]) -> dict[FileKey, Change]:
    """The cached files that Plex does not read where they came from any more. `arrays` are the arrays of caches now."""
    return {
        key: Change(ELSEWHERE, row.size)
        for key, row in cached.items()
        if arrays.get(row.cache_id, row.array_id) != row.array_id
    }


Compare = Callable[[Sequence[CachedFile], disk.RootDir], Iterable[bool | None]]
"""Whether cached copies with another inode, all of one cache, have the bytes that were cached; None: unknown."""


def nobody_compares(rows: Sequence[CachedFile], root: disk.RootDir) -> list[None]:  # noqa: ARG001 - a Compare
    """For those who must answer at once: reading takes long."""
    return [None] * len(rows)


def on_caches(cached: Mapping[FileKey, CachedFile], compare: Compare = nobody_compares) -> dict[FileKey, Change]:
    """The cached copies that are not what their rows say. A cache that is not there says nothing about its files."""
    roots: dict[tuple[str, str], list[FileKey]] = defaultdict(list)
    for key, row in cached.items():
        if not row.conflict:
            roots[row.cache.path, row.cache_id].append(key)
    return {key: change for root, keys in roots.items() for key, change in _on_cache(root, keys, cached, compare)}


def _on_cache(
    root: tuple[str, str], keys: Iterable[FileKey], cached: Mapping[FileKey, CachedFile], compare: Compare
) -> list[tuple[FileKey, Change]]:
    by_path = {key.path: key for key in keys}
    changed, alike = [], {}
    try:
        with disk.open_root(*root) as opened:
            for path, look in disk.looks(opened, by_path).items():
                row = cached[by_path[path]]
                if look.is_file(row.cache_print):
                    continue
                if may_be_the_same(row, look, row.cache_print):
                    alike[by_path[path]] = look
                else:
                    changed.append((by_path[path], _change(look)))
            answers = compare([cached[key] for key in alike], opened) if alike else ()
            others = [key for key, same in zip(alike, answers, strict=True) if same is False]
    except StorageAbsentError:
        return []
    return [*changed, *((key, _change(alike[key])) for key in others)]


def may_be_the_same(row: CachedFile, look: disk.Look, fingerprint: str) -> bool:
    """Whether a file may be what its row knows by this fingerprint, under another inode: then its bytes tell."""
    return bool(row.hash) and look.may_be_copy_of(fingerprint)


def _change(look: disk.Look) -> Change:
    reasons = {disk.Kind.FILE: REPLACED, disk.Kind.ABSENT: GONE}
    return Change(reasons.get(look.kind, STRANGE), look.size)


def on_array(row: CachedFile, look: disk.Look) -> Change | None:
    """What is wrong with the original's name on the array, when `look` is what it shows.

    Our link has to be there on a symlink placement; a shadowed original has to be the one that was copied. A name that
    was given up, and a shadowed original that is not there, are no signs of a new file.
    """
    if row.is_linked:
        return None if look.is_link(bytes(row.link_target)) else Change(REPLACED, row.size)
    known = look.is_file(row.array_print) or may_be_the_same(row, look, row.array_print)
    replaced = not row.leaves_name and look.kind is disk.Kind.FILE and not known
    return Change(REPLACED, row.size) if replaced else None
