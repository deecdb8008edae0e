"""What a cycle would do now, and why a file is cached or not. Plex is asked as for a cycle; no file is touched."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.errors import HttpError
from pydantic import BaseModel, Field

from cacherr.envelope import Envelope, Search, ok
from caching import preview, why

router = Router(tags=["explain"])


class PartData(Schema):
    """One part of a score."""

    label: str
    points: int


class WhyFile(Schema):
    """One file, explained. Size in bytes."""

    path: str
    """As Plex sees it."""
    title: str
    rating_key: str
    size: int
    cached: bool
    cached_file_id: int | None
    decision: str
    """cache, keep, restore, evict, skip; `none` for what no plan speaks of."""
    reason: str
    score: int
    parts: list[PartData]
    wanted_by: list[str]
    sources: list[str]
    """The claims under which it is wanted, such as `ondeck:42`."""
    belongs_to: str
    """The video that a sidecar goes with."""
    would_change: list[str]


class WhyData(Schema):
    """Files, explained by one plan."""

    at: datetime
    """When the plan was made (UTC)."""
    trouble: str
    """What is unknown and why; empty when all is well."""
    instead_of: str
    """Why no plan could be made now: then the latest cycle's explains."""
    files: list[WhyFile]


class PlanData(Schema):
    """What a cycle would do now, in the order in which it would."""

    at: datetime
    trouble: str
    totals: dict[str, dict[str, int]]
    """Files and bytes by action."""
    decisions: list[dict[str, Any]]


class Asked(BaseModel):
    """What is to be explained."""

    path: str = Field("", max_length=4096, description="As Plex shows it, or on the array or the cache.")
    rating_key: Search = Field("", description="Of a film, an episode or a show.")


@router.get("plan", response=Envelope[PlanData])
def get_plan(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """What a cycle would do now, with the reasons: the plan of a dry run. 409 while a cycle runs."""
    shown = preview.now()
    return ok({"at": shown.at, "trouble": shown.trouble, "totals": shown.totals, "decisions": list(shown.decisions)})


@router.get("why", response=Envelope[WhyData])
def get_why(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:  # noqa: ARG001
    """Who wants a file, its score with its parts, the decision, and what would change it. 409 for what is unknown."""
    if bool(asked.path) == bool(asked.rating_key) or "\0" in asked.path:
        raise HttpError(422, "Name one of path and rating_key.")
    return ok(why.of_path(asked.path) if asked.path else why.of_key(asked.rating_key))
