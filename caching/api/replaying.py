"""Replays: asking for one, and what came of it."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import BaseModel, ConfigDict, Field

from cacherr.envelope import Envelope, Page, Window, ok
from caching import nudge
from caching.models import Replay, ReplayState
from caching.replaying import comparing, scenarios, waiting

router = Router(tags=["replay"])

BY_KEY = "api"


class AskedReplay(BaseModel):
    """What is to be compared, besides the settings in force."""

    model_config = ConfigDict(extra="forbid")

    source: Literal["ledger", "plex"] = Field(default="ledger", description="Cacherr's own ledger, or Plex's history.")
    days: int = Field(default=comparing.DAYS, description=f"How far back: 1 to {comparing.MOST_DAYS}.")
    sets: list[dict[str, str]] = Field(
        default=[],
        max_length=scenarios.MOST_SETS,
        description=f"Settings by name, as texts: {', '.join(scenarios.NAMES)}.",
    )
    others: bool = Field(default=False, description="Compare with simpler policies as well.")


class ReplayData(Schema):
    """A replay and how far it is, in percent. Times in UTC."""

    id: int
    state: ReplayState
    source: str
    days: int
    sets: list[dict[str, str]]
    others: bool
    progress: int
    error: str
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None


class SetData(Schema):
    """What one set of settings, or one policy, came to. Rates from 0 to 1, sizes in bytes."""

    name: str
    policy: str
    settings: dict[str, str]
    from_cache: int
    from_array: int
    hit_rate: float | None
    hit_rate_by_hours: float | None
    bytes_cached: int
    bytes_returned: int
    files_cached: int
    files_left: int
    bytes_most: int
    """The most that was cached at once."""
    wakeups: dict[str, int]


class ReportData(Schema):
    """The result."""

    source: str
    days: int
    since: datetime
    plays: int
    users: int
    gone: int
    """Plays of what the library does not have any more."""
    outside: int
    """Plays of what no path mapping covers."""
    settings: dict[str, Any]
    """The settings in force."""
    sets: list[SetData]
    notes: list[str]


class WholeReplay(ReplayData):
    """A replay with its result; none while it is not done."""

    report: ReportData | None


@router.get("", response=Envelope[Page[ReplayData]])
def get_replays(request: HttpRequest, asked: Query[Window]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """The latest replays, the latest first."""
    return ok(asked.page(Replay.objects.defer("report"), Replay.summary))


@router.post("", response={202: Envelope[ReplayData]})
def post_replay(request: HttpRequest, body: AskedReplay | None = None) -> Status[dict[str, Any]]:
    """Ask for a replay; a worker computes it. 409 while too many wait, 422 for a setting that cannot be."""
    body = body or AskedReplay()
    asked = comparing.asked(body.source, body.days, body.sets, others=body.others)
    row = waiting.request(asked, request.user.get_username() if request.user.is_authenticated else BY_KEY)
    nudge.run_replays()
    return Status(202, ok(row.summary(), "The replay waits for a worker."))


@router.get("{int:replay_id}", response=Envelope[WholeReplay])
def get_replay(request: HttpRequest, replay_id: int) -> dict[str, Any]:  # noqa: ARG001
    """A replay, with its result as soon as it is done."""
    row = get_object_or_404(Replay, pk=replay_id)
    return ok(row.summary() | {"report": row.report or None})


@router.delete("{int:replay_id}", response=Envelope[None])
def delete_replay(request: HttpRequest, replay_id: int) -> dict[str, Any]:  # noqa: ARG001
    """Remove a replay; one that runs is given up."""
    get_object_or_404(Replay, pk=replay_id).delete()
    return ok(None, "The replay is removed.")
