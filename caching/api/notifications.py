"""Notification targets: where notifications go, and a test."""

from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from ninja.errors import HttpError
from pydantic import BaseModel, ConfigDict, Field

from cacherr.envelope import Envelope, Page, Window, ok
from cacherr.errors import ConfigurationError
from caching.models import NoticeEvent, NotificationTarget, Timing
from caching.notifying import posting, sending, targets

router = Router(tags=["notifications"])
test_router = Router(tags=["notifications"])

Name = Annotated[str, Field(min_length=1, max_length=100)]
Address = Annotated[str, Field(min_length=1, max_length=2000)]


class TargetChange(BaseModel):
    """A target's settings; what is left out stays, or has its default. The address can be written and is never told."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    enabled: bool | None = None
    url: Address | None = Field(None, description="An address that Apprise understands. Stored encrypted.")
    events: list[NoticeEvent] | None = Field(None, min_length=1, max_length=50)
    timing: Timing | None = None
    digest_hour: int | None = Field(None, ge=0, le=23)


class NewTarget(TargetChange):
    """A new target."""

    name: Name
    url: Address = Field(description="An address that Apprise understands. Stored encrypted.")


class TargetData(Schema):
    """A target and how it went. Times in UTC; `url` is masked."""

    id: int
    name: str
    enabled: bool
    url: str
    service: str
    events: list[NoticeEvent]
    timing: Timing
    digest_hour: int
    last_at: datetime | None
    last_error: str
    """Why the last message did not arrive; empty: it did."""
    failures: int
    rests_until: datetime | None
    waiting: int
    created_at: datetime


class TestAsked(BaseModel):
    """Where a test is to go: a stored target, or an address."""

    model_config = ConfigDict(extra="forbid")

    id: int | None = Field(None, ge=1, le=2**62)
    url: Address | None = None


class TestData(Schema):
    """How a test went."""

    arrived: bool
    error: str


def _rows() -> QuerySet[NotificationTarget]:
    return NotificationTarget.objects.annotate(waiting=Count("notices")).order_by("name", "id")


def target_data(row: NotificationTarget) -> dict[str, Any]:
    """A target for programs."""
    told = {name: getattr(row, name) for name in TargetData.model_fields if name not in {"url", "id"}}
    return told | {"id": row.pk, "url": row.masked}


@router.get("", response=Envelope[Page[TargetData]])
def get_targets(request: HttpRequest, asked: Query[Window]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """All targets, with how they went."""
    return ok(asked.page(_rows(), target_data))


@router.post("", response={201: Envelope[TargetData]})
def add_target(request: HttpRequest, new: NewTarget) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Add a target. 422 when its address cannot be used."""
    row = NotificationTarget()
    _store(row, new)
    return Status(201, ok(target_data(_rows().get(pk=row.pk))))


@router.put("{int:target_id}", response=Envelope[TargetData])
def change_target(request: HttpRequest, target_id: int, change: TargetChange) -> dict[str, Any]:  # noqa: ARG001
    """Change a target; what is left out stays."""
    _store(get_object_or_404(NotificationTarget, pk=target_id), change)
    return ok(target_data(_rows().get(pk=target_id)))


@router.delete("{int:target_id}", response=Envelope[None])
def delete_target(request: HttpRequest, target_id: int) -> dict[str, Any]:  # noqa: ARG001
    """Delete a target, with what waits for it."""
    get_object_or_404(NotificationTarget, pk=target_id).delete()
    return ok(message="Deleted.")


@test_router.post("test/notification", response=Envelope[TestData])
def test_notification(request: HttpRequest, asked: TestAsked) -> dict[str, Any]:  # noqa: ARG001
    """Send a test now, to a stored target or to an address; `error` says why it did not arrive."""
    if (asked.id is None) == (asked.url is None):
        raise HttpError(422, "Name either the id of a target or an address.")
    if asked.url is not None:
        posting.check(asked.url)
        error = sending.test(asked.url)
    else:
        error = sending.test_target(get_object_or_404(NotificationTarget, pk=asked.id))
    return ok({"arrived": not error, "error": error}, "" if error else "The test was taken.")


def _store(row: NotificationTarget, change: TargetChange) -> None:
    given = {name: value for name, value in change.model_dump(exclude_unset=True).items() if value is not None}
    if (events := given.pop("events", None)) is not None:
        given |= {f"on_{event}": event in events for event in NoticeEvent.values}
    for name, value in given.items():
        setattr(row, name, value)
    try:
        targets.check(row)
        row.full_clean()
    except ValidationError as error:
        parts = [f"{name}: {' '.join(said)}" for name, said in error.message_dict.items()]
        raise ConfigurationError("; ".join(parts)) from None
    row.save()
