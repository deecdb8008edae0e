"""What rules and limits can ask about files, from the index of the library: no request, some queries for each 500."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from django.utils import timezone

from caching.models import CachePolicy
from caching.planning.ruling import RESOLUTIONS, Book, Refused
from caching.planning.values import FileKey, Situation, Subject, Want
from caching.rulebook import reading
from plexusers import tagging
from plexusers.mirroring import batched
from plexusers.models import ItemKind, LibraryFile, LibraryItem, TagKind
from plexusers.tagging import Tag

NONE: frozenset[str] = frozenset()
OF_ITEM = ("rating_key", "section__key", "kind", "title", "show_key", "added_at", "released")


class Item(NamedTuple):
    """A film or an episode as the index has it."""

    rating_key: str
    section: str
    kind: str
    title: str
    show_key: str
    added_at: int
    released: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds for many files: titles of shows, and who has the labels and genres asked for, by rating key."""

    shows: Mapping[str, str]
    labels: Mapping[str, frozenset[str]]
    genres: Mapping[str, frozenset[str]]

    def subject(self, path: str, size: int, resolution: str, item: Item | None) -> Subject:
        """What is known of a file; `item` is None when the index does not have it."""
        if item is None:
            return Subject(path, size, is_known=False)
        return Subject(
            path,
            size,
            RESOLUTIONS.get(resolution.lower(), ""),
            section=item.section,
            kind=item.kind,
            title=self.shows.get(item.show_key, "") if item.kind == ItemKind.EPISODE else item.title,
            labels=self.labels.get(item.rating_key, NONE) | self.labels.get(item.show_key, NONE),
            genres=self.genres.get(item.rating_key, NONE) | self.genres.get(item.show_key, NONE),
            added_at=item.added_at,
            released_at=midnight(item.released),
        )


def facts(shows: Mapping[str, str], tags: Collection[Tag]) -> Facts:
    """With what has these labels and genres. One query."""
    found: dict[TagKind, dict[str, set[str]]] = {TagKind.LABEL: {}, TagKind.GENRE: {}}
    for one, keys in (tagging.members(tags) if tags else {}).items():
        for key in keys:
            found[one.kind].setdefault(key, set()).add(one.name)
    labels, genres = ({key: frozenset(names) for key, names in those.items()} for those in found.values())
    return Facts(shows, labels, genres)


def informed(situation: Situation, plex_paths: Mapping[FileKey, str], rating_keys: Mapping[FileKey, str]) -> Situation:
    """The situation with the rules, and with what they and the limits of libraries ask about its files.

    `rating_keys` are those of the cached files. Without rules and such limits nothing is read but that.
    """
    rows = reading.enabled()
    rules = replace(situation.rules, book=reading.book(rows))
    wants, cached = situation.wants, situation.cached
    by_library = any(limit.section for limit in rules.limits)
    if rules.book or rules.only_included or by_library:
        wants = with_subjects(wants, plex_paths, reading.tags_of(rows))
    if by_library:
        sections = sections_of(rating_keys.values())
        cached = tuple(replace(item, section=sections.get(rating_keys.get(item.file, ""), "")) for item in cached)
    return replace(situation, rules=rules, wants=wants, cached=cached)


def with_subjects(wants: Sequence[Want], plex_paths: Mapping[FileKey, str], tags: Collection[Tag]) -> tuple[Want, ...]:
    """The wants with what is known of their files; everybody who wants the same gets the same value."""
    items = _items({want.rating_key for want in wants if want.rating_key})
    resolutions = _resolutions(items)
    known = facts(_shows(items.values()), tags)
    made: dict[tuple[FileKey, str], Subject] = {}
    for want in wants:
        asked = (want.file, want.rating_key)
        if asked not in made:
            path = plex_paths[want.file]
            resolution = resolutions.get((want.rating_key, path), "")
            made[asked] = known.subject(path, want.size, resolution, items.get(want.rating_key))
    return tuple(want._replace(subject=made[want.file, want.rating_key]) for want in wants)


def refused(files: Iterable[tuple[str, str, int]]) -> dict[str, Refused]:
    """Why files may not be cached, by path, whoever wants them; from rating keys, paths as Plex sees them, and sizes.

    What no rule keeps out is left out.
    """
    rows, only_included = reading.enabled(), CachePolicy.effective().only_included
    if not rows and not only_included:
        return {}
    book = Book(reading.book(rows), only_included=only_included, now=int(timezone.now().timestamp()))
    asked = list(files)
    items = _items({key for key, _, _ in asked})
    resolutions, known = _resolutions(items), facts(_shows(items.values()), reading.tags_of(rows))
    found = {
        path: book.why_not(known.subject(path, size, resolutions.get((key, path), ""), items.get(key)))
        for key, path, size in asked
    }
    return {path: why for path, why in found.items() if why is not None}


def sections_of(keys: Iterable[str]) -> dict[str, str]:
    """The keys of the libraries that items are in, by rating key. One query for each 500."""
    found: dict[str, str] = {}
    for batch in batched({key for key in keys if key}):
        found |= LibraryItem.objects.filter(rating_key__in=batch).values_list("rating_key", "section__key")
    return found


def _items(keys: Collection[str]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for batch in batched(keys):
        rows = LibraryItem.objects.filter(rating_key__in=batch).values_list(*OF_ITEM)
        found |= {row[0]: Item(*row) for row in rows}
    return found


def _resolutions(keys: Collection[str]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for batch in batched(keys):
        rows = LibraryFile.objects.filter(item__rating_key__in=batch)
        found |= {(key, path): told for key, path, told in rows.values_list("item__rating_key", "path", "resolution")}
    return found


def _shows(items: Iterable[Item]) -> dict[str, str]:
    """The titles of the shows that episodes belong to."""
    found: dict[str, str] = {}
    for batch in batched({item.show_key for item in items if item.show_key}):
        found |= LibraryItem.objects.filter(rating_key__in=batch).values_list("rating_key", "title")
    return found


def midnight(iso_date: str) -> int:
    """The beginning of a day in epoch seconds (UTC); 0 for what is no date."""
    try:
        day = date.fromisoformat(iso_date)
    except ValueError:
        return 0
    return int(datetime.combine(day, time.min, UTC).timestamp())
