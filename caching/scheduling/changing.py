"""Changing when something is done. Beat sees it within seconds, without a restart."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from cacherr.errors import RefusedError
from caching.scheduling.reading import Scheduled, one, row_of, timing_of
from caching.scheduling.table import JOBS, SESSIONS, Job
from caching.scheduling.timing import Cron, Timing
from plexusers import remarks
from plexusers.models import RemarkKind

EXPIRES_SECONDS = 1800
"""A run that no worker took up for so long is left out: the next one comes."""


@dataclass(frozen=True, slots=True)
class Change:
    """What of a schedule changes; None: stays as it is."""

    enabled: bool | None = None
    timing: Timing | None = None


def change(changes: Mapping[str, Change]) -> list[Scheduled]:
    """Change schedules, all of them or none. Raises KeyError, ConfigurationError, RefusedError."""
    if SESSIONS in changes:
        raise RefusedError("How often playback is looked at is one of the watching settings.", "Change it there.")
    with transaction.atomic():
        for name, wanted in changes.items():
            _change(JOBS[name], wanted)
    return [one(name) for name in changes]


def _change(job: Job, wanted: Change) -> None:
    row = row_of(job) or PeriodicTask(
        name=job.title, task=job.task, description=job.does, enabled=False, expire_seconds=EXPIRES_SECONDS
    )
    before = (row.enabled, timing_of(row))
    if wanted.timing is not None:
        wanted.timing.check(job.shortest)
        if wanted.timing != before[1]:
            set_timing(row, wanted.timing)
    if timing_of(row) is None:
        raise RefusedError(f"{job.title} has no time yet.", "Choose one.")
    row.enabled = row.enabled if wanted.enabled is None else wanted.enabled
    if (row.enabled, timing_of(row)) == before:
        return
    row.save()
    told = one(job.name)
    remarks.note(RemarkKind.SETTING, f"Schedule changed: {job.title}, {told.words}.")


def set_timing(row: PeriodicTask, timing: Timing) -> None:
    """Rows of times may be shared, so another one is taken instead of changing it."""
    row.interval = row.crontab = row.solar = row.clocked = None
    row.one_off = False
    if isinstance(timing, Cron):
        found = CrontabSchedule.objects.filter(**timing.parts, timezone=timing.zone).first()
        row.crontab = found or CrontabSchedule.objects.create(**timing.parts, timezone=timing.zone)
    else:
        values = {"every": timing.every, "period": timing.period.value}
        row.interval = IntervalSchedule.objects.filter(**values).first() or IntervalSchedule.objects.create(**values)
