"""What the commands `cache`, `restore` and `evict` have in common: their arguments, and telling what became of them."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from cacherr.commands import CacherrCommand
from cacherr.errors import ConfigurationError
from caching import events, orders, stopping
from caching.models import Operation, PathMapping, State

TRIGGER = "command"
DONE = {"cache": "cached", "restore": "restored", "evict": "evicted"}
Place = Callable[[Sequence[PathMapping]], orders.Placed]


class OrderCommand(CacherrCommand):
    """A command that carries out in this process what a person names by path or rating key."""

    proved = False
    """Whether the path mappings have to be proved first."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Paths as arguments, or separated by NUL on standard input."""
        super().add_arguments(parser)
        parser.add_argument(
            "paths", nargs="*", type=os.fsencode, metavar="PATH",
            help="a Plex path, a path on the array or the cache, a directory, or a rating key",
        )  # fmt: skip
        parser.add_argument(
            "-0", "--null", action="store_true", help="read more of them, separated by NUL, from standard input"
        )

    def place(self, paths: Sequence[bytes], mappings: Sequence[PathMapping]) -> orders.Placed:
        """Write the order. Raises named errors."""
        raise NotImplementedError

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Order, carry out, report."""
        paths = [*options["paths"], *(_from_standard_input() if options["null"] else ())]
        everything = bool(options.get("all"))
        if everything and paths:
            raise ConfigurationError("--all leaves no choice of paths.", "Name paths, or write --all alone.")
        if not paths and not everything:
            raise ConfigurationError("No path is named.", "Name at least one, or a rating key.")
        place: Place = (lambda _: orders.give_all_back(TRIGGER)) if everything else lambda rows: self.place(paths, rows)
        try:
            with stopping.by_signals():
                placed = orders.at_once(place, proved=self.proved)
        finally:
            events.flush()
        report = reported(placed)
        return report, 0 if report["success"] else 1

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each file."""
        for row in report["operations"]:
            done = DONE[row["operation_type"]] if row["state"] == State.DONE else row["state"]
            self.stdout.write(escaped(f"{done}: {row['file_name']} {row['outcome']}".rstrip()))
        for target in report["kept"]:
            self.stdout.write(escaped(f"cached already: {target}"))
        for refusal in report["refused"]:
            self.stdout.write(escaped(f"refused: {refusal['target']}: {refusal['reason']}"))
        if not (report["operations"] or report["kept"] or report["refused"]):
            self.stdout.write("Nothing is cached.")


def _from_standard_input() -> list[bytes]:
    return [path for path in sys.stdin.buffer.read().split(b"\0") if path]


def reported(placed: orders.Placed) -> dict[str, Any]:
    """An order as programs see it."""
    operations = [shown(row) for row in placed.operations]
    good = not placed.refused and all(row["state"] == State.DONE for row in operations)
    refused = [asdict(refusal) for refusal in placed.refused]
    return {"success": good, "operations": operations, "refused": refused, "kept": list(placed.kept)}


def shown(row: Operation) -> dict[str, Any]:
    """An operation with how it ended."""
    return events.operation_data(row) | {"outcome": row.outcome, "hash": row.hash}


def escaped(text: str) -> str:
    """Text for a terminal: line breaks in names, and bytes that are no text, are escaped."""
    shown = os.fsencode(text).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown)
