"""Moving from PlexCache-D: its settings as a document of ours, and its cached files as ours, without copying them."""

from caching.transfer.plexcache.adopting import Adopted, adopt, survey
from caching.transfer.plexcache.tracking import Tracked, tracked
from caching.transfer.plexcache.translating import Translated, is_plexcache, translate

__all__ = ["Adopted", "Tracked", "Translated", "adopt", "is_plexcache", "survey", "tracked", "translate"]
