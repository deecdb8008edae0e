"""The books of requests: counts and rests as rows, and the manners that the owner has set.

Only the clerk of `cacherr.politeness` reads and writes them, in a thread of its own; pages show the rows.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, connections, transaction
from django.db.models import F, Sum
from django.utils import timezone

from cacherr.politeness import TO_OTHERS, Manners
from cacherr.rests import LONGEST_ASKED, Rest
from cacherr.tally import Counts
from cacherr.turns import Limits
from plexusers.models import HostRest, RequestCount, WatchPolicy
from plexusers.models.asking import EARLIER

log = logging.getLogger(__name__)

DAYS_KEPT = 30
LONGEST_NAME = 255


class RequestBooks:
    """Counts and rests in the database."""

    def write(self, counts: Counts, rests: Mapping[str, Rest | None]) -> bool:
        """Add to the rows in one transaction. False when the database is busy or away."""
        try:
            with transaction.atomic():
                for host, rest in rests.items():
                    _write_rest(host[:LONGEST_NAME], rest)
                _add(counts)
        except DatabaseError as error:
            log.debug("Requests cannot be written down now (%s).", type(error).__name__)
            return False
        return True

    def read(self) -> tuple[Manners, Mapping[str, Rest]] | None:
        """Manners and rests in force, or None."""
        try:
            return manners(), rests()
        except DatabaseError as error:  # also before the first migration
            log.debug("The manners cannot be read now (%s).", type(error).__name__)
            return None

    def close(self) -> None:
        """Give the database connection of this thread back."""
        connections.close_all()


def manners() -> Manners:
    """How fast others are asked by the settings in force."""
    policy = WatchPolicy.effective()
    return Manners(
        plex_tv=Limits(policy.plextv_interval_ms / 1000, policy.plextv_per_minute),
        server=Limits(policy.server_interval_ms / 1000, policy.server_per_minute),
        others=TO_OTHERS,
    )


def rests() -> dict[str, Rest]:
    """Whom to leave alone for now; what is over is left out. One query."""
    now = timezone.now().timestamp()
    # A clock that was set back must not silence anybody for ever.
    rows = HostRest.objects.filter(until__gt=now, until__lte=now + LONGEST_ASKED)
    return {row.host: Rest(row.until, row.asked, row.times) for row in rows}


def end_rests() -> int:
    """The owner wants everybody to be asked again now; how many rested."""
    return HostRest.objects.all().delete()[0]


def tidy() -> None:
    """Join what is older than a month into one row for each endpoint and outcome, so that totals only ever grow."""
    oldest = datetime.now(UTC).date() - timedelta(days=DAYS_KEPT)
    old = RequestCount.objects.filter(day__lt=oldest, day__gt=EARLIER)
    if not old.exists():
        return
    with transaction.atomic():
        names = ("host", "endpoint", "outcome")
        sums = old.values(*names).annotate(counts=Sum("count"), sizes=Sum("size"), took=Sum("seconds"))
        for row in sums.order_by(*names):
            key = {name: row[name] for name in names}
            _increase({"day": EARLIER, **key}, row["counts"], row["sizes"], row["took"])
        old.delete()


def _write_rest(host: str, rest: Rest | None) -> None:
    if rest is None:
        HostRest.objects.filter(host=host).delete()
    else:
        values = {"until": rest.until, "asked": rest.asked, "times": rest.times}
        HostRest.objects.update_or_create(host=host, defaults=values)


def _add(counts: Counts) -> None:
    # Always in the same order: two processes that write at the same time must not wait for each other.
    for what, one in sorted(counts.items()):
        key = {"host": what.host[:LONGEST_NAME], "endpoint": what.endpoint[:LONGEST_NAME], "outcome": what.outcome}
        _increase({"day": what.day, **key}, one.count, one.size, one.seconds)


def _increase(key: Mapping[str, object], count: int, size: int, seconds: float) -> None:
    RequestCount.objects.bulk_create([RequestCount(**key)], ignore_conflicts=True)
    more = {"count": F("count") + count, "size": F("size") + size, "seconds": F("seconds") + seconds}
    RequestCount.objects.filter(**key).update(**more)
