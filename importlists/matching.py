"""Finding a list's entries in the library: by what services call them, then by title and year. Better none than wrong.

All entries are looked up together, so the number of queries does not grow with every one of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from importlists.contract import Entry
from importlists.models import Way
from plexusers import library
from plexusers.mirroring import batched
from plexusers.models import ItemKind, LibraryGuid
from plexusers.titles import Wish

SERVICES = (Way.IMDB, Way.TMDB, Way.TVDB, Way.PLEX)
"""In the order of how far their numbers are trusted."""

ABSENT = "not in the library"
TORN = "its numbers lead to different works in the library"
OTHER = "the library has this title and year, but as another work"
EITHER = "the list does not say whether it is a film or a show, and both are in the library"
NAMELESS = "the list gives neither a number nor a year, and a title alone is not enough"


@dataclass(frozen=True, slots=True)
class Match:
    """What of the library an entry is."""

    keys: tuple[str, ...] = ()
    """Rating keys; several when the library has the work several times."""
    kind: ItemKind | None = None
    way: Way = Way.NONE
    why_not: str = ""


Names = Mapping[str, frozenset[str]]
"""What services call an item, by its rating key."""


def match(entries: Sequence[Entry]) -> list[Match]:
    """What each entry is, in the same order."""
    by_name = {kind: library.items_by_guids(_names(entries, kind), kind) for kind in _kinds(entries)}
    untold = [entry for entry in entries if not any(entry_hits(entry, by_name)) and entry.year is not None]
    by_title = library.find_all({_wish(entry, kind) for entry in untold for kind in _kinds([entry])})
    found = {one.rating_key for hits in by_name.values() for items in hits.values() for one in items}
    titled = {one.rating_key for items in by_title.values() for one in items}
    names = _called(found | titled)
    return [_one(entry, by_name, by_title, names) for entry in entries]


def _kinds(entries: Iterable[Entry]) -> set[ItemKind]:
    kinds = {entry.kind for entry in entries}
    return {ItemKind.MOVIE, ItemKind.SHOW} if None in kinds else {kind for kind in kinds if kind}


def _names(entries: Iterable[Entry], kind: ItemKind) -> set[str]:
    return {name for entry in entries if entry.kind in (kind, None) for name in entry.names}


def _wish(entry: Entry, kind: ItemKind) -> Wish:
    return Wish(entry.title, entry.year, kind)


Hits = Mapping[str, tuple[library.Entry, ...]]


def entry_hits(entry: Entry, by_name: Mapping[ItemKind, Hits]) -> list[tuple[Way, frozenset[tuple[str, ItemKind]]]]:
    """Which items each service's name leads to, the most trusted service first; services without any left out."""
    hits: defaultdict[str, set[tuple[str, ItemKind]]] = defaultdict(set)
    for name in entry.names:
        for kind in _kinds([entry]):
            found = by_name.get(kind, {}).get(name, ())
            hits[name.partition("://")[0]].update((one.rating_key, kind) for one in found)
    return [(way, frozenset(hits[way])) for way in SERVICES if hits[way]]


def _one(
    entry: Entry, by_name: Mapping[ItemKind, Hits], by_title: Mapping[Wish, tuple[library.Entry, ...]], names: Names
) -> Match:  # fmt: skip
    if hits := entry_hits(entry, by_name):
        way, items = hits[0]
        if any(not items & others for _, others in hits[1:]):
            return Match(why_not=TORN)
        return _certain(entry, way, items, names, TORN)
    if entry.year is None:
        return Match(why_not=ABSENT if entry.names else NAMELESS)
    wishes = [(_wish(entry, kind), kind) for kind in _kinds([entry])]
    titled = frozenset((one.rating_key, kind) for wish, kind in wishes for one in by_title.get(wish, ()))
    return _certain(entry, Way.TITLE, titled, names, OTHER) if titled else Match(why_not=ABSENT)


def _certain(entry: Entry, way: Way, items: frozenset[tuple[str, ItemKind]], names: Names, otherwise: str) -> Match:
    """Those of the items that no more trusted service calls otherwise than the entry."""
    more = SERVICES if way == Way.TITLE else SERVICES[: SERVICES.index(way)]
    fitting = [(key, kind) for key, kind in items if not _differ(entry.names, names.get(key, frozenset()), more)]
    kinds = {kind for _, kind in fitting}
    if not fitting:
        return Match(why_not=otherwise)
    if len(kinds) > 1:
        return Match(why_not=EITHER)
    return Match(tuple(sorted(key for key, _ in fitting)), kinds.pop(), way)


def _differ(ours: Iterable[str], theirs: Iterable[str], services: Sequence[Way]) -> bool:
    """Whether one of the services calls two things differently: it has names for both and none in common."""
    for service in services:
        mine = {name for name in ours if name.startswith(f"{service}://")}
        other = {name for name in theirs if name.startswith(f"{service}://")}
        if mine and other and not mine & other:
            return True
    return False


def _called(keys: Iterable[str]) -> Names:
    names: defaultdict[str, set[str]] = defaultdict(set)
    for batch in batched(keys):
        rows = LibraryGuid.objects.filter(item__rating_key__in=batch)
        for key, guid in rows.values_list("item__rating_key", "guid"):
            names[key].add(guid)
    return {key: frozenset(mine) for key, mine in names.items()}
