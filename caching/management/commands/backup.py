"""`backup`: the database and its key are copied now."""

from typing import Any

from cacherr.commands import CacherrCommand
from caching import backing_up
from caching.planning.sizes import readable


class Command(CacherrCommand):
    """Makes a backup."""

    help = "Copy the database and its key into the directory backups of the configuration, while all else goes on."

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:  # noqa: ARG002
        """Copy. 1 when it could not be done, or with PostgreSQL, which has its own tools."""
        made = backing_up.back_up()
        report = {"name": made.name, "path": str(made.path), "bytes": made.size, "key": made.has_key}
        return {"success": True, **report}, 0

    def tell(self, report: dict[str, Any]) -> None:
        """Where it is."""
        self.stdout.write(f"{report['path']}: {readable(report['bytes'])}.")
        if not report["key"]:
            self.stdout.write("The key is in CACHERR_SECRET_KEY: keep it with the backup, secrets need it.")
