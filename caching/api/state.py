"""What is going on, and the buttons of the dashboard."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import BaseModel, Field

from cacherr.envelope import Envelope, failed, ok
from cacherr.exposition import CONTENT_TYPE
from caching import cycle, events, metrics, nudge, pausing, state
from caching.api.cycles import StartCache
from caching.health import health
from caching.ledger import reading
from caching.usage import reading as usage_reading

router = Router(tags=["state and cycles"])
open_router = Router(tags=["health"])

Answer = Envelope[dict[str, Any]]


class HealthAnswer(Answer):
    """Health, wrapped like every answer and, for simple monitors, at the top as well."""

    status: str
    checks: dict[str, dict[str, Any]]


class Days(BaseModel):
    """How far back."""

    days: int = Field(reading.DAYS, ge=1, le=366)


class Day(Schema):
    """A day in the time zone of the settings. Sizes in bytes; rates from 0 to 1, null where nothing was played."""

    date: str
    plays: int
    from_cache: int
    from_array: int
    unknown: int
    hit_rate: float | None
    hours_from_cache: float
    hours_from_array: float
    hit_rate_by_hours: float | None
    missed: dict[str, int]
    """Why plays did not come from the cache: not wanted, no room, too late, unknown."""
    files_cached: int
    bytes_cached: int
    files_returned: int
    bytes_returned: int


class CacheUsage(Schema):
    """How full a cache was; each file counts for one source: the first of pin, playing, ondeck, watchlist, feed, list,
    recent, order that wants it, else nobody."""

    id: str
    path: str
    used: int
    sources: dict[str, int]


class Usage(Schema):
    """A look at the caches, in bytes. Every hour of the last week, the last one of each day before."""

    at: datetime
    used: int
    caches: list[CacheUsage]


class History(Schema):
    """Day by day; and the looks at the caches in that time."""

    days: int
    items: list[Day]
    usage: list[Usage]


@open_router.get("health", response={200: HealthAnswer, 503: HealthAnswer})
def get_health(request: HttpRequest) -> Status[dict[str, Any]]:  # noqa: ARG001 - Ninja's own signature
    """Whether Cacherr is able to work. Needs no login."""
    found = health()
    if found["status"] == "critical":
        return Status(503, failed("Cacherr is not able to work.", found) | found)
    return Status(200, ok(found) | found)


@router.get("status", response=Answer)
def get_status(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """What is going on now: the same that a socket is told when it connects."""
    snapshot = state.snapshot(events.clients.count)
    return ok(snapshot.pop("status") | snapshot)


@router.get("stats", response=Answer)
def get_stats(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """How full the caches are, and what the plays of the last 30 days came to."""
    return ok(state.stats_data() | {"playback": reading.summary()})


@router.get("stats/history", response=Envelope[History])
def get_history(request: HttpRequest, asked: Query[Days]) -> dict[str, Any]:  # noqa: ARG001
    """Plays and what was moved, day by day, and how full the caches were, by source; the oldest first."""
    usage = usage_reading.history(asked.days)
    return ok({"days": asked.days, "items": reading.history(asked.days), "usage": usage})


@router.get("metrics", openapi_extra={"responses": {200: {"content": {"text/plain": {}}}}})
def get_metrics(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Metrics as text for Prometheus; the one answer without an envelope."""
    return HttpResponse(metrics.metrics(), content_type=CONTENT_TYPE)


@router.post("start-cache", response={202: Answer})
def start_cache(request: HttpRequest, body: StartCache | None = None) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Ask for a cycle. 409 while one is running."""
    asked = cycle.request("api", dry_run=bool(body and body.dry_run))
    nudge.run_cycle()
    return Status(202, ok(asked.summary(), "The cycle begins."))


@router.post("stop-cache", response=Answer)
def stop_cache(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Stop the running cycle; what was being copied undoes itself within a second."""
    stopped = cycle.stop()
    return ok({"stopping": stopped}, "The cycle stops." if stopped else "No cycle is running.")


@router.post("pause", response=Answer)
def pause(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Let copies in progress wait and begin nothing new. 409 when the environment decides."""
    pausing.pause()
    return ok({"paused": True}, "Cacherr is paused: copies in progress wait.")


@router.post("resume", response=Answer)
def resume(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Go on after a pause. 409 when the environment decides."""
    pausing.resume()
    nudge.run_cycle()
    return ok({"paused": False}, "Cacherr goes on.")
