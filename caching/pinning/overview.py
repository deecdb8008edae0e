"""Pins with what the library has of them and how much of that is cached. Rows only; sizes in bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from caching.models import CachedFile, Pin
from caching.pinning.wanting import items_of
from plexusers.mirroring import batched
from plexusers.models import Versions, WatchPolicy


@dataclass(frozen=True, slots=True)
class Shown:
    """A pin as people and programs see it."""

    pin: Pin
    files: int
    size: int
    files_cached: int
    bytes_cached: int

    @property
    def data(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "id": self.pin.pk,
            "kind": self.pin.kind,
            "rating_key": self.pin.rating_key,
            "season": self.pin.season,
            "title": self.pin.title,
            "versions": self.pin.versions,
            "created_by": self.pin.created_by,
            "created_at": self.pin.created_at.isoformat(),
            "files": self.files,
            "size": self.size,
            "files_cached": self.files_cached,
            "bytes_cached": self.bytes_cached,
        }


def overview(pins: Iterable[Pin]) -> dict[int, Shown]:
    """Pins by primary key. A handful of queries however many there are."""
    pinned = items_of(pins, Versions(WatchPolicy.effective().versions))
    cached: set[str] = set()
    for batch in batched({path for one in pinned for path in one.sizes}):
        cached.update(CachedFile.objects.filter(plex_path__in=batch).values_list("plex_path", flat=True))
    found = {}
    for one in pinned:
        sizes = one.sizes
        here = [size for path, size in sizes.items() if path in cached]
        found[one.pin.pk] = Shown(one.pin, len(sizes), sum(sizes.values()), len(here), sum(here))
    return found
