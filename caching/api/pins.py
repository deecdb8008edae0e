"""Pins: what stays cached."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import BaseModel, ConfigDict, Field

from cacherr.envelope import Envelope, Page, Window, ok
from caching import mappings, pinning
from caching.models import Pin, PinKind
from caching.named import keys_named
from caching.pinning import AskedFor
from plexusers.models import Versions

router = Router(tags=["pins"])

BY_KEY = "api"


class PinData(Schema):
    """A pin, and how much of it is cached. Sizes in bytes, times in UTC."""

    id: int
    kind: PinKind
    rating_key: str
    """Plex's name for it; of a season that of its show."""
    season: int | None
    title: str
    versions: Versions | str
    """Empty: as the watching settings say."""
    created_by: str
    created_at: datetime
    files: int
    """How many the library has of it now; 0 when it is gone, or its library is switched off."""
    size: int
    files_cached: int
    bytes_cached: int


class NewPin(BaseModel):
    """What is to be pinned: a film, a show, a season or an episode."""

    model_config = ConfigDict(extra="forbid")

    target: Annotated[str, Field(min_length=1, max_length=4096)] = Field(
        alias="rating_key", description="A rating key, or the path of one of its files."
    )
    season: int | None = Field(None, ge=0, le=100_000, description="Only this season of a show; 0: the specials.")
    versions: Versions | None = Field(None, description="Left out: as the watching settings say.")


@router.get("", response=Envelope[Page[PinData]])
def get_pins(request: HttpRequest, asked: Query[Window]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """What is pinned, by title."""
    page = asked.page(Pin.objects.order_by("title", "id"), lambda row: {"pin": row})
    shown = pinning.overview(item["pin"] for item in page["items"])
    return ok(page | {"items": [one.data for one in shown.values()]})


@router.post("", response={200: Envelope[list[PinData]], 201: Envelope[list[PinData]]})
def post_pin(request: HttpRequest, body: NewPin) -> Status[dict[str, Any]]:
    """Pin something; 201 for a new pin, 200 when it was pinned already. 409 when it is unknown or does not fit."""
    by = request.user.get_username() if request.user.is_authenticated else BY_KEY
    keys = keys_named(body.target, mappings.in_force())
    made = [pinning.pin(AskedFor(key, body.season, body.versions or ""), by) for key in keys]
    shown = pinning.overview([row for row, _ in made])
    status = 201 if any(is_new for _, is_new in made) else 200
    return Status(status, ok([one.data for one in shown.values()], "It is cached with the next cycle, and stays."))


@router.delete("{int:pin_id}", response=Envelope[dict[str, str]])
def delete_pin(request: HttpRequest, pin_id: int) -> dict[str, Any]:  # noqa: ARG001
    """Unpin something: its files leave like any other once nobody wants them."""
    row = get_object_or_404(Pin, pk=pin_id)
    row.delete()
    return ok({"title": row.title}, f"{row.title} is not pinned any more.")
