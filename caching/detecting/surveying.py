"""Looking where Plex's files are among what is mounted here, and what could be the cache. Reads names and sizes."""

import os
from collections.abc import Iterable, Iterator, Sequence

from django.conf import settings

from cacherr.errors import CacherrError
from caching import disk
from caching.detecting import mounts as m
from caching.detecting.proposing import propose
from caching.detecting.samples import relative
from caching.detecting.values import Detected, Fast, Location, Place, Surroundings
from caching.paths import components

DEPTH = 3
DIRECTORIES = 300
"""How far and how wide the directories of a mount are looked through, when no path fits by itself."""


def mounted() -> tuple[m.Mount, ...]:
    """What is mounted here now."""
    return m.parse(disk.mount_table())


def detect(locations: Sequence[Location], look_in: Iterable[str] = (), fast_in: Iterable[str] = ()) -> Detected:
    """Find the libraries' files among the mounts and below `look_in`, and a cache among the mounts or of `fast_in`.

    What of the two is no absolute path is left out.
    """
    mounts = mounted()
    look_in, fast_in = ([path for path in paths if path.startswith("/")] for paths in (look_in, fast_in))
    bases = [*dict.fromkeys([*look_in, *_bases(mounts)])]
    places = {location.path: _places(location, bases) for location in locations}
    _look_through(bases, [one for one in locations if not places[one.path] and one.samples], places)
    found = {place.path for some in places.values() for place in some}
    devices = {path: disk.standing(path).device for path in found}
    fast = tuple(_fast(mounts, fast_in, found))
    return propose(Surroundings(tuple(locations), {k: tuple(v) for k, v in places.items()}, fast, mounts, devices))


def _bases(mounts: Iterable[m.Mount]) -> Iterator[str]:
    config = str(settings.CONFIG_DIR)
    for mount in mounts:
        own = mount.point == "/" and mount.kind in m.OWN_KINDS
        if mount.is_storage and not own and mount.point != config:
            yield mount.point


def _places(location: Location, bases: Iterable[str]) -> list[Place]:
    """Where a location's files are, when a mount and the end of the location's path make the path by themselves."""
    parts = components(location.path)
    ends = ["/".join(parts[start:]) for start in range(len(parts) + 1)]
    paths = dict.fromkeys(f"{base.rstrip('/')}/{end}".rstrip("/") for base in bases for end in ends)
    return [place for path in paths if path and (place := _place(path, location)) is not None]


def _place(path: str, location: Location) -> Place | None:
    """A directory with as many of a location's samples as it has; None without any."""
    wanted = {os.fsencode(relative(sample.path, location.path)): sample.size for sample in location.samples}
    try:
        with disk.open_root(path, None) as root:
            looks = disk.looks(root, wanted)
    except CacherrError:
        return None
    matched = sum(
        look.kind is disk.Kind.FILE and look.size == wanted[name] for name, look in looks.items() if wanted[name]
    )
    return Place(path, matched, disk.standing(path).writable) if matched else None


def _look_through(bases: Iterable[str], missing: Sequence[Location], places: dict[str, list[Place]]) -> None:
    """Go through the upper directories of each mount for what did not fit by its path."""
    firsts = {
        one.path: {relative(sample.path, one.path).partition("/")[0] for sample in one.samples} for one in missing
    }
    for base in bases if missing else ():
        for path, names in disk.directories(base, DEPTH, DIRECTORIES, m.NO_MEDIA):
            for location in missing:
                if firsts[location.path] & names and (place := _place(path, location)) is not None:
                    places[location.path].append(place)


def _fast(mounts: Iterable[m.Mount], named: Iterable[str], taken: set[str]) -> Iterator[Fast]:
    """What could be the cache: what a person named, and every local storage that has none of the files found."""
    mounts = tuple(mounts)
    for path in named:
        mount = m.mount_of(path, mounts)
        yield _measured(path, mount.device if mount else "", named=True)
    for mount in mounts:
        usable = mount.is_storage and not mount.read_only and mount.kind not in m.NETWORK
        merged = mount.is_unraids or mount.kind == m.MERGERFS
        config = mount.point == str(settings.CONFIG_DIR)
        full = any(m.within(path, mount.point) and not m.is_unraid(mounts) for path in taken)
        if usable and not merged and not config and mount.point != "/" and not full:
            standing = disk.standing(mount.point)
            if standing.there and standing.writable:
                yield _measured(mount.point, mount.device)


def _measured(path: str, device: str, *, named: bool = False) -> Fast:
    standing = disk.standing(path)
    try:
        with disk.open_root(path, None) as root:
            free = disk.space(root).free
    except CacherrError:
        free = 0
    return Fast(path, free, disk.rotates(device), standing.device, named)
