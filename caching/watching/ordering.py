"""Ordering what playback asks for: rows that wait for whoever carries them out, at once or between two operations."""

import logging
from collections.abc import Sequence

from caching import cycle, lock, mappings, orders, proving
from caching.models import PLAYBACK, Operation, PathMapping
from caching.orders import placing
from caching.orders.wishes import Wishes
from caching.watching.triggers import Wanted
from plexusers.coming import ahead_of, coming_after
from plexusers.plex import Plex, PlexItem
from plexusers.wants import SourceName

log = logging.getLogger(__name__)


def order(plex: Plex, wanted: Wanted) -> int:
    """Order what a playback asks for: how many operations.

    What plays is only copied, whatever the mapping's mode. Raises PlexError, BusyError, StorageAbsentError,
    RefusedError while no file may be touched.
    """
    ahead = ahead_of(wanted.user, wanted.stream.account)
    if not ahead.active:
        return 0
    orders.require_allowed()
    key = wanted.stream.rating_key
    itself = plex.items(key) if wanted.itself else ()
    after = coming_after(plex, wanted.stream.show_key, key, wanted.user, ahead)
    known = _proved()
    placed = [
        *_place(itself, known, "playing", wanted.who, f"{wanted.who} is playing it"),
        *_place(after, known, "ondeck", wanted.who, f"comes after what {wanted.who} is playing"),
    ]
    return len(placed)


def _place(
    items: Sequence[PlexItem], known: Sequence[PathMapping], source: SourceName, who: str, reason: str
) -> Sequence[Operation]:
    wishes = Wishes(source=source, who=who)
    for item in items:
        wishes.add(item, item.title)
    if not wishes.items:
        return ()
    placed = placing.cache_wishes(wishes, known, orders.Origin(PLAYBACK), reason)
    for refusal in placed.refused:
        log.info("%s is not cached for %s now: %s", refusal.target, who, refusal.reason)
    return placed.operations


def _proved() -> list[PathMapping]:
    """The mappings that may be used, proved. Proving needs the worker's place. Raises BusyError when that is taken."""
    usable = mappings.usable()
    if all(row.is_proved for row in usable):
        return usable
    with lock.held(cycle.WORK_LOCK):
        return [proving.prove(row) for row in usable]
