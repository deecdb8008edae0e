"""`refresh_lists`: lists are read now."""

from typing import Any

from django.core.management.base import CommandParser

from cacherr.commands import CacherrCommand
from cacherr.errors import ConfigurationError
from importlists import refreshing
from importlists.models import ImportList


class Command(CacherrCommand):
    """Reads all enabled lists now, or those that are named."""

    help = "Read lists now, whenever they would be due: all enabled ones, or those that are named."

    def add_arguments(self, parser: CommandParser) -> None:
        """Names of lists."""
        super().add_arguments(parser)
        parser.add_argument("names", nargs="*", metavar="NAME", help="the name of a list")

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Read, match, report."""
        names = options["names"]
        rows = list(ImportList.objects.filter(name__in=names) if names else ImportList.objects.filter(enabled=True))
        if unknown := set(names) - {row.name for row in rows}:
            raise ConfigurationError(f"There is no list named {', '.join(sorted(unknown))}.", "Look how it is written.")
        done = refreshing.refresh(rows)
        busy = {row.name for row in rows} - {one.row.name for one in done}
        lists = [_shown(one) for one in sorted(done, key=lambda one: one.row.name)]
        report = {"success": all(not one.failed for one in done), "lists": lists, "busy": sorted(busy)}
        return report, 0 if report["success"] else 1

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each list."""
        for one in report["lists"]:
            said = one["error"] or f"{one['progress']}{', unchanged' if one['unchanged'] else ''}"
            self.stdout.write(f"{one['name']}: {said}")
        for name in report["busy"]:
            self.stdout.write(f"{name}: is being read just now")
        if not report["lists"] and not report["busy"]:
            self.stdout.write("There is no enabled list.")


def _shown(one: refreshing.Refreshed) -> dict[str, Any]:
    row = one.row
    return {
        "id": row.pk, "name": row.name, "state": row.state, "positions": one.positions, "unchanged": one.unchanged,
        "chosen": row.chosen, "checked": row.checked, "progress": row.progress, "error": one.failed,
    }  # fmt: skip
