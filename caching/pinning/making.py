"""Pinning and unpinning: from what a person names to rows, within the budget."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from cacherr.errors import PlexError, RefusedError
from caching import mappings, sparing
from caching.models import CachedFile, Pin, PinKind
from caching.named import keys_of
from caching.pinning.finding import find, title_of
from caching.pinning.renumbering import renumber
from caching.pinning.room import Fit, fit, whole_room
from caching.pinning.wanting import Pinned, items_of
from caching.planning.sizes import readable
from caching.targets import is_rating_key
from plexusers import library
from plexusers.library import Entry
from plexusers.models import Versions, WatchPolicy
from plexusers.server import connect

UNKNOWN = "The index of the library has nothing by this rating key."
UNKNOWN_CURE = "Look for the title in the library; what is new to Plex is known after the next cycle."


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What a person asks to be pinned. `versions` empty: as the watching settings say."""

    rating_key: str
    season: int | None = None
    versions: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What can be pinned, as the library knows it."""

    kind: PinKind
    rating_key: str
    season: int | None
    guid: str
    title: str


def pin(asked: AskedFor, by: str = "") -> tuple[Pin, bool]:
    """Pin something, or change the versions of what is pinned already. The pin, and whether it is new.

    What is cached of it and was about to leave stays.

    Raises RefusedError when the library does not have it, no path mapping covers it, or the pinned files would not fit
    the budget; ConfigurationError, StorageAbsentError, and for a season by its own rating key PlexError.
    """
    target = target_of(asked)
    renumber(target.rating_key)
    others = [row for row in Pin.objects.all() if not _same(row, target)]
    new = Pin(
        kind=target.kind, rating_key=target.rating_key, season=target.season, guid=target.guid,
        title=target.title, versions=asked.versions, created_by=by[:200],
    )  # fmt: skip
    require_room(new, others)
    row, is_new = _saved(new)
    (found,) = items_of([row], Versions(WatchPolicy.effective().versions))
    sparing.spare(found.sizes, mappings.usable())
    return row, is_new


def _saved(new: Pin) -> tuple[Pin, bool]:
    try:
        with transaction.atomic():
            new.save()
    except IntegrityError:
        return _again(new)
    return new, True


def _again(new: Pin) -> tuple[Pin, bool]:
    """Pin what is pinned already. A pin of what had its rating key and is in the library no more gives way."""
    rows = Pin.objects.filter(rating_key=new.rating_key, season=new.season)
    before = rows.get()
    changes: dict[str, Any] = {"versions": new.versions, "title": new.title, "guid": new.guid, "kind": new.kind}
    is_other = bool(find([before])[0].doubt)
    if is_other:
        changes |= {"created_by": new.created_by, "created_at": timezone.now()}
    rows.update(**changes)
    return rows.get(), is_other


def pin_files(files: Iterable[CachedFile], by: str = "") -> tuple[list[Pin], list[str]]:
    """Pin the films and episodes that cached files belong to: the pins, and sentences on what is refused."""
    pins: dict[int, Pin] = {}
    refused: list[str] = []
    for file in files:
        try:
            for key in _keys_of(file):
                made, _ = pin(AskedFor(key), by)
                pins[made.pk] = made
        except RefusedError as error:
            refused.append(f"{file}: {error}")
    return list(pins.values()), refused


def named(rating_key: str, season: int | None = None) -> Pin:
    """The pin of something. Raises RefusedError when it is not pinned."""
    renumber(rating_key)
    row = Pin.objects.filter(rating_key=rating_key, season=season).first()
    if row is None:
        target = target_of(AskedFor(rating_key, season))
        row = Pin.objects.filter(rating_key=target.rating_key, season=target.season).first()
    if row is None:
        raise RefusedError("It is not pinned.")
    return row


def target_of(asked: AskedFor) -> Target:
    """What a rating key names in the index. A season has none there: Plex is asked for its episodes.

    Raises RefusedError, PlexError.
    """
    entry = library.entries([asked.rating_key]).get(asked.rating_key)
    if entry is None:
        if asked.rating_key in library.switched_off([asked.rating_key]):
            raise RefusedError("Its library is switched off.", "Switch the library on first.")
        return _season_by_key(asked.rating_key)
    if asked.season is not None:
        return _season(entry, asked.season)
    return Target(PinKind(entry.kind), entry.rating_key, None, entry.guid, title_of(entry, None))


def require_room(new: Pin, others: Sequence[Pin]) -> Fit:
    """Raises RefusedError, with the numbers, when the pins would exceed the budget, or nothing of it can be cached."""
    pinned = items_of([*others, new], Versions(WatchPolicy.effective().versions))
    own = pinned[-1]
    if not own.items:
        raise RefusedError(f"Plex has no file of {new} that could be cached.")
    known = mappings.usable()
    room = whole_room(known)
    if fit([own], known, room).uncovered == len(own.sizes):
        raise RefusedError(f"No path mapping covers {new}.", "Add one for its Plex path first.")
    found = fit(pinned, known, room)
    if found.missing > fit(pinned[:-1], known, room).missing:
        raise RefusedError(_too_much(own, found), "Unpin something else, or choose the smallest version.")
    return found


def _too_much(own: Pinned, found: Fit) -> str:
    files = "1 file" if found.files == 1 else f"{found.files} files"
    return (
        f"{own.pin} has {readable(own.size)}; all pinned files together would need {readable(found.needed)}, "
        f"of which {readable(found.missing)} ({files}) find no place: {found.reason}."
    )


def _same(row: Pin, target: Target) -> bool:
    return (row.rating_key, row.season) == (target.rating_key, target.season)


def _season(entry: Entry, season: int) -> Target:
    show = entry.rating_key if entry.kind == PinKind.SHOW else entry.show_key
    shows = library.entries([show])
    if show not in shows or all(one.season != season for one in library.episodes_of([show]).get(show, ())):
        raise RefusedError(f"{entry.label} has no season {season} with episodes in the library.")
    return Target(PinKind.SEASON, show, season, shows[show].guid, title_of(shows[show], season))


def _season_by_key(rating_key: str) -> Target:
    try:
        episodes = connect().items(rating_key) if is_rating_key(rating_key.encode()) else ()
    except PlexError as error:
        raise RefusedError(f"{UNKNOWN} {error.message}", error.cure) from error
    known = library.entries(item.rating_key for item in episodes)
    places = {(one.show_key, one.season) for one in known.values() if one.show_key}
    if len(places) != 1 or len(known) != len(episodes):
        raise RefusedError(UNKNOWN, UNKNOWN_CURE)
    ((show, season),) = places
    shows = library.entries([show])
    if show not in shows or season is None:
        raise RefusedError(UNKNOWN, UNKNOWN_CURE)
    return _season(shows[show], season)


def _keys_of(file: CachedFile) -> list[str]:
    """The films and episodes that a cached file belongs to. Raises RefusedError."""
    keys = keys_of([file.plex_path]) or ([file.rating_key] if file.rating_key else [])
    if not keys:
        raise RefusedError("The library has no film or episode of it.", "Pin the film or episode itself.")
    return keys
