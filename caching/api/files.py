"""Cached files: finding them, and sending one back."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import AfterValidator, Field

from cacherr.envelope import Envelope, Page, Search, Window, ok
from cacherr.errors import RefusedError
from caching import nudge, orders
from caching.api.operations import HISTORY, OperationData, Ordered, described, ordered
from caching.models import CachedFile, Kind, Mode, Operation, Placement
from caching.planning.sizes import parse_size

router = Router(tags=["cached files"])

Condition = Literal["cached", "conflict", "rescued"]


def size_range(text: str) -> str:
    """Accept `1GB`, `1GB..`, `..10GB`, `1GB..10GB`."""
    for part in text.split("..", 1):
        if "%" in part:
            raise ValueError("Write an amount, such as 500MB.")
        parse_size(part)
    return text


Size = Annotated[str, Field(max_length=50), AfterValidator(size_range)]


class FileWindow(Window):
    """Which cached files are asked for."""

    search: Search = ""
    user: Search = ""
    source: Search = ""
    status: Condition | None = None
    size: Size = Field("", description="At least `1GB`, at most `..10GB`, or `1GB..10GB`; a bare number is GB.")
    since: datetime | None = Field(None, description="Cached at this time or later.")
    sort: Literal[
        "cached_at", "-cached_at", "size", "-size", "score", "-score", "title", "-title"
    ] = "-cached_at"  # fmt: skip


class FileData(Schema):
    """A cached file. Sizes in bytes, times in UTC; bytes of names that are no text are escaped."""

    id: int
    title: str
    file_name: str
    plex_path: str
    size: int
    score: int
    status: Condition
    reason: str
    who: str
    sources: str
    placement: Placement
    mode: Mode
    conflict: str
    cached_at: datetime


class WholeFile(FileData):
    """A cached file with where it is and what was done with it."""

    array_path: str
    cache_path: str
    parked_name: str
    belongs_to: str
    rating_key: str
    hash: str
    operations: list[OperationData]


def file_data(row: CachedFile) -> dict[str, Any]:
    """A cached file for programs."""
    return {
        "id": row.pk,
        "title": row.title,
        "file_name": row.file_name,
        "plex_path": row.plex_path,
        "size": row.size,
        "score": row.score,
        "status": "conflict" if row.conflict else "rescued" if row.rescued_at else "cached",
        "reason": row.reason,
        "who": row.who,
        "sources": row.sources,
        "placement": row.placement,
        "mode": row.mode,
        "conflict": row.conflict,
        "cached_at": row.cached_at,
    }


@router.get("", response=Envelope[Page[FileData]])
def get_files(request: HttpRequest, asked: Query[FileWindow]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """What is cached now; `search` looks in titles and Plex paths."""
    rows: QuerySet[CachedFile] = CachedFile.objects.filter(_wanted(asked)).order_by(asked.sort, "-id")
    return ok(asked.page(rows, file_data))


def _wanted(asked: FileWindow) -> Q:
    found = Q()
    if asked.search:
        found &= Q(title__icontains=asked.search) | Q(plex_path__icontains=asked.search)
    if asked.user:
        found &= Q(who__icontains=asked.user)
    if asked.source:
        found &= Q(sources__icontains=asked.source)
    if asked.status:
        found &= _CONDITIONS[asked.status]
    if asked.since:
        found &= Q(cached_at__gte=asked.since)
    return found & _sizes(asked.size)


_CONDITIONS: dict[Condition, Q] = {
    "cached": Q(conflict="", rescued_at__isnull=True),
    "conflict": ~Q(conflict=""),
    "rescued": Q(conflict="", rescued_at__isnull=False),
}


def _sizes(text: str) -> Q:
    least, _, most = text.partition("..")
    found = Q()
    if size := parse_size(least):
        found &= Q(size__gte=size.bytes)
    if size := parse_size(most):
        found &= Q(size__lte=size.bytes)
    return found


@router.get("{int:file_id}", response=Envelope[WholeFile])
def get_file(request: HttpRequest, file_id: int) -> dict[str, Any]:  # noqa: ARG001
    """A cached file with its operations, the latest first."""
    row = _row(file_id)
    path = row.relative.decode("utf-8", "backslashreplace")
    operations = Operation.objects.filter(cache_id=row.cache_id, path_key=row.path_key).order_by("-id")[:HISTORY]
    whole = {
        "array_path": f"{row.array.path}/{path}",
        "cache_path": f"{row.cache.path}/{path}",
        "parked_name": bytes(row.original_name).decode(),
        "belongs_to": bytes(row.belongs_to).decode("utf-8", "backslashreplace"),
        "rating_key": row.rating_key,
        "hash": row.hash,
        "operations": [described(operation) for operation in operations],
    }
    return ok(file_data(row) | whole)


@router.post("{int:file_id}/evict", response={202: Envelope[Ordered]})
def evict_file(request: HttpRequest, file_id: int) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Order a file back to the array, with the sidecars that no video needs any more. 409 when that cannot be."""
    orders.require_allowed()
    placed = orders.give_files_back([_row(file_id)], Kind.EVICT, orders.Origin("api"), "ordered, to make room")
    if not placed.operations:
        raise RefusedError(placed.refused[0].reason)
    nudge.run_orders()
    return Status(202, ok(ordered(placed), "It leaves as soon as a worker is free."))


def _row(file_id: int) -> CachedFile:
    return get_object_or_404(CachedFile.objects.select_related("array", "cache"), pk=file_id)
