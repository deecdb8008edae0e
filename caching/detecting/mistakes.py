"""The usual mistakes of a path mapping, each with its cure. One rule for the wizard, the doctor, the admin and the API.

Pure: what the disks, the mounts and Plex say comes in as facts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cacherr.errors import CacherrError, ConfigurationError, StorageAbsentError
from caching.detecting import mounts as m
from caching.detecting.proposing import covers
from caching.detecting.values import Level, Location


class Kind(StrEnum):
    """What is wrong."""

    SWAPPED = "swapped"
    UNCOVERED = "covers nothing"
    CONTAINER_PATH = "container path"
    MISSING = "missing mount"
    READ_ONLY = "read-only"
    NOT_PERMITTED = "not permitted"
    NESTED = "nested roots"
    MERGED = "merged view"
    WRONG_SHARE = "wrong share"
    OTHER_FILES = "other files"
    UNREADABLE = "unreadable"
    SAME_DEVICE = "same file system"
    UNSEEN = "unseen by Plex"
    UNASKED = "Plex not asked"
    EXCHANGED = "exchanged disk"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with a mapping. A note is safe, but hardly meant."""

    kind: Kind
    level: Level
    message: str
    cure: str
    exit_code: int = ConfigurationError.exit_code

    def error(self) -> CacherrError:
        """The same as an error to be raised."""
        named = StorageAbsentError if self.exit_code == StorageAbsentError.exit_code else ConfigurationError
        return named(self.message, self.cure)


@dataclass(frozen=True, slots=True)
class RootFacts:
    """What one root of a mapping shows."""

    path: str
    there: bool = True
    problem: str = ""
    empty: bool = False
    read_only: bool = False
    writable: bool = True
    device: str = ""


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """A file of Plex's library below a mapping: its size by Plex, and on array and cache; None: it is not there."""

    plex_path: str
    array_path: str
    size: int
    on_array: int | None
    on_cache: int | None
    unreadable: str = ""
    """Why its bytes cannot be read."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known of a mapping."""

    plex_prefix: str
    array: RootFacts
    cache: RootFacts
    proved: bool
    mounts: tuple[m.Mount, ...] = ()
    config: str = "/config"
    """The configuration directory."""
    locations: tuple[Location, ...] | None = None
    """None: Plex could not be asked."""
    samples: tuple[SampleFacts, ...] = ()
    """Of files that are not cached."""
    elsewhere: tuple[str, ...] = ()
    """Array roots below which the same files were found."""
    seen_by_plex: bool | None = None
    """Whether Plex sees the cache root under its path; None: it need not, or it is not known."""


def find(facts: Facts) -> tuple[Mistake, ...]:
    """The mistakes of a mapping, those to mend first first. What follows from another one is left out."""
    for rule in (_prefixes, _absent, _nested, _merged):
        found = tuple(rule(facts))
        if any(one.level == "error" for one in found):
            return found
    return (*_permissions(facts), *_samples(facts), *_same_device(facts), *_unseen(facts))


def _below(facts: Facts, prefix: str) -> list[str]:
    return [one.path for one in facts.locations or () if covers(prefix, one.path)]


def _prefixes(facts: Facts) -> Iterator[Mistake]:
    if not facts.locations or _below(facts, facts.plex_prefix):
        return
    if _below(facts, facts.array.path):
        yield Mistake(
            Kind.SWAPPED, "error",
            f"Plex's libraries lie below {facts.array.path}, which stands as the array root, and none below the Plex "
            f"prefix {facts.plex_prefix}: the two are swapped.",
            f"Make {facts.array.path} the Plex prefix, and {facts.plex_prefix} the array root.",
        )  # fmt: skip
        return
    paths = ", ".join(one.path for one in facts.locations[:4])
    yield Mistake(
        Kind.UNCOVERED, "error", f"No library of Plex lies below {facts.plex_prefix}.",
        f"Make the Plex prefix a beginning of how Plex itself names its libraries: {paths}.",
    )  # fmt: skip


def _absent(facts: Facts) -> Iterator[Mistake]:
    for root, name in ((facts.array, "array root"), (facts.cache, "cache root")):
        found = _found(facts) if root is facts.array else ""
        own = m.on_own_disk(root.path, facts.mounts, facts.config)
        if not root.there and (_below(facts, root.path) or _is_plexs(root.path, facts)):
            yield _mistake(
                Kind.CONTAINER_PATH,
                f"{root.path} is not there ({root.problem}): that is how Plex's own container names it, not this one.",
                f"Make the {name} the directory as Cacherr's container sees it{found}.",
            )
        elif not root.there:
            yield _mistake(
                Kind.MISSING, f"{root.path} is not there ({root.problem}).",
                f"Mount it into Cacherr's container, or correct the {name}{found}.",
            )  # fmt: skip
        elif own:
            yield _mistake(
                Kind.MISSING,
                f"Nothing is mounted at {root.path}: it is on the container's own disk, and lost with it.",
                f"Mount the host's directory at {root.path} in the container's settings, and start it again.",
            )
        elif root is facts.array and root.empty and facts.samples and not facts.proved and not _lie_on_cache(facts):
            yield _mistake(
                Kind.MISSING, f"{root.path} is empty: it is probably a mount point without its disk.",
                f"Mount the disk, or correct the path{found}.",
            )  # fmt: skip


def _is_plexs(path: str, facts: Facts) -> bool:
    return path.rstrip("/") == facts.plex_prefix.rstrip("/") or any(
        m.within(one.path, path) or m.within(path, one.path) for one in facts.locations or ()
    )


def _found(facts: Facts) -> str:
    return f": Plex's files were found below {facts.elsewhere[0]}" if facts.elsewhere else ""


def _mistake(kind: Kind, message: str, cure: str) -> Mistake:
    return Mistake(kind, "error", message, cure, StorageAbsentError.exit_code)


def _nested(facts: Facts) -> Iterator[Mistake]:
    if m.meet(facts.array.path, facts.cache.path, facts.mounts):
        written = m.within(facts.array.path, facts.cache.path) or m.within(facts.cache.path, facts.array.path)
        how = "lie inside each other" if written else "are mounts of one place, or of one inside the other"
        yield Mistake(
            Kind.NESTED, "error", f"The array {facts.array.path} and the cache {facts.cache.path} {how}.",
            "Name two separate directories: a cached copy would be taken for an original.",
        )  # fmt: skip


def _merged(facts: Facts) -> Iterator[Mistake]:
    if m.is_view(facts.array.path, facts.mounts):
        yield Mistake(
            Kind.MERGED, "error",
            f"{facts.array.path} is Unraid's view of array and pools together, not the array itself.",
            f"Make the array root /mnt/user0/{m.share_of(facts.array.path)}, and mount it into the container.",
        )  # fmt: skip
    if m.is_view(facts.cache.path, facts.mounts):
        yield Mistake(
            Kind.MERGED, "error",
            f"{facts.cache.path} is Unraid's view of array and pools together: a copy could land on the array.",
            f"Make the cache root the pool's own path, such as /mnt/cache/{m.share_of(facts.cache.path)}.",
        )  # fmt: skip


def _permissions(facts: Facts) -> Iterator[Mistake]:
    for root in (facts.array, facts.cache):
        if root.read_only:
            yield Mistake(
                Kind.READ_ONLY, "error", f"{root.path} is mounted read-only and cannot be written to.",
                "Mount it writable: Read/Write in Unraid's template, no :ro in compose, and the disk itself too.",
            )  # fmt: skip
        elif not root.writable:
            yield Mistake(
                Kind.NOT_PERMITTED, "error", f"{root.path} cannot be written to.",
                "Run Cacherr as the files' owner (PUID and PGID, or --user).",
            )  # fmt: skip


def _lie_on_cache(facts: Facts) -> bool:
    """Whether all of Plex's files are where the cache should be, and none is where the array should be."""
    return bool(facts.samples) and all(one.on_array is None and one.on_cache == one.size for one in facts.samples)


def _samples(facts: Facts) -> Iterator[Mistake]:
    absent = [one for one in facts.samples if one.on_array is None]
    if _lie_on_cache(facts):
        yield Mistake(
            Kind.SWAPPED, "error",
            f"Plex's files are below {facts.cache.path}, which stands as the cache root, and not below "
            f"{facts.array.path}: array and cache are swapped.",
            f"Make {facts.cache.path} the array root, and {facts.array.path} the cache root.",
        )  # fmt: skip
        return
    if absent:
        none = len(absent) == len(facts.samples)
        first = absent[0]
        yield Mistake(
            Kind.WRONG_SHARE, "error" if none else "warning",
            f"Plex's file {first.plex_path} is not at {first.array_path}"
            + (f", nor is any other of {len(absent)}." if none and len(absent) > 1 else "."),
            _right_share(facts) if none else "Scan the library in Plex: the file may have gone.",
        )  # fmt: skip
    for one in facts.samples:
        if one.on_array is not None and one.size and one.on_array != one.size:
            yield Mistake(
                Kind.OTHER_FILES, "error",
                f"{one.array_path} has {one.on_array} bytes, but Plex says {one.size}: it is another file.",
                "Correct the array root, or scan the library in Plex.",
            )  # fmt: skip
        elif one.unreadable:
            cure = "Run Cacherr as the files' owner (PUID and PGID, or --user)."
            message = f"{one.array_path} cannot be read ({one.unreadable})."
            yield Mistake(Kind.UNREADABLE, "error", message, cure)


def _right_share(facts: Facts) -> str:
    if facts.elsewhere:
        return f"It was found below {facts.elsewhere[0]}: make that the array root."
    return f"Correct the array root: the directory that {facts.plex_prefix} means, with the same folders in it."


def _same_device(facts: Facts) -> Iterator[Mistake]:
    if facts.array.device and facts.array.device == facts.cache.device:
        yield Mistake(
            Kind.SAME_DEVICE, "note",
            f"{facts.cache.path} is on the same file system as {facts.array.path}: nothing gets faster by caching.",
            "Make the cache root a directory of the SSD; if it is one, mount the SSD into the container.",
        )  # fmt: skip


def _unseen(facts: Facts) -> Iterator[Mistake]:
    if facts.seen_by_plex is False:
        yield Mistake(
            Kind.UNSEEN, "error", f"Plex does not see {facts.cache.path}, where links to cached copies would lead.",
            f"Mount the cache into Plex's container too, at the very same path {facts.cache.path}, and restart Plex.",
        )  # fmt: skip
