"""One look at what plays: rows, events and history follow it, and what it leads to is ordered."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from cacherr.errors import CacherrError, PlexError
from caching import events, mappings
from caching.orders import DryRunError
from caching.watching import history, ordering
from caching.watching.triggers import Wanted, wanted
from plexusers import sessions
from plexusers.models import PlaySession, Versions, WatchPolicy
from plexusers.plex import Plex
from plexusers.sessions import Changes
from plexusers.streams import Stream

log = logging.getLogger(__name__)

MOST_TRIES = 20
"""So often what a playback asks for is tried to be ordered, once a look."""


@dataclass(slots=True)
class Pending:
    """What playback asked for and could not be ordered yet."""

    wanted: Wanted
    tries: int = 0
    told: str = ""


@dataclass(slots=True)
class Looker:
    """Looks at what plays, and remembers what is still to be ordered."""

    pending: list[Pending] = field(default_factory=list)
    ordered: int = 0
    """How many operations were ordered so far."""

    def look(self, plex: Plex, policy: WatchPolicy) -> Changes:
        """Look once. Raises PlexError when it is not known what plays: then everything stays as it was."""
        streams = plex.streams()
        changes = sessions.mirror(streams)
        known = mappings.in_force()
        for one in changes.started:
            if one.stream.is_video:
                history.begin(one, _files(plex, one.stream), known)
        for one in changes.finished:
            history.finish(one)
        at = timezone.now()
        for row in changes.ended:
            history.end(row, _ended(row, at, policy))
        tell(changes)
        self.pending += [Pending(one) for one in wanted(changes, policy.playback_trigger)]
        self.order(plex, Versions(policy.versions))
        return changes

    def order(self, plex: Plex, versions: Versions) -> None:
        """Order what is asked for. What cannot be ordered now is tried again at the next look."""
        self.pending = [one for one in self.pending if not self._order(plex, one, versions) and one.tries < MOST_TRIES]

    def _order(self, plex: Plex, pending: Pending, versions: Versions) -> bool:
        """Whether nothing is left to be done for it."""
        pending.tries += 1
        try:
            count = ordering.order(plex, pending.wanted, versions)
        except DryRunError as error:
            log.info("%s", error)
            return True
        except CacherrError as error:
            if str(error) != pending.told:
                log.warning("What %s plays leads to nothing for now: %s", pending.wanted.who, error)
            pending.told = str(error)
            return False
        self.ordered += count
        if count:
            log.info("%s plays %s: %d files are to be cached.", pending.wanted.who, pending.wanted.stream.title, count)
        return True

    def forget(self) -> None:
        """Nobody looks any more: nothing plays as far as anybody knows."""
        self.pending.clear()
        gone = sessions.forget()
        for row in gone:
            history.end(row, row.seen_at)
        tell(Changes(ended=gone))


def _files(plex: Plex, stream: Stream) -> Sequence[str]:
    """The files that may be read for a stream: all of the item's when the server does not name the version's."""
    if stream.files:
        return stream.files
    try:
        return [file.path for item in plex.items(stream.rating_key) for file in item.files]
    except PlexError as error:
        log.info("It is unknown where %s is played from: %s", stream.title, error)
        return []


def _ended(row: PlaySession, at: datetime, policy: WatchPolicy) -> datetime:
    """When a session ended: now, unless nobody looked for long."""
    return min(at, row.seen_at + timedelta(seconds=2 * policy.session_seconds))


def tell(changes: Changes) -> None:
    """Tell everybody who listens."""
    for one in changes.started:
        events.publish(events.session_start(one.row))
    for one in changes.updated:
        events.publish(events.session_update(one.row))
    for row in changes.ended:
        events.publish(events.session_end(row))
