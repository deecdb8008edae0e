"""`unpin`: lets something go that was pinned."""

from typing import Any

from cacherr.errors import ConfigurationError
from caching import pinning
from caching.management.pinning import PinCommand


class Command(PinCommand):
    """Unpins what is named."""

    help = "Unpin something. Its files leave like any other once nobody wants them."
    done = "not pinned any more"

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Unpin."""
        if not options["keys"]:
            raise ConfigurationError("Nothing is named.", "Name at least one rating key; `pin` alone lists them.")

        def work(key: str) -> dict[str, Any]:
            row = pinning.named(key, options["season"])
            row.delete()
            return {"title": row.title, "rating_key": row.rating_key, "season": row.season}

        return self.each(options["keys"], work)
