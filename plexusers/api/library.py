"""The library: finding what could be cached."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from cacherr.envelope import Envelope, Page, Search, Window, ok
from plexusers import library
from plexusers.models import ItemKind, LibraryItem

router = Router(tags=["library"])


class LibraryWindow(Window):
    """What is looked for; every word must be in the title."""

    q: Annotated[Search, Field(description="Words of a title.")] = ""


class FoundFile(Schema):
    """A file of an item. Size in bytes."""

    path: str
    """As Plex sees it."""
    size: int
    version: str
    optimized: bool


class FoundItem(Schema):
    """A film, a show or an episode; a show's files are those of its episodes and are not told here."""

    rating_key: str
    kind: ItemKind
    title: str
    year: int | None
    library: str
    guids: list[str]
    size: int
    """Bytes of all files together, each path once."""
    files: list[FoundFile]


@router.get("search", response=Envelope[Page[FoundItem]])
def search(request: HttpRequest, window: Query[LibraryWindow]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """Find items by words of their titles: films and shows first, then episodes."""
    rows = library.matching(window.q).select_related("section").prefetch_related("files", "guids")
    return ok(window.page(rows, _found))


def _found(row: LibraryItem) -> dict[str, Any]:
    files = list(row.files.all())
    return {
        "rating_key": row.rating_key,
        "kind": row.kind,
        "title": library.label_of(row),
        "year": row.year,
        "library": row.section.title,
        "guids": sorted(one.guid for one in row.guids.all()),
        "size": sum({file.path: file.size for file in files}.values()),
        "files": files,
    }
