"""PlexCache-D's path mappings as ours, and which of our mappings a path of its belongs to."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from caching.models import PathMapping

VIEW, ARRAY_VIEW = "/mnt/user/", "/mnt/user0/"
"""Unraid: array and pools as one, and the array alone."""


def mappings_of(given: Mapping[str, Any], notes: list[str]) -> Iterator[dict[str, Any]]:
    """The usable ones; about the others a sentence is added to the notes."""
    accepted: list[PathMapping] = list(PathMapping.objects.filter(enabled=True))
    for number, one in enumerate(_entries(given), start=1):
        values = _values(given, one, number)
        row = PathMapping(**values)
        known = next((other for other in accepted if other.name == row.name), None)
        try:
            row.clean_fields()
            row.clean_roots()
            met = next((other for other in accepted if other is not known and row.shares_cache_with(other)), None)
        except ValidationError as error:
            notes.append(f"The path mapping {row.name} was not taken: {' '.join(error.messages)}")
            continue
        if met is not None:
            notes.append(f"The path mapping {row.name} was not taken: its cache directory meets that of {met.name}.")
            continue
        accepted.append(row)
        if str(one.get("real_path", "")).startswith(VIEW):
            notes.append(f"The path mapping {row.name} works on {row.array_root}, the array without the pools.")
        yield values


def _entries(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = given.get("path_mappings")
    if isinstance(listed, list):
        return [one for one in listed if isinstance(one, dict)]
    if given.get("plex_source") and given.get("real_source"):
        names = {"plex_path": "plex_source", "real_path": "real_source", "cache_path": "cache_dir"}
        return [{"name": "PlexCache-D"} | {new: given.get(old) for new, old in names.items()}]
    return []


def _values(given: Mapping[str, Any], one: Mapping[str, Any], number: int) -> dict[str, Any]:
    real = str(one.get("real_path") or "")
    cache, host = str(one.get("cache_path") or ""), str(one.get("host_cache_path") or "")
    return {
        "name": str(one.get("name") or f"PlexCache-D {number}")[:100],
        "plex_prefix": _trimmed(str(one.get("plex_path") or "")),
        "array_root": _trimmed(ARRAY_VIEW + real.removeprefix(VIEW) if real.startswith(VIEW) else real),
        "cache_root": _trimmed(cache),
        "host_cache_root": _trimmed(host) if host != cache else "",
        "placement": "symlink" if given.get("use_symlinks") else "union",
        "mode": "copy" if given.get("create_plexcached_backups", True) else "move",
        "enabled": bool(one.get("enabled", True) and one.get("cacheable", True)),
    }


def _trimmed(path: str) -> str:
    return path.rstrip("/") or path


def belongs(path: bytes, mappings: Sequence[PathMapping]) -> tuple[PathMapping, bytes] | None:
    """The mapping whose cache a path lies in, as Cacherr or as the host sees it, and the path below it."""
    best: tuple[int, PathMapping, bytes] | None = None
    for mapping in mappings:
        for root in filter(None, (mapping.cache_root, mapping.host_cache_root)):
            prefix = os.fsencode(root.rstrip("/") + "/")
            if path.startswith(prefix) and len(path) > len(prefix) and (best is None or len(prefix) > best[0]):
                best = (len(prefix), mapping, path[len(prefix) :])
    return (best[1], best[2]) if best else None
