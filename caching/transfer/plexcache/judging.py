"""Whether a file is what PlexCache-D would leave, by what the disks show: a pure table. Nothing is guessed."""

from dataclasses import dataclass

from caching.disk import Kind, Look
from caching.models import Mode, Placement

SUFFIX = b".plexcached"
"""What PlexCache-D's parked originals end with."""
CLOSE_NS = 2 * 10**9
"""File systems keep times more or less exactly: as far apart as this, they are the same."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a file is cached, or why it is left alone."""

    placement: Placement = Placement.UNION
    mode: Mode = Mode.COPY
    parked: bool = False
    """Whether the original waits under its other name."""
    linked: bool = False
    to_compare: bool = False
    """Whether the times differ, so that only reading both tells whether they are the same."""
    why_not: str = ""


def judge(copy: Look, name: Look, parked: Look, target: bytes) -> Verdict:
    """`copy` is on the cache, `name` on the array, `parked` beside it; `target` is where a link would lead to."""
    why_not = _strange(copy, name, parked, target)
    if why_not:
        return Verdict(why_not=why_not)
    linked = name.kind is Kind.LINK
    placement = Placement.SYMLINK if linked else Placement.UNION
    if parked.kind is Kind.FILE:
        return _beside(copy, parked, Verdict(placement, Mode.COPY, parked=True, linked=linked))
    if name.kind is Kind.FILE:
        return _beside(copy, name, Verdict(placement, Mode.COPY))
    return Verdict(placement, Mode.MOVE, linked=linked)


def _strange(copy: Look, name: Look, parked: Look, target: bytes) -> str:
    """What PlexCache-D would not have left like this; empty when nothing is strange."""
    if Kind.OTHER in {copy.kind, name.kind, parked.kind} or Kind.LINK in {copy.kind, parked.kind}:
        return "something that is no plain file has one of its names"
    if copy.kind is Kind.ABSENT:
        return _without_copy(name, parked)
    if name.kind is Kind.LINK and not name.is_link(target):
        return "its name on the array is a link to somewhere else"
    if name.kind is Kind.FILE and parked.kind is Kind.FILE:
        return "both a file and a parked original are on the array: keep one of them"
    return ""


def _without_copy(name: Look, parked: Look) -> str:
    if parked.kind is Kind.FILE and name.kind is not Kind.FILE:
        return "it is not on the cache, and its original is parked: take .plexcached off the name yourself"
    return "it is not on the cache any more"


def _beside(copy: Look, original: Look, fits: Verdict) -> Verdict:
    """A copy and its original have to be the same: by size and time, or by being read."""
    if copy.size != original.size:
        sizes = f"its original has {original.size} bytes and its copy {copy.size}"
        return Verdict(why_not=f"{sizes}: one is not whole, or was upgraded")
    if abs(_time(copy) - _time(original)) > CLOSE_NS:
        return Verdict(fits.placement, fits.mode, parked=fits.parked, linked=fits.linked, to_compare=True)
    return fits


def _time(look: Look) -> int:
    """The mtime in nanoseconds, as the fingerprint has it."""
    return int(look.print.rpartition(":")[2])
