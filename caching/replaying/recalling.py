"""The past as a replay takes it: from the ledger of playback, or from Plex's own history."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.utils import timezone

from caching.models import PathMapping, Playback
from caching.paths import locate
from caching.planning.values import FileKey
from caching.replaying.values import Library, Past, Play, Title
from plexusers import history, library, server
from plexusers.answers import Viewed
from plexusers.library import Entry
from plexusers.models import UserKind, Versions, WatchPolicy, WatchState
from plexusers.plex import PlexFile
from plexusers.preferences import Person, everybody
from plexusers.sessions import OWNER
from plexusers.shelf import Shelf

Source = Literal["ledger", "plex"]
SOURCES: tuple[Source, ...] = ("ledger", "plex")
LONGEST = 24 * 3600
"""Seconds. A play that seems to have gone on for longer was not seen to end."""


@dataclass(frozen=True)
class Recalled:
    """What is known of the past."""

    past: Past
    people: Mapping[str, Person]
    """By the names that the plays have."""
    plays: int
    gone: int
    """Plays of what the library does not have any more."""
    outside: int
    """Plays of what no path mapping covers."""


def recall(source: Source, days: int, mappings: Sequence[PathMapping]) -> Recalled:
    """What was played in the last days. Raises PlexError for Plex's history."""
    now = timezone.now()
    since = now - timedelta(days=days)
    people = {str(person.user.plex_id): person for person in everybody(now)}
    plays = _of_plex(since, people) if source == "plex" else _of_ledger(since, now)
    states = _states()
    known = _library(plays, states, Shelf(Versions(WatchPolicy.effective().versions)), mappings)
    plays = [_timed(play, known) if source == "plex" else play for play in plays]
    # What was watched before the first play that is known cannot be told apart from what was watched long before.
    start = min((play.start for play in plays), default=int(since.timestamp()))
    before = {who: {key: one for key, one in those.items() if one.viewed_at < start} for who, those in states.items()}
    unseen = _unseen(plays, states, start)
    past = Past(start, int(now.timestamp()), (*plays, *unseen), known, before)
    gone = sum(play.key not in known.titles for play in plays)
    outside = sum(play.key in known.titles and not known.titles[play.key].files for play in plays)
    return Recalled(past, people, len(plays), gone, outside)


def _of_ledger(since: datetime, now: datetime) -> list[Play]:
    rows = Playback.objects.filter(started_at__gte=since).order_by("started_at", "id")
    columns = rows.values_list(
        "started_at", "ended_at", "user__plex_id", "who", "rating_key", "played_seconds", "finished"
    )
    found = []
    for begun, ended, number, who, key, seconds, finished in columns:
        start = int(begun.timestamp())
        end = min(max(start, int((ended or now).timestamp())), start + LONGEST)
        found.append(Play(start, end, who if number is None else str(number), key, seconds, finished))
    return found


def _of_plex(since: datetime, people: Mapping[str, Person]) -> list[Play]:
    """Plex tells only of what was watched to its end, and when that was: the length is not known yet."""
    owner = next((who for who, person in people.items() if person.user.kind == UserKind.MAIN), str(OWNER))
    found = []
    for line in history.lines(server.connect(), int(since.timestamp())):
        who = owner if line.account == OWNER else str(line.account)
        found.append(Play(line.viewed_at, line.viewed_at, who, line.rating_key))
    return found


def _timed(play: Play, known: Library) -> Play:
    """With its length before its end."""
    title = known.titles.get(play.key)
    seconds = title.duration // 1000 if title else 0
    return Play(play.end - seconds, play.end, play.who, play.key, seconds)


def _states() -> dict[str, dict[str, Viewed]]:
    """How far everybody has got with what, by now."""
    found: dict[str, dict[str, Viewed]] = {}
    rows = WatchState.objects.values_list("user__plex_id", "rating_key", "views", "offset", "viewed_at")
    for number, key, views, offset, at in rows:
        if views or offset:
            found.setdefault(str(number), {})[key] = Viewed(key, views, offset, at)
    return found


def _unseen(plays: Iterable[Play], states: Mapping[str, Mapping[str, Viewed]], start: int) -> Iterator[Play]:
    """What somebody watched since the start, of which no play is known: nobody looked, or it was marked as watched."""
    known = {(play.who, play.key) for play in plays}
    for who, those in states.items():
        for key, one in those.items():
            if one.viewed_at >= start and (who, key) not in known:
                yield Play(one.viewed_at, one.viewed_at, who, key, finished=one.is_watched, counts=False)


def _library(
    plays: Iterable[Play], states: Mapping[str, Mapping[str, Viewed]], shelf: Shelf, mappings: Sequence[PathMapping]
) -> Library:
    """What was touched, and all of each show of which anything was. A handful of queries for each 500 titles."""
    first: dict[str, int] = {}
    for play in plays:
        first[play.key] = min(play.start, first.get(play.key, play.start))
    keys = {key for key in (*first, *(key for those in states.values() for key in those)) if key}
    entries = library.entries(keys)
    shows = shelf.episodes({entry.show_key for entry in entries.values() if entry.show_key})
    order = {one.rating_key: (place, one) for those in shows.values() for place, one in enumerate(those)}
    films = {key: (0, entry) for key, entry in entries.items() if not entry.show_key}
    files = shelf.files([*order, *films])
    return Library(
        _title(entry, place, files[key], first.get(key), mappings) for key, (place, entry) in (films | order).items()
    )


def _title(
    entry: Entry, place: int, files: Sequence[PlexFile], first: int | None, mappings: Sequence[PathMapping]
) -> Title:
    """What was played before it is said to have come was there before: it was replaced since."""
    placed = [(locate(file.path, mappings), file.size) for file in files]
    whole = tuple((FileKey(found[0].cache_key, found[1]), size) for found, size in placed if found)
    return Title(
        entry.rating_key,
        whole if len(whole) == len(placed) else (),
        entry.label,
        entry.show_key,
        place,
        entry.is_special,
        entry.duration,
        entry.added_at if first is None else min(entry.added_at, first),
    )
