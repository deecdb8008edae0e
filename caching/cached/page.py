"""The page of one cached file: what is known of it, what was done with it, and who played it."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from caching import why_page
from caching.cached import words
from caching.cached.choosing import condition_of
from caching.models import CachedFile, Operation, Pin, Playback
from caching.planning.sizes import readable
from plexusers import posters
from plexusers.models import LibraryItem

HISTORY, PLAYS = 20, 20

DONE = {"cache": "Cached", "restore": "Restored", "evict": "Evicted"}
UNDONE = {"aborted": "Not done", "conflict": "Conflict"}


def shown(row: CachedFile) -> dict[str, Any]:
    """The page's context. Rows only: it asks nobody."""
    item = LibraryItem.objects.filter(rating_key=row.rating_key).first() if row.rating_key else None
    condition = condition_of(row)
    poster = posters.addresses([row.rating_key]).get(row.rating_key, "")
    return {
        "file": row,
        "facts": words.facts(row, timezone.now()),
        "size": readable(row.size),
        "tile": posters.tile(poster, item.kind if item else "movie"),
        "condition": condition,
        "condition_word": words.CONDITIONS[condition],
        "explain": why_page.address(row.plex_path) if row.plex_path else "",
        "pinned": _pin(row, item),
        "history": [_operation(one) for one in _operations(row)],
        "plays": list(_plays(row)),
    }


def _operations(row: CachedFile) -> Any:
    same = Operation.objects.filter(cache_id=row.cache_id, path_key=row.path_key)
    return same.select_related("cycle").order_by("-id")[:HISTORY]


def _operation(row: Operation) -> dict[str, Any]:
    word = DONE[row.kind] if row.state == "done" else UNDONE.get(row.state, "Not finished")
    return {
        "word": word,
        "state": row.state,
        "href": reverse("admin:caching_operation_change", args=[row.pk]),
        "name": f"Operation {row.pk}",
        "when": row.finished_at or row.started_at,
        "size": readable(row.bytes_total),
        "reason": row.outcome or row.reason,
        "trigger": row.trigger,
    }


def _plays(row: CachedFile) -> Any:
    plays = Playback.objects.filter(rating_key=row.rating_key) if row.rating_key else Playback.objects.none()
    return plays.select_related("user")[:PLAYS]


def _pin(row: CachedFile, item: LibraryItem | None) -> Pin | None:
    """The pin that names it, itself or by its show or season."""
    keys = {row.rating_key, item.show_key if item else ""} - {""}
    pins = Pin.objects.filter(rating_key__in=keys)
    season = item.season if item else None
    return next((pin for pin in pins if pin.season is None or pin.season == season), None)
