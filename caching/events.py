"""Live events: hints that something changed. Rows are the truth, so a lost event loses nothing.

Every event is `{"type", "timestamp", "data"}`. Progress comes from worker threads, sockets live in an event loop: a
message is handed to that loop and nobody waits for it.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Literal, TypedDict

from channels.layers import get_channel_layer
from django.conf import settings
from django.utils import timezone

from caching.models import Cycle, Kind, Operation
from plexusers.models import PlaySession

log = logging.getLogger(__name__)

GROUP = "cacherr-events"

EventType = Literal[
    "status", "stats", "cycle_start", "cycle_progress", "cycle_complete", "operation_progress", "operation_complete",
    "session_start", "session_update", "session_end", "cache_file_added", "cache_file_removed", "log", "pong",
]  # fmt: skip


class Event(TypedDict):
    """A message as clients see it."""

    type: EventType
    timestamp: str
    data: Mapping[str, Any]


class Clients:
    """How many sockets this process serves."""

    count = 0


clients = Clients()


class _Outlet:
    """The event loop that messages are sent from."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.last: Future[None] | None = None
        self.lock = threading.Lock()


_outlet = _Outlet()


def attach(loop: asyncio.AbstractEventLoop) -> None:
    """Send from this loop from now on: the web server's own, when everything is one process."""
    _outlet.loop = loop


def event(kind: EventType, data: Mapping[str, Any]) -> Event:
    """A message with the time of now (UTC)."""
    return {"type": kind, "timestamp": timezone.now().isoformat(), "data": data}


def sealed(message: Event) -> tuple[str, str]:
    """A message's type and its text: written once, however many listen."""
    return message["type"], json.dumps(message)


def publish(message: Event) -> None:
    """Hand a message to everybody who listens. Never waits and never fails."""
    loop = _outlet.loop or _own_loop()
    if loop is None or loop.is_closed():
        return
    sending = _send(message)
    try:
        _outlet.last = asyncio.run_coroutine_threadsafe(sending, loop)
    except RuntimeError:
        sending.close()  # the loop was closed between the question and the call


def flush(seconds: float = 2.0) -> None:
    """Wait until what was published is on its way; for a process that is about to end."""
    if _outlet.last is not None:
        try:
            _outlet.last.result(seconds)
        except (TimeoutError, asyncio.CancelledError):
            return


async def _send(message: Event) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        await layer.group_send(GROUP, {"type": "forward", "event": sealed(message)})
    except Exception as error:  # noqa: BLE001 - an event is a hint: whatever the broker's trouble, files go first
        log.debug("An event was not sent: %s", error)


def _own_loop() -> asyncio.AbstractEventLoop | None:
    """A loop in a thread of its own, where events go through Redis; None where nobody could listen."""
    if not settings.REDIS_URL:
        return None
    with _outlet.lock:
        if _outlet.loop is None:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="events", daemon=True).start()
            _outlet.loop = loop
    return _outlet.loop


def cycle_start(cycle: Cycle) -> Event:
    """A cycle begins."""
    return event("cycle_start", {"cycle_id": cycle.pk, "dry_run": cycle.dry_run, "trigger": cycle.trigger})


def cycle_progress(cycle: Cycle) -> Event:
    """How far a cycle is."""
    return event(
        "cycle_progress",
        {
            "cycle_id": cycle.pk,
            "phase": cycle.phase,
            "items_processed": cycle.items_processed,
            "items_total": cycle.items_total,
            "files_cached": cycle.files_cached,
            "files_restored": cycle.files_restored,
        },
    )


def cycle_complete(cycle: Cycle) -> Event:
    """A cycle ended, one way or another."""
    return event("cycle_complete", {"cycle_id": cycle.pk, **cycle.summary()})


def operation_progress(operation: Operation) -> Event:
    """How far an operation is."""
    return event("operation_progress", operation_data(operation))


def operation_complete(operation: Operation) -> Event:
    """An operation ended, or waits."""
    return event("operation_complete", operation_data(operation) | {"outcome": operation.outcome})


def operation_data(operation: Operation) -> dict[str, Any]:
    """An operation as events and pages show it; sizes in bytes, `eta_seconds` null while unknown."""
    total, done, speed = operation.bytes_total, operation.bytes_done, operation.bytes_per_second
    return {
        "operation_id": operation.pk,
        "operation_type": operation.kind,
        "state": operation.state,
        "file_name": operation.file_name,
        "title": operation.title,
        "reason": operation.reason,
        "progress_percent": round(100 * done / total, 1) if total else 0.0,
        "bytes_transferred": done,
        "bytes_total": total,
        "speed_bytes_per_sec": speed,
        "eta_seconds": round((total - done) / speed) if speed else None,
    }


def file_changed(operation: Operation) -> Event:
    """A file came to the cache or left it."""
    kind: EventType = "cache_file_added" if operation.kind == Kind.CACHE else "cache_file_removed"
    return event(kind, {"file_name": operation.file_name, "title": operation.title, "bytes": operation.bytes_total})


def session_start(session: PlaySession) -> Event:
    """Somebody began to play something."""
    return event("session_start", session_data(session))


def session_update(session: PlaySession) -> Event:
    """A session went on: paused, resumed, or simply further."""
    return event("session_update", session_data(session))


def session_end(session: PlaySession) -> Event:
    """A session is over."""
    return event("session_end", session_data(session))


def session_data(session: PlaySession) -> dict[str, Any]:
    """A session as events and pages show it; times of the item in milliseconds."""
    offset, duration = session.offset, session.duration
    return {
        "session_key": session.session_key,
        "user": str(session.user) if session.user else session.who,
        "user_id": session.user.plex_id if session.user else None,
        "title": session.title,
        "kind": session.kind,
        "rating_key": session.rating_key,
        "player": session.player,
        "state": session.state,
        "offset_ms": offset,
        "duration_ms": duration,
        "progress_percent": round(100 * offset / duration, 1) if duration else 0.0,
        "transcoded": session.transcoded,
        "live": session.live,
        "started_at": session.started_at.isoformat(),
    }
