"""Lists as cards: what is known of each, in words."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.timesince import timesince, timeuntil

from importlists.cachedness import cached
from importlists.models import ImportList, ListItem, ListState
from importlists.wants import source_of

LEVELS = {ListState.FRESH: "good", ListState.FAILED: "bad", ListState.STALE: "warn", ListState.NEW: ""}
WORDS = {ListState.NEW: "Not read yet", ListState.FRESH: "Fresh", ListState.STALE: "Stale", ListState.FAILED: "Failed"}


def cards(rows: Iterable[ImportList], now: datetime) -> list[dict[str, Any]]:
    """What is known of these lists. Three queries for all of them, and those of whoever knows what is cached."""
    shown = list(rows)
    keys: dict[int, list[list[str]]] = {row.pk: [] for row in shown}
    chosen = ListItem.objects.filter(import_list__in=keys, chosen=True)
    for pk, found in chosen.values_list("import_list_id", "rating_keys"):
        keys[pk].append(found)
    held = cached(key for items in keys.values() for item in items for key in item)
    return [_card(row, sum(not held.isdisjoint(item) for item in keys[row.pk]), now) for row in shown]


def _card(row: ImportList, here: int, now: datetime) -> dict[str, Any]:
    state = ListState(row.state)
    return {
        "row": row,
        "source": source_of(row),
        "level": LEVELS[state],
        "state": WORDS[state],
        "since": _since(row, state, now),
        "here": here,
        "share": f"{min(100, 100 * here // row.count)}",
        "next": _next(row, now),
    }


def _since(row: ImportList, state: ListState, now: datetime) -> str:
    """How old what is known is."""
    if state == ListState.STALE and row.good_at:
        return f"the result of {timesince(row.good_at, now)} ago counts"
    if state == ListState.FRESH and row.good_at:
        return f"read {timesince(row.good_at, now)} ago"
    return ""


def _next(row: ImportList, now: datetime) -> str:
    if not row.enabled:
        return "Switched off: it is not read, and wants nothing."
    if row.next_at is None or row.next_at <= now:
        return "It is read within a minute."
    return f"It is read again in {timeuntil(row.next_at, now)}."
