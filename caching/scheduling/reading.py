"""The schedules as they are now, as values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from caching.models import WatcherState
from caching.scheduling.table import JOBS, SESSIONS, Job
from caching.scheduling.timing import NEVER, Cron, Every, Period, Timing
from plexusers.models import WatchPolicy

PLAYS = "Looks at what is playing, besides the notices that Plex sends by itself."


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A schedule. Times are aware, UTC."""

    name: str
    title: str
    does: str
    enabled: bool
    timing: Timing | None
    """None: its row is gone; to give it a time makes it again."""
    next_at: datetime | None = None
    last_at: datetime | None = None
    changeable: bool = True
    """False: its settings are on a page of their own."""

    @property
    def words(self) -> str:
        """When, as a sentence's end."""
        if not self.enabled or self.timing is None:
            return "switched off"
        return self.timing.words

    def told(self) -> dict[str, Any]:
        """For programs."""
        every = self.timing if isinstance(self.timing, Every) else None
        cron = self.timing if isinstance(self.timing, Cron) else None
        return {
            "name": self.name, "title": self.title, "does": self.does, "enabled": self.enabled, "words": self.words,
            "every": every.every if every else None, "period": every.period.value if every else None,
            "cron": cron.line if cron else None, "time_zone": cron.zone if cron else None,
            "next_at": self.next_at.isoformat() if self.next_at else None,
            "last_at": self.last_at.isoformat() if self.last_at else None, "changeable": self.changeable,
        }  # fmt: skip


def everything() -> list[Scheduled]:
    """All schedules that people know, the look at what plays as well. Three queries."""
    return [*upcoming(), sessions()]


def upcoming() -> list[Scheduled]:
    """The schedules of beat's rows, always in the same order. One query."""
    rows = {row.task: row for row in _rows()}
    return [_scheduled(job, rows.get(job.task)) for job in JOBS.values()]


def one(name: str) -> Scheduled:
    """The schedule of this name. Raises KeyError."""
    if name == SESSIONS:
        return sessions()
    job = JOBS[name]
    return _scheduled(job, row_of(job))


def row_of(job: Job) -> PeriodicTask | None:
    """The job's row of the schedule: the oldest, as `upcoming` shows it."""
    found: PeriodicTask | None = _rows().filter(task=job.task).last()
    return found


def _rows() -> Any:
    tasks = [job.task for job in JOBS.values()]
    # The oldest last, so that it wins where somebody made a second row for the same task.
    return PeriodicTask.objects.filter(task__in=tasks).select_related("interval", "crontab").order_by("-id")


def _scheduled(job: Job, row: PeriodicTask | None) -> Scheduled:
    timing = timing_of(row) if row else None
    enabled = bool(row and row.enabled and timing)
    next_at = _next(row, timing) if enabled and row and timing else None
    return Scheduled(job.name, job.title, job.does, enabled, timing, next_at, row.last_run_at if row else None)


def timing_of(row: PeriodicTask) -> Timing | None:
    """When a row is due; None for what nobody can choose here: the sun's times, microseconds."""
    if row.interval and row.interval.period in set(Period):
        return _plain(Every(row.interval.every, Period(row.interval.period)))
    if row.crontab:
        cron = row.crontab
        parts = (cron.minute, cron.hour, cron.day_of_month, cron.month_of_year, cron.day_of_week)
        return Cron(" ".join("".join(part.split()) for part in parts), str(cron.timezone))
    return None


def _plain(every: Every) -> Every:
    """60 minutes are an hour."""
    for smaller, larger in ((Period.SECONDS, Period.MINUTES), (Period.MINUTES, Period.HOURS)):
        if every.period == smaller and every.every % 60 == 0:
            every = Every(every.every // 60, larger)
    return every


def _next(row: PeriodicTask, timing: Timing) -> datetime | None:
    """As beat reckons: from the last run, or from when the row was changed.

    Beat writes its runs down every three minutes, and makes up at once for what it missed: what looks overdue was run
    just now, so the next time after that is told.
    """
    now = timezone.now()
    try:
        due = timing.after(row.last_run_at or row.date_changed)
        return due if due > now else timing.upon(due, now)
    except NEVER:
        return None  # a line that was written elsewhere and never comes


def sessions() -> Scheduled:
    """The look at what plays. Two queries."""
    policy, watcher = WatchPolicy.effective(), WatcherState.objects.filter(pk=1).first()
    return Scheduled(
        SESSIONS, "Playback", PLAYS, bool(policy.watch_sessions), _plain(Every(policy.session_seconds, Period.SECONDS)),
        last_at=watcher.looked_at if watcher else None, changeable=False,
    )  # fmt: skip
