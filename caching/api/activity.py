"""What happened."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from cacherr.envelope import Envelope, Page, Window, ok
from caching import activity
from caching.activity import Kind

router = Router(tags=["state and cycles"])


class ActivityData(Schema):
    """Something that happened, at a time in UTC; `page` is where the admin tells more of it."""

    id: str
    at: datetime
    kind: Kind
    level: Literal["note", "warning", "critical"]
    message: str
    page: str


class ActivityWindow(Window):
    """Which part is asked for; without `kind` everything."""

    kind: list[Kind] = Field([])


@router.get("activity", response=Envelope[Page[ActivityData]])
def get_activity(request: HttpRequest, asked: Query[ActivityWindow]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """What happened, the newest first; `kind` may be given several times."""
    items, total = activity.entries(asked.kind, limit=asked.limit, offset=asked.offset)
    return ok(asked.of(items, total))
