"""Refreshing lists: each at its own time, the last good result kept, and how it went written on the list's row."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from importlists import signing
from importlists.choosing import choose_again
from importlists.contract import Entry
from importlists.jobs import Outcome, job_of, outcomes
from importlists.models import ImportList, ListItem, ListState
from plexusers import remarks
from plexusers.models import RemarkKind, Versions, WatchPolicy
from plexusers.shelf import Shelf

LEASE = timedelta(minutes=30)
"""For so long nobody else reads a list that is being read; a crash costs no more."""
FIRST_RETRY = timedelta(minutes=5)
LONGEST_WAIT = timedelta(days=1)
JITTER = 0.1
"""Times are longer or shorter by this share, so that lists do not all come at once."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How it went with one list."""

    row: ImportList
    positions: int
    unchanged: bool
    failed: str


def refresh_due(now: datetime | None = None) -> list[Refreshed]:
    """Read the lists whose time has come."""
    moment = now or timezone.now()
    rows = ImportList.objects.filter(Q(next_at=None) | Q(next_at__lte=moment), enabled=True)
    return refresh(rows, moment)


def refresh_all() -> list[Refreshed]:
    """Read all enabled lists now, whenever they would be due."""
    return refresh(ImportList.objects.filter(enabled=True))


def refresh(rows: Iterable[ImportList], now: datetime | None = None, *, afresh: bool = False) -> list[Refreshed]:
    """Read these lists now; those that another process is reading are left to it. Never raises for a list's sake."""
    moment = now or timezone.now()
    mine = {row.pk: row for row in rows if _claim(row, moment)}
    if not mine:
        return []
    keys = signing.keys(moment)
    done = [
        _written(mine[outcome.job.pk], outcome, moment)
        for outcome in outcomes(job_of(row, keys, afresh=afresh) for row in mine.values())
    ]
    _choose([one.row for one in done if not one.failed], moment)
    return done


def _claim(row: ImportList, now: datetime) -> bool:
    """Take the list: of two that would read it, one does."""
    until = now + LEASE
    taken = ImportList.objects.filter(pk=row.pk, next_at=row.next_at).update(next_at=until, checked_at=now) == 1
    if taken:
        row.next_at, row.checked_at = until, now
    return taken


def _written(row: ImportList, outcome: Outcome, now: datetime) -> Refreshed:
    lease, every, before = row.next_at, timedelta(minutes=row.refresh_minutes), row.state
    if outcome.failed:
        _turn(row, ListState.FAILED if row.good_at is None else ListState.STALE, now)
        row.failures, row.why = row.failures + 1, outcome.failed
        wait = min(timedelta(seconds=outcome.wait), LONGEST_WAIT)
        row.next_at = now + max(_spread(pause(row.failures, every)), wait)
    else:
        _turn(row, ListState.FRESH, now)
        row.good_at, row.failures, row.why = now, 0, ""
        row.etag, row.last_modified = outcome.conditions.etag, outcome.conditions.last_modified
        row.next_at = now + _spread(every)
    with transaction.atomic():
        # Not the whole row: a person may have changed its settings while it was read. Then the answer is for nothing.
        values = {name: getattr(row, name) for name in STATE_FIELDS}
        if ImportList.objects.filter(pk=row.pk, next_at=lease).update(**values) != 1:
            return Refreshed(row, 0, unchanged=False, failed="It was changed or removed while it was read.")
        if not outcome.failed and not outcome.unchanged:
            _replace(row, outcome.entries)
    _note(row, before)
    return Refreshed(row, len(outcome.entries), outcome.unchanged, outcome.failed)


def _note(row: ImportList, before: str) -> None:
    """What lists do is worth telling when it is not what they did before."""
    if row.state != ListState.FRESH and before in {ListState.NEW, ListState.FRESH}:
        remarks.note(RemarkKind.LIST, f"The list {row.name} could not be read. {row.why}", warning=True)
    elif row.state == ListState.FRESH and before in {ListState.STALE, ListState.FAILED}:
        remarks.note(RemarkKind.LIST, f"The list {row.name} can be read again.")


def pause(failures: int, every: timedelta) -> timedelta:
    """How long a list rests after so many bad answers in a row: five minutes, doubling, no longer than usual."""
    return min(every, FIRST_RETRY * (1 << min(failures - 1, 10)))


def _spread(time: timedelta) -> timedelta:
    return time * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - nothing secret


def _turn(row: ImportList, state: ListState, now: datetime) -> None:
    if row.state != state:
        row.state, row.since = state, now


STATE_FIELDS = ("state", "since", "good_at", "next_at", "failures", "why", "etag", "last_modified")


def _replace(row: ImportList, entries: Sequence[Entry]) -> None:
    """The positions as they are now; nothing is written when they are as they were."""
    columns = ("title", "year", "kind", "names", "released")
    before = list(row.items.order_by("position").values_list("position", *columns))
    made = [
        ListItem(
            import_list=row, position=position, title=entry.title, year=entry.year, kind=entry.kind or "",
            names=list(entry.names), released=entry.released,
        )
        for position, entry in enumerate(entries, 1)
    ]  # fmt: skip
    if before != [(item.position, *(getattr(item, name) for name in columns)) for item in made]:
        row.items.all().delete()
        ListItem.objects.bulk_create(made, batch_size=500)


def _choose(rows: Sequence[ImportList], now: datetime) -> None:
    """Match and choose at once, so that pages show what became of it."""
    shelf = Shelf(Versions(WatchPolicy.effective().versions))
    for _ in choose_again(rows, shelf, now.date()):
        pass
