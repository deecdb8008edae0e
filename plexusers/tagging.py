"""Labels and genres: what of each library has those that somebody asks for.

Plex's lists of items tell of no labels, and of a few genres only. So for each library it is asked which there are, and
for each one that somebody asks for, what has it: when the library has changed, or the last answer is some hours old.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from xml.etree.ElementTree import Element

from django.db import transaction

from cacherr.errors import PlexError
from plexusers import sources
from plexusers.answers import rating_key
from plexusers.mirroring import batched
from plexusers.models import LibrarySection, SectionKind, TaggedItem, TagKind, TagReading
from plexusers.paging import Reading
from plexusers.plex import Plex

SOURCE = "tags"
AGAIN = timedelta(hours=6)
"""An answer is asked for again after this time, even when Plex counted no change of the library."""
NUMBERS = {SectionKind.MOVIE: 1, SectionKind.SHOW: 2}
"""Plex's numbers for what has labels and genres: films and shows."""


class Tag(NamedTuple):
    """A label or a genre; `name` without capitals."""

    kind: TagKind
    name: str


class _Member(NamedTuple):
    rating_key: str


def tag(kind: TagKind, name: str) -> Tag:
    """A label or a genre as it is compared: capitals do not matter."""
    return Tag(kind, name.strip().casefold())


def keep_up(plex: Plex, tags: Collection[Tag], now: datetime) -> str:
    """Bring what is known of these up to date, and forget all others; `now` is aware, UTC.

    Why some of it is as it was before, in a sentence; empty when all is well. Requests for each library that changed:
    one for each kind of tag, and one for each tag of it that the library has; more only past 100 items.
    """
    _forget_others(tags)
    if not tags:
        sources.forget(SOURCE)
        return ""
    failures = read(plex, tags, now)
    if failures:
        sources.was_bad(SOURCE, now, failures, stale=True)
    else:
        sources.was_good(SOURCE, now, count=len(tags))
    return failures


def read(plex: Plex, tags: Collection[Tag], now: datetime) -> str:
    """Read those of these that are new or due. Why some could not be, in a sentence."""
    failures = []
    for section in LibrarySection.objects.filter(enabled=True):
        due = sorted(set(tags) - _fresh(section, now))
        try:
            for kind in sorted({one.kind for one in due}):
                _read(plex, section, [one for one in due if one.kind == kind], now)
        except PlexError as error:
            failures.append(f"{section.title}: {error}")
    return " ".join(failures)


def members(tags: Collection[Tag]) -> Mapping[Tag, frozenset[str]]:
    """The rating keys of films and shows that have each of these, in any library. One query."""
    found: defaultdict[Tag, set[str]] = defaultdict(set)
    rows = TaggedItem.objects.filter(reading__name__in={one.name for one in tags})
    for kind, name, key in rows.values_list("reading__kind", "reading__name", "rating_key"):
        found[Tag(TagKind(kind), name)].add(key)
    return {one: frozenset(found[one]) for one in tags}


def unknown(tags: Collection[Tag]) -> frozenset[str]:
    """The keys of libraries of which it was never told what has one of these. Two queries at the most."""
    if not tags:
        return frozenset()
    known: defaultdict[int, set[Tag]] = defaultdict(set)
    rows = TagReading.objects.filter(name__in={one.name for one in tags})
    for section, kind, name in rows.values_list("section_id", "kind", "name"):
        known[section].add(Tag(TagKind(kind), name))
    sections = LibrarySection.objects.values_list("pk", "key")
    return frozenset(key for pk, key in sections if not known[pk].issuperset(tags))


def _fresh(section: LibrarySection, now: datetime) -> set[Tag]:
    """What is known of the library as well as can be."""
    rows = section.tag_readings.filter(content_changed=section.content_changed, read_at__gt=now - AGAIN)
    return {Tag(TagKind(kind), name) for kind, name in rows.values_list("kind", "name")}


def _read(plex: Plex, section: LibrarySection, due: Collection[Tag], now: datetime) -> None:
    kind = next(iter(due)).kind
    number = NUMBERS[SectionKind(section.kind)]
    below = f"/library/sections/{section.key}"
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for name, key in plex.things(f"{below}/{kind}?type={number}", _choice):
        keys[name.casefold()].add(key)
    for one in due:
        found: set[str] = set()
        for key in sorted(keys[one.name]):
            found |= _of_list(plex, f"{below}/all?type={number}&{kind}={key}&sort=addedAt:asc")
        _write(section, one, found, now)


def _choice(element: Element) -> tuple[str, str]:
    """Raises KeyError, ValueError for what is no choice of a filter."""
    key = element.attrib["key"]
    if not key.isdecimal():
        raise ValueError("a tag without a number")
    return element.attrib["title"], key


def _of_list(plex: Plex, path: str) -> set[str]:
    reading = Reading(plex, path, lambda element: _Member(rating_key(element)))
    for _ in reading.batches():
        pass
    if not reading.complete:
        raise PlexError("Plex changed its answer while it was read.", "Nothing has to be done: it is asked again.")
    return reading.seen


def _write(section: LibrarySection, one: Tag, keys: Iterable[str], now: datetime) -> None:
    """Keep what has a tag: only what differs."""
    told = set(keys)
    with transaction.atomic():
        values = {"content_changed": section.content_changed, "read_at": now}
        row, _ = TagReading.objects.update_or_create(section=section, kind=one.kind, name=one.name, defaults=values)
        before = set(row.items.values_list("rating_key", flat=True))
        for batch in batched(before - told):
            row.items.filter(rating_key__in=batch).delete()
        TaggedItem.objects.bulk_create(
            [TaggedItem(reading=row, rating_key=key) for key in sorted(told - before)], ignore_conflicts=True
        )


def _forget_others(tags: Collection[Tag]) -> None:
    others = [row.pk for row in TagReading.objects.all() if Tag(TagKind(row.kind), row.name) not in tags]
    if others:
        TagReading.objects.filter(pk__in=others).delete()
