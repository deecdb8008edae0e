"""Taking over PlexCache-D's cached files: rows are written for what the disks prove. No media is copied or renamed.

The files stay as they are, so that a person can still go back. From the row on, everything is ordinary: a restore gives
the parked original its name back.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cacherr.errors import CacherrError
from caching import disk, journal, manifest, proving, recovery
from caching.models import CachedFile, PathMapping, Placement
from caching.models.file_row import path_key
from caching.named import keys_of
from caching.paths import joined
from caching.planning.sidecars import belongings
from caching.transfer.plexcache.judging import SUFFIX, Verdict, judge
from caching.transfer.plexcache.paths import belongs
from caching.transfer.plexcache.tracking import Tracked
from plexusers.library import entries

NO_MAPPING = "no path mapping has its directory as its cache"
COMPARE = "its copy and its original have different times: with --verify both are read and compared"
DIFFERS = "its copy and its original are not the same"


@dataclass(slots=True)
class Adopted:
    """What was taken over, or would be. Paths on the cache, as text for people."""

    files: list[str] = field(default_factory=list)
    size: int = 0
    """Bytes."""
    known: int = 0
    """How many Cacherr had already."""
    left: dict[str, str] = field(default_factory=dict)
    """What was left alone, and why."""


@dataclass(frozen=True, slots=True)
class _File:
    """A tracked file below a mapping."""

    tracked: Tracked
    mapping: PathMapping
    path: bytes
    """Below the roots."""

    @property
    def target(self) -> bytes:
        """Where a link to the copy leads."""
        return os.path.join(os.fsencode(self.mapping.cache_root), self.path)

    @property
    def shown(self) -> str:
        """The path on the cache, for people."""
        return _shown(self.target)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the disks show of a file."""

    copy: disk.Look
    name: disk.Look
    parked: disk.Look
    verdict: Verdict

    @property
    def original(self) -> disk.Look:
        """The original, under whatever name."""
        return self.parked if self.verdict.parked else self.name


def survey(tracked: Iterable[Tracked], mappings: Sequence[PathMapping]) -> Adopted:
    """What would be taken over. Looks at the disks, reads no content, writes nothing."""
    found = Adopted()
    for mapping, files in _by_mapping(tracked, mappings, found):
        try:
            with (
                disk.open_root(mapping.array_root, mapping.array_id) as array,
                disk.open_root(mapping.cache_root, mapping.cache_id) as cache,
            ):
                _Work(mapping, array, cache, found).survey(files)
        except CacherrError as error:
            found.left |= {file.shown: str(error) for file in files}
    return found


def adopt(tracked: Iterable[Tracked], mappings: Sequence[PathMapping], *, verify: bool = False) -> Adopted:
    """Prove the mappings, and write a row for each file whose state is certain. The caller holds the lock of work.

    With `verify` copy and original are read and compared. Running it again takes over what was left.
    """
    found = Adopted()
    for mapping, files in _by_mapping(tracked, mappings, found):
        try:
            proved = proving.prove(mapping)
            with recovery.open_roots(recovery.roots_in_use([proved])) as roots:
                work = _Work(proved, roots[proved.array_id or ""], roots[proved.cache_id or ""], found)
                work.adopt(files, verify=verify)
        except (CacherrError, OSError) as error:
            said = str(error if isinstance(error, CacherrError) else disk.named(error))
            done = set(found.files)
            found.left = {file.shown: said for file in files if file.shown not in done} | found.left
    return found


def _by_mapping(
    tracked: Iterable[Tracked], mappings: Sequence[PathMapping], found: Adopted
) -> Iterator[tuple[PathMapping, list[_File]]]:
    """The files of each mapping. A file that is tracked by the host's path and by its own is one; the notes count."""
    files: dict[int, dict[bytes, _File]] = defaultdict(dict)
    for one in sorted(tracked, key=lambda one: one.cached_at is not None):
        at = belongs(one.path, mappings)
        if at is None:
            found.left[_shown(one.path)] = NO_MAPPING
        else:
            files[at[0].pk][at[1]] = _File(one, *at)
    for mapping in mappings:
        if mapping.pk in files:
            yield mapping, [file for _, file in sorted(files[mapping.pk].items())]


class _Work:
    """The files of one mapping, with both of its roots opened."""

    def __init__(self, mapping: PathMapping, array: disk.RootDir, cache: disk.RootDir, found: Adopted) -> None:
        self.mapping, self.array, self.cache, self.found = mapping, array, cache, found
        rows = CachedFile.objects.filter(cache_id=mapping.cache_id)
        self.known = set(rows.values_list("path_key", flat=True))
        self.known |= {one.path_key for one in journal.live() if one.cache_id == mapping.cache_id}

    def survey(self, files: Iterable[_File]) -> None:
        """Count what would be taken over."""
        for file in files:
            seen = self._look(file)
            if seen is not None and seen.verdict.to_compare:
                self.found.left[file.shown] = COMPARE
            elif seen is not None:
                self._taken(file, seen)

    def adopt(self, files: Sequence[_File], *, verify: bool) -> None:
        """Write rows. Each is a transaction of its own."""
        videos = _videos(files)
        for file in files:
            seen = self._look(file)
            if seen is None:
                continue
            hash_, why_not = self._compare(file, seen) if verify else ("", COMPARE * seen.verdict.to_compare)
            if why_not:
                self.found.left[file.shown] = why_not
                continue
            values = self._row(file, seen) | {"belongs_to": videos.get(file.path, b""), "hash": hash_}
            operation = journal.adopt(values, file.tracked.cached_at)
            # As after every operation, so that a lost database can be rebuilt.
            manifest.note(operation, [self.cache, self.array] if operation.leaves_name else [self.cache])
            self._taken(file, seen)

    def _taken(self, file: _File, seen: _Seen) -> None:
        self.found.files.append(file.shown)
        self.found.size += seen.copy.size

    def _look(self, file: _File) -> _Seen | None:
        """What the disks show; None when it is left alone, with the reason noted."""
        if path_key(file.path) in self.known:
            self.found.known += 1
            return None
        try:
            with self._places(file) as (copy_at, name_at, parked_at):
                copy, name, parked = copy_at.look(), name_at.look(), parked_at.look()
        except disk.RefusedPathError as error:
            self.found.left[file.shown] = str(error)
            return None
        except OSError as error:
            self.found.left[file.shown] = str(disk.named(error))
            return None
        verdict = judge(copy, name, parked, file.target)
        if verdict.why_not:
            self.found.left[file.shown] = verdict.why_not
            return None
        return _Seen(copy, name, parked, verdict)

    @contextmanager
    def _places(self, file: _File) -> Iterator[tuple[disk.Place, disk.Place, disk.Place]]:
        """Those of the copy, of the name on the array, and of the parked original."""
        own = os.path.basename(file.path)
        with (
            disk.real_root(self.array, file.path, [own, own + SUFFIX]) as real,
            disk.place_if_there(real, file.path) as name,
            disk.place_if_there(self.cache, file.path) as copy,
        ):
            yield copy, name, name.sibling(own + SUFFIX)

    def _row(self, file: _File, seen: _Seen) -> dict[str, Any]:
        """The values of an operation that would have left the files like this."""
        verdict, plex_path = seen.verdict, joined(self.mapping.plex_prefix, os.fsencode(_shown(file.path)))
        known = next(iter(entries(keys_of([plex_path])[:1]).values()), None)
        return {
            "array_id": self.mapping.array_id,
            "cache_id": self.mapping.cache_id,
            "path": file.path,
            "plex_path": plex_path[:4096],
            "placement": verdict.placement,
            "mode": verdict.mode,
            "park_originals": verdict.parked and verdict.placement == Placement.UNION,
            "original_name": os.path.basename(file.path) + SUFFIX if verdict.parked else b"",
            "link_target": file.target if verdict.linked else b"",
            "title": known.label[:500] if known else "",
            "rating_key": known.rating_key if known else file.tracked.rating_key,
            "source_print": seen.original.print,
            "target_print": seen.copy.print,
            "bytes_total": seen.copy.size,
        }

    def _compare(self, file: _File, seen: _Seen) -> tuple[str, str]:
        """The copy's hash, read from the disk, and why it is not taken over: the original has another one."""
        with self._places(file) as (copy, name, parked):
            hash_ = disk.hash_of(copy, seen.copy.print, _nobody_watches)
            if hash_ is None:
                return "", DIFFERS
            original = parked if seen.verdict.parked else name
            if seen.original.print and disk.hash_of(original, seen.original.print, _nobody_watches) != hash_:
                return "", DIFFERS
        return hash_, ""


def _videos(files: Sequence[_File]) -> Mapping[bytes, bytes]:
    """What each sidecar belongs to: by the names, and by what PlexCache-D noted."""
    directories: dict[bytes, list[bytes]] = defaultdict(list)
    for file in files:
        directories[os.path.dirname(file.path)].append(os.path.basename(file.path))
    found: dict[bytes, bytes] = {}
    for directory, names in directories.items():
        found |= belongings(directory, names)
    own = {file.tracked.path: file.path for file in files}
    return found | {file.path: own[file.tracked.video] for file in files if file.tracked.video in own}


def _nobody_watches(done: int) -> None:
    """Reading goes on until it is done."""


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")
