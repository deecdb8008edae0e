"""The state of things as pages, API and sockets show it. Reads rows only; a handful of queries whatever the sizes."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from cacherr.errors import StorageAbsentError
from caching import activity, disk, events, limits, pausing, problems, scheduling
from caching.models import (
    LIVE_STATES,
    CachedFile,
    CachePolicy,
    Cycle,
    CycleState,
    Operation,
    PathMapping,
    Playback,
    Root,
    WatcherState,
)
from caching.watching.asking import alive
from plexusers.models import PlaySession, PlexServer, WatchPolicy

RECENT = 20
HAPPENED = 15
"""So many entries of the activity are told at once."""


def current_cycle() -> Cycle | None:
    """The cycle that runs, else the latest one."""
    running = Cycle.objects.filter(state=CycleState.RUNNING).defer("plan").first()
    return running or Cycle.objects.defer("plan").first()


def status_data(connected_clients: int, cycle: Cycle | None, health: str) -> dict[str, Any]:
    """The data of the `status` event."""
    return {
        "running": bool(cycle and cycle.state == CycleState.RUNNING),
        "health": health,
        "paused": pausing.is_paused(),
        "active_operations": Operation.objects.filter(state__in=LIVE_STATES, started_at__isnull=False).count(),
        "active_sessions": PlaySession.objects.count(),
        "connected_clients": connected_clients,
        "cycle": cycle.summary() if cycle else None,
        "plex": plex_data(),
    }


def plex_data() -> dict[str, Any]:
    """What is known of the Plex server, without asking it."""
    server = PlexServer.stored()
    return {
        "name": server.friendly_name,
        "last_seen_at": server.last_seen_at.isoformat() if server.last_seen_at else None,
        "error": server.last_error,
    }


def stats_data() -> dict[str, Any]:
    """The data of the `stats` event: sizes in bytes."""
    totals = CachedFile.objects.aggregate(files=Count("id"), size=Sum("size"))
    return {
        "files_cached": totals["files"],
        "bytes_cached": totals["size"] or 0,
        "conflicts": CachedFile.objects.exclude(conflict="").count(),
        "caches": [_cache_data(root) for root in caches_in_use()],
    }


def caches_in_use() -> QuerySet[Root]:
    """The caches of enabled mappings, and those that still hold cached files."""
    mapped = Exists(PathMapping.objects.filter(cache=OuterRef("pk"), enabled=True))
    filled = Exists(CachedFile.objects.filter(cache=OuterRef("pk")))
    return Root.objects.filter(mapped | filled, kind=Root.Kind.CACHE).order_by("path")


def _cache_data(root: Root) -> dict[str, Any]:
    used = CachedFile.objects.filter(cache=root).aggregate(size=Sum("size"))["size"] or 0
    data = {"id": root.pk, "path": root.path, "present": True, "used": used, "total": 0, "free": 0, "limit": None}
    try:
        with disk.open_root(root.path, root.pk) as opened:
            room = disk.space(opened)
    except StorageAbsentError as error:
        return data | {"present": False, "error": str(error)}
    mapping = PathMapping.objects.filter(cache=root, enabled=True).first()
    limit = limits.limit(mapping, CachePolicy.effective(), room.total)
    return data | {"total": room.total, "free": room.free, "limit": limit}


def live_operations() -> list[dict[str, Any]]:
    """The operations being carried out or waiting, in the order of the queue."""
    rows = Operation.objects.filter(state__in=LIVE_STATES).order_by("id")[:200]
    return [events.operation_data(row) | {"started": row.started_at is not None} for row in rows]


def recent_operations() -> list[dict[str, Any]]:
    """The latest finished operations, newest first."""
    rows = Operation.objects.exclude(state__in=LIVE_STATES).order_by("-finished_at", "-id")[:RECENT]
    return [
        events.operation_data(row)
        | {"outcome": row.outcome, "finished_at": row.finished_at.isoformat() if row.finished_at else None}
        for row in rows
    ]


def sessions() -> list[dict[str, Any]]:
    """What plays now."""
    return [session_data(row) for row in session_rows()]


def session_rows() -> QuerySet[PlaySession]:
    """What plays now, each with where its files lay when it began as `served`. One query."""
    own = Playback.objects.filter(
        ended_at=None, session_key=OuterRef("session_key"), rating_key=OuterRef("rating_key")
    ).order_by("-id")
    return PlaySession.objects.select_related("user").annotate(served=Subquery(own.values("served")[:1]))


def session_data(row: PlaySession) -> dict[str, Any]:
    """One of these rows; `served` is empty for what is no film or episode of a library."""
    return events.session_data(row) | {"served": getattr(row, "served", None) or ""}


def watching() -> dict[str, Any]:
    """How the watcher of playback is doing."""
    policy, watcher = WatchPolicy.effective(), WatcherState.objects.filter(pk=1).first() or WatcherState()
    return {
        "enabled": policy.watch_sessions,
        "alive": alive(watcher),
        "listening": watcher.listening and policy.watch_sessions,
        "looked_at": watcher.looked_at.isoformat() if watcher.looked_at else None,
        "error": watcher.error if policy.watch_sessions else "",
    }


def snapshot(connected_clients: int) -> dict[str, Any]:
    """All that a page needs to be right at once."""
    cycle, stats = current_cycle(), stats_data()
    found = problems.found(cycle, stats)
    return {
        "status": status_data(connected_clients, cycle, problems.health(found)),
        "stats": stats,
        "problems": found,
        "operations": live_operations(),
        "recent": recent_operations(),
        "sessions": sessions(),
        "watching": watching(),
        "activity": activity.latest(HAPPENED),
        "schedules": [one.told() for one in scheduling.upcoming()],
        "mappings": PathMapping.objects.filter(enabled=True).count(),
        "time": timezone.now().isoformat(),
    }
