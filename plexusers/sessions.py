"""What plays now as rows: an answer of Plex is compared with them, and they follow it.

Only a good answer is mirrored. When Plex does not answer the rows stay as they are: unknown is not nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from plexusers.models import PlaySession, PlexUser, UserKind
from plexusers.streams import Stream, is_nearly_over

OWNER = 1
"""The server's own number of its owner."""
SHOWN = ("state", "offset", "transcoded", "player")
"""What may change while a session goes on."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that was not there before."""

    row: PlaySession
    stream: Stream


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the sessions since the last look."""

    started: tuple[Begun, ...] = ()
    updated: tuple[Begun, ...] = ()
    ended: tuple[PlaySession, ...] = ()
    finished: tuple[Begun, ...] = ()
    """Those that came so near to their end since the last look that Plex takes them for watched."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What has to be done to the rows, decided before any is touched."""

    new: tuple[Stream, ...]
    kept: tuple[tuple[PlaySession, Stream], ...]
    gone: tuple[PlaySession, ...]


def compare(rows: Sequence[PlaySession], streams: Sequence[Stream]) -> Compared:
    """Which streams are new, which go on, which rows have none any more. A player's next item is a new stream."""
    now = {stream.identity: stream for stream in streams}
    known = {(row.session_key, row.rating_key): row for row in rows}
    return Compared(
        new=tuple(stream for identity, stream in now.items() if identity not in known),
        kept=tuple((row, now[identity]) for identity, row in known.items() if identity in now),
        gone=tuple(row for identity, row in known.items() if identity not in now),
    )


def mirror(streams: Sequence[Stream]) -> Changes:
    """Let the rows follow a good answer of Plex, and say what changed."""
    compared = compare(list(PlaySession.objects.select_related("user")), streams)
    at = timezone.now()
    with transaction.atomic():
        PlaySession.objects.filter(pk__in=[row.pk for row in compared.gone]).delete()
        people = _people({stream.account for stream in compared.new})
        started = tuple(Begun(_begin(stream, people.get(stream.account), at), stream) for stream in compared.new)
        finished = [one for one in started if one.stream.is_nearly_over]
        updated = []
        for row, stream in compared.kept:
            if stream.is_nearly_over and not is_nearly_over(row.offset, row.duration):
                finished.append(Begun(row, stream))
            if _follow(row, stream, at):
                updated.append(Begun(row, stream))
        _note_activity([*started, *updated], at)
    return Changes(started, tuple(updated), compared.gone, tuple(finished))


def forget() -> tuple[PlaySession, ...]:
    """Nobody looks any more, so nothing is said to play: the rows that were there."""
    rows = tuple(PlaySession.objects.select_related("user"))
    PlaySession.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return rows


def _people(accounts: set[int]) -> dict[int, PlexUser]:
    """The users behind the server's own numbers."""
    found = {user.plex_id: user for user in PlexUser.objects.filter(plex_id__in=accounts).exclude(kind=UserKind.MAIN)}
    if OWNER in accounts and (owner := PlexUser.objects.filter(kind=UserKind.MAIN).first()):
        found[OWNER] = owner
    return found


def _begin(stream: Stream, user: PlexUser | None, at: datetime) -> PlaySession:
    return PlaySession.objects.create(
        session_key=stream.session_key,
        user=user,
        who=stream.who[:200],
        rating_key=stream.rating_key,
        kind=stream.kind[:16],
        title=stream.title[:500],
        player=stream.player[:200],
        state=stream.state,
        offset=stream.offset,
        duration=stream.duration,
        transcoded=stream.transcoded,
        live=stream.live,
        seen_at=at,
    )


def _follow(row: PlaySession, stream: Stream, at: datetime) -> bool:
    """Bring a row up to date: whether there was anything to be seen."""
    before = [getattr(row, name) for name in SHOWN]
    row.state, row.offset, row.transcoded = stream.state, stream.offset, stream.transcoded
    row.player, row.duration, row.seen_at = stream.player[:200], stream.duration, at
    row.save(update_fields=[*SHOWN, "duration", "seen_at"])
    return before != [getattr(row, name) for name in SHOWN]


def _note_activity(seen: Sequence[Begun], at: datetime) -> None:
    users = {one.row.user.pk for one in seen if one.row.user and one.stream.is_video and one.stream.state == "playing"}
    PlexUser.objects.filter(pk__in=users).update(last_playback_at=at, last_activity_at=at)
