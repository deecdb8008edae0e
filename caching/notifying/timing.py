"""When a target is told something, and when it is left alone. Pure; all times are aware."""

from datetime import datetime, timedelta, tzinfo

GATHERED = {"activity": timedelta(minutes=1)}
"""Many of these come together: they wait for each other for so long."""
APART = timedelta(seconds=30)
"""At least so much between two messages to a target."""
FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=4)
TOO_OLD = timedelta(days=1)
"""What could not be told for so long is not worth telling any more."""


def due(timing: str, digest_hour: int, event: str, now: datetime, zone: tzinfo) -> datetime:
    """When something that happens now is to be told: at once, at the next full hour, at the next such hour of a day."""
    if timing == "at_once":
        return now + GATHERED.get(event, timedelta())
    if timing == "hourly":
        # Whole hours of UTC: the same for nearly every zone, and no day of 23 or 25 hours matters.
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    local = now.astimezone(zone)
    at = local.replace(hour=digest_hour, minute=0, second=0, microsecond=0)
    return at if at > local else at + timedelta(days=1)


def may_send(last_at: datetime | None, rests_until: datetime | None, now: datetime) -> bool:
    """Whether a target may be sent something: it does not rest, and the last message is long enough ago."""
    if rests_until is not None and now < rests_until:
        return False
    return last_at is None or not timedelta() <= now - last_at < APART


def rest(failures: int) -> timedelta:
    """For how long a target is left alone after so many failures in a row."""
    doublings = min(max(failures - 1, 0), 20)
    return min(FIRST_REST * (1 << doublings), LONGEST_REST)
