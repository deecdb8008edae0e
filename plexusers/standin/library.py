"""The sections of a stand-in Plex server and the items in them."""

import hashlib
import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from plexusers.standin.records import (
    Episode,
    Item,
    Movie,
    PartFile,
    Playable,
    Season,
    Section,
    SectionType,
    Show,
    Version,
)

Added = TypeVar("Added", bound=Item)


def default_guid(kind: str, key: str, title: str) -> str:
    """A guid as the modern agents give it, `plex://movie/` and 24 hexadecimal digits, always the same for an item."""
    return f"plex://{kind}/{hashlib.sha256(f'{kind} {key} {title}'.encode()).hexdigest()[:24]}"


class Library:
    """Sections and items under one lock. Rating keys are given in the order of adding and never used twice."""

    def __init__(self, clock: Callable[[], float] = time.time, file_exists: Callable[[str], bool] = bool) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.file_exists = file_exists
        """Says whether the file at a Plex path is there, when a client wants files checked; every path is, at first."""
        self.sections: dict[str, Section] = {}
        self.items: dict[str, Item] = {}
        self.changes: dict[str, int] = {}
        """How often the content of each section changed."""
        self._below: defaultdict[str, set[str]] = defaultdict(set)
        self._listed: dict[tuple[str, type[Item] | None], tuple[int, list[Item]]] = {}
        self._keys = itertools.count(1)

    def now(self) -> int:
        """The time in epoch seconds."""
        return int(self.clock())

    def add_section(self, kind: SectionType, title: str, *locations: str, hidden: int = 0) -> Section:
        """Adds a library. Locations are directories as Plex sees them."""
        with self.lock:
            section = Section(str(len(self.changes) + 1), kind, title, locations, hidden)
            self.sections[section.key] = section
            self.changes[section.key] = 1
            return section

    def remove_section(self, section: Section) -> None:
        """Takes a library away with everything in it."""
        with self.lock:
            for item in [one for one in self.items.values() if one.section == section.key]:
                self.remove(item)
            del self.sections[section.key]

    def part(
        self, path: str, size: int, *, modified_at: int = 1_600_000_000, subtitles: Iterable[str] = ()
    ) -> PartFile:
        """A file as Plex sees it; size in bytes, modification time in epoch seconds."""
        path.encode()  # a name that is not Unicode cannot be told in XML: better to fail here than in an answer
        return PartFile(next(self._keys), path, size, modified_at, tuple(subtitles))

    def version(self, *parts: PartFile, resolution: str = "1080", optimized: bool = False) -> Version:
        """A version made of one or more files."""
        return Version(next(self._keys), parts, resolution, optimized)

    def add_movie(
        self,
        section: Section,
        title: str,
        *versions: Version,
        year: int | None = None,
        guid: str | None = None,
        guids: Iterable[str] = (),
        edition: str | None = None,
        duration: int = 6_000_000,
        added_at: int | None = None,
    ) -> Movie:
        """Adds a film. Duration in milliseconds, `added_at` in epoch seconds (now, when left out)."""
        with self.lock:
            key, added = self._new_key(added_at)
            guid = guid or default_guid("movie", key, title)
            date = f"{year}-06-01" if year else None
            film = Movie(
                key, section.key, title, guid, versions, tuple(guids), year, date, duration, edition, added, added
            )
            return self._put(film)

    def add_show(
        self,
        section: Section,
        title: str,
        *,
        year: int | None = None,
        guid: str | None = None,
        guids: Iterable[str] = (),
        added_at: int | None = None,
    ) -> Show:
        """Adds a show without episodes; see `add_episode`."""
        with self.lock:
            key, added = self._new_key(added_at)
            guid = guid or default_guid("show", key, title)
            date = f"{year}-01-15" if year else None
            return self._put(Show(key, section.key, title, guid, tuple(guids), year, date, added, added))

    def add_episode(
        self,
        show: Show,
        season: int | None,
        index: int | None,
        *versions: Version,
        title: str | None = None,
        guid: str | None = None,
        guids: Iterable[str] = (),
        date: str | None = None,
        duration: int = 2_700_000,
        added_at: int | None = None,
    ) -> Episode:
        """Adds an episode, and its season when that is new; without a season it hangs from the show alone.

        `date` is the ISO date of the first broadcast, duration is in milliseconds, `added_at` in epoch seconds.
        """
        with self.lock:
            above = None if season is None else self._season(show, season, added_at).key
            key, added = self._new_key(added_at)
            title = title or f"Episode {date if index is None else index}"
            guid = guid or default_guid("episode", key, title)
            place = (key, show.section, show.key, above)
            times = (date, duration, added, added)
            return self._put(Episode(*place, title, guid, versions, season, index, tuple(guids), *times))

    def set_versions(self, item: Playable, *versions: Version) -> None:
        """Gives an item other files under the same rating key, as an upgrade does."""
        with self.lock:
            current = self.items[item.key]
            if isinstance(current, Movie | Episode):
                self._put(replace(current, versions=versions, updated_at=self.now()))

    def rematch(self, item: Item, guid: str, *, title: str | None = None, guids: Iterable[str] = ()) -> None:
        """Takes an item for something else under the same rating key, as a corrected match does."""
        with self.lock:
            current = self.items[item.key]
            changed = replace(current, guid=guid, updated_at=self.now())
            if not isinstance(changed, Season):
                changed = replace(changed, title=title or changed.title, guids=tuple(guids) or changed.guids)
            self._put(changed)

    def tag(self, item: Movie | Show, *, labels: Iterable[str] = (), genres: Iterable[str] = ()) -> None:
        """Gives a film or a show labels and genres; those that it had are gone."""
        with self.lock:
            current = self.items[item.key]
            if isinstance(current, Movie | Show):
                told = replace(current, labels=tuple(labels), genres=tuple(genres))
                self._put(replace(told, updated_at=self.now()))

    def remove(self, item: Item) -> set[str]:
        """Takes an item away with all that hangs below it; says which rating keys are gone."""
        with self.lock:
            gone = {item.key, *self._below.pop(item.key, ())}
            for key in gone:
                self.items.pop(key, None)
                self._below.pop(key, None)
            for keys in self._below.values():
                keys.difference_update(gone)
            self.changes[item.section] += 1
            return gone

    def listed(self, section: Section, kind: type[Item] | None) -> list[Item]:
        """A section's items, of one kind or of all, by title. The list is kept until the section changes."""
        with self.lock:
            changes, items = self._listed.get((section.key, kind), (0, []))
            if changes != self.changes[section.key]:
                items = [one for one in self.items.values() if one.section == section.key]
                items = [one for one in items if kind is None or isinstance(one, kind)]
                items.sort(key=lambda item: item.title.casefold())
                self._listed[section.key, kind] = self.changes[section.key], items
            return items

    def children(self, item: Item) -> list[Item]:
        """The seasons of a show and its episodes without a season, or the episodes of a season."""
        with self.lock:
            seasons = [one for one in self._items_below(item) if isinstance(one, Season)]
            loose = [one for one in self.episodes(item) if one.season is None or isinstance(item, Season)]
            return [*sorted(seasons, key=lambda season: season.index), *loose]

    def episodes(self, item: Item) -> list[Episode]:
        """The episodes of a show or a season, in the order of watching."""
        with self.lock:
            found = [one for one in self._items_below(item) if isinstance(one, Episode)]
            return sorted(found, key=lambda episode: episode.order)

    def leaves(self, item: Item) -> list[Playable]:
        """What can be played of an item: the film or episode itself, or the episodes below."""
        return [item] if isinstance(item, Movie | Episode) else list(self.episodes(item))

    def _items_below(self, item: Item) -> Iterator[Item]:
        return (self.items[key] for key in self._below.get(item.key, ()))

    def _season(self, show: Show, index: int, added_at: int | None) -> Season:
        for item in self._items_below(show):
            if isinstance(item, Season) and item.index == index:
                return item
        key, added = self._new_key(added_at)
        return self._put(Season(key, show.section, show.key, index, default_guid("season", key, ""), added, added))

    def _new_key(self, added_at: int | None) -> tuple[str, int]:
        return str(next(self._keys)), self.now() if added_at is None else added_at

    def _put(self, item: Added) -> Added:
        self.items[item.key] = item
        if isinstance(item, Season | Episode):
            self._below[item.show].add(item.key)
        if isinstance(item, Episode) and item.season:
            self._below[item.season].add(item.key)
        self.changes[item.section] += 1
        return item
