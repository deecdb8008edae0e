"""Trakt: charts, watchlists, lists. Own ones by `me`, with the account that is signed in.

Shapes and limits as docs.trakt.tv and issues trakt-api#924 and #925 tell: trending and the like wrap, popular does not,
lists mix kinds; pages hold 250 at the most, larger limits are cut without a word, so the number of pages decides.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from cacherr.errors import ConfigurationError
from importlists.asking import Asker
from importlists.contract import Chart, Entry, Media, Needs, Provider, Read, Request
from importlists.entries import entry, in_turn, part, rows_of, some
from plexusers.models import ItemKind

HOST = "api.trakt.tv"
PAGE = 250
KINDS = {"movie": ItemKind.MOVIE, "show": ItemKind.SHOW, "season": ItemKind.SHOW, "episode": ItemKind.SHOW}


def _pages(path: str, request: Request, asker: Asker) -> Iterator[Mapping[str, Any]]:
    headers = {"trakt-api-version": "2", "trakt-api-key": request.keys.trakt_client, "Content-Type": "application/json"}
    if request.keys.trakt_token:
        headers["Authorization"] = f"Bearer {request.keys.trakt_token}"
    limit, number, count = min(PAGE, max(10, request.limit)), 1, 1
    while number <= count:
        page = asker.json(f"https://{HOST}/{path}", {"page": number, "limit": limit}, headers)
        rows = rows_of(page.data, host=HOST)
        yield from rows
        count = page.number("x-pagination-page-count") or 1
        number += 1
        if not rows:
            return


def _entry(row: Mapping[str, Any], kind: str = "") -> Entry | None:
    """A wrapped film or show, or a bare one of this kind; of seasons and episodes their show. None: a person."""
    told = str(row.get("type") or next((name for name in ("movie", "show") if name in row), kind))
    if told not in KINDS:
        return None
    of = KINDS[told]
    thing = part(row, of.value) or row
    ids = part(thing, "ids")
    released = thing.get("released") or thing.get("first_aired") or ""
    names = {service: ids.get(service) for service in ("imdb", "tmdb", "tvdb")}
    return entry(thing.get("title"), thing.get("year"), of, released, **names)


def _chart(path: str) -> Read:
    def read(request: Request, asker: Asker) -> Iterator[Entry]:
        def of(kind: str) -> Iterator[Entry]:
            return some(_entry(row, kind) for row in _pages(f"{kind}s/{path}", request, asker))

        if request.media == Media.BOTH:
            return in_turn(of("movie"), of("show"))
        return of("movie" if request.media == Media.MOVIES else "show")

    return read


def _list(path: Callable[[Request], str]) -> Read:
    def read(request: Request, asker: Asker) -> Iterator[Entry]:
        place = path(request)
        if "/me/" in f"/{place}" and not request.keys.trakt_token:
            raise ConfigurationError("Nobody is signed in at Trakt.", "Sign in under Trakt sign-in, or name a user.")
        return some(_entry(row) for row in _pages(place, request, asker))

    return read


def _watchlist(request: Request) -> str:
    return f"users/{quote(request.name or 'me', safe='')}/watchlist"


def _named(request: Request) -> str:
    user, _, name = request.name.partition("/")
    if not user or not name:
        raise ConfigurationError("A Trakt list is named USER/LIST.", "As in the list's address: me/my-list.")
    return f"users/{quote(user, safe='')}/lists/{quote(name, safe='')}/items"


USER = "The user; me is who signed in."
LIST = "USER/LIST; me/LIST for a list of your own."

PROVIDER = Provider(
    "trakt", "Trakt", host=HOST, uses=("trakt_client",), minutes=360,
    charts=(
        Chart("trending", "trending", _chart("trending")),
        Chart("popular", "popular", _chart("popular")),
        Chart("anticipated", "anticipated", _chart("anticipated")),
        Chart("watched", "most watched this week", _chart("watched/weekly")),
        Chart("boxoffice", "box office", _chart("boxoffice"), (Media.MOVIES,)),
        Chart("watchlist", "a user's watchlist", _list(_watchlist), needs=Needs.NAME, hint=USER),
        Chart("list", "a user's list", _list(_named), needs=Needs.NAME, hint=LIST),
    ),
)  # fmt: skip
