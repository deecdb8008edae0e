"""`status`: everything that Cacherr knows and has on its disks."""

import os
from collections.abc import Iterable, Iterator
from typing import Any

from cacherr.commands import CacherrCommand
from cacherr.errors import StorageAbsentError
from caching import disk, events, mappings, mover, pausing, state
from caching.describe import private_names_of, status_of_file
from caching.models import LIVE_STATES, CachedFile, Operation, PathMapping, Root, State
from caching.planning.sizes import readable


class Command(CacherrCommand):
    """Shows roots, cached files, unfinished operations, conflicts and every private name on disk."""

    help = "Show roots, cached files, unfinished operations and every private name on disk. Touches nothing."

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:  # noqa: ARG002
        """Look at rows and disks."""
        usable = mappings.in_force()
        files = [status_of_file(row) for row in CachedFile.objects.select_related("array", "cache").order_by("id")]
        live = list(Operation.objects.filter(state__in=LIVE_STATES).select_related("array", "cache").order_by("id"))
        on_disk = set(_private_names(usable))
        conflicts = [row for row in _conflicts() if _is_unsolved(row, on_disk)]
        known = {name for file in files for name in file["private"]}
        known |= {name for operation in (*live, *conflicts) for name in private_names_of(operation)}
        cycle = state.current_cycle()
        report = {
            "roots": list(_roots()),
            "files": files,
            "operations": [_operation(row) for row in live],
            "conflicts": [_operation(row) for row in conflicts],
            "unknown_private_names": sorted(on_disk - known),
            "cycle": cycle.summary() if cycle else None,
            "waits_for": [*pausing.holds(), *([mover.RUNNING] if mover.is_running() else [])],
        }
        return report, 0

    def tell(self, report: dict[str, Any]) -> None:
        """A short overview."""
        for root in report["roots"]:
            room = f"{readable(root['free'])} free" if root["present"] else "ABSENT"
            self.stdout.write(f"{root['kind']:<6} {root['path']}: {room}")
        size = readable(sum(file["bytes"] for file in report["files"]))
        self.stdout.write(
            f"{len(report['files'])} files cached ({size}), {len(report['operations'])} operations unfinished"
        )
        for reason in report["waits_for"]:
            self.stdout.write(reason)
        for row in report["conflicts"]:
            self.stdout.write(f"conflict: {row['file_name']}: {row['outcome']}")
        for name in report["unknown_private_names"]:
            self.stdout.write(f"unknown private name: {name}")


def _roots() -> Iterator[dict[str, Any]]:
    for root in Root.objects.order_by("kind", "path"):
        if root.is_retired:
            continue
        mapping = root.mappings_of_array.first() or root.mappings_of_cache.first()
        shown = {"id": root.pk, "kind": root.kind, "path": root.path, "present": True, "free": 0, "total": 0}
        shown["placement"] = mapping.proved_placement if mapping else ""
        try:
            with disk.open_root(root.path, root.pk) as opened:
                room = disk.space(opened)
            yield shown | {"free": room.free, "total": room.total}
        except StorageAbsentError:
            yield shown | {"present": False}


def _private_names(usable: Iterable[PathMapping]) -> Iterator[str]:
    """Every private name below the roots that are there, those of mappings that were never proved included."""
    pairs = {_pair(mapping) for mapping in usable}
    for cache in Root.objects.filter(kind=Root.Kind.CACHE):
        arrays = Root.objects.filter(mappings_of_array__cache=cache).distinct()
        pairs |= {(cache.path, cache.pk, array.path, array.pk) for array in arrays}
    for cache_path, cache_id, array_path, array_id in sorted(pairs, key=str):
        try:
            with disk.open_root(cache_path, cache_id) as below, disk.open_root(array_path, array_id) as above:
                for root, name in disk.private_names(below, above):
                    yield os.path.join(root.path, os.fsdecode(name))
        except StorageAbsentError:
            continue  # shown as absent among the roots


def _pair(mapping: PathMapping) -> tuple[str, str | None, str, str | None]:
    proved = mapping.is_proved
    cache_id, array_id = (mapping.cache_id, mapping.array_id) if proved else (None, None)
    return mapping.cache_root, cache_id, mapping.array_root, array_id


def _conflicts() -> list[Operation]:
    """The operations that ended as conflicts, the latest of each file."""
    rows = Operation.objects.filter(state=State.CONFLICT).select_related("array", "cache").order_by("id")
    return list({(row.cache_id, row.path_key): row for row in rows}.values())


def _is_unsolved(row: Operation, on_disk: set[str]) -> bool:
    """The file waits for somebody's look, or something that another program's work was saved in is still there."""
    marked = CachedFile.objects.filter(cache_id=row.cache_id, path_key=row.path_key).exclude(conflict="").exists()
    return marked or any(name in on_disk for name in private_names_of(row))


def _operation(row: Operation) -> dict[str, Any]:
    return events.operation_data(row) | {"outcome": row.outcome, "private": private_names_of(row)}
