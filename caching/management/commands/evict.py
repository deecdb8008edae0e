"""`evict`: brings cached files back to make room."""

from collections.abc import Sequence

from caching import orders
from caching.management.ordering import TRIGGER, OrderCommand
from caching.models import Kind, PathMapping


class Command(OrderCommand):
    """Evicts what is named, with its sidecars."""

    help = "Bring cached files back to the array now, to make room on the cache."

    def place(self, paths: Sequence[bytes], mappings: Sequence[PathMapping]) -> orders.Placed:
        """Order the files back."""
        return orders.give_back(paths, mappings, Kind.EVICT, TRIGGER)
