"""The list for Unraid's mover: what it must leave on the cache, as a file of absolute paths in the configuration.

It names what is cached and what is about to be: the mover may begin at any moment, also while a cycle works or after a
crash. Written whole, beside its place, and renamed there, so that the mover never reads half of it.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from caching.models import LIVE_STATES, CachedFile, Kind, Operation, PathMapping

NAME = "mover_exclusions.txt"


def path() -> Path:
    """Where the list is."""
    return Path(settings.CONFIG_DIR) / NAME


def announce(operations: Iterable[Operation]) -> bool:
    """Before these begin: have the list name what they cache; whether it had to be changed. Raises OSError.

    So it needs no writing for each file, and is never late for one.
    """
    coming = [row for row in operations if row.kind == Kind.CACHE]
    if not coming:
        return False
    roots, named = host_roots(), listed()
    found = (line_of(roots.get(row.cache_id, row.cache.path), row.relative) for row in coming)
    return write() if any(line not in named for line in found if b"\n" not in line) else False


def write() -> bool:
    """Bring the list up to date with the cached files and what is about to be cached; whether it had to be changed.

    Raises OSError.
    """
    content = b"".join(line + b"\n" for line in lines())
    target = path()
    try:
        if target.read_bytes() == content:
            return False
    except FileNotFoundError:
        if not content:
            return False
    beside = target.with_name(f".{NAME}.{os.getpid()}")
    with open(beside, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, target)
    return True


def listed() -> frozenset[bytes]:
    """What the list names now; nothing when there is none."""
    try:
        return frozenset(path().read_bytes().split(b"\n")) - {b""}
    except FileNotFoundError:
        return frozenset()


def lines() -> list[bytes]:
    """What the list has to name, sorted. A name with a line break cannot be in it."""
    roots = host_roots()
    coming = Operation.objects.filter(kind=Kind.CACHE, state__in=LIVE_STATES).order_by()
    places = (rows.values_list("cache_id", "cache__path", "path") for rows in (CachedFile.objects.all(), coming))
    found = {
        line_of(roots.get(cache_id, root), bytes(relative))
        for rows in places
        for cache_id, root, relative in rows.iterator()
    }
    return sorted(line for line in found if b"\n" not in line)


def line_of(root: str, relative: bytes) -> bytes:
    """The absolute path of a cached copy below a cache's root as the host sees it."""
    return os.fsencode(root).rstrip(b"/") + b"/" + relative


def host_roots() -> dict[str, str]:
    """Caches that the host sees elsewhere than Cacherr does, by their ids."""
    return dict(_host_roots())


def _host_roots() -> Iterator[tuple[str, str]]:
    for row in PathMapping.objects.exclude(host_cache_root="").filter(cache__isnull=False):
        yield str(row.cache_id), row.host_cache_root
