"""From what a person names, a path or a rating key, to what the library knows by that name. Reads rows only."""

import os
from collections.abc import Iterable, Sequence

from cacherr.errors import RefusedError
from caching.models import CachedFile, PathMapping
from caching.models.file_row import path_key
from caching.paths import joined
from caching.targets import bases, spot
from plexusers.mirroring import batched
from plexusers.models import LibraryFile


def is_path(text: str) -> bool:
    """Whether a text is a path rather than a rating key."""
    return "/" in text or "\\" in text


def plex_path_of(text: str, mappings: Sequence[PathMapping]) -> str:
    """The path as Plex sees it of what is named by Plex's path, or by one on the array or the cache.

    Raises RefusedError for what is no whole path or lies below no mapping.
    """
    at = spot(os.fsencode(text), bases(mappings))
    rows = CachedFile.objects.filter(cache_id=at.base.cache_id, path_key=path_key(at.path))
    known = rows.values_list("plex_path", flat=True).first()
    if known or at.base.mapping is None:
        return known or text
    return joined(at.base.mapping.plex_prefix, at.path)


def keys_of(paths: Iterable[str]) -> list[str]:
    """The rating keys of films and episodes that have these files, as Plex sees them. One query for each 500."""
    found: list[str] = []
    for batch in batched(set(paths)):
        rows = LibraryFile.objects.filter(path__in=batch).order_by("item_id")
        found += rows.values_list("item__rating_key", flat=True)
    return list(dict.fromkeys(found))


def keys_named(text: str, mappings: Sequence[PathMapping]) -> list[str]:
    """The rating keys that a text names: itself, or those of a path's films and episodes. Raises RefusedError."""
    if not is_path(text):
        return [text]
    path = plex_path_of(text, mappings)
    keys = keys_of([path])
    if not keys:
        raise RefusedError(f"The library has no film or episode in {path}.", "Name it by its rating key.")
    return keys
