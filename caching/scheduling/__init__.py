"""When what is done by itself is done: django-celery-beat's rows as people know them."""

from caching.scheduling.changing import Change, change
from caching.scheduling.reading import Scheduled, everything, one, upcoming
from caching.scheduling.running import run_now
from caching.scheduling.table import JOBS, SESSIONS, Job
from caching.scheduling.timing import Cron, Every, Period, Timing
from caching.scheduling.zones import follow_time_zone

__all__ = [
    "JOBS",
    "SESSIONS",
    "Change",
    "Cron",
    "Every",
    "Job",
    "Period",
    "Scheduled",
    "Timing",
    "change",
    "everything",
    "follow_time_zone",
    "one",
    "run_now",
    "upcoming",
]
