"""A cached file as plain values: one shape for the API, the export and the pages. Sizes in bytes, times in UTC."""

from typing import Any

from caching.cached.choosing import condition_of
from caching.models import CachedFile


def file_data(row: CachedFile) -> dict[str, Any]:
    """A cached file for programs. No query."""
    return {
        "id": row.pk,
        "title": row.title,
        "file_name": row.file_name,
        "plex_path": row.plex_path,
        "size": row.size,
        "score": row.score,
        "parts": row.parts,
        "status": condition_of(row),
        "reason": row.reason,
        "who": row.who,
        "sources": row.sources,
        "placement": row.placement,
        "mode": row.mode,
        "conflict": row.conflict,
        "cached_at": row.cached_at,
        "leaves_at": row.leaves_at,
        "leaves_why": row.leaves_why,
    }


def where(row: CachedFile) -> dict[str, str]:
    """Where a cached file is; bytes of names that are no text are escaped. Needs `array` and `cache` of the row."""
    name, path = (one.decode("utf-8", "backslashreplace") for one in (row.on_array, row.relative))
    return {"array_path": f"{row.array.path}/{name}", "cache_path": f"{row.cache.path}/{path}"}
