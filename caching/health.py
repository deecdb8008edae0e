"""Whether Cacherr is able to work: its own parts, and what it works with.

Only what a person must act on at once makes `/health` say 503: the database, the broker, worker, beat and an absent
disk. Plex being away or nothing being set up yet is a warning: restarting Cacherr would not help, and a container
engine restarts what is unhealthy.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from cacherr.errors import CacherrError
from caching import mappings
from caching.gather import require_roots
from caching.models import PathMapping, Pulse
from plexusers.models import PlexServer

PULSE_LIMIT = timedelta(seconds=180)
STARTING_SECONDS = 180.0

_started = time.monotonic()

Finding = tuple[bool, str]
CRITICAL = ("database", "broker", "worker", "beat", "disk")


def health() -> dict[str, Any]:
    """The answer of `/health`: `status` is healthy, warning or critical; `checks` says why."""
    checks: dict[str, Callable[[], Finding]] = {
        "database": _database,
        "broker": _broker,
        "worker": lambda: _pulse("worker"),
        "beat": lambda: _pulse("beat"),
        "plex": _plex,
        "mappings": _mappings,
        "disk": _disk,
    }
    database = _database()
    findings = {"database": database} if not database[0] else {name: check() for name, check in checks.items()}
    bad = [name for name, (ok, _) in findings.items() if not ok]
    status = "critical" if any(name in CRITICAL for name in bad) else "warning" if bad else "healthy"
    return {"status": status, "checks": {name: {"ok": ok, "message": text} for name, (ok, text) in findings.items()}}


def _database() -> Finding:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return False, f"The database does not answer: {type(error).__name__}."
    return True, ""


def _broker() -> Finding:
    if not settings.REDIS_URL:
        return (
            settings.BROKER_DIR.is_dir(),
            "" if settings.BROKER_DIR.is_dir() else "The queue's directory is not there.",
        )
    import redis

    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
            client.ping()
    except redis.RedisError as error:
        return False, f"Redis does not answer: {type(error).__name__}."
    except ValueError:  # what follows the question mark is read by nobody else
        return False, "REDIS_URL cannot be used. Write redis://HOST:6379/0."
    return True, ""


def _pulse(name: str) -> Finding:
    pulse = Pulse.objects.filter(name=name).first()
    if pulse and timezone.now() - pulse.at < PULSE_LIMIT:
        return True, ""
    if time.monotonic() - _started < STARTING_SECONDS:
        return True, "starting"
    return False, f"The {name} has not shown itself since {pulse.at:%Y-%m-%d %H:%M} UTC." if pulse else "Never seen."


def _plex() -> Finding:
    server = PlexServer.effective()
    if not (server.plex_url and server.plex_token):
        return False, "Plex is not set up yet: enter its address and token."
    return not server.last_error, server.last_error


def _mappings() -> Finding:
    """What a cycle would say of them."""
    try:
        mappings.usable()
    except CacherrError as error:
        return False, str(error)
    except DatabaseError as error:  # rows of the environment are brought up to date, perhaps by somebody else as well
        return False, f"The path mappings cannot be read: {type(error).__name__}."
    return True, ""


def _disk() -> Finding:
    rows = PathMapping.objects.filter(enabled=True).select_related("array", "cache")
    try:
        require_roots(row for row in rows if row.is_proved)
    except CacherrError as error:
        return False, str(error)
    return True, ""
