"""What came into the library lately, wanted for nobody in particular."""

from datetime import datetime

from plexusers import library
from plexusers.models import WatchPolicy
from plexusers.shelf import Shelf
from plexusers.wants import Answer, Want

WHO = "everybody"
DAY = 86400


def lately(policy: WatchPolicy, shelf: Shelf, now: datetime, doubt: str = "") -> Answer:
    """The newest films and episodes, as the settings say. `doubt` tells why the index is not known well."""
    since = int(now.timestamp()) - policy.recently_added_days * DAY
    newest = library.recent(since, policy.recently_added_items)
    items = shelf.items(newest)
    reason = f"came into the library in the last {policy.recently_added_days} days"
    wants = (Want(items[one.rating_key], "recent", WHO, reason) for one in newest if one.rating_key in items)
    return Answer("recent", WHO, tuple(wants), doubt)
