"""Beat, reading the schedule's rows."""

from django.db.models import Q
from django_celery_beat.schedulers import DatabaseScheduler


class Scheduler(DatabaseScheduler):  # type: ignore[misc]
    """Makes up at once for what was missed while Cacherr was off.

    django-celery-beat only looks at times whose hour is near, to spare databases with thousands of rows: a backup at
    03:30 would never be made on a machine that is off at night.
    """

    def _get_crontab_exclude_query(self) -> Q:
        return Q(pk__in=[])
