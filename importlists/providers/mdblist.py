"""MDBList: a list by `USER/LIST` or by number. With a key through its API, page by page; public ones without.

The API says with 429 and Retry-After when the day's quota is used up.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from cacherr.errors import ConfigurationError
from importlists.asking import Asker
from importlists.contract import Chart, Entry, Needs, Provider, Request
from importlists.entries import entry, kind_of, part, rows_of, some

HOST = "api.mdblist.com"
PUBLIC_HOST = "mdblist.com"
PAGE = 500


def _read(request: Request, asker: Asker) -> Iterator[Entry]:
    name = "/".join(quote(word, safe="") for word in request.name.strip("/").split("/"))
    if not request.keys.mdblist:
        if "/" not in name:
            raise ConfigurationError("Without a key an MDBList list is named USER/LIST.", "Enter the key, or the name.")
        page = asker.json(f"https://{PUBLIC_HOST}/lists/{name}/json")
        return some(_entry(row) for row in _rows(page.data))
    return some(_entry(row) for row in _pages(name, request, asker))


def _pages(name: str, request: Request, asker: Asker) -> Iterator[Mapping[str, Any]]:
    offset, before = 0, None
    while True:
        size = min(PAGE, request.limit)
        query: dict[str, str | int] = {"apikey": request.keys.mdblist, "limit": size, "offset": offset}
        page = asker.json(f"https://{HOST}/lists/{name}/items", query)
        rows = _rows(page.data)
        if not rows or rows == before:
            return
        yield from rows
        offset, before = offset + len(rows), rows
        total = page.number("x-total-items")
        if page.headers.get("x-has-more") == "false" or (total is not None and offset >= total):
            return


def _rows(data: Any) -> list[Mapping[str, Any]]:
    """One list, or one of films and one of shows, in the order of the ranks."""
    if isinstance(data, dict) and ("movies" in data or "shows" in data):
        both = [*rows_of(data.get("movies") or [], host=HOST), *rows_of(data.get("shows") or [], host=HOST)]
        return sorted(both, key=_rank)
    return rows_of(data, "items", host=HOST)


def _rank(row: Mapping[str, Any]) -> float:
    rank = row.get("rank")
    return rank if isinstance(rank, int | float) else float("inf")


def _entry(row: Mapping[str, Any]) -> Entry | None:
    kind = kind_of(row.get("mediatype"))
    ids = part(row, "ids")
    return entry(
        row.get("title"), row.get("release_year") or row.get("year"), kind, row.get("release_date"),
        imdb=row.get("imdb_id") or ids.get("imdb"), tmdb=ids.get("tmdb") or row.get("id"),
        tvdb=row.get("tvdb_id") or row.get("tvdbid") or ids.get("tvdb"),
    )  # fmt: skip


PROVIDER = Provider(
    "mdblist", "MDBList", host=HOST, minutes=720,
    charts=(Chart("list", "a list", _read, needs=Needs.NAME, hint="USER/LIST as in its address, or its number."),),
)  # fmt: skip
