"""Cycles: asking for one, stopping it, and what became of it."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import BaseModel, ConfigDict

from cacherr.envelope import Envelope, Page, Window, ok
from cacherr.errors import RefusedError
from caching import cycle, nudge
from caching.api.operations import OperationData, described
from caching.models import Cycle, CycleState

router = Router(tags=["cycles"])


class StartCache(BaseModel):
    """How a cycle is to be run. Ninja's own Schema takes anything for it: a list, a word, a mistyped `dryrun`."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = False


class CycleData(Schema):
    """A cycle with its counts. Sizes in bytes, times in UTC."""

    id: int
    state: CycleState
    phase: str
    trigger: str
    dry_run: bool
    items_processed: int
    items_total: int
    files_cached: int
    files_restored: int
    bytes_cached: int
    failures: int
    error: str
    started_at: datetime | None
    finished_at: datetime | None


class WholeCycle(CycleData):
    """A cycle with its plan and its operations."""

    plan: list[dict[str, Any]]
    operations: list[OperationData]


class CycleWindow(Window):
    """Which cycles are asked for."""

    state: CycleState | None = None


@router.get("", response=Envelope[Page[CycleData]])
def get_cycles(request: HttpRequest, asked: Query[CycleWindow]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """The cycles, the latest first."""
    rows = Cycle.objects.defer("plan").order_by("-id")
    if asked.state:
        rows = rows.filter(state=asked.state)
    return ok(asked.page(rows, Cycle.summary))


@router.post("", response={202: Envelope[CycleData]})
def post_cycle(request: HttpRequest, body: StartCache | None = None) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Ask for a cycle. 409 while one is running."""
    asked = cycle.request("api", dry_run=bool(body and body.dry_run))
    nudge.run_cycle()
    return Status(202, ok(asked.summary(), "The cycle begins."))


@router.get("{int:cycle_id}", response=Envelope[WholeCycle])
def get_cycle(request: HttpRequest, cycle_id: int) -> dict[str, Any]:  # noqa: ARG001
    """A cycle with the decisions of its plan, each with its reason, and what became of them."""
    row = get_object_or_404(Cycle, pk=cycle_id)
    operations = [described(operation) for operation in row.operations.order_by("id")]
    return ok(row.summary() | {"plan": row.plan, "operations": operations})


@router.post("{int:cycle_id}/stop", response={202: Envelope[CycleData]})
def stop_cycle(request: HttpRequest, cycle_id: int) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Stop a cycle: what is being copied undoes itself within a second. 409 when it is over already."""
    row = get_object_or_404(Cycle, pk=cycle_id)
    if not row.is_live:
        raise RefusedError(f"The cycle is over already: {row.get_state_display()}.")
    cycle.stop()
    row.refresh_from_db()
    return Status(202, ok(row.summary(), "The cycle stops."))
