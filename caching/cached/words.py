"""Cached files in words, for pages: what column and page say alike."""

from datetime import datetime
from typing import Any, NamedTuple

from django.utils.formats import date_format
from django.utils.timezone import localtime

from caching import claims
from caching.models import CachedFile

SOURCES = {
    "playing": "Playing", "pin": "Pinned", "ondeck": "On deck", "watchlist": "Watchlist", "feed": "Watchlist feed",
    "list": "Import list", "recent": "Recently added", "order": "Ordered",
}  # fmt: skip
CONDITIONS = {"cached": "Cached", "conflict": "Conflict", "rescued": "Rescued"}


class Leaving(NamedTuple):
    """When a file leaves, and why then; `why` is empty where the first says it all."""

    when: str
    why: str


def leaving(row: CachedFile, now: datetime) -> Leaving:
    """When a cached file leaves, by what the last plan said (`now` is aware)."""
    if row.leaves_at is not None:
        when = "With the next cycle" if row.leaves_at <= now else moment(row.leaves_at)
        return Leaving(when, _sentence(row.leaves_why))
    if row.leaves_why:
        return Leaving(_sentence(row.leaves_why), "")
    return Leaving("The next cycle tells", "")


def moment(at: datetime | None) -> str:
    """A time in the zone of the settings, for people."""
    return date_format(localtime(at), "j M Y, H:i") if at else ""


def sources(row: CachedFile) -> list[str]:
    """Where the wishes for a file come from, each once."""
    names = (claim.partition(":")[0] for claim in sorted(claims.parse(row.sources, None)))
    return list(dict.fromkeys(SOURCES.get(name, name) for name in names))


def parts(row: CachedFile) -> list[tuple[str, str]]:
    """The parts of a score, with their signs."""
    return [(part["label"], f"{part['points']:+}") for part in row.parts]


def facts(row: CachedFile, now: datetime) -> dict[str, Any]:
    """What all pages say of a cached file."""
    return {"leaving": leaving(row, now), "sources": sources(row), "parts": parts(row), "since": moment(row.cached_at)}


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
