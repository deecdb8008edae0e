"""Limits: how much of the caches the wishes of users, or a library, may take."""

from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from ninja.errors import HttpError
from pydantic import BaseModel, ConfigDict, Field

from cacherr.envelope import Envelope, Page, Window, ok
from caching import limit_use
from caching.api.checking import checked
from caching.limit_use import Used
from caching.models import CacheLimit
from plexusers.models import LibrarySection, PlexUser

router = Router(tags=["limits"])

Text = Annotated[str, Field(max_length=64)]


class Amount(BaseModel):
    """How much; what is left out stays, and an empty text or `null` is no limit."""

    model_config = ConfigDict(extra="forbid")

    size: Text | None = Field(None, description="Such as 100GB, or 20% of all caches together.")
    files: int | None = Field(None, ge=1, le=1_000_000, description="How many films and episodes.")


class NewLimit(Amount):
    """Whose, and how much: one of user, kind and library."""

    user: int | None = Field(None, description="plex.tv's number of a user.")
    kind: Literal["main", "home", "shared"] | None = Field(None, description="Each user of a type.")
    library: Text | None = Field(None, description="The key of a library.")


class UsedData(Schema):
    """How much one user or one library uses now. Size in bytes."""

    holder: str
    size: int
    files: int


class LimitData(Schema):
    """A limit. One of user, kind and library says whose it is."""

    id: int
    holder: str
    user: int | None
    kind: str | None
    library: str | None
    size: str
    files: int | None
    used: list[UsedData]


@router.get("", response=Envelope[Page[LimitData]])
def get_limits(request: HttpRequest, asked: Query[Window]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """The limits, and how much of each is used up now."""
    page = asked.page(_rows(), lambda row: {"row": row})
    rows = [item["row"] for item in page["items"]]
    used = limit_use.used(rows)
    return ok(page | {"items": [_data(row, used[row.pk]) for row in rows]})


@router.post("", response={201: Envelope[LimitData]})
def post_limit(request: HttpRequest, body: NewLimit) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Add a limit; it holds from the next cycle on. 422 for what cannot be, and when there is one already."""
    row = CacheLimit(
        user=_named(PlexUser.objects.filter(plex_id=body.user or 0), "user", body.user),
        kind=body.kind,
        library=_named(LibrarySection.objects.filter(key=body.library or ""), "library", body.library),
        size=body.size or "",
        files=body.files,
    )
    checked(row).save()
    return Status(201, ok(_told(row), "It holds from the next cycle on."))


@router.get("{int:limit_id}", response=Envelope[LimitData])
def get_limit(request: HttpRequest, limit_id: int) -> dict[str, Any]:  # noqa: ARG001
    """A limit."""
    return ok(_told(get_object_or_404(_rows(), pk=limit_id)))


@router.put("{int:limit_id}", response=Envelope[LimitData])
def put_limit(request: HttpRequest, limit_id: int, body: Amount) -> dict[str, Any]:  # noqa: ARG001
    """Change how much."""
    row = get_object_or_404(_rows(), pk=limit_id)
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(row, name, value if name == "files" else value or "")
    checked(row).save()
    return ok(_told(row), "It holds from the next cycle on.")


@router.delete("{int:limit_id}", response=Envelope[dict[str, str]])
def delete_limit(request: HttpRequest, limit_id: int) -> dict[str, Any]:  # noqa: ARG001
    """Delete a limit."""
    row = get_object_or_404(_rows(), pk=limit_id)
    holder = row.holder
    row.delete()
    return ok({"holder": holder}, f"The limit of {holder} is deleted.")


def _rows() -> QuerySet[CacheLimit]:
    return CacheLimit.objects.select_related("user", "library").order_by("id")


def _named(rows: QuerySet[Any], name: str, value: object) -> Any:
    found = None if value is None else rows.first()
    if value is not None and found is None:
        raise HttpError(422, f"{name}: there is none by the name {value}.")
    return found


def _told(row: CacheLimit) -> dict[str, Any]:
    return _data(row, limit_use.used([row])[row.pk])


def _data(row: CacheLimit, used: tuple[Used, ...]) -> dict[str, Any]:
    return {
        "id": row.pk,
        "holder": row.holder,
        "user": row.user.plex_id if row.user else None,
        "kind": row.kind,
        "library": row.library.key if row.library else None,
        "size": row.size,
        "files": row.files,
        "used": [{"holder": one.holder, "size": one.size, "files": one.files} for one in used],
    }
