"""Keeping the index of the library in step with Plex, with few requests.

Plex counts the changes of each library. A library whose count is as known costs no request. Otherwise what was updated
lately is read, the newest first, until what is known begins; when the numbers of items do not agree afterwards,
something was removed or slipped through, and all is read again. Once a day all is read anyway.

One refresh at a time, please: callers hold the lock of the cycle.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from cacherr.errors import PlexError
from plexusers import mirroring, sections, sources
from plexusers.answers import Listed, listed
from plexusers.models import ItemKind, LibraryItem, LibrarySection, SectionKind
from plexusers.paging import FIRST, FOLLOWING, Reading, UnsortedError, newest
from plexusers.plex import Plex

SOURCE = "library"
WHOLE_EVERY = timedelta(days=1)
WHOLE_AGAIN = timedelta(hours=1)
"""So much later everything is read again when a reading was disturbed, or when items were missing from it."""
OVERLAP = 900
"""Seconds before the last known change that are read again: Plex may date a change before it shows it."""
KINDS = {SectionKind.MOVIE: (ItemKind.MOVIE,), SectionKind.SHOW: (ItemKind.SHOW, ItemKind.EPISODE)}
"""What is read of a library of a kind."""
NUMBERS = {ItemKind.MOVIE: 1, ItemKind.SHOW: 2, ItemKind.EPISODE: 4}
"""Plex's numbers for kinds of items."""


class Step(enum.Enum):
    """How much of a library is to be read."""

    NOTHING = "nothing"
    CHANGES = "changes"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh of the index did."""

    sections: tuple[str, ...]
    """Titles of the libraries that were read."""
    written: int
    removed: int
    failed: str
    """Why a part of the index is as it was before, in one line; empty when all went well."""


def step_for(row: LibrarySection, counter: int | None, now: datetime) -> Step:
    """How much of a library is to be read, when Plex's count of its changes is `counter` (None: not told)."""
    if row.whole_due_at is None or now >= row.whole_due_at:
        return Step.WHOLE
    return Step.NOTHING if counter is not None and counter == row.content_changed else Step.CHANGES


def whole_due(now: datetime, *, complete: bool, absent: bool) -> datetime:
    """When all of a library is to be read again, once it was read whole.

    Soon when something slipped through, and soon to make sure of what was absent.
    """
    return now + (WHOLE_EVERY if complete and not absent else WHOLE_AGAIN)


def refresh(plex: Plex, *, now: datetime | None = None, whole: bool = False) -> Refreshed:
    """Bring the index up to date, all of it read when `whole`. A failure leaves the rest of the index as it was.

    Requests: one; for each library that changed as many pages as the changes fill; one more when one was read whole.
    """
    moment = now or timezone.now()
    work = _Refresh(plex, moment)
    try:
        work.run(whole=whole)
    except PlexError as error:
        work.failures.append(str(error))
    failed = " ".join(work.failures)
    if failed:
        sources.was_bad(SOURCE, moment, failed)
    else:
        sources.was_good(SOURCE, moment, count=LibraryItem.objects.count())
    return Refreshed(tuple(work.read), work.written, work.removed, failed)


@dataclass
class _Whole:
    """A library that was read whole: the reading of each kind of item, and Plex's count of changes before."""

    row: LibrarySection
    counter: int | None
    readings: dict[ItemKind, Reading[Listed]]

    @property
    def complete(self) -> bool:
        return all(reading.complete for reading in self.readings.values())

    def missed(self) -> list[mirroring.Missed]:
        """What is in the index and was not told of."""
        absent = (mirroring.absent_items(self.row.pk, kind, one.seen) for kind, one in self.readings.items())
        return [one for found in absent for one in found]


class _Refresh:
    """One refresh at work."""

    def __init__(self, plex: Plex, now: datetime) -> None:
        self._plex = plex
        self._now = now
        self._whole: list[_Whole] = []
        self.read: list[str] = []
        self.written = 0
        self.removed = 0
        self.failures: list[str] = []

    def run(self, *, whole: bool) -> None:
        """Library by library: a failing one leaves the others alone. Raises PlexError when none can be read."""
        told = self._plex.sections()
        counters = {one.key: one.content_changed for one in told}
        for key, row in sections.mirror(told, self._now).items():
            step = Step.WHOLE if whole else step_for(row, counters[key], self._now)
            if step is Step.NOTHING or not row.enabled:
                continue
            try:
                self._read(row, counters[key], step)
            except PlexError as error:
                self.failures.append(f"{row.title}: {error}")
            else:
                self.read.append(row.title)
        if self._whole:
            self._judge(self._counters_afterwards())

    def _read(self, row: LibrarySection, counter: int | None, step: Step) -> None:
        if step is Step.CHANGES:
            if self._read_changes(row):
                return self._note(row, content_changed=counter)
            due = (row.read_whole_at or self._now) + WHOLE_AGAIN
            if self._now < due:
                # All was read a moment ago: what does not agree yet is looked into later.
                return self._note(row, content_changed=None, whole_due_at=due)
        readings = {}
        for kind in KINDS[SectionKind(row.kind)]:
            readings[kind] = self._reading(row, kind, "addedAt:asc", FOLLOWING)
            self._write(row, readings[kind].batches())
        self._whole.append(_Whole(row, counter, readings))
        return None

    def _read_changes(self, row: LibrarySection) -> bool:
        """Read what was updated lately; says whether the index then has as many items as Plex."""
        agree = True
        for kind in KINDS[SectionKind(row.kind)]:
            reading = self._reading(row, kind, "updatedAt:desc", FIRST)
            try:
                self._write(row, newest(reading.batches(), _updated_at, row.changes_until - OVERLAP))
            except UnsortedError:
                return False
            here = LibraryItem.objects.filter(section=row, kind=kind, missing=0).count()
            agree &= here == reading.total
        return agree

    def _judge(self, counters: Mapping[str, int | None]) -> None:
        """Decide what the whole readings are worth, with Plex's counts of changes after them."""
        for whole in self._whole:
            missed = whole.missed()
            undisturbed = whole.row.key in counters and counters[whole.row.key] == whole.counter
            if whole.complete and undisturbed:
                self.removed += mirroring.count_absent(missed)
                missed = [one for one in missed if one.times < mirroring.GONE_AFTER]
            due = whole_due(self._now, complete=whole.complete, absent=bool(missed))
            self._note(whole.row, content_changed=whole.counter, read_whole_at=self._now, whole_due_at=due)

    def _counters_afterwards(self) -> dict[str, int | None]:
        """Plex's counts of changes by the libraries' keys; none when they are unknown, so that nothing is removed."""
        try:
            return {one.key: one.content_changed for one in self._plex.sections()}
        except PlexError as error:
            self.failures.append(str(error))
            return {}

    def _reading(self, row: LibrarySection, kind: ItemKind, sort: str, first: int) -> Reading[Listed]:
        path = f"/library/sections/{row.key}/all?type={NUMBERS[kind]}&includeGuids=1&sort={sort}"
        return Reading(self._plex, path, lambda element: listed(element, kind), first=first)

    def _write(self, row: LibrarySection, batches: Iterable[list[Listed]]) -> None:
        for batch in batches:
            self.written += mirroring.write(row.pk, batch)

    def _note(self, row: LibrarySection, **values: Any) -> None:
        """Keep how far the library is known now."""
        # An item that is dated in the future must not hide the changes until then.
        dated = LibraryItem.objects.filter(section=row, updated_at__lte=int(self._now.timestamp()))
        latest = dated.aggregate(latest=Max("updated_at"))["latest"]
        LibrarySection.objects.filter(pk=row.pk).update(read_at=self._now, changes_until=latest or 0, **values)


def _updated_at(item: Listed) -> int:
    return item.updated_at
