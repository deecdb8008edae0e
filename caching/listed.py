"""Which of the films and shows that lists found have something cached."""

from collections.abc import Iterable

from caching.models import CachedFile
from plexusers.mirroring import batched
from plexusers.models import LibraryItem


def cached_keys(keys: Iterable[str]) -> set[str]:
    """Rating keys of films that are cached and of shows with an episode that is. Two queries for each 500."""
    cached = set(CachedFile.objects.exclude(rating_key="").values_list("rating_key", flat=True))
    found: set[str] = set()
    for batch in batched(set(keys)):
        found |= cached & set(batch)
        episodes = LibraryItem.objects.filter(show_key__in=batch).values_list("show_key", "rating_key")
        found |= {show for show, key in episodes if key in cached}
    return found
