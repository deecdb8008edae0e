"""Watchlists as rows: what was read last stays until it is read again."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from plexusers.models import PlexUser, WatchlistEntry
from plexusers.watchlists.feeds import NEWEST
from plexusers.watchlists.lines import Line


def entries_of(user: PlexUser | None) -> list[WatchlistEntry]:
    """What is on a user's watchlist; without a user, on those of the feed of all friends."""
    return list(WatchlistEntry.objects.filter(user=user).order_by("-added_at", "id"))


def keep(user: PlexUser | None, lines: Iterable[Line], now: datetime, *, first: bool) -> None:
    """Write the difference. What is new is as old as this reading, unless it tells itself or is the first one."""
    told = {line.key: line for line in lines}
    rows = {_key(row): row for row in WatchlistEntry.objects.filter(user=user)}
    seen = 0 if first else int(now.timestamp())
    new = [
        WatchlistEntry(
            user=user, guid=line.names[0] if line.names else "", names=list(line.names), kind=line.kind,
            title=line.title, year=line.year, added_at=line.added_at or seen,
        )
        for key, line in told.items()
        if key not in rows
    ]  # fmt: skip
    gone = [row.pk for key, row in rows.items() if key not in told]
    if new or gone:
        with transaction.atomic():
            WatchlistEntry.objects.filter(pk__in=gone).delete()
            WatchlistEntry.objects.bulk_create(new)


def with_hidden(user: PlexUser | None, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines of a feed, and those known from before that are older than all it has room for."""
    if len(lines) < NEWEST:
        return tuple(lines)
    oldest = min(line.added_at for line in lines)
    told = {line.key for line in lines}
    known = (row for row in entries_of(user) if row.added_at < oldest and _key(row) not in told)
    return (*lines, *(Line(row.kind, row.title, row.year, tuple(row.names), row.added_at) for row in known))  # type: ignore[arg-type]


def _key(row: WatchlistEntry) -> tuple[str, str, str, int | None]:
    return (row.guid, row.kind, row.title, row.year)
