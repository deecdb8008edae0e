"""A cache that is only counted: which files are on it since when, and what was moved for that."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from caching.ledger.counting import Interval
from caching.planning.values import FileKey, Storage
from caching.replaying.values import Setup


@dataclass(slots=True)
class Copy:
    """A cached file."""

    size: int
    cached_at: int
    """When it was there whole: may be yet to come."""
    claims: frozenset[str] = frozenset()
    """Under which it was wanted last."""


class Contents:
    """What is cached. Files come one after the other, as fast as the settings say."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.files: dict[FileKey, Copy] = {}
        self.used: defaultdict[str, int] = defaultdict(int)
        self.copies: list[Interval] = []
        """When the array was read or written."""
        self.bytes_cached = self.bytes_returned = self.files_cached = self.files_left = self.fullest = 0
        self._busy_until = 0

    @property
    def bytes(self) -> int:
        """How much is cached, what is on its way included."""
        return sum(self.used.values())

    def holds(self, files: Iterable[tuple[FileKey, int]], now: int) -> bool:
        """Whether all these files are there whole."""
        copies = [self.files.get(file) for file, _ in files]
        return all(copy is not None and copy.cached_at <= now for copy in copies)

    def bring(self, file: FileKey, size: int, now: int, claims: Iterable[str] = ()) -> None:
        """Cache a file that is not cached."""
        begun = max(now, self._busy_until)
        self._busy_until = begun + self._takes(size)
        self.copies.append(Interval(begun, self._busy_until))
        self.files[file] = Copy(size, self._busy_until, frozenset(claims))
        self.used[file.cache] += size
        self.bytes_cached += size
        self.files_cached += 1
        self.fullest = max(self.fullest, self.bytes)

    def let_go(self, file: FileKey, now: int) -> None:
        """A cached file leaves: where the array keeps its original, nothing is copied for that."""
        copy = self.files.pop(file)
        self.used[file.cache] -= copy.size
        self.files_left += 1
        if file.cache in self._setup.moving:
            self.bytes_returned += copy.size
            self.copies.append(Interval(now, now + self._takes(copy.size)))

    def storages(self) -> tuple[Storage, ...]:
        """The caches as they are now, for the planner."""
        systems: defaultdict[str, int] = defaultdict(int)
        for one in self._setup.storages:
            systems[one.file_system or one.cache] += self.used[one.cache]
        return tuple(
            replace(one, free=one.free - systems[one.file_system or one.cache]) for one in self._setup.storages
        )

    def _takes(self, size: int) -> int:
        speed = self._setup.bytes_per_second
        return -(-size // speed) if speed else 0


def capacity(storages: Iterable[Storage]) -> int:
    """How much all caches together may hold of Cacherr's files, when nothing of them is there."""
    systems: Mapping[str, list[Storage]] = _by_system(storages)
    return sum(_room(shared) for shared in systems.values())


def _by_system(storages: Iterable[Storage]) -> dict[str, list[Storage]]:
    found: defaultdict[str, list[Storage]] = defaultdict(list)
    for one in storages:
        found[one.file_system or one.cache].append(one)
    return found


def _room(shared: list[Storage]) -> int:
    usable = max(0, min(one.free - max(one.minimum_free, one.reserve) for one in shared))
    limits = [one.limit for one in shared if one.limit is not None]
    return min(usable, sum(limits)) if len(limits) == len(shared) else usable
