"""Doors for Celery: each task is a nudge, the rows say what is to be done."""

import logging
from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.db import OperationalError

from cacherr.commands import database_error
from cacherr.errors import BusyError, CacherrError
from caching import arr, backing_up, cycle, orders, rescue, upkeep
from caching.notifying import sending
from caching.replaying import waiting as replaying

log = logging.getLogger(__name__)


@shared_task
def run_cycle() -> None:
    """The schedule asks for a cycle. What was ordered at its very end found no free worker."""
    _quietly(lambda: cycle.run("schedule"))
    _quietly(orders.run_waiting)


@shared_task
def run_waiting_cycle() -> None:
    """Somebody asked for a cycle. What was ordered at its very end found no free worker."""
    _quietly(cycle.run_waiting)
    _quietly(orders.run_waiting)


@shared_task
def follow_hint(told_at: str) -> None:
    """Sonarr or Radarr told of files a while ago. What was ordered at the cycle's end found no free worker."""
    _quietly(lambda: arr.follow(datetime.fromisoformat(told_at)))
    _quietly(orders.run_waiting)


@shared_task
def run_orders() -> None:
    """Somebody ordered operations by hand."""
    _quietly(orders.run_waiting)


@shared_task
def run_replays() -> None:
    """Somebody asked for a replay. It takes minutes, and a thread of its own: cycles and upkeep need the worker's."""
    _quietly(replaying.start)


@shared_task
def tend() -> None:
    """The minute's upkeep: signs of life, recovery, work that waits."""
    _quietly(upkeep.tend)


@shared_task
def watch_storage() -> None:
    """Look whether every cache's disk is there; rescue what a lost one holds."""
    _quietly(rescue.watch)


@shared_task
def audit() -> None:
    """The schedule's audit: it looks and repairs nothing."""
    _quietly(upkeep.audit)


@shared_task
def back_up() -> None:
    """The schedule's backup."""
    _quietly(backing_up.back_up_if_possible)


@shared_task
def send_notices() -> None:
    """Send the notifications that are due."""
    _quietly(sending.send_due)


def _quietly(work: Callable[[], object]) -> None:
    try:
        work()
    except BusyError as error:
        log.info("%s", error)
    except CacherrError as error:
        log.warning("%s", error)
    except OperationalError as error:  # full, locked or away: the rows that are there say what is left to be done
        log.warning("%s Everything is tried again by itself.", database_error(error))
