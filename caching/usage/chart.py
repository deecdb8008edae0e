"""The dashboard's chart of how full the caches were: steps, one source upon the other, drawn by the server."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from caching.ledger.chart import HEIGHT, SOURCES, WIDTH
from caching.ledger.counting import NOBODY
from caching.planning.sizes import readable
from caching.usage import reading
from caching.usage.counting import ORDER

DAYS = 30
KNOWN = (*ORDER, NOBODY)
ROWS = 10
"""So many looks are shown in numbers."""


@dataclass(frozen=True, slots=True)
class Look:
    """How full the caches were together, in bytes, by source."""

    at: datetime
    sizes: dict[str, int]


def card(stats: dict[str, Any], days: int = DAYS) -> dict[str, Any]:
    """What the template shows; `stats` are those of now, with the limits."""
    now = timezone.now()
    looks = [_look(one) for one in reading.history(days)]
    limits = [cache["limit"] for cache in stats["caches"] if cache["present"]]
    limit = sum(limits) if limits and all(limits) else 0
    top = max([limit, *(sum(look.sizes.values()) for look in looks)], default=0)
    begin = max(now - timedelta(days=days), looks[0].at) if looks else now
    sources = [source for source in KNOWN if any(look.sizes.get(source) for look in looks)]
    return {
        "days": days,
        "width": WIDTH,
        "height": HEIGHT,
        "begin": begin,
        "top": readable(top),
        "limit": readable(limit) if limit else "",
        "limit_y": f"{HEIGHT - HEIGHT * limit / top:.1f}" if limit and top else "",
        "areas": areas(looks, sources, begin, now, top) if top else [],
        "legend": [{"source": source, "word": SOURCES[source]} for source in sources],
        "rows": [_row(look, sources) for look in reversed(looks[-ROWS:])],
    }


def areas(
    looks: Sequence[Look], sources: Sequence[str], begin: datetime, end: datetime, top: int
) -> list[dict[str, str]]:
    """A polygon for each source, upon those before it; each look holds until the next one. Pure."""
    span = max((end - begin).total_seconds(), 1.0)
    edges = [WIDTH * max(0.0, (look.at - begin).total_seconds()) / span for look in looks]
    edges.append(float(WIDTH))
    base = [0] * len(looks)
    found = []
    for source in sources:
        upper = [below + look.sizes.get(source, 0) for below, look in zip(base, looks, strict=True)]
        line = _steps(edges, upper, top) + _steps(edges, base, top)[::-1]
        found.append({"source": source, "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in line)})
        base = upper
    return found


def _steps(edges: Sequence[float], values: Sequence[int], top: int) -> list[tuple[float, float]]:
    heights = [HEIGHT - HEIGHT * value / top for value in values]
    return [(x, y) for number, y in enumerate(heights) for x in (edges[number], edges[number + 1])]


def _look(one: dict[str, Any]) -> Look:
    sizes = Counter[str]()
    for cache in one["caches"]:
        for source, size in cache["sources"].items():
            sizes[source if source in KNOWN else NOBODY] += size
    return Look(datetime.fromisoformat(one["at"]), dict(sizes))


def _row(look: Look, sources: Sequence[str]) -> dict[str, Any]:
    return {
        "at": look.at,
        "total": readable(sum(look.sizes.values())),
        "sizes": [readable(look.sizes.get(source, 0)) for source in sources],
    }
