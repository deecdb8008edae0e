"""`cycle`: one whole cycle in this process."""

from typing import Any

from django.core.management.base import CommandParser

from cacherr.commands import CacherrCommand
from cacherr.errors import PlexError
from caching import cycle, events, stopping
from caching.models import Cycle, CycleState, Operation, State
from caching.notifying import sending
from caching.planning.sizes import readable
from plexusers.models import SourceState, SourceStatus

MARKS = {"cache": "→ SSD", "keep": "  stays", "restore": "← array", "evict": "← array", "skip": "  skipped"}


class Command(CacherrCommand):
    """Runs a cycle here and prints the plan and what became of it."""

    help = "Run one whole cycle in this process: ask Plex, plan, move files. Needs no broker."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--dry-run` plans only."""
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="plan and explain; touch no file")

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Run the cycle."""
        try:
            with stopping.by_signals():
                done = cycle.run("command", dry_run=options["dry_run"])
        finally:
            events.flush()
            sending.send_due()  # there may be no worker
        operations = [_outcome(row) for row in done.operations.order_by("id")]
        failed = any(row["state"] != State.DONE for row in operations)
        report = {
            "success": done.state == CycleState.COMPLETED,
            **done.summary(),
            "plan": done.plan,
            "operations": operations,
        }
        return report, _code(done, failed=failed)

    def tell(self, report: dict[str, Any]) -> None:
        """The plan as lines, then one line of summary."""
        for decision in report["plan"]:
            name = decision["title"] or decision["path"]
            score = f" score {decision['score']}," if decision["score"] else ""
            self.stdout.write(
                f"{MARKS[decision['action']]:<10} {name} ({readable(decision['size'])}):{score} {decision['reason']}"
            )
        for operation in report["operations"]:
            if operation["state"] != State.DONE:
                self.stdout.write(f"  {operation['state']}: {operation['file_name']}: {operation['outcome']}")
        if report["error"]:
            self.stdout.write(report["error"])
        self.stdout.write(_summary(report))


def _outcome(row: Operation) -> dict[str, Any]:
    return events.operation_data(row) | {"outcome": row.outcome, "hash": row.hash}


def _code(done: Cycle, *, failed: bool) -> int:
    if done.error and SourceState.objects.exclude(status=SourceStatus.FRESH).exists():
        return PlexError.exit_code  # Plex or plex.tv did not answer well for somebody
    return 1 if failed or done.error or done.failures or done.state != CycleState.COMPLETED else 0


def _summary(report: dict[str, Any]) -> str:
    if report["dry_run"]:
        planned = sum(decision["action"] in {"cache", "restore", "evict"} for decision in report["plan"])
        return f"Dry run: {planned} files would be moved; none was touched."
    size = readable(report["bytes_cached"])
    moved = f"{report['files_cached']} files cached ({size}), {report['files_restored']} restored"
    return f"{moved}, {report['failures']} need a look." if report["failures"] else f"{moved}."
