"""Where the files of a row are."""

import os

from caching.models import CachedFile


def parked_path(row: CachedFile) -> bytes:
    """Where the original is parked, below the array's root; empty when it is not."""
    name = bytes(row.original_name)
    directory = os.path.dirname(row.on_array)
    return os.path.join(directory, name) if name else b""


def copy_path(row: CachedFile) -> bytes:
    """The cached copy's absolute path."""
    return os.path.join(os.fsencode(row.cache.path), row.relative)


def original_path(row: CachedFile) -> bytes:
    """The original's absolute path, parked or not."""
    return os.path.join(os.fsencode(row.array.path), parked_path(row) or row.on_array)


def name_path(row: CachedFile) -> bytes:
    """The absolute path of the name on the array."""
    return os.path.join(os.fsencode(row.array.path), row.on_array)
