"""What plays now, and the watcher of playback."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from cacherr.envelope import Envelope, Page, Window, ok
from caching import state, watching
from caching.models import Playback, Served
from plexusers.models import PlaybackTrigger, PlaySession, WatchPolicy

router = Router(tags=["watching"])

RECENT = 20


class SessionData(Schema):
    """Somebody plays something. Positions in milliseconds, times in UTC."""

    session_key: str
    user: str
    user_id: int | None
    title: str
    kind: str
    rating_key: str
    player: str
    state: PlaySession.State
    offset_ms: int
    duration_ms: int
    progress_percent: float
    transcoded: bool
    live: bool
    started_at: datetime
    served: Literal["", "cache", "array", "unknown"]
    """Where its files lay when it began; empty for what is no film or episode of a library."""


class PlaybackData(Schema):
    """Something that was played. Times in UTC."""

    user: str
    user_id: int | None
    title: str
    kind: str
    rating_key: str
    player: str
    transcoded: bool
    served: Served
    finished: bool
    started_at: datetime
    ended_at: datetime | None


class WatcherData(Schema):
    """How the watcher is doing, and what it saw last."""

    enabled: bool
    alive: bool
    """Whether it runs: a minute and a half without a sign of life, and it does not."""
    listening: bool
    """Whether Plex's own notices come in; without them it looks every `session_seconds` only."""
    looked_at: datetime | None
    error: str
    session_seconds: int
    trigger: PlaybackTrigger
    active_sessions: int
    history: int
    recent: list[PlaybackData]


def playback_data(row: Playback) -> dict[str, Any]:
    """A playback for programs."""
    return {
        "user": str(row.user) if row.user else row.who,
        "user_id": row.user.plex_id if row.user else None,
        "title": row.title,
        "kind": row.kind,
        "rating_key": row.rating_key,
        "player": row.player,
        "transcoded": row.transcoded,
        "served": row.served,
        "finished": row.finished,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
    }


def watcher_data() -> dict[str, Any]:
    """The watcher for programs."""
    policy, played = WatchPolicy.effective(), Playback.objects.select_related("user")
    return state.watching() | {
        "session_seconds": policy.session_seconds,
        "trigger": policy.playback_trigger,
        "active_sessions": PlaySession.objects.count(),
        "history": played.count(),
        "recent": [playback_data(row) for row in played[:RECENT]],
    }


@router.get("sessions", response=Envelope[Page[SessionData]])
def get_sessions(request: HttpRequest, asked: Query[Window]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """What plays now, as the watcher saw it last."""
    return ok(asked.page(state.session_rows(), state.session_data))


@router.get("watcher/status", response=Envelope[WatcherData])
def get_watcher(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """How the watcher is doing, and what was played last."""
    return ok(watcher_data())


@router.post("watcher/start", response=Envelope[WatcherData])
def start_watcher(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Watch playback from now on. 409 when the environment decides."""
    watching.start()
    return ok(watcher_data(), "Playback is watched.")


@router.post("watcher/stop", response=Envelope[WatcherData])
def stop_watcher(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Watch playback no more. 409 when the environment decides."""
    watching.stop()
    return ok(watcher_data(), "Playback is not watched any more.")


@router.post("watcher/clear-history", response=Envelope[dict[str, int]])
def clear_history(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Forget what was played; what is playing now stays."""
    count = watching.clear_history()
    return ok({"forgotten": count}, f"{count} forgotten.")
