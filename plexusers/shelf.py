"""The index of the library as the sources of one cycle need it: each thing is read once, in few queries for all."""

from collections.abc import Iterable, Mapping

from plexusers import library
from plexusers.answers import Viewed
from plexusers.episodes import NEVER
from plexusers.library import Entry
from plexusers.mirroring import batched
from plexusers.models import ItemKind, LibraryItem, PlexUser, Versions, WatchState
from plexusers.plex import PlexFile, PlexItem


class Shelf:
    """Items and episodes with the files that count by the setting of versions."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._episodes: dict[str, tuple[Entry, ...]] = {}
        self._files: dict[str, tuple[PlexFile, ...]] = {}
        self._viewed: dict[int, dict[str, Viewed]] = {}

    def viewed_by(self, user: PlexUser) -> Mapping[str, Viewed]:
        """How far the user got with everything ever begun, by rating key, as of the first time asked. One query."""
        if user.pk not in self._viewed:
            rows = WatchState.objects.filter(user=user).values_list("rating_key", "views", "offset", "viewed_at")
            self._viewed[user.pk] = {key: Viewed(key, *rest) for key, *rest in rows if any(rest[:2])}
        return self._viewed[user.pk]

    def episodes(self, shows: Iterable[str]) -> Mapping[str, tuple[Entry, ...]]:
        """The episodes that have files, by their show's rating key, as they are watched. Three queries at the most."""
        asked = set(shows)
        if new := asked - self._episodes.keys():
            empty = _without_files(new)
            found = library.episodes_of(new)
            for show in new:
                self._episodes[show] = tuple(one for one in found.get(show, ()) if one.rating_key not in empty)
        return {show: self._episodes[show] for show in asked}

    def files(self, keys: Iterable[str]) -> Mapping[str, tuple[PlexFile, ...]]:
        """The files of items that count, by rating key; none for what the index does not have."""
        asked = set(keys)
        if new := asked - self._files.keys():
            found = library.files_of(new, self._versions)
            self._files |= {key: found.get(key, ()) for key in new}
        return {key: self._files[key] for key in asked}

    def items(self, entries: Iterable[Entry], states: Mapping[str, Viewed] | None = None) -> Mapping[str, PlexItem]:
        """Items with their files, by rating key; those without files are left out."""
        asked = {entry.rating_key: entry for entry in entries}
        files = self.files(asked)
        return {
            key: item_of(entry, files[key], (states or {}).get(key, NEVER))
            for key, entry in asked.items()
            if files[key]
        }


def item_of(entry: Entry, files: tuple[PlexFile, ...], state: Viewed = NEVER) -> PlexItem:
    """An item of the index as Plex itself would tell of it."""
    return PlexItem(entry.rating_key, entry.kind, entry.label, files, state.offset, state.viewed_at or None)


def _without_files(shows: Iterable[str]) -> set[str]:
    """Episodes that Plex knows and has no file of. One query for each 500 shows."""
    rows = LibraryItem.objects.filter(kind=ItemKind.EPISODE, files__isnull=True)
    return {
        key for batch in batched(shows) for key in rows.filter(show_key__in=batch).values_list("rating_key", flat=True)
    }
