"""`pin`: keeps something cached, or shows what is pinned."""

from typing import Any

from django.core.management.base import CommandParser

from caching import pinning
from caching.management.ordering import escaped
from caching.management.pinning import PinCommand
from caching.models import Pin
from caching.pinning import AskedFor
from caching.planning.sizes import readable
from plexusers.models import Versions

BY = "command"


class Command(PinCommand):
    """Pins films, shows, seasons and episodes; without any, lists what is pinned."""

    help = "Keep something cached until it is unpinned. It comes with the next cycle. Without a KEY: list the pins."
    done = "pinned"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which versions."""
        super().add_arguments(parser)
        parser.add_argument(
            "--versions", choices=Versions.values, default="", help="left out: as the watching settings say"
        )

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Pin, or list."""
        if not options["keys"]:
            shown = pinning.overview(Pin.objects.all())
            return {"success": True, "pins": [one.data for one in shown.values()], "refused": []}, 0

        def work(key: str) -> dict[str, Any]:
            row, _ = pinning.pin(AskedFor(key, options["season"], options["versions"]), BY)
            return pinning.overview([row])[row.pk].data

        return self.each(options["keys"], work)

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each, with sizes."""
        for row in report["pins"]:
            there = f"{readable(row['bytes_cached'])} of {readable(row['size'])} cached"
            self.stdout.write(escaped(f"pinned: {row['title']} ({row['rating_key']}): {there}"))
        super().tell({**report, "pins": []})
        if not (report["pins"] or report["refused"]):
            self.stdout.write("Nothing is pinned.")
