"""TMDb: charts, lists of both versions of its API, collections. Pages hold 20, and 500 pages are the most it gives."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from importlists.asking import Asker
from importlists.contract import Chart, Entry, Media, Needs, Provider, Read, Request
from importlists.entries import entry, in_turn, kind_of, rows_of, some
from plexusers.models import ItemKind

HOST = "api.themoviedb.org"
MOST_PAGES = 500
V3_KEY_LENGTH = 32
"""A key of version 3; what is longer is a read access token."""


def _pages(path: str, request: Request, asker: Asker) -> Iterator[Mapping[str, Any]]:
    key = request.keys.tmdb
    headers = {"Authorization": f"Bearer {key}"} if len(key) > V3_KEY_LENGTH else {}
    secret = {} if headers else {"api_key": key}
    number = count = 1
    while number <= min(count, MOST_PAGES):
        page = asker.json(f"https://{HOST}/{path}", {**secret, "page": number}, headers)
        rows = rows_of(page.data, "results", "items", "parts", host=HOST)
        yield from rows
        total = page.data.get("total_pages") if isinstance(page.data, dict) else 1
        count = total if isinstance(total, int) and rows else 1
        number += 1


def _entry(row: Mapping[str, Any], kind: ItemKind | None) -> Entry | None:
    of = kind_of(row.get("media_type")) if row.get("media_type") else kind
    if of is None:
        return None  # a person
    released = row.get("release_date") or row.get("first_air_date") or ""
    return entry(row.get("title") or row.get("name"), None, of, released, tmdb=row.get("id"))


def _chart(films: str, shows: str) -> Read:
    def read(request: Request, asker: Asker) -> Iterator[Entry]:
        def of(path: str, kind: ItemKind) -> Iterator[Entry]:
            return some(_entry(row, kind) for row in _pages(f"3/{path}", request, asker))

        wanted = [
            of(path, kind)
            for path, kind, media in ((films, ItemKind.MOVIE, Media.MOVIES), (shows, ItemKind.SHOW, Media.SHOWS))
            if path and request.media in (media, Media.BOTH)
        ]
        return in_turn(*wanted)

    return read


def _numbered(path: str, kind: ItemKind | None = None) -> Read:
    def read(request: Request, asker: Asker) -> Iterator[Entry]:
        place = f"{path}/{quote(request.name, safe='')}"
        return some(_entry(row, kind) for row in _pages(place, request, asker))

    return read


NUMBER = "Its number, as in the list's address."

PROVIDER = Provider(
    "tmdb", "TMDb", host=HOST, uses=("tmdb",), minutes=720,
    charts=(
        Chart("trending_day", "trending today", _chart("trending/movie/day", "trending/tv/day")),
        Chart("trending_week", "trending this week", _chart("trending/movie/week", "trending/tv/week")),
        Chart("popular", "popular", _chart("movie/popular", "tv/popular")),
        Chart("top_rated", "top rated", _chart("movie/top_rated", "tv/top_rated")),
        Chart("now_playing", "now playing", _chart("movie/now_playing", ""), (Media.MOVIES,)),
        Chart("on_the_air", "on the air", _chart("", "tv/on_the_air"), (Media.SHOWS,)),
        Chart("list", "a list", _numbered("3/list", ItemKind.MOVIE), needs=Needs.NAME, hint=NUMBER),
        Chart("list_v4", "a list (version 4)", _numbered("4/list", ItemKind.MOVIE), needs=Needs.NAME, hint=NUMBER),
        Chart(
            "collection", "a collection", _numbered("3/collection", ItemKind.MOVIE), (Media.MOVIES,), Needs.NAME,
            hint=NUMBER,
        ),
    ),
)  # fmt: skip
