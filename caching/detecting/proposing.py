"""From where files were found to path mappings that are worth proposing. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from caching.detecting import mounts as m
from caching.detecting.values import Detected, Fast, Location, Place, Proposal, Surroundings
from caching.paths import components
from caching.planning.sizes import readable

Pair = tuple[str, str]
"""A Plex prefix and the directory that shows the same."""

NOT_FOUND = (
    "None of its files was found below what is mounted here. Mount the media into Cacherr's container, or name the "
    "directory that has it."
)
EMPTY = "Plex has no file there yet, so nothing can be looked for. Add something to the library, or enter it by hand."


def propose(around: Surroundings) -> Detected:
    """The mappings that cover as many locations as possible with as few rows as possible."""
    chosen = {location.path: _best(around, location) for location in around.locations}
    found = {path: place for path, place in chosen.items() if place is not None}
    proposals = tuple(_proposal(pair, covered, around, found) for pair, covered in _grouped(found, around))
    covered = {path for proposal in proposals for path in proposal.locations}
    missing = tuple(
        (location.path, NOT_FOUND if location.samples else EMPTY)
        for location in around.locations
        if location.path not in covered and not any(covers(one.plex_prefix, location.path) for one in proposals)
    )
    return Detected(proposals, missing)


def _best(around: Surroundings, location: Location) -> Place | None:
    """The directory that most certainly is the array's own."""

    unraid = m.is_unraid(around.mounts)

    def rank(place: Place) -> tuple[bool, bool, int, bool, bool, bool, bool, int]:
        mount = m.mount_of(place.path, around.mounts)
        pooled = bool(mount and mount.kind == m.MERGERFS and not mount.is_unraids)
        return (
            unraid and bool(m.pool_of(place.path)),  # new files lie on a pool until the mover takes them
            pooled and place.path == location.path,  # what Plex itself reads most likely has the cache in it
            -place.matched,  # a single disk has only its own
            unraid and not m.within(place.path, m.UNRAID_ARRAY),
            not place.writable,
            bool(mount and mount.kind in m.NETWORK),
            pooled,
            len(place.path),
        )

    places = around.places.get(location.path, ())
    apart = [place for place in places if not m.is_view(place.path, around.mounts)]
    # A merged view is taken only where nothing else has any: then its warning says what to do.
    return min(apart or places, key=rank, default=None)


def _grouped(found: Mapping[str, Place], around: Surroundings) -> Iterator[tuple[Pair, tuple[str, ...]]]:
    """Pairs that cover the locations: first what covers most, of those the deepest."""
    covers: defaultdict[Pair, set[str]] = defaultdict(set)
    for location, place in found.items():
        for pair in _pairs(location, place.path, around.mounts):
            covers[pair].add(location)
    left = set(found)
    while left:
        best = max(covers, key=lambda pair: (len(covers[pair] & left), len(pair[0]), pair))
        covered = covers.pop(best) & left
        left -= covered
        yield best, tuple(sorted(covered))


def _pairs(location: str, place: str, mounts: tuple[m.Mount, ...]) -> Iterator[Pair]:
    """The location with its place, then their parents as long as the names are equal and the mount is the same."""
    mount = m.mount_of(place, mounts)
    while True:
        yield location, place
        (above, name), (over, same) = _parent(location), _parent(place)
        if name != same or not above.strip("/") or not over.strip("/"):
            return
        if mount and not m.within(over, mount.point):
            return
        location, place = above, over


def _parent(path: str) -> tuple[str, str]:
    """The path above, as it is written, and the last name."""
    parts = components(path)
    name = parts[-1] if parts else ""
    return path.rstrip("/\\")[: -len(name) or None].rstrip("/\\"), name


def _is_below(path: str, prefix: str) -> bool:
    parts, start = components(path), components(prefix)
    return parts[: len(start)] == start


def _proposal(pair: Pair, covered: tuple[str, ...], around: Surroundings, found: Mapping[str, Place]) -> Proposal:
    prefix, array = pair
    reasons = [_seen(covered, around, found, array)]
    warnings = list(_array_warnings(array, around.mounts))
    fast = _fastest(array, around)
    if fast is None:
        cache = ""
        warnings.append("No SSD is mounted here. Mount it into the container, or name a directory on it.")
    else:
        cache = _cache_root(array, fast, around.mounts)
        reasons.append(_why_fast(fast))
        if fast.device and fast.device == _device(array, around):
            warnings.append(
                f"{cache} is on the same file system as {array}: nothing gets faster by that. Name a directory of an "
                "SSD if this is none."
            )
    placement, why = _placement(prefix, array, cache, around.mounts)
    return Proposal(
        name=(components(prefix) or ["media"])[-1],
        plex_prefix=prefix,
        array_root=array,
        cache_root=cache,
        placement=placement,
        reasons=(*reasons, why),
        warnings=tuple(warnings),
        locations=covered,
    )


def _seen(covered: tuple[str, ...], around: Surroundings, found: Mapping[str, Place], array: str) -> str:
    matched = sum(found[path].matched for path in covered)
    files = sum(len(location.samples) for location in around.locations if location.path in covered)
    elsewhere = sorted(
        {place.path for path in covered for place in around.places[path]} - {found[p].path for p in covered}
    )
    also = f" They are also seen in {', '.join(elsewhere[:3])}." if elsewhere else ""
    return f"{matched} of {files} files that Plex names were found below {array}, each with its size.{also}"


def _array_warnings(array: str, mounts: tuple[m.Mount, ...]) -> Iterator[str]:
    mount = m.mount_of(array, mounts)
    if m.is_view(array, mounts):
        yield (
            f"{array} is Unraid's view of array and pools together, not the array. Mount /mnt/user0 as well, and name "
            f"/mnt/user0/{m.share_of(array)}."
        )
    if mount and mount.is_unraids and not m.within(array, "/mnt"):
        yield (
            f"{array} is a share of Unraid under another name. Mount array and pools at their own paths, /mnt/user0 "
            "and /mnt/cache: only then array, pool and view can be told apart."
        )
    if mount and mount.read_only:
        yield f"{array} is mounted read-only. Mount it writable (in the container's settings: Read/Write)."
    if mount and mount.kind in m.NETWORK:
        yield (
            f"{array} is a network file system ({mount.kind}), where names cannot be swapped safely. Run Cacherr on "
            "the machine that has the disks."
        )
    if mount and mount.kind == m.MERGERFS and not mount.is_unraids:
        yield (
            f"{array} is a mergerfs pool. That is right only when the cache is none of its branches; otherwise make a "
            "second pool of the slow branches alone and name that."
        )


def _fastest(array: str, around: Surroundings) -> Fast | None:
    """Where cached copies should go: what a person named, an Unraid pool, a disk without a motor, whatever is apart."""

    def rank(fast: Fast) -> tuple[bool, bool, bool, bool, int]:
        name = fast.path.rsplit("/", 1)[-1].lower()
        sounds_fast = any(word in name for word in ("cache", "ssd", "nvme", "fast"))
        return (not fast.named, fast.rotates is True, not sounds_fast, fast.rotates is not False, -fast.free)

    def fits(fast: Fast) -> bool:
        apart = fast.device != _device(array, around) and not m.meet(array, fast.path, around.mounts)
        return fast.named or (apart and fast.rotates is not True and not m.UNRAID_DISK.match(fast.path))

    return min(filter(fits, around.fast), key=rank, default=None)


def _cache_root(array: str, fast: Fast, mounts: tuple[m.Mount, ...]) -> str:
    """On Unraid the share's own path on the pool, so that the view shows the copy; else one for this mapping."""
    base = fast.path.rstrip("/")
    share = m.share_of(array)
    if share and m.pool_of(base) == base and m.is_unraid(mounts):
        return f"{base}/{share}"
    name = array.rstrip("/").rsplit("/", 1)[-1]
    return base if base.rsplit("/", 1)[-1] == name else f"{base}/{name}"


def _why_fast(fast: Fast) -> str:
    kind = {True: ", a disk with a motor", False: ", an SSD", None: ""}[fast.rotates]
    named = "you named it" if fast.named else f"it is a storage of its own{kind}"
    return f"Cached copies go to {fast.path}: {named}, {readable(fast.free)} are free."


def _placement(prefix: str, array: str, cache: str, mounts: tuple[m.Mount, ...]) -> tuple[str, str]:
    """What to ask for. Where Plex's own path can be seen from here, trying it decides."""
    seen = m.mount_of(prefix, mounts)
    if m.is_unraid(mounts) and m.share_of(array) and m.pool_of(cache) and cache.endswith(f"/{m.share_of(array)}"):
        return "union", (
            "This is Unraid: Plex reads /mnt/user, where the copy on the pool is shown instead of the array's file. "
            "If your Plex reads the disks themselves, choose symlink."
        )
    if seen and seen.kind == m.MERGERFS:
        return "auto", f"Plex reads a mergerfs pool, {seen.point}: trying shows whether the cache comes first there."
    return "auto", (
        "The name of a cached file becomes a link to its copy, unless trying shows a merged view. Plex must see the "
        "cache under the very same path."
    )


def _device(array: str, around: Surroundings) -> str:
    """The file system that an array root is on: that of the places below it."""
    return next((device for path, device in around.devices.items() if m.within(path, array)), "")


def covers(prefix: str, location: str) -> bool:
    """Whether a Plex prefix covers a location."""
    return bool(components(prefix)) and _is_below(location, prefix)
