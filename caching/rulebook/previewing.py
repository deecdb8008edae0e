"""What a rule hits, before it is saved: of the library, and of what is cached now. Nothing of the rule is written."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils import timezone

from cacherr.errors import ConfigurationError, PlexError
from caching.models import CachedFile, Rule
from caching.planning.ruling import Test, hits
from caching.planning.values import Subject
from caching.rulebook import reading
from caching.rulebook.subjects import OF_ITEM, Item, facts
from plexusers import tagging
from plexusers.answers import title_of
from plexusers.models import ItemKind, LibraryFile, LibraryItem
from plexusers.server import connect
from plexusers.tagging import Tag

EXAMPLES = 12
OF_FILE = ("path", "size", "resolution", *(f"item__{name}" for name in OF_ITEM))
FOR_LABEL = ("item__year", "item__season", "item__number")


@dataclass(slots=True)
class Hits:
    """Files, their bytes together, and the largest of them as (bytes, title, path)."""

    files: int = 0
    size: int = 0
    largest: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, size: int, title: str, path: str) -> None:
        """One more."""
        self.files += 1
        self.size += size
        heapq.heappush(self.largest, (size, title, path))
        if len(self.largest) > EXAMPLES:
            heapq.heappop(self.largest)

    @property
    def examples(self) -> list[tuple[int, str, str]]:
        """The largest first."""
        return sorted(self.largest, key=lambda one: (-one[0], one[1], one[2]))


@dataclass(slots=True)
class Preview:
    """What a rule hits. Sizes in bytes."""

    total: int = 0
    """How many films and episodes were looked at, each version and part for itself."""
    cached: Hits = field(default_factory=Hits)
    array: Hits = field(default_factory=Hits)
    """What it hits and is not cached now."""
    earlier: int = 0
    """So many of the files hit are decided about by rules before this one."""
    unknown: int = 0
    """Of so many files it is not known."""
    notes: list[str] = field(default_factory=list)


def preview(row: Rule) -> Preview:
    """What a rule as it is entered hits. Plex is asked only for labels and genres that were never read."""
    now = timezone.now()
    tags = reading.tags_of([row])
    shown = Preview(notes=_read(tags))
    before = [one for one in reading.enabled() if one.pk != row.pk and (one.order, one.name) < (row.order, row.name)]
    all_tags = tags | reading.tags_of(before)
    test = hits(reading.value_of(row, tagging.unknown(tags)), int(now.timestamp()))
    others = [hits(value, int(now.timestamp())) for value in reading.book(before)]
    cached = set(CachedFile.objects.values_list("plex_path", flat=True))
    _count(shown, test, others, _files(all_tags), cached)
    return shown


def _count(
    shown: Preview, test: Test, others: Iterable[Test], files: Iterator[tuple[str, Subject]], cached: set[str]
) -> None:
    tests, seen = list(others), set[str]()
    for title, subject in files:
        hit = test(subject)
        shown.total += 1
        shown.unknown += hit is None
        if not hit or subject.path in seen:  # two episodes in one file, or a film in two libraries
            continue
        seen.add(subject.path)
        where = shown.cached if subject.path in cached else shown.array
        where.add(subject.size, title, subject.path)
        shown.earlier += any(other(subject) for other in tests)


def _read(tags: set[Tag]) -> list[str]:
    """Ask Plex for what was never read; what is worth knowing about labels and genres."""
    notes: list[str] = []
    if tags and tagging.unknown(tags):
        try:
            failed = tagging.read(connect(), tags, timezone.now())
        except (ConfigurationError, PlexError) as error:
            failed = str(error)
        if failed:
            notes.append(f"Plex could not be asked what has these labels and genres. {failed}")
    missing = [one for one, keys in tagging.members(tags).items() if not keys] if tags and not notes else []
    return [*notes, *(f"Nothing in Plex has the {one.kind} {one.name}." for one in sorted(missing))]


def _files(tags: set[Tag]) -> Iterator[tuple[str, Subject]]:
    """All files of libraries that are switched on, with the titles of their items. Two queries."""
    shows = dict(LibraryItem.objects.filter(kind=ItemKind.SHOW).values_list("rating_key", "title"))
    known = facts(shows, tags)
    rows: QuerySet[LibraryFile] = LibraryFile.objects.filter(item__section__enabled=True).order_by()
    for path, size, resolution, *rest in rows.values_list(*OF_FILE, *FOR_LABEL).iterator(chunk_size=2000):
        item, (year, season, number) = Item(*rest[: len(OF_ITEM)]), rest[len(OF_ITEM) :]
        subject = known.subject(path, size, resolution, item)
        place = (season, number, item.released)
        yield title_of(item.kind, item.title, year, shows.get(item.show_key, ""), place), subject
