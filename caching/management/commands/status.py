"""`status`: everything that Cacherr knows and has on its disks."""

import os
from collections.abc import Iterator
from typing import Any

from cacherr.commands import CacherrCommand
from cacherr.errors import StorageAbsentError
from caching import disk, events, mappings, state
from caching.describe import private_names_of, status_of_file
from caching.models import LIVE_STATES, CachedFile, Operation, Root
from caching.planning.sizes import readable


class Command(CacherrCommand):
    """Shows roots, cached files, unfinished operations, conflicts and every private name on disk."""

    help = "Show roots, cached files, unfinished operations and every private name on disk. Touches nothing."

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:  # noqa: ARG002
        """Look at rows and disks."""
        mappings.in_force()
        files = [status_of_file(row) for row in CachedFile.objects.select_related("array", "cache").order_by("id")]
        live = list(Operation.objects.filter(state__in=LIVE_STATES).select_related("array", "cache").order_by("id"))
        known = {name for file in files for name in file["private"]}
        known |= {name for operation in live for name in private_names_of(operation)}
        cycle = state.current_cycle()
        report = {
            "roots": list(_roots()),
            "files": files,
            "operations": [_operation(row) for row in live],
            "conflicts": [_operation(row) for row in _conflicts()],
            "unknown_private_names": sorted(name for name in _private_names() if name not in known),
            "cycle": cycle.summary() if cycle else None,
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
        for row in report["conflicts"]:
            self.stdout.write(f"conflict: {row['file_name']}: {row['outcome']}")
        for name in report["unknown_private_names"]:
            self.stdout.write(f"unknown private name: {name}")


def _roots() -> Iterator[dict[str, Any]]:
    for root in Root.objects.order_by("kind", "path"):
        mapping = root.mappings_of_array.first() or root.mappings_of_cache.first()
        shown = {"id": root.pk, "kind": root.kind, "path": root.path, "present": True, "free": 0, "total": 0}
        shown["placement"] = mapping.proved_placement if mapping else ""
        try:
            with disk.open_root(root.path, root.pk) as opened:
                room = disk.space(opened)
            yield shown | {"free": room.free, "total": room.total}
        except StorageAbsentError:
            yield shown | {"present": False}


def _private_names() -> Iterator[str]:
    """Every private name below the proved roots that are there."""
    for cache in Root.objects.filter(kind=Root.Kind.CACHE):
        for array in Root.objects.filter(mappings_of_array__cache=cache).distinct():
            try:
                with disk.open_root(cache.path, cache.pk) as below, disk.open_root(array.path, array.pk) as above:
                    for root, name in disk.private_names(below, above):
                        yield os.path.join(root.path, os.fsdecode(name))
            except StorageAbsentError:
                continue  # shown as absent among the roots


def _conflicts() -> Iterator[Operation]:
    """Conflicts of files that are still in conflict, the latest operation of each."""
    for file in CachedFile.objects.exclude(conflict=""):
        rows = Operation.objects.filter(cache_id=file.cache_id, path_key=file.path_key, state="conflict")
        if (row := rows.select_related("array", "cache").order_by("-id").first()) is not None:
            yield row


def _operation(row: Operation) -> dict[str, Any]:
    return events.operation_data(row) | {"outcome": row.outcome, "private": private_names_of(row)}
