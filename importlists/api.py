"""REST endpoints of lists: doors, nothing else."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from ninja.errors import HttpError
from pydantic import BaseModel, ConfigDict, Field

from cacherr.envelope import Envelope, Page, Window, ok
from importlists import previewing, refreshing
from importlists.cachedness import cached
from importlists.changing import check, put
from importlists.contract import Media, Needs
from importlists.models import Choice, Depth, ImportList, ListItem, ListState, Way
from importlists.models.import_list import MAX_FILE_CHARACTERS
from importlists.presets import BY_NAME, PRESETS
from importlists.wants import source_of
from plexusers.models import PlexUser

router = Router(tags=["lists"])

Name = Annotated[str, Field(min_length=1, max_length=100)]


class ListChange(BaseModel):
    """A list's settings; what is left out stays, or has its default. The address can be written and is never told."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    enabled: bool | None = None
    provider: str | None = Field(None, max_length=40)
    chart: str | None = Field(None, max_length=40)
    argument: str | None = Field(None, max_length=300, description="Which list: a user, a number, USER/LIST, a name.")
    address: str | None = Field(None, max_length=2000, description="The URL of the list. Stored encrypted.")
    file: str | None = Field(None, max_length=MAX_FILE_CHARACTERS, description="The text of an exported CSV file.")
    media: Media | None = None
    count: int | None = Field(None, description="How many films and shows.")
    depth: Depth | None = None
    fill_limit: int | None = None
    aired_days: int | None = None
    episodes: int | None = None
    choice: Choice | None = None
    priority: int | None = None
    refresh_minutes: int | None = None
    user: int | None = Field(None, description="plex.tv's number of the person on whose behalf; null: the owner.")


class NewList(ListChange):
    """A new list: from a preset, or with provider and chart."""

    preset: str | None = Field(None, description="The name of a preset, which everything else is laid over.")


class ListData(Schema):
    """A list and how it went. Times in UTC."""

    id: int
    name: str
    enabled: bool
    source: str
    provider: str
    chart: str
    argument: str
    has_address: bool
    has_file: bool
    media: Media
    count: int
    depth: Depth
    fill_limit: int
    aired_days: int
    episodes: int
    choice: Choice
    priority: int
    refresh_minutes: int
    user: int | None
    state: ListState
    since: datetime | None
    checked_at: datetime | None
    good_at: datetime | None
    next_at: datetime | None
    why: str
    positions: int
    matched: int
    chosen: int
    checked: int
    progress: str


class ItemData(Schema):
    """A position of a list, and what of the library it is."""

    position: int
    title: str
    year: int | None
    kind: str
    names: list[str]
    released: str
    way: Way
    rating_keys: list[str]
    chosen: bool
    cached: bool
    """Whether something of it is cached."""
    why_not: str


class PresetData(Schema):
    """A list to pick."""

    name: str
    title: str
    group: str
    provider: str
    chart: str
    media: Media
    needs: Needs
    hint: str
    refresh_minutes: int


class PreviewData(Schema):
    """What a list would cache."""

    matched: int
    chosen: int
    checked: int
    items: list[ItemData]


class RefreshData(Schema):
    """How reading a list went."""

    positions: int
    unchanged: bool
    error: str
    list: ListData


class ItemWindow(Window):
    """Which positions are asked for."""

    found: Literal["matched", "unmatched", "chosen"] | None = None


def list_data(row: ImportList) -> dict[str, Any]:
    """A list for programs."""
    found: Any = row
    told = {name: getattr(row, name) for name in ListData.model_fields if hasattr(row, name)}
    return told | {
        "id": row.pk, "source": source_of(row), "has_address": bool(row.address), "has_file": bool(row.file),
        "user": row.user.plex_id if row.user else None, "positions": found.positions, "matched": found.matched,
    }  # fmt: skip


def _rows() -> QuerySet[ImportList]:
    matched = Count("items", filter=~Q(items__way=""))
    return (
        ImportList.objects.select_related("user").annotate(positions=Count("items"), matched=matched).order_by("name")
    )


def _row(pk: int) -> ImportList:
    return get_object_or_404(_rows(), pk=pk)


@router.get("", response=Envelope[Page[ListData]])
def get_lists(request: HttpRequest, asked: Query[Window]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """All lists, with how they went."""
    return ok(asked.page(_rows(), list_data))


@router.post("", response={201: Envelope[ListData]})
def add_list(request: HttpRequest, new: NewList) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Add a list. It is read within a minute, or at once by `refresh`. 422 when the provider cannot do that."""
    row = _drafted(new)
    put(row)
    return Status(201, ok(list_data(_row(row.pk))))


@router.get("presets", response=Envelope[list[PresetData]])
def get_presets(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Lists to pick from; what `needs` names has to be entered."""
    return ok([{name: getattr(preset, name) for name in PresetData.model_fields} for preset in PRESETS])


@router.post("preview", response=Envelope[PreviewData])
def preview_list(request: HttpRequest, new: NewList) -> dict[str, Any]:  # noqa: ARG001
    """What a list would cache: it is read and matched, and nothing is stored. 503 when it does not answer."""
    seen = previewing.preview(_drafted(new, named=False), timezone.now())
    held = cached(key for line in seen.lines for key in line.match.keys)
    items = [
        {
            "position": line.position, "title": line.entry.title, "year": line.entry.year,
            "kind": line.entry.kind or "", "names": list(line.entry.names), "released": line.entry.released,
            "way": line.match.way, "rating_keys": list(line.match.keys), "chosen": line.chosen,
            "cached": bool(held & set(line.match.keys)), "why_not": line.why_not,
        }
        for line in seen.lines
    ]  # fmt: skip
    return ok({"matched": seen.matched, "chosen": seen.chosen, "checked": seen.checked, "items": items})


@router.get("{int:list_id}", response=Envelope[ListData])
def get_list(request: HttpRequest, list_id: int) -> dict[str, Any]:  # noqa: ARG001
    """A list."""
    return ok(list_data(_row(list_id)))


@router.put("{int:list_id}", response=Envelope[ListData])
def change_list(request: HttpRequest, list_id: int, change: ListChange) -> dict[str, Any]:  # noqa: ARG001
    """Change a list; what is left out stays. What another source has read is given up."""
    row = _row(list_id)
    _lay_over(row, change)
    _checked(row)
    put(row)
    return ok(list_data(_row(list_id)))


@router.delete("{int:list_id}", response=Envelope[None])
def delete_list(request: HttpRequest, list_id: int) -> dict[str, Any]:  # noqa: ARG001
    """Delete a list; what only it wanted leaves like everything that nobody wants any more."""
    _row(list_id).delete()
    return ok(message="Deleted.")


@router.post("{int:list_id}/refresh", response=Envelope[RefreshData])
def refresh_list(request: HttpRequest, list_id: int) -> dict[str, Any]:  # noqa: ARG001
    """Read the list now. `error` says why it could not be; then the last good result counts."""
    done = refreshing.refresh([_row(list_id)])
    if not done:
        raise HttpError(409, "The list is being read just now.")
    told = {"positions": done[0].positions, "unchanged": done[0].unchanged, "error": done[0].failed}
    return ok(told | {"list": list_data(_row(list_id))})


@router.get("{int:list_id}/items", response=Envelope[Page[ItemData]])
def get_items(request: HttpRequest, list_id: int, asked: Query[ItemWindow]) -> dict[str, Any]:  # noqa: ARG001
    """The positions of the last good reading, with what of the library they are, or why they are not."""
    wanted = {"matched": ~Q(way=""), "unmatched": Q(way=""), "chosen": Q(chosen=True)}
    rows = ListItem.objects.filter(wanted[asked.found] if asked.found else Q(), import_list=_row(list_id))
    page = asked.page(rows.order_by("position"), _item_data)
    held = cached(key for item in page["items"] for key in item["rating_keys"])
    for item in page["items"]:
        item["cached"] = bool(held & set(item["rating_keys"]))
    return ok(page)


def _item_data(item: ListItem) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ItemData.model_fields if name != "cached"}


def _drafted(new: NewList, *, named: bool = True) -> ImportList:
    preset = BY_NAME.get(new.preset or "")
    if new.preset and preset is None:
        raise HttpError(422, f"preset: there is none named {new.preset}.")
    row = ImportList(**(preset.values() if preset else {}))
    _lay_over(row, new)
    if not named:
        row.name = "preview of a list that has no name yet"
    _checked(row)
    return row


def _lay_over(row: ImportList, change: ListChange) -> None:
    given = change.model_dump(exclude_unset=True, exclude={"preset"})
    if "user" in given:
        number = given.pop("user")
        row.user = None if number is None else PlexUser.objects.filter(plex_id=number).first()
        if number is not None and row.user is None:
            raise HttpError(422, f"user: there is nobody with the number {number}.")
    for name, value in given.items():
        if value is not None:
            setattr(row, name, value)


def _checked(row: ImportList) -> None:
    try:
        row.full_clean()
        check(row)
    except ValidationError as error:
        parts = [f"{name}: {' '.join(said)}" for name, said in error.message_dict.items()]
        raise HttpError(422, "; ".join(parts)) from None
