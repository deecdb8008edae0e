"""`cache`: puts files on the cache now."""

from collections.abc import Sequence

from caching import orders
from caching.management.ordering import TRIGGER, OrderCommand
from caching.models import PathMapping


class Command(OrderCommand):
    """Caches what is named, within the budget, with the sidecars that join it."""

    help = "Cache files now, in this process. They leave again like any other when nobody wants them."
    proved = True

    def place(self, paths: Sequence[bytes], mappings: Sequence[PathMapping]) -> orders.Placed:
        """Order what fits the budget."""
        return orders.cache(paths, mappings, TRIGGER)
