"""`sync_users`: looks now who belongs to the server, and for the tokens that are lacking."""

from typing import Any

from cacherr.commands import CacherrCommand
from plexusers import discovery

HEADS = {"new": "New: ", "renamed": "", "gone": "No longer shared with: ", "back": "Back: "}


class Command(CacherrCommand):
    """Mirrors plex.tv's accounts."""

    help = "Look now who belongs to the Plex server, what is shared with whom, and for tokens that are lacking."

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:  # noqa: ARG002
        """Look. 0 also when users lack a token; 3 when plex.tv is away or is not believed, then nothing has changed."""
        return {"success": True, **discovery.sync(force=True).told()}, 0

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each change and each problem."""
        lines = [f"{head}{name}." for kind, head in HEADS.items() for name in report[kind]]
        for line in [*lines, *report["problems"].values()] or ["Nothing has changed."]:
            self.stdout.write(line)
