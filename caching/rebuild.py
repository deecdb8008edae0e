"""A lost database is rebuilt from what the disks remember: the roots' manifests, and the tags of parked originals."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from caching import disk, manifest
from caching.bench import Bench, bench
from caching.models import LIVE_STATES, CachedFile, Kind, MadeDirectory, Mode, Operation, PathMapping, Placement, State
from caching.models.file_row import path_key
from caching.playing import NOBODY

Records = dict[bytes, dict[str, Any]]
"""Of the manifest, by path."""


@dataclass(slots=True)
class Rebuilt:
    """What was found again. Paths below their roots, as text for people."""

    files: list[str] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """What nothing tells enough of, for example parked originals without a record; left alone."""


def rebuild(mapping: PathMapping) -> Rebuilt:
    """Write the rows that a mapping's disks tell of and the database does not have. Touches no file.

    A row that is there is left alone. The mapping must be proved. Raises StorageAbsentError.
    """
    if mapping.array is None or mapping.cache is None:
        return Rebuilt()
    with ExitStack() as stack:
        array = stack.enter_context(disk.open_root(mapping.array.path, mapping.array.pk))
        cache = stack.enter_context(disk.open_root(mapping.cache.path, mapping.cache.pk))
        work = _Rebuild(mapping.array.pk, mapping.cache.pk, array, cache, mapping.proved_placement)
        work.from_manifest()
        work.from_tags()
        return work.found


class _Rebuild:
    """The rebuilding of one mapping."""

    def __init__(self, array_id: str, cache_id: str, array: disk.RootDir, cache: disk.RootDir, placement: str) -> None:
        self.placement = placement
        self.array_id, self.cache_id, self.array, self.cache = array_id, cache_id, array, cache
        self.found = Rebuilt()

    def from_manifest(self) -> None:
        """Replay the cache's manifest: it has every operation, in order."""
        files: Records = {}
        begun: Records = {}
        for record in self._records():
            if "damage_of" in record:
                _note_damage(record, files, begun)
            else:
                self._replay(record, files, begun)
        for path, record in files.items():
            self._add_file(path, record)
        for path, record in begun.items():
            self._add_operation(path, record)
            if record["kind"] != Kind.CACHE:  # once a file is back, what was made for it on the array belongs to it
                self._keep_made(record, self.array_id, self.array)

    def _replay(self, record: dict[str, Any], files: Records, begun: Records) -> None:
        path, state = record["path"], record["state"]
        earlier = begun.pop(path, None)
        if state in LIVE_STATES:
            begun[path] = record
            if record["kind"] != Kind.CACHE and earlier is not None:
                record["made"] = record["made"] or earlier["made"]
        elif state == State.DONE and record["kind"] == Kind.CACHE:
            files[path] = record
        elif state == State.DONE:
            files.pop(path, None)
        if record["kind"] == Kind.CACHE:
            self._keep_made(record, self.cache_id, self.cache)

    def _records(self) -> Iterator[dict[str, Any]]:
        known = {self.array_id, self.cache_id}
        for line in disk.records(self.cache):
            record = manifest.parsed(line) or manifest.parsed_damage(line)
            if record is not None and {record["array_id"], record["cache_id"]} <= known:
                yield record

    @staticmethod
    def _keep_made(record: dict[str, Any], root_id: str, root: disk.RootDir) -> None:
        for path in record["made"]:
            if not disk.missing_directories(root, path + b"/x"):
                MadeDirectory.objects.get_or_create(root_id=root_id, path_key=path_key(path), defaults={"path": path})

    def _add_file(self, path: bytes, record: dict[str, Any]) -> None:
        values = _row_values(record)
        _, made = CachedFile.objects.get_or_create(
            cache_id=self.cache_id,
            path_key=path_key(path),
            defaults=values
            | {
                "size": record["bytes_total"],
                "array_print": record["source_print"],
                "cache_print": record["target_print"],
                "cached_at": timezone.now(),
            },
        )
        if made:
            self.found.files.append(os.fsdecode(path))

    def _add_operation(self, path: bytes, record: dict[str, Any]) -> None:
        """An operation that was unfinished when the database was lost: the ordinary recovery goes on with it."""
        if Operation.objects.filter(token=record["token"]).exists():
            return
        names = ("token", "kind", "state", "trigger", "way", "source_print", "target_print", "stale_print")
        values = {name: record[name] for name in (*names, "bytes_total")}
        operation = Operation(
            **_row_values(record) | values, path_key=path_key(path), started_at=timezone.now(),
            cache_id=self.cache_id,
        )  # fmt: skip
        unknown = self._left_alone(operation)
        if unknown:
            self.found.unknown.append(os.fsdecode(unknown))
            return
        operation.save(force_insert=True)
        self.found.operations.append(os.fsdecode(path))

    def _left_alone(self, operation: Operation) -> bytes:
        """Compare an operation with the disks before it becomes a row. The path of what is better left alone, if any.

        Raises OSError.
        """
        try:
            with bench(operation, self.array, self.cache, NOBODY) as places:
                if _may_have_gone_on(places):
                    return os.path.join(os.path.dirname(operation.on_array), places.returned.name)
                if _is_moved(places):
                    operation.state = State.SWAPPED
        except disk.RefusedPathError:
            return operation.on_array
        return b""

    def from_tags(self) -> None:
        """Parked originals that the manifest does not know: walks the whole array, which nothing else ever does."""
        known = {bytes(name) for name in CachedFile.objects.values_list("original_name", flat=True)}
        known |= {bytes(name) for name in Operation.objects.values_list("original_name", flat=True)}
        for private in disk.private_names_below(self.array):
            directory, name = os.path.split(private)
            if name in known or not name.endswith(b".orig"):
                continue
            with disk.place(self.array, private) as at:
                tag, parked = disk.read_tag(at), at.look()
            if tag is None or os.path.dirname(tag.path) != directory or not self._adopt(tag, name, parked):
                self.found.unknown.append(os.fsdecode(private))

    def _adopt(self, tag: disk.Tag, name: bytes, parked: disk.Look) -> bool:
        """A row for a parked original, if everything on the disks fits together. Nothing is guessed."""
        with disk.place(self.array, tag.path) as at, disk.place_if_there(self.cache, tag.path) as copy_at:
            original, copy = at.look(), copy_at.look()
        linked = original.kind is disk.Kind.LINK
        target = os.path.join(os.fsencode(self.cache.path), tag.path)
        if self.placement == Placement.SYMLINK and not linked:
            return False  # its link may have been renamed: what follows from an absent name is for a union
        right_name = original.is_link(target) if linked else original.kind is disk.Kind.ABSENT
        if not (right_name and parked.kind is disk.Kind.FILE):
            return False
        fits = copy.kind is disk.Kind.FILE and copy.size == parked.size
        _, made = CachedFile.objects.get_or_create(
            cache_id=self.cache_id,
            path_key=path_key(tag.path),
            defaults={
                "array_id": self.array_id,
                "path": tag.path,
                "placement": Placement.SYMLINK if linked else Placement.UNION,
                "mode": Mode.COPY,
                "park_originals": not linked,
                "hash": tag.hash,
                "original_name": name,
                "link_target": target if linked else b"",
                "size": parked.size,
                "array_print": parked.print,
                "cache_print": copy.print if fits else "",
                "cached_at": timezone.now(),
            },
        )
        if made:
            self.found.files.append(os.fsdecode(tag.path))
        return made


def _is_moved(places: Bench) -> bool:
    """Whether the cached copy is all there is: the original of a move is gone, and the record of the end was lost.

    Only forward, then: taking the caching back would remove the only copy.
    """
    operation, name = places.operation, places.original.look()
    vacant = name.kind is disk.Kind.ABSENT or name.is_link(bytes(operation.link_target))
    moving = operation.kind == Kind.CACHE and operation.mode == Mode.MOVE and operation.state != State.PLANNED
    gone = moving and vacant and places.parked.look().kind is disk.Kind.ABSENT
    return gone and places.copy.look().is_file(operation.target_print)


def _may_have_gone_on(places: Bench) -> bool:
    """Whether a return may have got further than its first record says, because a full disk took no other.

    The name shows a file that is not the original, so what is beside it under a private name may have had the name.
    The original of a move is gone, and what was copied back may have been given its inode's number.
    """
    operation, name = places.operation, places.original.look()
    planned = operation.kind != Kind.CACHE and operation.state == State.PLANNED
    original = name.is_file(operation.source_print) and operation.mode != Mode.MOVE
    served = name.kind is disk.Kind.FILE and not original
    return planned and served and places.returned.look().kind is not disk.Kind.ABSENT


def _note_damage(record: dict[str, Any], *known: Records) -> None:
    """Of a file that is not cached any more it says nothing: what was damaged of it was dealt with."""
    for rows in known:
        if row := rows.get(record["damage_of"]):
            row |= {name: record[name] for name in manifest.DAMAGE}


def _row_values(record: dict[str, Any]) -> dict[str, Any]:
    names = (
        "array_id", "path", "plex_path", "placement", "mode", "park_originals", "belongs_to", "hash", "original_name",
        "link_target", "renamed_to", "original_damaged", "copy_damaged", "title", "rating_key", "score",
        "sources", "who", "reason",
    )  # fmt: skip
    return {name: record[name] for name in names}
