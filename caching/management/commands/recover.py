"""`recover`: finish or undo what a crash left."""

from typing import Any

from cacherr.commands import CacherrCommand
from caching import events, upkeep
from caching.models import State


class Command(CacherrCommand):
    """Runs the recovery that every cycle begins with."""

    help = "Finish or undo what a crash left. Changes nothing when there is nothing to do."

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:  # noqa: ARG002
        """Recover. 1 when something waits or is a conflict."""
        done = upkeep.recover()
        events.flush()
        rows = [events.operation_data(row) | {"outcome": row.outcome} for row in done.operations]
        trouble = bool(done.unfinished) or any(row.state == State.CONFLICT for row in done.operations)
        report = {"success": not trouble, "operations": rows, "interrupted_cycles": done.interrupted_cycles}
        return report, int(trouble)

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each operation."""
        for row in report["operations"]:
            self.stdout.write(f"{row['state']}: {row['operation_type']} {row['file_name']} {row['outcome']}".rstrip())
        if not report["operations"]:
            self.stdout.write("Nothing was left unfinished.")
