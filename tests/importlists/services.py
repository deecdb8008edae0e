"""The services that lists come from, on this machine: real HTTP behind the gateway, answers of the true shapes."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.scripted_server import Handler, Server, running


@dataclass(frozen=True)
class Asked:
    """A request, as the services see it."""

    path: str
    """`/HOST/PATH`, as the gateway gets it."""
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """An answer."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Route = Callable[[Asked], Reply]


def _always(reply: Reply) -> Route:
    return lambda _: reply


NOTHING_HERE = Reply(b'{"error": "nothing here"}', 404)


def told(data: Any, status: int = 200, **headers: str | int) -> Reply:
    """A JSON answer; underscores of header names are dashes."""
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return Reply(json.dumps(data).encode(), status, {"Content-Type": "application/json", **named})


class Services:
    """All services at once: a route for each path, and a memory of what was asked."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.routes: dict[str, Route] = {}
        self.asked: list[Asked] = []
        server.script = [self._answer]

    def on(self, path: str, reply: Reply | Route) -> None:
        """Answer this path, `/HOST/PATH`."""
        self.routes[path] = reply if not isinstance(reply, Reply) else _always(reply)

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def _answer(self, to: Handler) -> None:
        parts = urlsplit(to.path)
        body = to.rfile.read(int(to.headers.get("Content-Length") or 0))
        asked = Asked(parts.path, dict(parse_qsl(parts.query)), dict(to.headers.items()), body)
        self.asked.append(asked)
        reply = self.routes.get(parts.path, _always(NOTHING_HERE))(asked)
        to.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            to.send_header(name, value)
        to.end_headers()
        to.wfile.write(reply.body)


@contextmanager
def serving() -> Iterator[Services]:
    """The services until the block ends."""
    with running() as server:
        yield Services(server)


def trakt_film(number: int, title: str = "") -> dict[str, Any]:
    """A film as Trakt has it, without what nobody reads."""
    ids = {"trakt": number, "slug": f"film-{number}", "imdb": f"tt{number:07}", "tmdb": number}
    return {"title": title or f"Film {number}", "year": 2000 + number % 20, "ids": ids}


def trakt_show(number: int, title: str = "") -> dict[str, Any]:
    """A show as Trakt has it."""
    ids = {"trakt": number, "slug": f"show-{number}", "tvdb": 9000 + number, "imdb": None, "tmdb": number}
    return {"title": title or f"Show {number}", "year": 2010, "ids": ids}


def trakt_pages(rows: list[Any], *, most: int = 250) -> Route:
    """Trakt's paging: a limit that is too large is cut without a word."""

    def reply(asked: Asked) -> Reply:
        limit = min(most, int(asked.query["limit"]))
        page = int(asked.query["page"])
        count = -(-len(rows) // limit)
        part = rows[(page - 1) * limit : page * limit]
        return told(
            part, X_Pagination_Page=page, X_Pagination_Limit=limit, X_Pagination_Page_Count=count,
            X_Pagination_Item_Count=len(rows),
        )  # fmt: skip

    return reply


def tmdb_pages(rows: list[Any], key: str = "results") -> Route:
    """TMDb's paging: 20 a page."""

    def reply(asked: Asked) -> Reply:
        page = int(asked.query["page"])
        part = rows[(page - 1) * 20 : page * 20]
        return told({"page": page, key: part, "total_pages": -(-len(rows) // 20), "total_results": len(rows)})

    return reply


def tmdb_film(number: int) -> dict[str, Any]:
    """A film as TMDb's lists have it."""
    return {"id": number, "title": f"Film {number}", "release_date": "2023-03-08", "media_type": "movie"}


def tmdb_show(number: int) -> dict[str, Any]:
    """A show as TMDb's lists have it."""
    return {"id": number, "name": f"Show {number}", "first_air_date": "2020-01-02", "media_type": "tv"}
