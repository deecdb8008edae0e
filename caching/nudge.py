"""Waking a worker. A nudge says only "look at the rows"; for a lost one the next minute's upkeep makes up."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

EXPIRES_SECONDS = 300


def run_cycle() -> None:
    """Let a worker run the cycle that waits."""
    _send("caching.tasks.run_waiting_cycle")


def run_orders() -> None:
    """Let a worker carry out what was ordered."""
    _send("caching.tasks.run_orders")


def run_replays() -> None:
    """Let a worker compute the replays that wait."""
    _send("caching.tasks.run_replays")


def notices() -> None:
    """Let a worker send the notifications that are due."""
    _send("caching.tasks.send_notices")


def tend() -> None:
    """Let a worker look at once whether a crash left something."""
    _send("caching.tasks.tend")


def follow_hint(told_at: datetime, seconds: float) -> bool:
    """Let a worker see in so many seconds whether a hint still asks for a cycle. False when the broker is away."""
    return _send("caching.tasks.follow_hint", {"told_at": told_at.isoformat()}, wait=seconds)


def run(task: str, told: Mapping[str, Any]) -> bool:
    """Let a worker do what no row asks for. False when the broker is away: then nothing comes of it."""
    return _send(task, told)


def _send(task: str, told: Mapping[str, Any] | None = None, *, wait: float = 0) -> bool:
    """Send a message. A broker that is away, or a queue that nobody made yet, is no error: the rows wait."""
    try:
        expires = wait + EXPIRES_SECONDS
        current_app.send_task(task, kwargs=dict(told or {}), countdown=wait, expires=expires, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("No worker could be woken (%s); what waits begins within a minute of its return.", error)
        return False
    return True
