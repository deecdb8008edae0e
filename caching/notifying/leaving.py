"""Cached files that leave within a day, each told once."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from caching.models import LastingTrouble, NoticeEvent, NoticeLevel
from caching.notifying import outbox
from caching.notifying.values import Happening
from caching.planning.sizes import readable
from caching.planning.values import Action

SOON = timedelta(days=1)


def tell(plan: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """Tell which files of a plan leave soon and were not told of before; what stays after all is forgotten."""
    found = {_key(one): one for one in plan if one["action"] == Action.KEEP and _is_soon(one, now)}
    rows = LastingTrouble.objects.filter(event=NoticeEvent.LEAVING_SOON)
    known = set(rows.values_list("key", flat=True))
    rows.filter(key__in=known - found.keys()).delete()
    fresh = {key: one for key, one in found.items() if key not in known}
    if not fresh or not outbox.wanting(NoticeEvent.LEAVING_SOON).exists():
        return
    LastingTrouble.objects.bulk_create(
        [
            LastingTrouble(
                key=key, event=NoticeEvent.LEAVING_SOON, title=_name(one)[:500], since=now, seen_at=now, told=True
            )
            for key, one in fresh.items()
        ],
        ignore_conflicts=True,
    )
    outbox.tell(_happening(sorted(fresh.values(), key=_at), now))


def _happening(files: list[Mapping[str, Any]], now: datetime) -> Happening:
    count = len(files)
    title = f"{_name(files[0])} leaves the cache soon" if count == 1 else f"{count} files leave the cache soon"
    lines = [f"{_name(one)}: in {_hours(_at(one), now)}. {one['leaves_why']}." for one in files]
    size = readable(sum(one["size"] for one in files))
    return Happening(NoticeEvent.LEAVING_SOON, NoticeLevel.INFO, title, tuple(lines), (("Size", size),))


def _is_soon(one: Mapping[str, Any], now: datetime) -> bool:
    return bool(one["leaves_at"]) and _at(one) <= now + SOON


def _at(one: Mapping[str, Any]) -> datetime:
    """When a file leaves."""
    return datetime.fromisoformat(one["leaves_at"])


def _hours(at: datetime, now: datetime) -> str:
    hours = round((at - now) / timedelta(hours=1))
    return f"{hours} h" if hours > 1 else "an hour"


def _name(one: Mapping[str, Any]) -> str:
    return str(one["title"] or one["path"])


def _key(one: Mapping[str, Any]) -> str:
    name = f"{one['mapping']}\0{one['path']}".encode("utf-8", "surrogatepass")
    return "leaving:" + hashlib.sha256(name).hexdigest()[:40]
