"""`recover`: finish or undo what a crash left."""

from typing import Any

from django.core.management.base import CommandParser

from cacherr.commands import CacherrCommand, shown
from cacherr.errors import StorageAbsentError
from caching import events, rescue, upkeep
from caching.models import State


class Command(CacherrCommand):
    """Runs the recovery that every cycle begins with."""

    help = "Finish or undo what a crash left. Changes nothing when there is nothing to do."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--rebuild` for a lost database."""
        super().add_arguments(parser)
        parser.add_argument(
            "--rebuild", action="store_true",
            help="the database was lost: write again what manifests and tags on the disks tell of",
        )  # fmt: skip

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Recover. 1 when something waits, is a conflict, or is unknown after a rebuild; 4 when a root is absent."""
        done = upkeep.recover(rebuild_rows=options["rebuild"])
        events.flush()
        rows = [events.operation_data(row) | {"outcome": row.outcome} for row in done.operations]
        unknown = [name for found in done.rebuilt for name in found.unknown]
        trouble = bool(done.unfinished or unknown) or any(row.state == State.CONFLICT for row in done.operations)
        absent = rescue.absent_roots()
        report = {
            "success": not (trouble or absent),
            "operations": rows,
            "interrupted_cycles": done.interrupted_cycles,
            "rebuilt_files": [name for found in done.rebuilt for name in found.files],
            "rebuilt_operations": [name for found in done.rebuilt for name in found.operations],
            "unknown": unknown,
            "absent": shown(absent),
        }
        return report, 1 if trouble else StorageAbsentError.exit_code if absent else 0

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each operation and each file."""
        for name in report["rebuilt_files"]:
            self.stdout.write(f"found again: {name}".encode("utf-8", "backslashreplace").decode())
        for name in report["unknown"]:
            self.stdout.write(f"unknown, left alone: {name}".encode("utf-8", "backslashreplace").decode())
        for row in report["operations"]:
            self.stdout.write(f"{row['state']}: {row['operation_type']} {row['file_name']} {row['outcome']}".rstrip())
        if not any(report[name] for name in ("rebuilt_files", "unknown", "operations")):
            self.stdout.write("Nothing was left unfinished.")
        self.tell_absent(report)
