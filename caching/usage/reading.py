"""The samples of some days, as values for programs and pages."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from caching.models import UsageSample


def history(days: int) -> list[dict[str, Any]]:
    """Each look of the last days, the oldest first: bytes by cache and, of each, by source. One query."""
    since = timezone.now() - timedelta(days=days)
    rows = UsageSample.objects.filter(at__gte=since).order_by("at", "cache__path", "source")
    looks: defaultdict[datetime, dict[str, dict[str, Any]]] = defaultdict(dict)
    for at, cache, path, source, size in rows.values_list("at", "cache_id", "cache__path", "source", "size"):
        one = looks[at].setdefault(cache, {"id": cache, "path": path, "used": 0, "sources": {}})
        one["used"] += size
        if source:
            one["sources"][source] = size
    return [
        {"at": at.isoformat(), "used": sum(one["used"] for one in caches.values()), "caches": list(caches.values())}
        for at, caches in looks.items()
    ]
