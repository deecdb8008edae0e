"""`rescue`: the cache's disk is gone."""

from typing import Any

from cacherr.commands import CacherrCommand, shown
from cacherr.errors import StorageAbsentError
from caching import events, rescue
from caching.planning.sizes import readable


class Command(CacherrCommand):
    """Brings every parked original of a lost cache back."""

    help = "The cache disk is gone: give every parked original its name back, without reading the cache."

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:  # noqa: ARG002
        """Rescue. 1 when something could not be brought back; 4 for an absent root that nothing was rescued from."""
        try:
            done = rescue.rescue()
        finally:
            events.flush()
        trouble = bool(done.failed or done.lost)
        absent = rescue.absent_roots(but=done.caches if done.operations else ())
        report = {
            "success": not (trouble or absent),
            "caches": [root.path for root in done.caches],
            "operations": [events.operation_data(row) | {"outcome": row.outcome} for row in done.operations],
            "lost": [{"plex_path": file.plex_path, "title": str(file), "bytes": file.size} for file in done.lost],
            "absent": shown(absent),
        }
        return report, 1 if trouble else StorageAbsentError.exit_code if absent else 0

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each file."""
        if report["caches"]:
            self._tell_files(report)
        else:
            self.stdout.write("Every cache is there: nothing to rescue.")
        self.tell_absent(report)

    def _tell_files(self, report: dict[str, Any]) -> None:
        for row in report["operations"]:
            self.stdout.write(f"{row['state']}: {row['file_name']} {row['outcome']}".rstrip())
        for file in report["lost"]:
            self.stdout.write(f"only on the lost cache: {file['title']} ({readable(file['bytes'])})")
        brought = sum(row["state"] == "done" for row in report["operations"])
        self.stdout.write(f"{brought} originals have their names back, {len(report['lost'])} files are lost.")
