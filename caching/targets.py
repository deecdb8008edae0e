"""What a person names: a Plex path, a path on the array or the cache, or a rating key. Reads only."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from cacherr.errors import RefusedError, StorageAbsentError
from caching import disk
from caching.models import CachedFile, PathMapping, Root
from caching.models.file_row import path_key
from caching.paths import components
from plexusers.plex import PlexItem
from plexusers.server import connect

NOT_COVERED = "No path mapping covers it: name a path as Plex shows it, or one below a mapping's array."
NOT_CACHED = "It is not cached."


@dataclass(frozen=True, slots=True)
class Refusal:
    """A target that nothing is done for, and why. `target` is text for people and programs, escaped by surrogates."""

    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class Base:
    """A directory that paths may be named by, and the roots that it stands for."""

    parts: tuple[bytes, ...]
    array_id: str | None
    cache_id: str | None
    mapping: PathMapping | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """A path below the roots of a base; b"" is all that is below them."""

    base: Base
    path: bytes


def bases(mappings: Iterable[PathMapping]) -> list[Base]:
    """Plex's prefix, the array and the cache of each mapping; the cache also as the host sees it."""
    found = []
    for row in mappings:
        names = [row.plex_prefix, row.array_root, row.cache_root, row.host_cache_root]
        found += [Base(_parts(os.fsencode(name)), row.array_id, row.cache_id, row) for name in names if name]
    return found


def bases_of_files() -> list[Base]:
    """The roots that cached files are on, also when no mapping names them any more."""
    rows = CachedFile.objects.order_by().values_list("array_id", "array__path", "cache_id", "cache__path").distinct()
    return [
        Base(_parts(os.fsencode(path)), array_id, cache_id)
        for array_id, array, cache_id, cache in rows
        for path in (array, cache)
    ]


def is_rating_key(text: bytes) -> bool:
    """Whether this is a number as Plex counts its items by."""
    return text.isdigit() and text.isascii()


def spot(text: bytes, known: Sequence[Base]) -> Spot:
    """The path that a text names: the base with the most components wins. Raises RefusedError."""
    parts = _parts(text)
    if not _is_whole(text):
        raise RefusedError("It is neither a whole path nor a rating key.", "Write the path from its beginning.")
    if b"\0" in text or {b".", b".."} & set(parts):
        raise RefusedError("The path has . or .. in it.", "Write it without.")
    fitting = [base for base in known if parts[: len(base.parts)] == base.parts]
    if not fitting:
        raise RefusedError(NOT_COVERED)
    base = max(fitting, key=lambda base: len(base.parts))
    return Spot(base, b"/".join(parts[len(base.parts) :]))


def _parts(text: bytes) -> tuple[bytes, ...]:
    return tuple(os.fsencode(part) for part in components(os.fsdecode(text)))


def _is_whole(text: bytes) -> bool:
    return text.startswith((b"/", b"\\\\")) or text[1:3] in {b":\\", b":/"}


def items(rating_key: bytes) -> tuple[PlexItem, ...]:
    """What Plex has by a rating key: a film, an episode, or a show's or season's episodes.

    Raises RefusedError when it has none, PlexError, ConfigurationError.
    """
    found = connect().items(rating_key.decode())
    if not found:
        raise RefusedError("Plex has no film, episode, season or show with this rating key.")
    return found


def cached_files(text: bytes, known: Sequence[Base]) -> list[CachedFile]:
    """The cached files that a text names. Raises RefusedError, and for a rating key that no row has, PlexError."""
    found = list(_cached_by_key(text, known) if is_rating_key(text) else _cached_at(spot(text, known)))
    if not found:
        raise RefusedError(NOT_CACHED)
    return found


def _cached_by_key(text: bytes, known: Sequence[Base]) -> Iterator[CachedFile]:
    rows = CachedFile.objects.select_related("array", "cache").filter(rating_key=text.decode(), belongs_to=b"")
    if rows:
        yield from rows
        return
    for item in items(text):
        for file in item.files:
            yield from _cached_at(spot(os.fsencode(file.path), known))


def _renamed(at: Spot, rows: QuerySet[CachedFile]) -> list[CachedFile]:
    """The cached file whose link has this path now, on its array."""
    array = Root.objects.filter(pk=at.base.array_id).first()
    if array is None or not at.path:
        return []
    try:
        with disk.open_root(array.path, array.pk) as root:
            look = disk.looks(root, [at.path]).get(at.path)
    except StorageAbsentError:
        return []
    return list(rows.filter(array=array, link_target=look.target)) if look and look.target else []


def _cached_at(at: Spot) -> Iterable[CachedFile]:
    rows = CachedFile.objects.select_related("array", "cache").filter(cache_id=at.base.cache_id)
    exact = list(rows.filter(path_key=path_key(at.path))) or _renamed(at, rows)
    if exact:
        return exact
    # Databases cannot look for the beginning of binary columns.
    paths = rows.order_by("id").values_list("pk", "path")
    inside = at.path + b"/" if at.path else b""
    below = [pk for pk, path in paths.iterator() if bytes(path).startswith(inside)]
    return [row for start in range(0, len(below), 500) for row in rows.filter(pk__in=below[start : start + 500])]
