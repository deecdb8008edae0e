"""What the commands `pin` and `unpin` have in common: their arguments, and going through what is named."""

import argparse
import os
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandParser

from cacherr.commands import CacherrCommand
from cacherr.errors import RefusedError
from caching import mappings
from caching.management.ordering import escaped
from caching.named import keys_named


def season(text: str) -> int:
    """A season's number. Raises ArgumentTypeError."""
    if not (text.isdecimal() and text.isascii() and len(text) <= 5):
        raise argparse.ArgumentTypeError(f"{text} is no season's number: write 1, or 0 for the specials")
    return int(text)


class PinCommand(CacherrCommand):
    """A command about what a person names by rating key or path."""

    done = ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Rating keys or paths, and a season."""
        super().add_arguments(parser)
        parser.add_argument("keys", nargs="*", metavar="KEY", help="a rating key, or the path of a film or an episode")
        parser.add_argument("--season", type=season, metavar="N", help="only this season of a show; 0: the specials")

    def each(self, targets: list[str], work: Callable[[str], dict[str, Any]]) -> tuple[dict[str, Any], int]:
        """Do it for each rating key that the targets name; what is refused does not hinder the rest."""
        pins, refused, known = [], [], mappings.in_force()
        for target in targets:
            try:
                for key in keys_named(target, known):
                    pins.append(work(key))  # noqa: PERF401 - what was done before a refusal is told as well
            except RefusedError as error:
                refused.append({"target": target, "reason": str(error)})
        return {"success": not refused, "pins": pins, "refused": refused}, 1 if refused else 0

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each."""
        for row in report["pins"]:
            self.stdout.write(escaped(f"{self.done}: {row['title']}"))
        for row in report["refused"]:
            self.stdout.write(escaped(f"refused: {os.fsdecode(row['target'])}: {row['reason']}"))
