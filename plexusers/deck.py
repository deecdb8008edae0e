"""What users have on deck, and what comes next there."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from plexusers import library, sources
from plexusers.answers import Viewed
from plexusers.episodes import following
from plexusers.library import Entry
from plexusers.models import PlexUser
from plexusers.plex import PlexItem
from plexusers.preferences import Person, Preferences
from plexusers.shelf import Shelf
from plexusers.wants import Answer, Want

SOURCE = "ondeck"
DAY = 86400


def claim_of(user: PlexUser) -> str:
    """The name under which a user's wishes on deck are kept on files."""
    return f"{SOURCE}:{user.plex_id}"


def unknown(person: Person, why: str, wants: Iterable[Want] = ()) -> Answer:
    """It is unknown what the user has on deck."""
    return _answer(person, tuple(wants), why)


def take(person: Person, deck: Sequence[PlexItem], shelf: Shelf, now: datetime, doubt: str = "") -> Answer:
    """The wants that follow from what is on deck for a user, and the state of this source.

    `doubt` tells why what the user has watched is not known well: then what was wanted before stays as well.
    """
    why = sources.judge(SOURCE, now, len(deck), user=person.user)
    if why:
        return unknown(person, why)
    note_activity(person.user, deck, now)
    return _answer(person, tuple(_wants(person, deck, shelf, int(now.timestamp()))), doubt)


def after_playing(person: Person, keys: Iterable[str], shelf: Shelf) -> Answer:
    """The wants for what comes after episodes that the user is playing."""
    states = shelf.viewed_by(person.user)
    known = library.entries(keys)
    ahead = _ahead(person.preferences, known.values(), states, shelf)
    return _answer(person, tuple(_next_wants(person, ahead, states, shelf, {})), "")


def note_activity(user: PlexUser, deck: Sequence[PlexItem], now: datetime) -> None:
    """Remember when the user was last active: a change of what is on deck, or a viewing that it tells of."""
    digest = hashlib.blake2b("\n".join(sorted(item.rating_key for item in deck)).encode(), digest_size=16).hexdigest()
    seen = max((item.last_viewed_at or 0 for item in deck), default=0)
    played = datetime.fromtimestamp(seen, UTC) if seen else None
    changes: dict[str, Any] = {}
    if played and (user.last_playback_at is None or played > user.last_playback_at):
        changes["last_playback_at"] = played
    active = now if user.deck_digest not in {"", digest} else played
    if active and (user.last_activity_at is None or active > user.last_activity_at):
        changes["last_activity_at"] = active
    if user.deck_digest != digest:
        changes["deck_digest"] = digest
    if changes:
        PlexUser.objects.filter(pk=user.pk).update(**changes)


def is_stale(last_viewed: int | None, days: int, now: int) -> bool:
    """Whether the last viewing is too long ago for the setting. What nobody knows the age of is not. Pure."""
    return bool(days) and last_viewed is not None and now - last_viewed > days * DAY


def _wants(person: Person, deck: Sequence[PlexItem], shelf: Shelf, now: int) -> Iterator[Want]:
    states = shelf.viewed_by(person.user)
    keys = [item.rating_key for item in deck]
    known, off = library.entries(keys), library.switched_off(keys)
    episodes = shelf.episodes(entry.show_key for entry in known.values() if entry.show_key)
    seen = {show: _last_viewed(those, states) for show, those in episodes.items()}
    since = {item.rating_key: _since(item, known.get(item.rating_key), seen) for item in deck}
    fresh = [
        item for item in deck
        if item.rating_key not in off and not is_stale(since[item.rating_key], person.preferences.stale_days, now)
    ]  # fmt: skip
    files = shelf.files(item.rating_key for item in fresh)
    for item in fresh:
        chosen = files[item.rating_key] or item.files
        whole = PlexItem(item.rating_key, item.kind, item.title, chosen, item.view_offset, item.last_viewed_at)
        yield _want(person, whole, 0, f"on deck for {person.user}", since[item.rating_key])
    ahead = _ahead(
        person.preferences, (known[item.rating_key] for item in fresh if item.rating_key in known), states, shelf
    )
    yield from _next_wants(person, ahead, states, shelf, since)


def _ahead(
    preferences: Preferences, current: Iterable[Entry], states: Mapping[str, Viewed], shelf: Shelf
) -> dict[str, list[Entry]]:
    """What comes next, by the rating key of the episode that it comes after."""
    begun = {entry.rating_key: entry for entry in current if entry.show_key}
    episodes = shelf.episodes(entry.show_key for entry in begun.values())
    count, minutes = preferences.episodes_ahead, preferences.prefetch_minutes
    return {key: following(episodes[entry.show_key], states, key, count, minutes) for key, entry in begun.items()}


def _next_wants(
    person: Person,
    ahead: Mapping[str, Sequence[Entry]],
    states: Mapping[str, Viewed],
    shelf: Shelf,
    since: Mapping[str, int | None],
) -> Iterator[Want]:
    items = shelf.items((entry for those in ahead.values() for entry in those), states)
    for current, those in ahead.items():
        for position, entry in enumerate(those, 1):
            if item := items.get(entry.rating_key):
                yield _want(person, item, position, f"comes next for {person.user}", since.get(current))


def _since(item: PlexItem, entry: Entry | None, seen: Mapping[str, int | None]) -> int | None:
    """When it was last watched; of an episode also when its show was."""
    show = seen.get(entry.show_key) if entry and entry.show_key else None
    return max((at for at in (item.last_viewed_at, show) if at), default=None)


def _last_viewed(episodes: Iterable[Entry], states: Mapping[str, Viewed]) -> int | None:
    return max((states[one.rating_key].viewed_at for one in episodes if one.rating_key in states), default=None)


def _want(person: Person, item: PlexItem, position: int, reason: str, since: int | None) -> Want:
    user = person.user
    boost = person.preferences.priority_boost
    return Want(item, "ondeck", str(user), reason, claim_of(user), user.plex_id, position, boost, since)


def _answer(person: Person, wants: tuple[Want, ...], failed: str) -> Answer:
    return Answer("ondeck", str(person.user), wants, failed, claim_of(person.user), person.user.plex_id)
