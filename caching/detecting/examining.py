"""Gathering what the mistakes of a mapping are found from, and proving a mapping after none was found."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings

from cacherr.errors import CacherrError
from caching import disk, lock, mappings, proving
from caching.detecting import mistakes, samples, surveying
from caching.detecting.mistakes import Facts, Kind, Mistake, RootFacts, SampleFacts
from caching.detecting.proposing import covers
from caching.detecting.values import Location
from caching.models import CachedFile, PathMapping, Placement, Root
from caching.models.file_row import path_key
from caching.paths import components, locate
from plexusers.browsing import sees
from plexusers.plex import Plex
from plexusers.server import connect

MOST_SAMPLES = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """What Plex says that every mapping is compared with. Without an answer the disks alone are looked at."""

    plex: Plex | None = None
    locations: tuple[Location, ...] | None = None
    error: CacherrError | None = None
    look_in: tuple[str, ...] = ()
    """Where else files may be, beside what is mounted."""


def ask() -> Asked:
    """Ask Plex for its libraries. Never raises what Plex does not answer: it is told."""
    try:
        plex = connect()
        return Asked(plex, samples.locations(plex))
    except CacherrError as error:
        return Asked(error=error)


def uncovered(asked: Asked) -> tuple[str, ...]:
    """Plex's locations that no mapping in force covers."""
    known = mappings.in_force()
    return tuple(one.path for one in asked.locations or () if locate(f"{one.path}/x", known) is None)


def examine(mapping: PathMapping, asked: Asked) -> tuple[Mistake, ...]:
    """The mistakes of a mapping as it is now. Reads only; a few names and bytes."""
    array, cache = _root(mapping.array_root), _root(mapping.cache_root)
    found = tuple(_samples(mapping, asked.locations or ())) if array.there else ()
    lost = not array.there or (found and all(one.on_array is None for one in found))
    facts = Facts(
        plex_prefix=mapping.plex_prefix,
        array=array,
        cache=cache,
        proved=mapping.is_proved,
        mounts=surveying.mounted(),
        config=str(settings.CONFIG_DIR),
        locations=asked.locations,
        samples=found,
        elsewhere=_elsewhere(mapping, asked) if lost else (),
        seen_by_plex=_seen(mapping, asked),
    )
    return mistakes.find(facts)


def _root(path: str) -> RootFacts:
    now = disk.standing(path)
    return RootFacts(path, now.there, now.problem, now.empty, now.read_only, now.writable, now.device)


def _samples(mapping: PathMapping, locations: Sequence[Location]) -> Iterator[SampleFacts]:
    """The samples below a mapping that are not cached: those have another name, or only their link, on the array."""
    every = (sample for location in locations for sample in location.samples)
    located = [(sample, found[1]) for sample in every if (found := locate(sample.path, [mapping])) is not None]
    keys = [path_key(relative) for _, relative in located]
    cached = CachedFile.objects.filter(array=mapping.array, path_key__in=keys).values_list("path_key", flat=True)
    left = [(sample, relative) for sample, relative in located if path_key(relative) not in cached][:MOST_SAMPLES]
    on_array = _looks(mapping.array_root, [relative for _, relative in left])
    on_cache = _looks(mapping.cache_root, [relative for _, relative in left])
    for sample, relative in left:
        here, there = on_array.get(relative), on_cache.get(relative)
        yield SampleFacts(
            plex_path=sample.path,
            array_path=f"{mapping.array_root}/{os.fsdecode(relative)}",
            size=sample.size,
            # A link, or whatever else it is, is there; a cycle says what is done with it.
            on_array=None if here is None else here.size if here.kind is disk.Kind.FILE else sample.size,
            on_cache=there.size if there and there.kind is disk.Kind.FILE else None,
            unreadable=_unreadable(mapping.array_root, relative) if here and here.kind is disk.Kind.FILE else "",
        )


def _looks(root: str, paths: Sequence[bytes]) -> dict[bytes, disk.Look]:
    """What stands at these paths, where anything does."""
    try:
        with disk.open_root(root, None) as opened:
            looks = disk.looks(opened, paths)
    except CacherrError:
        return {}
    return {path: look for path, look in looks.items() if look.kind is not disk.Kind.ABSENT}


def _unreadable(root: str, relative: bytes) -> str:
    try:
        with disk.open_root(root, None) as opened:
            disk.read_ends(opened, relative)
    except (OSError, CacherrError) as error:
        return getattr(error, "strerror", "") or type(error).__name__
    return ""


def _elsewhere(mapping: PathMapping, asked: Asked) -> tuple[str, ...]:
    """Array roots that would be right for this mapping's prefix, as far as they are mounted here."""
    covered = [one for one in asked.locations or () if covers(mapping.plex_prefix, one.path)]
    if not covered or not any(one.samples for one in covered):
        return ()
    detected = surveying.detect(covered, asked.look_in)
    roots = (_as_root_of(mapping.plex_prefix, one.plex_prefix, one.array_root) for one in detected.proposals)
    return tuple(dict.fromkeys(root for root in roots if root != mapping.array_root))


def _as_root_of(prefix: str, deeper: str, root: str) -> str:
    """What shows `prefix`, when `root` shows `deeper` below it; `root` itself when their names differ."""
    rest = components(deeper)[len(components(prefix)) :]
    parts = components(root)
    return "/" + "/".join(parts[: -len(rest)]) if rest and parts[-len(rest) :] == rest else root


def _seen(mapping: PathMapping, asked: Asked) -> bool | None:
    placement = mapping.proved_placement if mapping.is_proved else mapping.placement
    return sees(asked.plex, mapping.cache_root) if asked.plex and placement == Placement.SYMLINK else None


@dataclass(frozen=True, slots=True)
class Proved:
    """A proved mapping, and what is left to be said of it."""

    mapping: PathMapping
    notes: tuple[Mistake, ...]


def prove(mapping: PathMapping, asked: Asked | None = None) -> Proved:
    """Look for mistakes, then prove the mapping by trying; what is tried is taken away again.

    This is what a person orders: another disk at the path of a known one is taken on, if nothing needs that one.
    Where Plex cannot be asked, the disks alone are judged, and that is said. Raises ConfigurationError or
    StorageAbsentError with the first mistake and its cure, RefusedError while files need a disk that was exchanged,
    BusyError while a cycle runs.
    """
    asked = asked or ask()
    _refuse(examine(mapping, asked))
    exchanged = proving.exchanged_roots(mapping)
    if exchanged or not mapping.is_proved:
        try:
            with lock.held(lock.WORK_LOCK):
                mapping = proving.prove(mapping, anew=True)
        except OSError as error:
            raise disk.named(error) from error
    # Only now it is known whether Plex has to see the cache.
    left = examine(mapping, asked)
    _refuse(left)
    return Proved(mapping, (*left, *_unasked(asked), *(_taken_on(root) for root in exchanged)))


def _taken_on(root: Root) -> Mistake:
    return Mistake(
        Kind.EXCHANGED, "note", f"Another disk is at {root.path} than before: it was marked, and is used from now on.",
        "If the one before is found again, mount it, prove again, and run `cacherr recover --rebuild`.",
    )  # fmt: skip


def _unasked(asked: Asked) -> Iterator[Mistake]:
    if asked.error:
        yield Mistake(
            Kind.UNASKED,
            "warning",
            f"Whether these are Plex's files is not known. {asked.error.message}",
            asked.error.cure,
            asked.error.exit_code,
        )


def _refuse(found: Sequence[Mistake]) -> None:
    for mistake in found:
        if mistake.level == "error":
            raise mistake.error()
