"""Follows lasting troubles: each is told once when it begins, and some when they are over."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from caching.models import LastingTrouble, NoticeEvent, NoticeLevel
from caching.notifying import outbox
from caching.notifying.lasting import Known, step
from caching.notifying.values import Happening, Trouble

OBSERVED = tuple(event for event in NoticeEvent.values if event not in {"cycle", "activity", "leaving_soon"})


def follow(troubles: Iterable[Trouble], now: datetime, events: Collection[str] = OBSERVED) -> None:
    """Compare what is wrong now with what is known of it, for these events, and tell what is to be told."""
    there = {trouble.key: trouble for trouble in troubles}
    known = {row.key: row for row in LastingTrouble.objects.filter(event__in=events)}
    for key in {**known, **there}:
        _follow(known.get(key), there.get(key), now)


def _follow(row: LastingTrouble | None, trouble: Trouble | None, now: datetime) -> None:
    event = trouble.happening.event if trouble else row.event if row else ""
    known = Known(row.since, row.seen_at, row.told) if row else None
    what = step(event, known, now, there=trouble is not None)
    if trouble is not None:
        _keep(row, trouble, now, told=what == "tell")
    elif row is not None and what in {"end", "tell the end"}:
        _end(row, aloud=what == "tell the end")


def _keep(row: LastingTrouble | None, trouble: Trouble, now: datetime, *, told: bool) -> None:
    """Note that it is there; with `told` whoever notes that first also tells it."""
    values: dict[str, Any] = {"seen_at": now, "title": trouble.happening.title[:500], "over": trouble.over}
    try:
        with transaction.atomic():
            if row is None:
                LastingTrouble.objects.create(
                    key=trouble.key, event=trouble.happening.event, since=now, told=told, **values
                )
            elif told:
                told = bool(LastingTrouble.objects.filter(pk=row.pk, told=False).update(told=True, **values))
            else:
                LastingTrouble.objects.filter(pk=row.pk).update(**values)
            if told:
                outbox.tell(trouble.happening)
    except IntegrityError:
        return  # another process has seen it first


def _end(row: LastingTrouble, *, aloud: bool) -> None:
    with transaction.atomic():
        gone, _ = LastingTrouble.objects.filter(pk=row.pk).delete()
        if gone and aloud and row.over:
            lines = (f"It lasted since {_moment(row.since)}.",)
            outbox.tell(Happening(row.event, NoticeLevel.SUCCESS, row.over, lines))


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at, timezone.get_default_timezone()):%Y-%m-%d %H:%M}"
