"""`import_settings`: settings from another installation, or from PlexCache-D together with its cached files."""

from typing import Any

from django.core.management.base import CommandParser

from cacherr import given_files
from cacherr.commands import CacherrCommand
from cacherr.documents import DocumentError, read_json
from cacherr.errors import ConfigurationError
from caching import lock
from caching.management.ordering import escaped
from caching.planning.sizes import readable
from caching.transfer import import_document, moving
from caching.transfer.plexcache import is_plexcache, tracked

LISTS = ("plexcache_cached_files.txt", "plexcache_mover_files_to_exclude.txt")
TIMES = ("data/timestamps.json", "timestamps.json", "plexcache_timestamps.json")


class Command(CacherrCommand):
    """Reads what `export_settings` wrote, or `plexcache_settings.json` with the lists beside it."""

    help = "Import a document of settings, all of it or nothing; - reads standard input. No media is touched."
    needs_settings = False

    def add_arguments(self, parser: CommandParser) -> None:
        """FILE, `--dry-run`, `--verify`."""
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="only tell what would change")
        parser.add_argument(
            "--verify", action="store_true", help="PlexCache-D: read every copy and its original and compare them"
        )

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Import. 1 when a cached file was left alone, 2 when the document is refused."""
        path, dry_run = options["file"], options["dry_run"]
        document = _parsed(path, given_files.read(path))
        if not is_plexcache(document):
            outcome = import_document(document, dry_run=dry_run)
            return {"success": True, "dry_run": dry_run, "changes": outcome.changes, "notes": outcome.notes}, 0
        times = given_files.beside(path, *TIMES)
        files = tracked(given_files.beside(path, *LISTS) or b"", _parsed(path, times) if times else {})
        with lock.held(lock.WORK_LOCK):
            moved = moving.move(document, files, dry_run=dry_run, verify=options["verify"])
        report = moved.told | {"success": not moved.adopted.left, "dry_run": dry_run}
        return report, int(bool(moved.adopted.left))

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each change, each note and each file."""
        for change in report["changes"]:
            sign = "new" if change["new"] else "changed"
            fields = ", ".join(f"{one['name']}: {one['old']!r} becomes {one['new']!r}" for one in change["fields"])
            self.stdout.write(escaped(f"{sign} {change['part']} {change['which']}: {fields}".rstrip(": ")))
        for note in report["notes"]:
            self.stdout.write(escaped(f"note: {note}"))
        for path, why in report.get("left_alone", {}).items():
            self.stdout.write(escaped(f"left alone: {path}: {why}"))
        if "adopted" in report:
            self.stdout.write(f"{len(report['adopted'])} cached files ({readable(report['bytes'])}) are taken over.")
        count = len(report["changes"])
        end = "Dry run: nothing was changed." if report["dry_run"] else ""
        self.stdout.write(f"{count} change{'' if count == 1 else 's'}. {end}".rstrip())


def _parsed(path: str, body: bytes) -> Any:
    try:
        return read_json(body)
    except DocumentError as error:
        raise ConfigurationError(f"{path} {error}.", "Name a document of settings.") from error
