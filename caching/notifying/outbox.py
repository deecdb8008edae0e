"""The outbox: what is to be told is written in the transaction of what happened, and sent later by somebody else.

Nothing that tells may fail or wait for it: trouble with the outbox is a line in the log.
"""

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from caching import nudge
from caching.models import Notice, NotificationTarget
from caching.notifying import timing
from caching.notifying.values import Happening

log = logging.getLogger(__name__)

MOST_WAITING = 200
"""So much waits for a target at most; more is only counted."""
MOST_AT_ONCE = 100
MOST_ATTEMPTS = 8
LEASE = timedelta(minutes=5)
"""Far longer than a message takes. Whoever claimed something and died lets go of it then."""
MOST_LINES = 40


def tell(happening: Happening) -> None:
    """Write it for every target that wants it; inside a transaction it is told only if that succeeds. Never fails."""
    try:
        with transaction.atomic():
            urgent = _write(happening, timezone.now())
    except (DatabaseError, ValueError) as error:  # ValueError: a name that the database cannot hold
        log.warning("A notification could not be written: %s", type(error).__name__)
        return
    if urgent:
        transaction.on_commit(nudge.notices, robust=True)


def _write(happening: Happening, now: datetime) -> bool:
    """Whether something is to be told at once."""
    urgent = False
    for target in wanting(happening.event):
        if target.notices.count() >= MOST_WAITING:
            NotificationTarget.objects.filter(pk=target.pk).update(dropped=F("dropped") + 1)
            continue
        due = timing.due(
            target.timing, target.digest_hour, happening.event, now, timezone.get_default_timezone()
        )  # the owner's zone
        Notice.objects.create(
            target=target, event=happening.event, level=happening.level, title=happening.title[:500],
            lines=list(happening.lines[:MOST_LINES]), facts=[list(pair) for pair in happening.facts],
            created_at=now, due_at=due,
        )  # fmt: skip
        urgent = urgent or due <= now
    return urgent


def wanting(event: str) -> QuerySet[NotificationTarget]:
    """The targets in use that are told of such an event."""
    return NotificationTarget.objects.filter(**{"enabled": True, f"on_{event}": True})


def happening(row: Notice) -> Happening:
    """What a row tells."""
    facts = tuple((str(name), str(value)) for name, value in row.facts)
    return Happening(row.event, row.level, row.title, tuple(map(str, row.lines)), facts)


def _free(now: datetime) -> Q:
    return Q(due_at__lte=now) & (Q(claimed_until=None) | Q(claimed_until__lt=now))


def waiting(now: datetime) -> list[NotificationTarget]:
    """The targets that may be sent something, and for which something is due."""
    due = Notice.objects.filter(_free(now)).values("target")
    rows = NotificationTarget.objects.filter(enabled=True, pk__in=due)
    return [row for row in rows if timing.may_send(row.last_at, row.rests_until, now)]


def claim(target: NotificationTarget, now: datetime) -> list[Notice]:
    """Take what is due for a target, oldest first; what somebody else has taken is not among it."""
    mark = secrets.token_hex(16)
    ids = list(Notice.objects.filter(_free(now), target=target).order_by("id").values_list("pk", flat=True))
    mine = Notice.objects.filter(_free(now), pk__in=ids[:MOST_AT_ONCE])
    mine.update(claim=mark, claimed_until=now + LEASE, attempts=F("attempts") + 1)
    return list(Notice.objects.filter(claim=mark).order_by("id"))


def told(target: NotificationTarget, notices: Sequence[Notice], dropped: int, now: datetime) -> None:
    """It arrived."""
    with transaction.atomic():
        _claimed(notices).delete()
        rows = NotificationTarget.objects.filter(pk=target.pk)
        rows.update(last_at=now, last_error="", failures=0, rests_until=None)
        rows.filter(dropped__gte=dropped).update(dropped=F("dropped") - dropped)


def failed(target: NotificationTarget, notices: Sequence[Notice], error: str, now: datetime) -> None:
    """It did not arrive: it is tried again when the target has rested, and not for ever."""
    failures = target.failures + 1
    with transaction.atomic():
        _claimed(notices).filter(attempts__gte=MOST_ATTEMPTS).delete()
        _claimed(notices).update(claim="", claimed_until=None)
        NotificationTarget.objects.filter(pk=target.pk).update(
            last_at=now, last_error=error, failures=failures, rests_until=now + timing.rest(failures)
        )


def _claimed(notices: Sequence[Notice]) -> QuerySet[Notice]:
    """Those of them that nobody has taken over meanwhile."""
    return Notice.objects.filter(pk__in=[row.pk for row in notices], claim__in={row.claim for row in notices} or {"-"})


def tidy(now: datetime) -> None:
    """What is too old, or waits for a target that is switched off, is not told any more."""
    Notice.objects.filter(Q(due_at__lt=now - timing.TOO_OLD) | Q(target__enabled=False)).delete()
