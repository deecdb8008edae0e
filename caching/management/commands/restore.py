"""`restore`: brings cached files back to the array now."""

from collections.abc import Sequence

from django.core.management.base import CommandParser

from caching import orders
from caching.management.ordering import TRIGGER, OrderCommand
from caching.models import Kind, PathMapping


class Command(OrderCommand):
    """Restores what is named, with its sidecars, or everything."""

    help = "Bring cached files back to the array now, in this process."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--all` instead of paths."""
        super().add_arguments(parser)
        parser.add_argument("--all", action="store_true", help="every cached file, conflicts included")

    def place(self, paths: Sequence[bytes], mappings: Sequence[PathMapping]) -> orders.Placed:
        """Order the files back."""
        return orders.give_back(paths, mappings, Kind.RESTORE, TRIGGER)
