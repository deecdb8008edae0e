"""Operations: the journal, and what can be done about its entries."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status

from cacherr.envelope import Envelope, Page, Search, Window, ok
from caching import events, nudge, orders
from caching.models import Kind, Mode, Operation, Placement, State

router = Router(tags=["operations"])


class OperationData(Schema):
    """A file operation. Sizes in bytes, times in UTC; bytes of names that are no text are escaped."""

    operation_id: int
    operation_type: Kind
    state: State
    file_name: str
    title: str
    reason: str
    progress_percent: float
    bytes_transferred: int
    bytes_total: int
    speed_bytes_per_sec: int
    eta_seconds: int | None
    outcome: str
    trigger: str
    cycle_id: int | None
    follows: int | None
    hash: str
    way: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class WholeOperation(OperationData):
    """An operation with where its file is and what came before and after it."""

    path: str
    plex_path: str
    array_root: str
    cache_root: str
    placement: Placement
    mode: Mode
    who: str
    sources: str
    score: int
    cancel_requested: bool
    followed_by: list[int]
    history: list[OperationData]
    """What else was done with the same file, the latest first."""


class Ordered(Schema):
    """What an order led to."""

    operations: list[OperationData]
    refused: list[dict[str, str]]


class OperationWindow(Window):
    """Which operations are asked for."""

    kind: Kind | None = None
    state: State | None = None
    search: Search = ""


HISTORY = 20


def described(row: Operation) -> dict[str, Any]:
    """An operation for programs."""
    return events.operation_data(row) | {
        "outcome": row.outcome,
        "trigger": row.trigger,
        "cycle_id": row.cycle_id,
        "follows": row.follows_id,
        "hash": row.hash,
        "way": row.way,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def ordered(placed: orders.Placed) -> dict[str, Any]:
    """An order for programs."""
    rows = Operation.objects.filter(pk__in=[row.pk for row in placed.operations]).order_by("id")
    refused = [{"target": escaped(one.target), "reason": one.reason} for one in placed.refused]
    return {"operations": [described(row) for row in rows], "refused": refused}


def escaped(text: str) -> str:
    """Text without the surrogates that stand for bytes that are no text."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@router.get("", response=Envelope[Page[OperationData]])
def get_operations(request: HttpRequest, asked: Query[OperationWindow]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """The journal, the latest first; `search` looks in titles and Plex paths."""
    rows: QuerySet[Operation] = Operation.objects.order_by("-id")
    if asked.kind:
        rows = rows.filter(kind=asked.kind)
    if asked.state:
        rows = rows.filter(state=asked.state)
    if asked.search:
        rows = rows.filter(Q(title__icontains=asked.search) | Q(plex_path__icontains=asked.search))
    return ok(asked.page(rows, described))


@router.get("{int:operation_id}", response=Envelope[WholeOperation])
def get_operation(request: HttpRequest, operation_id: int) -> dict[str, Any]:  # noqa: ARG001
    """An operation with its history."""
    after = Prefetch("followed_by", Operation.objects.only("id", "follows_id").order_by("id"))
    rows = Operation.objects.select_related("array", "cache").prefetch_related(after)
    row = get_object_or_404(rows, pk=operation_id)
    same = Operation.objects.filter(cache_id=row.cache_id, path_key=row.path_key).exclude(pk=row.pk)
    whole = {
        "path": row.relative.decode("utf-8", "backslashreplace"),
        "plex_path": row.plex_path,
        "array_root": row.array.path,
        "cache_root": row.cache.path,
        "placement": row.placement,
        "mode": row.mode,
        "who": row.who,
        "sources": row.sources,
        "score": row.score,
        "cancel_requested": row.cancel_requested,
        "followed_by": [follower.pk for follower in row.followed_by.all()],
        "history": [described(other) for other in same.order_by("-id")[:HISTORY]],
    }
    return ok(described(row) | whole)


@router.post("{int:operation_id}/cancel", response={202: Envelope[OperationData]})
def cancel_operation(request: HttpRequest, operation_id: int) -> Status[dict[str, Any]]:  # noqa: ARG001
    """End an operation that waits, or stop one at work; it undoes itself. 409 when it is too late for that."""
    row = get_object_or_404(Operation, pk=operation_id)
    ended = orders.cancel(row)
    row.refresh_from_db()
    return Status(202, ok(described(row), "Cancelled." if ended else "It stops within a second."))


@router.post("{int:operation_id}/undo", response={202: Envelope[Ordered]})
def undo_operation(request: HttpRequest, operation_id: int) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Order the opposite of what was done. 409 when that cannot be."""
    return _accepted(orders.undo(_row(operation_id)))


@router.post("{int:operation_id}/retry", response={202: Envelope[Ordered]})
def retry_operation(request: HttpRequest, operation_id: int) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Order again what was not done or met a conflict. 409 when that cannot be."""
    return _accepted(orders.retry(_row(operation_id)))


def _row(operation_id: int) -> Operation:
    return get_object_or_404(Operation.objects.select_related("array", "cache"), pk=operation_id)


def _accepted(placed: orders.Placed) -> Status[dict[str, Any]]:
    nudge.run_orders()
    return Status(202, ok(ordered(placed), "It is done as soon as a worker is free."))
