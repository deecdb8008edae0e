"""From lines of watchlists to wants: found in the index of the library, in few queries for all of them together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from plexusers import library
from plexusers.answers import Viewed
from plexusers.episodes import NEVER, to_go_on_with
from plexusers.library import Entry
from plexusers.models import (
    ItemKind,
    PlexUser,
    SourceState,
    SourceStatus,
    UserTypeDefaults,
    WatchlistEntry,
    WatchPolicy,
)
from plexusers.preferences import Person
from plexusers.shelf import Shelf
from plexusers.titles import Wish
from plexusers.wants import Answer, SourceName, Want
from plexusers.watchlists import keeping
from plexusers.watchlists.reading import FEED, SOURCE, has_watchlist

DAY = 86400
FRIENDS = "friends"
NOBODY = 0
"""In doubts: what concerns everybody."""


@dataclass(frozen=True, slots=True)
class Taste:
    """In whose name a watchlist is turned into wants, and by which settings."""

    source: SourceName
    who: str
    reason: str
    claim: str
    user: int | None
    episodes: int
    available_days: int
    boost: int
    sections: frozenset[str] | None
    """The libraries that the user sees; None: all."""

    def sees(self, item: Entry) -> bool:
        """Whether the item is in a library that the user sees."""
        return self.sections is None or item.section in self.sections


@dataclass(frozen=True, slots=True)
class _Watchlist:
    taste: Taste
    entries: list[WatchlistEntry]
    states: Mapping[str, Viewed]
    """How far the user got with what."""
    doubt: str


def answers(
    people: Iterable[Person], policy: WatchPolicy, shelf: Shelf, now: datetime, doubts: Mapping[int, str]
) -> Iterator[Answer]:
    """What every watchlist wants. `doubts` tell by user (primary key) why what is known of them is not good enough."""
    lists = [
        _Watchlist(_taste(one), keeping.entries_of(one.user), shelf.viewed_by(one.user), _doubt(one, doubts))
        for one in people
        if has_watchlist(one)
    ]
    if policy.friends_feed:
        doubt = _why(FEED, None) or doubts.get(NOBODY, "")
        lists.append(_Watchlist(_friends_taste(), keeping.entries_of(None), {}, doubt))
    found = find(entry for one in lists for entry in one.entries)
    for one in lists:
        wants = tuple(_wants(one, found, shelf, int(now.timestamp())))
        taste = one.taste
        yield Answer(taste.source, taste.who, wants, one.doubt, taste.claim, taste.user)


def find(entries: Iterable[WatchlistEntry]) -> dict[int, tuple[Entry, ...]]:
    """What the library has of lines, by their primary key: by any of their names, else by title and year."""
    asked = list(entries)
    found: dict[int, tuple[Entry, ...]] = {}
    for kind in (ItemKind.MOVIE, ItemKind.SHOW):
        mine = [entry for entry in asked if entry.kind == kind]
        named = library.items_by_guids((name for entry in mine for name in entry.names), kind)
        found |= {entry.pk: hit for entry in mine if (hit := _named(entry, named))}
    rest = {entry.pk: Wish(entry.title, entry.year, ItemKind(entry.kind)) for entry in asked if entry.pk not in found}
    sure = {key: wish for key, wish in rest.items() if wish.title and wish.year}
    titled = library.find_all(set(sure.values())) if sure else {}
    return found | {key: titled[wish] for key, wish in sure.items() if wish in titled}


def _named(entry: WatchlistEntry, named: Mapping[str, tuple[Entry, ...]]) -> tuple[Entry, ...]:
    """The items of the surest name that the library has."""
    return next((named[name] for name in entry.names if name in named), ())


def _wants(one: _Watchlist, found: Mapping[int, tuple[Entry, ...]], shelf: Shelf, now: int) -> Iterator[Want]:
    hits = [(entry, item) for entry in one.entries for item in found.get(entry.pk, ()) if one.taste.sees(item)]
    episodes = shelf.episodes(item.rating_key for _, item in hits if item.kind == ItemKind.SHOW)
    chosen = [(entry, list(_chosen(one, entry, item, episodes, now))) for entry, item in hits]
    items = shelf.items((item for _, those in chosen for item, _ in those), one.states)
    taste = one.taste
    for entry, those in chosen:
        for each, position in those:
            if item := items.get(each.rating_key):
                yield Want(
                    item, taste.source, taste.who, taste.reason, taste.claim, taste.user, position, taste.boost,
                    entry.added_at or None,
                )  # fmt: skip


def _chosen(
    one: _Watchlist, entry: WatchlistEntry, item: Entry, episodes: Mapping[str, tuple[Entry, ...]], now: int
) -> Iterator[tuple[Entry, int | None]]:
    """The film unless it was watched, or the show's next episodes with their positions."""
    days = one.taste.available_days
    if item.kind == ItemKind.SHOW:
        those = to_go_on_with(episodes[item.rating_key], one.states, one.taste.episodes)
        if is_available(max((each.added_at for each in (item, *those)), default=0), days, now):
            yield from ((each, position) for position, each in enumerate(those, 1))
    elif is_available(item.added_at, days, now) and is_open(one.states.get(item.rating_key, NEVER), entry.added_at):
        yield item, None


def is_available(added_at: int, days: int, now: int) -> bool:
    """Whether it came into the library lately enough for the setting. Pure."""
    return not days or now - added_at <= days * DAY


def is_open(state: Viewed, listed_at: int) -> bool:
    """Whether a film on the watchlist is still to be watched: not yet seen, begun again, or listed since. Pure."""
    return not state.is_watched or listed_at > state.viewed_at


def claim_of(user: PlexUser) -> str:
    """The name under which the wishes of a user's watchlist are kept on files."""
    return f"{SOURCE}:{user.plex_id}"


def _taste(person: Person) -> Taste:
    user, preferences = person.user, person.preferences
    return Taste(
        source="watchlist",
        who=str(user),
        reason=f"on the watchlist of {user}",
        claim=claim_of(user),
        user=user.plex_id,
        episodes=preferences.watchlist_episodes,
        available_days=preferences.available_days,
        boost=preferences.priority_boost,
        sections=None if user.all_sections else frozenset(map(str, user.sections)),
    )


def _friends_taste() -> Taste:
    """The feed of all friends does not say whose a line is, so what holds for friends in general counts."""
    defaults = UserTypeDefaults.objects.filter(kind="shared").first() or UserTypeDefaults(kind="shared")
    return Taste(
        "feed", FRIENDS, "on the watchlist of a friend", FEED, None, defaults.watchlist_episodes,
        defaults.available_days, defaults.priority_boost, None,
    )  # fmt: skip


def _doubt(person: Person, doubts: Mapping[int, str]) -> str:
    return _why(SOURCE, person) or doubts.get(person.user.pk, "")


def _why(source: str, person: Person | None) -> str:
    """Why the last reading of a watchlist is not good; empty when it is."""
    row = SourceState.objects.filter(source=source, user=person.user if person else None).first()
    return row.why if row and row.status != SourceStatus.FRESH else ""
