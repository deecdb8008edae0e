"""What somebody's playback asks for: what is played, and the episodes that come after it for that person."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from django.utils import timezone

from plexusers import deck, library
from plexusers.answers import Listed, ListedFile, listed, viewed
from plexusers.episodes import following
from plexusers.library import Entry
from plexusers.models import ItemKind, PlexUser, UserKind, Versions
from plexusers.plex import Plex, PlexFile, PlexItem
from plexusers.preferences import Person, person_of, type_defaults
from plexusers.sessions import OWNER
from plexusers.shelf import Shelf, item_of
from plexusers.streams import Stream
from plexusers.tokens import connect_as
from plexusers.versions import Version, chosen
from plexusers.wants import Want


def person_behind(user: PlexUser | None, stream: Stream) -> Person:
    """Who plays something, with what holds for them. Somebody unknown is taken for a friend, number one for the owner.

    Of somebody unknown the user is no row and never saved.
    """
    kind = UserKind.MAIN if stream.account == OWNER else UserKind.SHARED
    defaults = type_defaults()
    user = user or PlexUser(kind=kind, title=stream.who, plex_id=0, enabled=defaults[kind].enabled)
    return person_of(user, defaults[user.kind], timezone.now())


def is_followed(person: Person) -> bool:
    """Whether the person's playback leads to anything. Whoever plays is not away, whatever the activity filter says."""
    return person.user.enabled and person.preferences.active_watching


def itself(plex: Plex, person: Person, stream: Stream, versions: Versions) -> list[Want]:
    """The want for what is played: all its versions, or by the setting only the one that is played.

    One request, two at the most. Raises PlexError.
    """
    reason = f"{person.user} is playing it"
    return [
        Want(_played(item, stream, versions), "playing", str(person.user), reason, position=0)
        for item in plex.items(stream.rating_key)
    ]


def _played(item: PlexItem, stream: Stream, versions: Versions) -> PlexItem:
    if versions == Versions.ALL:
        return item
    read = tuple(file for file in item.files if file.path in stream.files)
    indexed = Shelf(versions).files([item.rating_key])[item.rating_key]
    return replace(item, files=read or indexed or item.files)


def after(plex: Plex, person: Person, stream: Stream, versions: Versions) -> list[Want]:
    """The wants for what comes after an episode, with that person's own watch state. Raises PlexError.

    From the index, without any request. An episode or a person that it does not know yet costs two at the most.
    """
    preferences = person.preferences
    if not stream.show_key or not (preferences.episodes_ahead or preferences.prefetch_minutes):
        return []
    if person.user.pk and library.entries([stream.rating_key]):
        return list(deck.after_playing(person, [stream.rating_key], Shelf(versions)).wants)
    return [_next_want(person, item, place) for place, item in enumerate(_asked(plex, person, stream, versions), 1)]


def _next_want(person: Person, item: PlexItem, position: int) -> Want:
    user, reason = person.user, f"comes next for {person.user}"
    if not user.pk:  # nobody is known who could keep a claim
        return Want(item, "playing", str(user), reason, position=position)
    claim, boost = deck.claim_of(user), person.preferences.priority_boost
    return Want(item, "ondeck", str(user), reason, claim, user.plex_id, position, boost)


def _asked(plex: Plex, person: Person, stream: Stream, versions: Versions) -> Iterable[PlexItem]:
    """The same from Plex, asked in the person's own name; of somebody unknown it is not known what they have seen."""
    stranger = not person.user.pk and person.user.kind != UserKind.MAIN
    own = plex if stranger or person.user.kind == UserKind.MAIN else connect_as(person.user)
    told = own.leaves(
        stream.show_key,
        lambda one: (listed(one, ItemKind.EPISODE), viewed(one), one.get("grandparentTitle", "")),
    )
    states = {} if stranger else {state.rating_key: state for _, state, _ in told}
    files = {one.rating_key: _files(one.files, versions) for one, _, _ in told}
    entries = [_entry(one, show) for one, _, show in told if files[one.rating_key]]
    ahead = person.preferences
    found = following(entries, states, stream.rating_key, ahead.episodes_ahead, ahead.prefetch_minutes)
    return [item_of(entry, files[entry.rating_key]) for entry in found]


def _entry(one: Listed, show: str) -> Entry:
    place = (one.show_key, show, one.season, one.number)
    return Entry(
        one.rating_key, one.kind, "", one.guid, one.title, one.year, one.released, *place, one.duration, one.added_at
    )


def _files(files: Iterable[ListedFile], versions: Versions) -> tuple[PlexFile, ...]:
    """Those that count by the setting."""
    found: defaultdict[str, list[ListedFile]] = defaultdict(list)
    for file in files:
        found[file.version].append(file)
    whole = [
        Version(tuple(PlexFile(one.path, one.size) for one in parts), parts[0].height, parts[0].optimized)
        for parts in found.values()
    ]
    return chosen(whole, versions)
