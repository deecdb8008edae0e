"""Which files of an item count, when there are several versions of it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plexusers.models import Versions
from plexusers.plex import PlexFile


@dataclass(frozen=True, slots=True)
class Version:
    """A version of an item with all its parts, in their order."""

    parts: tuple[PlexFile, ...]
    height: int = 0
    """Lines of the picture; 0: unknown."""
    optimized: bool = False
    """Made by Plex itself for small devices."""

    @property
    def size(self) -> int:
        """Bytes of all parts together; 0: unknown."""
        return sum(part.size for part in self.parts)


def chosen(versions: Sequence[Version], policy: Versions) -> tuple[PlexFile, ...]:
    """The files that count, each path once; a version comes with all its parts or not at all.

    What Plex made itself for small devices is never the best version while there is another, but may be the smallest.
    """
    if not versions or policy == Versions.ALL:
        return _files(versions)
    if policy == Versions.BEST:
        return _files([max(versions, key=lambda one: (not one.optimized, one.height, one.size))])
    return _files([min(versions, key=lambda one: (not one.size, one.size, one.height))])


def _files(versions: Iterable[Version]) -> tuple[PlexFile, ...]:
    return tuple({part.path: part for version in versions for part in version.parts}.values())
