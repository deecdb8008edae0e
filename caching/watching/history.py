"""The history of what was played, and where its files lay when it began."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from caching.ledger import noting
from caching.models import CachedFile, PathMapping, Playback, Served
from caching.models.file_row import path_key
from caching.notifying import outbox, sentences
from caching.paths import locate
from plexusers.models import PlaySession
from plexusers.sessions import Begun


def begin(begun: Begun, files: Iterable[str], mappings: Sequence[PathMapping]) -> Playback:
    """Somebody plays a film or an episode; `files` are those that may be read for it, as Plex sees them."""
    row, files = begun.row, list(files)
    where = served(files, mappings)
    noted = noting.note(files, where, mappings)
    with transaction.atomic():
        playback = Playback.objects.create(
            session_key=row.session_key,
            user=row.user,
            who=row.who,
            rating_key=row.rating_key,
            kind=row.kind,
            title=row.title,
            player=row.player,
            transcoded=row.transcoded,
            served=where,
            missed=noted.missed,
            missed_why=noted.why,
            sources=",".join(noted.sources),
            first_offset=row.offset,
            started_at=row.started_at,
        )
        outbox.tell(sentences.playback(playback))
    return playback


def finish(begun: Begun) -> None:
    """It came so far that Plex takes it for watched."""
    _of(begun.row).update(finished=True)


def end(row: PlaySession, at: datetime) -> None:
    """The session is over."""
    for playback in _of(row):
        seconds = noting.played_seconds(playback.first_offset, row.offset, at - playback.started_at)
        _of(row).filter(pk=playback.pk).update(ended_at=at, played_seconds=seconds)


def clear_history() -> int:
    """Forget what is over: how many playbacks."""
    return Playback.objects.exclude(ended_at=None).delete()[0]


def served(files: Iterable[str], mappings: Sequence[PathMapping]) -> Served:
    """Where files lie that are played; unknown when they are not in one place, or none is known."""
    found = {_served(file, mappings) for file in files}
    return found.pop() if len(found) == 1 else Served.UNKNOWN


def _served(file: str, mappings: Sequence[PathMapping]) -> Served:
    place = locate(file, mappings)
    if place is None:
        return Served.UNKNOWN
    mapping, relative = place
    rows = CachedFile.objects.filter(cache_id=mapping.cache_id, path_key=path_key(relative), rescued_at=None)
    return Served.CACHE if mapping.cache_id and rows.exists() else Served.ARRAY


def _of(row: PlaySession) -> QuerySet[Playback]:
    return Playback.objects.filter(session_key=row.session_key, rating_key=row.rating_key, ended_at=None)
