"""What detection takes and answers, as frozen values."""

from dataclasses import dataclass, field
from typing import Literal

from caching.detecting.mounts import Mount

Level = Literal["note", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A file of Plex's library: its path as Plex sees it, its size in bytes."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Location:
    """A directory that a library of Plex is read from, with a few files in it."""

    path: str
    title: str
    """The library's."""
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A directory in which files of a location were found, each with its size."""

    path: str
    matched: int
    """How many of the samples."""
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Fast:
    """A directory that cached copies could go to."""

    path: str
    """A mount, or what a person named."""
    free: int
    """Bytes."""
    rotates: bool | None = None
    """Whether its disk has a motor; None: not known."""
    device: str = ""
    named: bool = False
    """Whether a person named it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that a proposal is made from."""

    locations: tuple[Location, ...]
    places: dict[str, tuple[Place, ...]]
    """By a location's path: where its files were found."""
    fast: tuple[Fast, ...]
    mounts: tuple[Mount, ...]
    devices: dict[str, str] = field(default_factory=dict)
    """By path of a place: the file system it is on."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A path mapping that could be made, and why it is proposed."""

    name: str
    plex_prefix: str
    array_root: str
    cache_root: str
    """Empty: no place for cached copies was found."""
    placement: str
    """What to ask for: `auto`, `union` or `symlink`."""
    reasons: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    """The locations that it covers."""


@dataclass(frozen=True, slots=True)
class Detected:
    """What was found out, and which locations no file was found for."""

    proposals: tuple[Proposal, ...]
    missing: tuple[tuple[str, str], ...] = ()
    """Location and why, a sentence with its cure."""
