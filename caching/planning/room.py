"""What is left of each cache's budget while a plan is being made. Sizes in bytes."""

from collections.abc import Iterable
from dataclasses import dataclass

from caching.planning.sizes import readable
from caching.planning.values import Storage


@dataclass(slots=True)
class _Free:
    """Free space of a file system above its minimum, shared by all caches on it."""

    left: int


@dataclass(slots=True)
class _Room:
    limit: int | None
    used: int
    free: _Free


class Rooms:
    """The budgets of all caches: a limit for each, free space for each file system."""

    def __init__(self, storages: Iterable[Storage]) -> None:
        shared: dict[tuple[str, str], _Free] = {}
        self._rooms: dict[str, _Room] = {}
        pending: dict[tuple[str, str], int] = {}
        for storage in sorted(storages, key=lambda storage: storage.cache):
            # A name of its own for each cache whose file system is not known.
            system = ("shared", storage.file_system) if storage.file_system else ("own", storage.cache)
            usable = storage.free - storage.minimum_free
            free = shared.setdefault(system, _Free(usable))
            free.left = min(free.left, usable)
            pending[system] = pending.get(system, 0) + storage.pending
            self._rooms[storage.cache] = _Room(storage.limit, storage.coming, free)
        for system, size in pending.items():
            shared[system].left -= size

    def hold(self, cache: str, size: int) -> None:
        """A file stays where it is."""
        if room := self._rooms.get(cache):
            room.used += size

    def release(self, cache: str, size: int) -> None:
        """A file leaves and makes room."""
        if room := self._rooms.get(cache):
            room.free.left += size

    def take(self, cache: str, size: int) -> str:
        """Use up `size` bytes, or say why not."""
        room = self._rooms.get(cache)
        if room is None:
            return "its cache is not there"
        if room.limit is not None and size > room.limit:
            return f"larger than the cache limit of {readable(room.limit)}: raise it to cache this file"
        if room.limit is not None and room.used + size > room.limit:
            left = readable(max(room.limit - room.used, 0))
            return f"no room within the cache limit: {readable(size)} needed, {left} left; raise the limit"
        if size > room.free.left:
            left = readable(max(room.free.left, 0))
            return f"no room on the cache: {readable(size)} needed, {left} usable; free some space on its disk"
        room.used += size
        room.free.left -= size
        return ""
