"""`prove`: path mappings are proved by trying."""

from typing import Any

from django.core.management.base import CommandParser

from cacherr.commands import CacherrCommand
from cacherr.errors import CacherrError, ConfigurationError
from caching import detecting, mappings


class Command(CacherrCommand):
    """Proves all path mappings in force, or those that are named."""

    help = (
        "Prove path mappings by trying; a new disk at the path of an old one is taken on, once nothing needs that one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Names of path mappings."""
        super().add_arguments(parser)
        parser.add_argument("names", nargs="*", metavar="NAME", help="the name of a path mapping")

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Prove each. The exit code is that of the first error."""
        names = set(options["names"])
        rows = [row for row in mappings.usable() if not names or row.name in names]
        if unknown := names - {row.name for row in rows}:
            raise ConfigurationError(
                f"There is no path mapping in force named {', '.join(sorted(unknown))}.", "Look how it is written."
            )
        asked, shown, codes = detecting.ask(), [], []
        for row in rows:
            one: dict[str, Any] = {"name": row.name, "proved": False, "placement": "", "proof": "", "error": ""}
            try:
                proved = detecting.prove(row, asked)
                notes = [f"{note.message} {note.cure}".strip() for note in proved.notes]
                placement, proof = proved.mapping.proved_placement, proved.mapping.proof
                one |= {"proved": True, "placement": placement, "proof": proof, "notes": notes}
            except CacherrError as error:
                codes.append(error.exit_code)
                one |= {"error": str(error), "notes": []}
            shown.append(one)
        return {"success": not codes, "mappings": shown}, codes[0] if codes else 0

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each path mapping, and one for each note."""
        for one in report["mappings"]:
            said = one["error"] or f"{one['placement']}, {one['proof']}"
            self.stdout.write(f"{one['name']}: {said}")
            for note in one["notes"]:
                self.stdout.write(f"  {note}")
