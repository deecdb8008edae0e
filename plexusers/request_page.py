"""The page of requests in the admin: who is asked how often, how that went, and who rests."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Sum

from cacherr.endpoints import SERVER
from cacherr.politeness import sentence
from plexusers import bookkeeping
from plexusers.models import RequestCount

WEEK, MONTH = timedelta(days=6), timedelta(days=bookkeeping.DAYS_KEPT - 1)
"""Together with today."""
OUTCOMES = {"429": "asked to wait", "4xx": "refused", "5xx": "failed", "error": "no answer"}


@dataclass
class Numbers:
    """How often something was asked."""

    today: int = 0
    week: int = 0
    month: int = 0
    size: int = 0
    """Bytes, in the month."""
    seconds: float = 0.0
    """In the month."""
    troubles: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Answers of the week that were not good, by outcome."""

    def add(self, row: dict[str, Any], today: date) -> None:
        """Add a day's count of one outcome."""
        self.month += row["counts"]
        self.size += row["sizes"]
        self.seconds += row["took"]
        if row["day"] >= today - WEEK:
            self.week += row["counts"]
            if row["outcome"] in OUTCOMES:
                self.troubles[row["outcome"]] += row["counts"]
        if row["day"] == today:
            self.today += row["counts"]

    @property
    def milliseconds(self) -> int:
        """How long an answer takes on average."""
        return round(1000 * self.seconds / self.month) if self.month else 0

    @property
    def trouble(self) -> str:
        """The answers of the week that were not good, in words."""
        return ", ".join(f"{count} {OUTCOMES[outcome]}" for outcome, count in sorted(self.troubles.items()))


def shown() -> dict[str, Any]:
    """The page's context. Two queries whatever there is."""
    today = datetime.now(UTC).date()
    endpoints: dict[str, dict[str, Numbers]] = defaultdict(lambda: defaultdict(Numbers))
    hosts: dict[str, Numbers] = defaultdict(Numbers)
    for row in _rows(today):
        endpoints[row["host"]][row["endpoint"]].add(row, today)
        hosts[row["host"]].add(row, today)
    names = sorted(hosts, key=lambda host: (host != SERVER, -hosts[host].month, host))
    return {
        "title": "Requests",
        "days": bookkeeping.DAYS_KEPT,
        "rests": [sentence(host, rest) for host, rest in sorted(bookkeeping.rests().items())],
        "hosts": [
            {
                "name": "The Plex server" if host == SERVER else host,
                "numbers": hosts[host],
                "endpoints": sorted(endpoints[host].items(), key=lambda one: (-one[1].month, one[0])),
            }
            for host in names
        ],
    }


def _rows(today: date) -> Any:
    rows = RequestCount.objects.filter(day__gte=today - MONTH).order_by("day")
    names = ("day", "host", "endpoint", "outcome")
    return rows.values(*names).annotate(counts=Sum("count"), sizes=Sum("size"), took=Sum("seconds"))
