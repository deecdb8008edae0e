"""The ledger of some days, as values for programs and pages. A handful of queries whatever the number of plays."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from caching.ledger.counting import Interval, Play, by_source, by_user, rates, wakeups
from caching.models import Kind, Operation, Playback, State, Way

DAYS = 30


def summary(days: int = DAYS) -> dict[str, Any]:
    """Hit rates of all, of each user and of each source, and the disk wake-ups avoided, of the last days."""
    since = _midnight(days)
    plays = list(_plays(since))
    return {
        "days": days,
        **rates(plays),
        "users": [{"user": name, **those} for name, those in by_user(plays).items()],
        "sources": [{"source": name, **those} for name, those in by_source(plays).items()],
        "wakeups": wakeups(plays, _copies(since)),
    }


def history(days: int = DAYS) -> list[dict[str, Any]]:
    """Day by day, the oldest first, today last: plays and what was moved. Days as in the time zone of the settings."""
    since = _midnight(days)
    by_day: defaultdict[date, list[Play]] = defaultdict(list)
    for play in _plays(since):
        by_day[timezone.localtime(datetime.fromtimestamp(play.start, timezone.get_current_timezone())).date()].append(
            play
        )
    moved = _moved(since)
    first = timezone.localtime(since).date()
    dates = [first + timedelta(days=number) for number in range(days)]
    return [{"date": day.isoformat(), **rates(by_day[day]), **moved.get(day, _NOTHING)} for day in dates]


_NOTHING = {"files_cached": 0, "bytes_cached": 0, "files_returned": 0, "bytes_returned": 0}


def _midnight(days: int) -> datetime:
    """When the first of so many days began, today being the last."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days - 1)


def _plays(since: datetime) -> Iterator[Play]:
    rows = Playback.objects.filter(started_at__gte=since).order_by("started_at", "id")
    fields = ("started_at", "ended_at", "played_seconds", "served", "missed", "user__title", "who", "sources")
    for begun, ended, seconds, served, missed, user, who, sources in rows.values_list(*fields):
        start = int(begun.timestamp())
        end = int(ended.timestamp()) if ended else start
        names = tuple(dict.fromkeys(claim.partition(":")[0] for claim in sources.split(",") if claim))
        yield Play(start, end, seconds, served, missed, user or who, names)


def _copies(since: datetime) -> Iterable[Interval]:
    """When operations read or wrote the array: all that copied."""
    copied = Q(kind=Kind.CACHE) | Q(way__in=[Way.COPIED, Way.REPLACED])
    rows = Operation.objects.filter(copied, state=State.DONE, started_at__gte=since, finished_at__isnull=False)
    for begun, ended in rows.values_list("started_at", "finished_at"):
        if begun and ended:
            yield Interval(int(begun.timestamp()), int(ended.timestamp()))


def _moved(since: datetime) -> dict[date, dict[str, int]]:
    """What operations moved, by the day on which they ended."""
    rows = Operation.objects.filter(state=State.DONE, finished_at__gte=since).order_by()
    cached = Q(kind=Kind.CACHE)
    days = rows.annotate(day=TruncDate("finished_at")).values("day").annotate(
        files_cached=Count("id", filter=cached), bytes_cached=Sum("bytes_total", filter=cached),
        files_returned=Count("id", filter=~cached), bytes_returned=Sum("bytes_total", filter=~cached),
    )  # fmt: skip
    rows_of_days = days.values_list("day", *_NOTHING)
    return {day: dict(zip(_NOTHING, (one or 0 for one in counts), strict=True)) for day, *counts in rows_of_days}
