"""What others ask of the index of the library, in a handful of queries however much they ask for.

Libraries that are switched off are left out. What was missing from one reading of Plex is still there.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from plexusers.answers import title_of
from plexusers.mirroring import batched
from plexusers.models import ItemKind, LibraryFile, LibraryGuid, LibraryItem, Versions
from plexusers.plex import PlexFile
from plexusers.titles import Wish, matches
from plexusers.versions import Version, chosen

FIELDS = (
    "rating_key", "kind", "section__key", "guid", "title", "year", "released", "show_key", "show_title", "season",
    "number", "duration", "added_at",
)  # fmt: skip
SPECIALS = 0
"""The season that holds a show's specials."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A film, a show or an episode of the library. Duration in milliseconds, `added_at` in epoch seconds (UTC)."""

    rating_key: str
    kind: str
    section: str
    """The library's key."""
    guid: str
    title: str
    year: int | None
    released: str
    """ISO date, or empty."""
    show_key: str
    show_title: str | None
    season: int | None
    number: int | None
    duration: int
    added_at: int

    @property
    def label(self) -> str:
        """What a person calls it: `Alpha (2001)`, `Show S02E03 Title`."""
        place = (self.season, self.number, self.released)
        return title_of(self.kind, self.title, self.year, self.show_title or "", place)

    @property
    def is_special(self) -> bool:
        """Whether it stands beside the course of its show."""
        return self.kind == ItemKind.EPISODE and self.season == SPECIALS

    @property
    def order(self) -> tuple[bool, bool, int, bool, int, str, int, str]:
        """Sorts the episodes of a show as they are watched.

        Through the seasons by number; what has no number by date, behind the numbered ones of its season; what has no
        season behind all seasons. Specials come last.
        """
        season, number = self.season, self.number
        place = (season is None, season or 0, number is None, number or 0)
        return (self.is_special, *place, self.released, len(self.rating_key), self.rating_key)


def entries(keys: Iterable[str]) -> dict[str, Entry]:
    """Items by rating key; those that are unknown or switched off are left out. One query for each 500."""
    found: dict[str, Entry] = {}
    for batch in batched(set(keys)):
        found |= {entry.rating_key: entry for entry in _read(_usable().filter(rating_key__in=batch))}
    return found


def switched_off(keys: Iterable[str]) -> set[str]:
    """Which of these rating keys are known to be in a library that is switched off. One query for each 500."""
    off = LibraryItem.objects.filter(section__enabled=False)
    found = (off.filter(rating_key__in=batch).values_list("rating_key", flat=True) for batch in batched(set(keys)))
    return {key for batch in found for key in batch}


def items_by_guids(guids: Iterable[str], kind: ItemKind) -> dict[str, tuple[Entry, ...]]:
    """What the library has of these names (`plex://…`, `imdb://…`, …), by name; names without an item are left out.

    A kind is needed, as TMDb and TVDB number films and shows apart. An item in two libraries comes twice. Two queries
    for each 500 names.
    """
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for batch in batched(set(guids)):
        # The kind is compared here: asked for it, SQLite goes through all items of the kind instead of the names.
        rows = LibraryGuid.objects.filter(guid__in=batch)
        for guid, of, key in rows.values_list("guid", "item__kind", "item__rating_key"):
            if of == kind:
                keys[guid].add(key)
    found = entries({key for one in keys.values() for key in one})
    held = {guid: tuple(found[key] for key in sorted(mine) if key in found) for guid, mine in keys.items()}
    return {guid: items for guid, items in held.items() if items}


def find_all(wishes: Iterable[Wish]) -> dict[Wish, tuple[Entry, ...]]:
    """Items by title and year, for what comes without any name of a service; only what is certain. Two queries a kind.

    See `titles.matches` for what counts as certain.
    """
    asked = list(wishes)
    found: dict[Wish, tuple[str, ...]] = {}
    for kind in {wish.kind for wish in asked}:
        rows = _usable().filter(kind=kind).values_list("rating_key", "guid", "title", "year")
        found |= matches([wish for wish in asked if wish.kind == kind], rows.iterator())
    known = entries(key for keys in found.values() for key in keys)
    return {wish: tuple(known[key] for key in keys if key in known) for wish, keys in found.items()}


def find(title: str, year: int | None, kind: ItemKind) -> tuple[Entry, ...]:
    """One title; see `find_all`, which is better for several."""
    wish = Wish(title, year, kind)
    return find_all([wish]).get(wish, ())


def matching(text: str) -> QuerySet[LibraryItem]:
    """Items whose title has all words of the text: films and shows first, then episodes; with `show_title`."""
    condition = Q()
    for word in text.split():
        # SQLite knows capitals of ASCII only.
        spellings = {word, word.lower(), word.upper(), word.capitalize()}
        condition &= Q(*(("title__icontains", spelling) for spelling in spellings), _connector=Q.OR)
    rank = Case(When(kind=ItemKind.EPISODE, then=Value(1)), default=Value(0), output_field=IntegerField())
    rows = _usable().filter(condition) if text.strip() else _usable().none()
    return rows.alias(rank=rank).order_by("rank", "title", "season", "number", "pk")


def label_of(row: LibraryItem) -> str:
    """What a person calls an item. No query for a row of `matching`, one for another row of an episode."""
    show = getattr(row, "show_title", None)
    if show is None and row.show_key:
        shows = LibraryItem.objects.filter(rating_key=row.show_key).values_list("title", flat=True)
        show = shows.first()
    return title_of(row.kind, row.title, row.year, show or "", (row.season, row.number, row.released))


def search(text: str, limit: int) -> tuple[Entry, ...]:
    """At most so many items whose title has all words of the text. One query."""
    return _read(matching(text)[:limit])


def recent(since: int, limit: int) -> tuple[Entry, ...]:
    """Films and episodes that came into the library since then (epoch seconds), the newest first. One query."""
    kinds = (ItemKind.MOVIE, ItemKind.EPISODE)
    return _read(_usable().filter(kind__in=kinds, added_at__gte=since).order_by("-added_at", "-pk")[:limit])


def episodes_of(shows: Iterable[str]) -> dict[str, tuple[Entry, ...]]:
    """The episodes of shows, by the show's rating key, as they are watched, specials last. One query for each 500."""
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for batch in batched(set(shows)):
        for entry in _read(_usable().filter(kind=ItemKind.EPISODE, show_key__in=batch)):
            found[entry.show_key].append(entry)
    return {show: tuple(sorted(mine, key=lambda entry: entry.order)) for show, mine in found.items()}


def files_of(keys: Iterable[str], policy: Versions) -> dict[str, tuple[PlexFile, ...]]:
    """The files of items that count by the policy, by rating key. One query for each 500.

    Two episodes in one file have the same path.
    """
    found: dict[str, tuple[PlexFile, ...]] = {}
    for batch in batched(set(keys)):
        rows = LibraryFile.objects.filter(item__rating_key__in=batch).order_by("item_id", "version", "part", "path")
        columns = rows.values_list("item__rating_key", "version", "path", "size", "height", "optimized")
        versions: defaultdict[str, dict[str, Version]] = defaultdict(dict)
        for key, number, path, size, height, optimized in columns:
            before = versions[key].get(number)
            parts = (*(before.parts if before else ()), PlexFile(path, size))
            versions[key][number] = Version(parts, height, optimized)
        found |= {key: chosen(list(mine.values()), policy) for key, mine in versions.items()}
    return found


def _usable() -> QuerySet[LibraryItem]:
    shows = LibraryItem.objects.filter(kind=ItemKind.SHOW, rating_key=OuterRef("show_key"))
    rows = LibraryItem.objects.filter(section__enabled=True)
    return rows.annotate(show_title=Subquery(shows.values("title")[:1]))


def _read(rows: QuerySet[LibraryItem]) -> tuple[Entry, ...]:
    return tuple(Entry(*row) for row in rows.values_list(*FIELDS))
