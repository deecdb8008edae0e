"""Cached files: finding, counting and exporting them, and sending them back."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cacherr.envelope import Envelope, Page, Search, Window, ok
from cacherr.errors import RefusedError
from caching import nudge, orders, why
from caching.api.explain import PartData, WhyData
from caching.api.operations import HISTORY, OperationData, Ordered, described, ordered
from caching.cached import cleaning, counting, exporting
from caching.cached.choosing import Asked, Condition, Sort, chosen, order
from caching.cached.choosing import Kind as FileKind
from caching.cached.showing import file_data, where
from caching.models import CachedFile, Kind, Mode, Operation, Placement
from caching.planning.sizes import parse_size
from plexusers.models import PlexUser

router = Router(tags=["cached files"])


def size_range(text: str) -> str:
    """Accept `1GB`, `1GB..`, `..10GB`, `1GB..10GB`."""
    for part in text.split("..", 1):
        if "%" in part:
            raise ValueError("Write an amount, such as 500MB.")
        parse_size(part)
    return text


Size = Annotated[str, Field(max_length=50), AfterValidator(size_range)]


class Filters(BaseModel):
    """Which cached files are asked for."""

    search: Search = Field("", description="In titles and Plex paths.")
    user: Search = Field("", description="A part of the name of somebody who wants it, or plex.tv's number.")
    source: Search = Field("", description="A source such as `ondeck` or `list`, or a claim such as `ondeck:42`.")
    status: Condition | None = None
    size: Size = Field("", description="At least `1GB`, at most `..10GB`, or `1GB..10GB`; a bare number is GB.")
    since: datetime | None = Field(None, description="Cached at this time or later.")
    kind: FileKind | None = Field(None, description="Videos (and whatever is in conflict), or sidecars.")

    @property
    def asked(self) -> Asked:
        """As the one rule takes it."""
        return Asked(**{name: getattr(self, name) for name in Filters.model_fields})


class FileWindow(Filters, Window):
    """Which part of them, in which order; what has no date comes last."""

    sort: Sort = "-cached_at"


class ExportAsked(Filters):
    """Which of them, and how."""

    format: exporting.Format = "csv"


class CleanUp(BaseModel):
    """How a clean-up is to be run."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(False, description="Only tell what would go back.")


class FileData(Schema):
    """A cached file. Sizes in bytes, times in UTC; bytes of names that are no text are escaped."""

    id: int
    title: str
    file_name: str
    plex_path: str
    size: int
    score: int
    parts: list[PartData]
    """What the score is made of, as the last plan had it."""
    status: Condition
    reason: str
    who: str
    sources: str
    placement: Placement
    mode: Mode
    conflict: str
    cached_at: datetime
    leaves_at: datetime | None
    """When it leaves by the last plan; null: that hangs on what people do. A time that is past: with the next cycle."""
    leaves_why: str
    """Why then; empty: no plan has told yet."""


class WholeFile(FileData):
    """A cached file with where it is and what was done with it."""

    array_path: str
    cache_path: str
    parked_name: str
    belongs_to: str
    rating_key: str
    hash: str
    operations: list[OperationData]


class Amount(Schema):
    """So many files of so many bytes together."""

    files: int
    bytes: int


class OfCache(Amount):
    """On one cache."""

    path: str


class OfUser(Amount):
    """Of one user: what several want counts for each of them."""

    id: int
    """plex.tv's number."""
    title: str


class Statistics(Amount):
    """All cached files in numbers. Times in UTC."""

    sidecars: int
    average_size: int
    largest: int
    average_score: int
    oldest: datetime | None
    """When that was cached which has been cached longest."""
    latest: datetime | None
    leaving_soon: int
    """How many leave within a day by the last plan."""
    status: dict[Condition, Amount]
    caches: list[OfCache]
    users: list[OfUser]
    sources: dict[str, Amount]
    """What several sources want counts for each of them."""


class UserStatistics(OfUser):
    """What a user wants, or wanted last."""

    average_score: int
    latest: datetime | None
    alone: Amount
    """What nobody and nothing else wants."""
    sources: dict[str, Amount]
    playback: dict[str, Any] | None
    """The user's line of the ledger of the last 30 days; null: nothing was played."""


class Leaving(Schema):
    """What a clean-up would send back."""

    title: str
    plex_path: str
    size: int
    reason: str


class Cleaned(Ordered):
    """What a clean-up ordered, or with `dry_run` what it would."""

    would_leave: list[Leaving]
    trouble: str
    """What is unknown and why; what an unknown source wanted stays."""


@router.get("files", response=Envelope[Page[FileData]])
def get_files(request: HttpRequest, asked: Query[FileWindow]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """What is cached now."""
    rows = chosen(asked.asked).order_by(order(asked.sort), "-pk")
    # Sorted by number only: a database sorts whole rows much more slowly.
    page = asked.page(rows.only("pk"), lambda row: {"pk": row.pk})
    found = CachedFile.objects.in_bulk([item["pk"] for item in page["items"]])
    return ok(page | {"items": [file_data(found[item["pk"]]) for item in page["items"] if item["pk"] in found]})


@router.get("statistics", response=Envelope[Statistics])
def get_statistics(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """All cached files in numbers: by condition, cache, user and source."""
    return ok(counting.statistics())


@router.get("users/{int:plex_id}/stats", response=Envelope[UserStatistics])
def get_user_statistics(request: HttpRequest, plex_id: int) -> dict[str, Any]:  # noqa: ARG001
    """What a user (plex.tv's number) wants, or wanted last, in numbers."""
    return ok(counting.of_one_user(get_object_or_404(PlexUser, plex_id=plex_id)))


@router.get("export", openapi_extra={"responses": {200: {"content": {kind: {} for kind in exporting.TYPES.values()}}}})
def export(request: HttpRequest, asked: Query[ExportAsked]) -> StreamingHttpResponse:  # noqa: ARG001
    """Download what is cached, with the same filters; without the envelope. `txt` is one path on the array a line."""
    return exporting.download(chosen(asked.asked), asked.format)


@router.post("cleanup", response={200: Envelope[Cleaned], 202: Envelope[Cleaned]})
def clean_up(request: HttpRequest, body: CleanUp | None = None) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Order back to the array what nobody wants any more, as the next cycle would. 409 while a cycle runs.

    Never what is protected: what plays, is pinned, is in its minimum hold or its grace, or what somebody wanted who
    could not be asked. Nothing leaves to make room.
    """
    if body and body.dry_run:
        found = cleaning.unwanted()
        leaving = [
            {"title": row.title, "plex_path": row.plex_path, "size": row.size, "reason": reason}
            for row, reason in found.files
        ]
        return Status(200, ok({"operations": [], "refused": [], "would_leave": leaving, "trouble": found.trouble}))
    placed, trouble = cleaning.clean_up("api")
    nudge.run_orders()
    return Status(202, ok(ordered(placed) | {"would_leave": [], "trouble": trouble}, "They leave one after the other."))


@router.get("files/{int:file_id}", response=Envelope[WholeFile])
def get_file(request: HttpRequest, file_id: int) -> dict[str, Any]:  # noqa: ARG001
    """A cached file with its operations, the latest first."""
    row = _row(file_id)
    operations = Operation.objects.filter(cache_id=row.cache_id, path_key=row.path_key).order_by("-id")[:HISTORY]
    whole = {
        "parked_name": bytes(row.original_name).decode(),
        "belongs_to": bytes(row.belongs_to).decode("utf-8", "backslashreplace"),
        "rating_key": row.rating_key,
        "hash": row.hash,
        "operations": [described(operation) for operation in operations],
    }
    return ok(file_data(row) | where(row) | whole)


@router.get("files/{int:file_id}/why", response=Envelope[WhyData])
def why_file(request: HttpRequest, file_id: int) -> dict[str, Any]:  # noqa: ARG001
    """Who wants it, its score with its parts, the decision, and what would change it. Plex is asked as for a cycle."""
    return ok(why.of_file(_row(file_id)))


@router.post("files/{int:file_id}/evict", response={202: Envelope[Ordered]})
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
