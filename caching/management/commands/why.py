"""`why`: why a file is cached or not."""

import os
from typing import Any

from django.core.management.base import CommandParser

from cacherr.commands import CacherrCommand
from caching import why
from caching.management.ordering import escaped
from caching.planning.sizes import readable
from caching.why_page import WORDS


class Command(CacherrCommand):
    """Explains what a path or a rating key names."""

    help = "Explain a file: who wants it, its score with its parts, the decision, and what would change it."

    def add_arguments(self, parser: CommandParser) -> None:
        """One name."""
        super().add_arguments(parser)
        parser.add_argument(
            "name", type=os.fsencode, metavar="PATH or KEY",
            help="a path as Plex shows it, or on array or cache; or a rating key of a film, an episode or a show",
        )  # fmt: skip

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Explain. When Plex or the storage is away, the latest cycle's plan is told, and the exit code says so."""
        told = why.of_text(os.fsdecode(options["name"]))
        return {"success": not told["exit_code"], **told}, told["exit_code"]

    def tell(self, report: dict[str, Any]) -> None:
        """A paragraph for each file."""
        if report["instead_of"]:
            self.stdout.write(f"As the latest cycle decided ({report['at']}): {report['instead_of']}")
        if report["trouble"]:
            self.stdout.write(report["trouble"])
        for one in report["files"]:
            self.stdout.write(escaped(one["title"] or one["path"]))
            for line in _lines(one):
                self.stdout.write(escaped(f"  {line}"))


def _lines(one: dict[str, Any]) -> list[str]:
    parts = ", ".join(f"{part['label']} {part['points']:+}" for part in one["parts"])
    return [
        f"{WORDS[one['decision']]}: {one['reason']}",
        f"{one['path']} ({readable(one['size'])}), {'on the cache' if one['cached'] else 'on the array'}",
        *([f"wanted by {', '.join(one['wanted_by'])}"] if one["wanted_by"] else []),
        *([f"score {one['score']}: {parts}"] if parts else []),
        *one["would_change"],
    ]
