"""Remembering how each source answered: the rows of `SourceState`."""

from datetime import datetime

from plexusers.models import PlexUser, SourceState, SourceStatus


def was_good(source: str, now: datetime, *, user: PlexUser | None = None, count: int = 0) -> None:
    """The source answered well, with so many things. `now` is aware, UTC."""
    row = _row(source, user, now)
    _turn(row, SourceStatus.FRESH, now)
    row.good_at, row.count, row.drops, row.why = now, count, 0, ""
    row.save()


def was_bad(source: str, now: datetime, why: str, *, user: PlexUser | None = None, dropped: bool = False) -> None:
    """The source failed, or answered what is not believed yet (`dropped`). `why` is a sentence with its cure."""
    row = _row(source, user, now)
    _turn(row, SourceStatus.FAILED, now)
    row.drops = row.drops + 1 if dropped else row.drops
    row.why = why
    row.save()


def drops(source: str, user: PlexUser | None = None) -> int:
    """How many answers in a row were not believed."""
    row = SourceState.objects.filter(source=source, user=user).only("drops").first()
    return row.drops if row else 0


def _row(source: str, user: PlexUser | None, now: datetime) -> SourceState:
    found = SourceState.objects.filter(source=source, user=user).first()
    return found or SourceState(source=source, user=user, since=now)


def _turn(row: SourceState, status: SourceStatus, now: datetime) -> None:
    if row.status != status:
        row.since = now
    row.status, row.checked_at = status, now
