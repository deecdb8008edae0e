"""The time zone that the lines of cron hold in: that of the installation, also after `TZ` was changed."""

import logging

from django.conf import settings

from caching.scheduling.changing import set_timing
from caching.scheduling.reading import row_of, timing_of
from caching.scheduling.table import JOBS
from caching.scheduling.timing import Cron

log = logging.getLogger(__name__)


def follow_time_zone() -> int:
    """Let the schedules that people know hold in the time zone of now; how many did not. For each start.

    They are written in the zone that holds when they are made. Rows that other programs made in beat's tables, and
    times that those share with ours, stay as they are.
    """
    count = 0
    for row in filter(None, map(row_of, JOBS.values())):
        timing = timing_of(row)
        if isinstance(timing, Cron) and timing.zone != settings.TIME_ZONE:
            log.info("%s holds in %s from now on; it was %s.", row.name, settings.TIME_ZONE, timing.zone)
            set_timing(row, Cron(timing.line, settings.TIME_ZONE))
            row.save()
            count += 1
    return count
