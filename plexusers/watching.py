"""Who watched what: a mirror of each user's watch states, kept in step by reading what was watched last.

Plex lists a library with what was watched last at the head, so a reading ends where the known begins: one page for each
user and library. What somebody marks as unwatched by hand loses its time and is at no head: that is seen when all that
was ever watched is read again, once a day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from cacherr.errors import PlexError, PlexSignInError
from plexusers import sources
from plexusers.answers import Viewed, viewed
from plexusers.mirroring import batched
from plexusers.models import LibraryItem, LibrarySection, PlexUser, SectionKind, WatchReading, WatchState
from plexusers.paging import FIRST, FOLLOWING, Reading, UnsortedError, newest
from plexusers.plex import Plex

SOURCE = "watched"
WHOLE_EVERY = timedelta(days=1)
OVERLAP = 300
"""Seconds before the last known viewing that are read again: players tell late what was watched."""
FEW = 10
"""Of so many watch states more than half must not vanish at once."""
NUMBERS = {SectionKind.MOVIE: 1, SectionKind.SHOW: 4}
"""Plex's numbers for what is watched in a library of a kind: films, episodes."""
COLUMNS = ("views", "offset", "viewed_at")


class DoubtedError(PlexError):
    """An answer that is not believed when it comes for the first time."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What Plex told of one library, and whether it was all that was ever watched there."""

    states: dict[str, Viewed]
    whole: bool


def refresh(plex: Plex, user: PlexUser, *, now: datetime | None = None, whole: bool = False) -> str:
    """Bring the user's watch states up to date, `plex` being connected as this user. Says why not, or nothing.

    Requests: one for each library that the user sees, and more only when more than a page was watched since, or when
    all is read again. What cannot be read stays as it was; it is remembered as the state of the source `watched`.
    """
    moment = now or timezone.now()
    work = _Refresh(plex, user, moment)
    try:
        work.run(whole=whole)
    except PlexSignInError as error:
        work.failures.append(str(error))
    failed = " ".join(work.failures)
    if failed:
        sources.was_bad(SOURCE, moment, failed, user=user, dropped=work.doubted)
    else:
        sources.was_good(SOURCE, moment, user=user, count=WatchState.objects.filter(user=user).count())
    return failed


def states_of(user: PlexUser, keys: Iterable[str]) -> dict[str, Viewed]:
    """How far the user got with these items, by rating key; untouched ones are left out. One query for each 500."""
    found: dict[str, Viewed] = {}
    for batch in batched(set(keys)):
        rows = WatchState.objects.filter(user=user, rating_key__in=batch)
        found |= {key: Viewed(key, *rest) for key, *rest in rows.values_list("rating_key", *COLUMNS)}
    return found


class _Refresh:
    """One refresh at work."""

    def __init__(self, plex: Plex, user: PlexUser, now: datetime) -> None:
        self._plex = plex
        self._user = user
        self._now = now
        self._visible: set[str] | None = None
        self.failures: list[str] = []
        self.doubted = False

    def run(self, *, whole: bool) -> None:
        """Library by library: a failing one leaves the others alone. Raises PlexSignInError: then all would fail."""
        known = {row.section_id: row for row in WatchReading.objects.filter(user=self._user)}
        for section in LibrarySection.objects.filter(enabled=True, missing_since=None):
            if not self._shares(section):
                continue
            try:
                before = known.get(section.pk)
                due = whole or before is None or self._now >= before.whole_due_at
                self._read(section, before or WatchReading(user=self._user, section=section), whole=due)
            except PlexSignInError:
                raise
            except PlexError as error:
                if self._sees(section):
                    self.doubted |= isinstance(error, DoubtedError)
                    self.failures.append(f"{section.title}: {error}")

    def _shares(self, section: LibrarySection) -> bool:
        return self._user.all_sections or section.key in self._user.sections

    def _sees(self, section: LibrarySection) -> bool:
        """Whether Plex shows this library to the user; asked only when it could not be read. True when unknown."""
        if self._visible is None:
            try:
                self._visible = {one.key for one in self._plex.sections()}
            except PlexError:
                return True
        return section.key in self._visible

    def _read(self, section: LibrarySection, row: WatchReading, *, whole: bool) -> None:
        told = self._told(section, row.until, whole=whole)
        if told.whole:
            self._forget(section, told.states)
        if whole or told.whole:
            row.whole_due_at = self._now + (WHOLE_EVERY if told.whole else timedelta())
        _write(self._user, list(told.states.values()))
        # A viewing that is dated in the future must not hide those until then.
        latest = max(
            (one.viewed_at for one in told.states.values() if one.viewed_at <= self._now.timestamp()), default=0
        )
        row.until = max(row.until, latest)
        row.read_at = self._now
        row.save()

    def _told(self, section: LibrarySection, until: int, *, whole: bool) -> _Told:
        try:
            if not whole:
                # At least 1: what was never watched has no time, and there may be a whole library of it.
                changes = newest(self._reading(section, FIRST).batches(), _viewed_at, max(until - OVERLAP, 1))
                return _Told(_by_key(changes), whole=False)
            return self._all_watched(section)
        except UnsortedError:
            reading = self._reading(section, FOLLOWING)
            states = _by_key([one for one in batch if one.touched] for batch in reading.batches())
            return _Told(states, whole=reading.complete)

    def _all_watched(self, section: LibrarySection) -> _Told:
        """All that was ever watched stands before the first thing that never was."""
        reading = self._reading(section, FOLLOWING)
        states: dict[str, Viewed] = {}
        pages = 0
        for batch in newest(reading.batches(), _viewed_at, 1):
            states |= {one.rating_key: one for one in batch}
            pages += 1
        if pages > 1:
            # What was begun while the pages were read went to the head of the list, past what was still to be read.
            since = max((one.viewed_at for one in states.values()), default=0)
            states |= _by_key(newest(self._reading(section, FIRST).batches(), _viewed_at, since))
        return _Told(states, whole=reading.steady and (reading.complete or not reading.ended))

    def _reading(self, section: LibrarySection, first: int) -> Reading[Viewed]:
        number = NUMBERS[SectionKind(section.kind)]
        path = f"/library/sections/{section.key}/all?type={number}&sort=lastViewedAt:desc"
        return Reading(self._plex, path, viewed, first=first)

    def _forget(self, section: LibrarySection, states: dict[str, Viewed]) -> None:
        """Remove what is watched no more. Raises DoubtedError when that is most of it, for the first time."""
        items = LibraryItem.objects.filter(section=section).values("rating_key")
        rows = WatchState.objects.filter(user=self._user, rating_key__in=items).values_list("pk", "rating_key")
        known = list(rows)
        gone = [pk for pk, key in known if key not in states]
        if len(known) >= FEW and 2 * len(gone) > len(known) and not sources.drops(SOURCE, self._user):
            raise DoubtedError(
                f"{self._user} has {len(gone)} of {len(known)} things watched no more, says Plex.",
                "If that is right, nothing has to be done: the next cycle believes it.",
            )
        for batch in batched(gone):
            WatchState.objects.filter(pk__in=batch).delete()


def _by_key(batches: Iterable[list[Viewed]]) -> dict[str, Viewed]:
    return {one.rating_key: one for batch in batches for one in batch}


def _viewed_at(state: Viewed) -> int:
    return state.viewed_at


def _write(user: PlexUser, states: list[Viewed]) -> None:
    """Write what differs, batch by batch."""
    for batch in batched(states):
        known = states_of(user, [one.rating_key for one in batch])
        changed = [one for one in batch if known.get(one.rating_key) != one]
        if changed:
            WatchState.objects.bulk_create(
                [
                    WatchState(
                        user=user, rating_key=one.rating_key, views=one.views, offset=one.offset,
                        viewed_at=one.viewed_at,
                    )
                    for one in changed
                ],
                update_conflicts=True, unique_fields=["user", "rating_key"], update_fields=COLUMNS,
            )  # fmt: skip
