"""`rescue`: the cache's disk is gone."""

from typing import Any

from cacherr.commands import CacherrCommand
from caching import events, rescue
from caching.planning.sizes import readable


class Command(CacherrCommand):
    """Brings every parked original of a lost cache back."""

    help = "The cache disk is gone: give every parked original its name back, without reading the cache."

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:  # noqa: ARG002
        """Rescue. 1 when something could not be brought back."""
        done = rescue.rescue()
        events.flush()
        trouble = bool(done.failed or done.lost)
        report = {
            "success": not trouble,
            "caches": [root.path for root in done.caches],
            "operations": [events.operation_data(row) | {"outcome": row.outcome} for row in done.operations],
            "lost": [{"plex_path": file.plex_path, "title": str(file), "bytes": file.size} for file in done.lost],
        }
        return report, int(trouble)

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each file."""
        if not report["caches"]:
            self.stdout.write("Every cache is there: nothing to rescue.")
            return
        for row in report["operations"]:
            self.stdout.write(f"{row['state']}: {row['file_name']} {row['outcome']}".rstrip())
        for file in report["lost"]:
            self.stdout.write(f"only on the lost cache: {file['title']} ({readable(file['bytes'])})")
        brought = sum(row["state"] == "done" for row in report["operations"])
        self.stdout.write(f"{brought} originals have their names back, {len(report['lost'])} files are lost.")
