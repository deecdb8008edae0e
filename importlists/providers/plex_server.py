"""The own server: collections, playlists (smart ones too), labels, and any filter of a library."""

from collections.abc import Iterator
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element

from cacherr.errors import ConfigurationError
from importlists.asking import Asker
from importlists.contract import Chart, Entry, Needs, Provider, Request
from importlists.entries import clean, year_of
from plexusers.guids import names_of
from plexusers.models import ItemKind
from plexusers.plex import Plex

PAGE = 200
TYPES = {"movie": 1, "show": 2}


def _collection(request: Request, asker: Asker) -> Iterator[Entry]:
    plex = asker.plex()
    for section in plex.sections():
        if section.kind in TYPES:
            found = plex.things(f"/library/sections/{section.key}/collections", _named)
            keys = [key for key, title in found if title == request.name]
            yield from _all(plex, [f"/library/collections/{quote(key)}/children" for key in keys])


def _playlist(request: Request, asker: Asker) -> Iterator[Entry]:
    plex = asker.plex()
    found = plex.things("/playlists?playlistType=video", _named)
    yield from _all(plex, [f"/playlists/{quote(key)}/items" for key, title in found if title == request.name])


def _label(request: Request, asker: Asker) -> Iterator[Entry]:
    plex = asker.plex()
    for section in plex.sections():
        if number := TYPES.get(section.kind):
            place = f"/library/sections/{section.key}"
            found = plex.things(f"{place}/label?type={number}", _named)
            labels = [key.rpartition("=")[2] for key, title in found if title.lower() == request.name.lower()]
            query = [urlencode({"type": number, "includeGuids": 1, "label": label}) for label in labels]
            yield from _all(plex, [f"{place}/all?{text}" for text in query])


def _filter(request: Request, asker: Asker) -> Iterator[Entry]:
    path = request.name
    if not path.startswith("/library/sections/") or ".." in path:
        raise ConfigurationError(
            "A filter is a path of a library.", "For example /library/sections/1/all?type=1&sort=addedAt:desc."
        )
    yield from _all(asker.plex(), [path])


def _all(plex: Plex, places: list[str]) -> Iterator[Entry]:
    for place in places:
        start, total = 0, 1
        while start < total:
            page = plex.page(place, start, PAGE, _entry)
            if not page.things:
                break
            yield from (thing for thing in page.things if thing)
            start, total = start + len(page.things), page.total


def _named(element: Element) -> tuple[str, str]:
    return element.get("ratingKey") or element.get("key") or "", element.get("title") or ""


def _entry(element: Element) -> Entry | None:
    """A film or a show; of seasons and episodes their show."""
    kind = element.get("type")
    if kind in {"season", "episode"}:
        above = "parent" if kind == "season" else "grandparent"
        names = names_of(element.get(f"{above}Guid") or "")
        return Entry(clean(element.get(f"{above}Title")), None, ItemKind.SHOW, names)
    if kind not in TYPES:
        return None
    others = [guid.get("id") or "" for guid in element.iter("Guid")]
    names = names_of(element.get("guid") or "", others)
    released = element.get("originallyAvailableAt") or ""
    return Entry(clean(element.get("title")), year_of(element.get("year")), ItemKind(kind), names, released[:10])


PROVIDER = Provider(
    "plex", "Plex server", minutes=60,
    charts=(
        Chart("collection", "a collection", _collection, needs=Needs.NAME, hint="Its name."),
        Chart("playlist", "a playlist", _playlist, needs=Needs.NAME, hint="Its name; smart playlists as well."),
        Chart("label", "a label", _label, needs=Needs.NAME, hint="Its name."),
        Chart("filter", "a filter of a library", _filter, needs=Needs.NAME, hint="/library/sections/1/all?type=1&…"),
    ),
)  # fmt: skip
