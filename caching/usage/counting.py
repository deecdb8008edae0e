"""For whose sake a cached file is counted, and which samples are kept. Pure."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from caching.ledger.counting import NOBODY

ORDER = ("pin", "playing", "ondeck", "watchlist", "feed", "list", "recent", "order")
"""A file that several want counts for the first of these: sizes add up to what is there."""
HOURLY, DAILY = timedelta(days=7), timedelta(days=730)
"""For so long every hour is kept, and the last hour of every day. A cache with all nine sources then has 8,082 rows."""


def main_source(claims: Iterable[str]) -> str:
    """The source that a file counts for, by the claims on it."""
    names = {claim.partition(":")[0] for claim in claims if claim}
    known = next((source for source in ORDER if source in names), None)
    return known or min(names, default=NOBODY)


def superfluous(times: Collection[datetime], now: datetime) -> list[datetime]:
    """The samples that are too old, or not the last one of their day (UTC) and no more of the latest days."""
    last_of_day: dict[object, datetime] = {}
    for at in times:
        day = at.astimezone(UTC).date()
        last_of_day[day] = max(at, last_of_day.get(day, at))
    kept = set(last_of_day.values())
    return sorted(at for at in times if now - at > DAILY or (now - at > HOURLY and at not in kept))
