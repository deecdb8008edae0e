"""Ordering what playback asks for: rows that wait for whoever carries them out, at once or between two operations."""

import logging
from collections.abc import Iterable, Sequence

from caching import beginning, lock, mappings, orders, proving
from caching.models import PLAYBACK, PathMapping
from caching.orders import placing
from caching.orders.wishes import Wishes
from caching.watching.triggers import Wanted
from plexusers.coming import after, is_followed, itself, person_behind
from plexusers.models import Versions
from plexusers.plex import Plex
from plexusers.wants import Want

log = logging.getLogger(__name__)

REASON = "somebody's playback asks for it"


def order(plex: Plex, wanted: Wanted, versions: Versions) -> int:
    """Order what a playback asks for: how many operations.

    What plays is only copied, whatever the mapping's mode. Raises PlexError, BusyError, StorageAbsentError,
    ConfigurationError, RefusedError while no file may be touched.
    """
    person = person_behind(wanted.user, wanted.stream)
    if not is_followed(person):
        return 0
    orders.require_allowed()
    beginning.require_begun(PLAYBACK)
    known = _proved()
    # One after the other: whatever hinders the second must not hold up the first.
    count = _place(itself(plex, person, wanted.stream, versions), known) if wanted.itself else 0
    return count + _place(after(plex, person, wanted.stream, versions), known)


def _place(wants: Iterable[Want], known: Sequence[PathMapping]) -> int:
    wishes = Wishes()
    for want in wants:
        wishes.add_want(want)
    if not wishes.wants:
        return 0
    placed = placing.cache_wishes(wishes, known, orders.Origin(PLAYBACK), REASON)
    for refusal in placed.refused:
        log.info("%s is not cached now: %s", refusal.target, refusal.reason)
    return len(placed.operations)


def _proved() -> list[PathMapping]:
    """The mappings that may be used, proved. Proving needs the worker's place. Raises BusyError when that is taken."""
    usable = mappings.usable()
    if all(row.is_proved for row in usable):
        return usable
    with lock.held(lock.WORK_LOCK):
        return [proving.prove(row) for row in usable]
