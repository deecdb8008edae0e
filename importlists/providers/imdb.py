"""IMDb: charts by its GraphQL, and lists as the CSV files that a person exports there.

Its pages answer programs with status 202 and nothing else since 2026, so lists cannot be read by their address.
"""

import csv
import json
from collections.abc import Iterator
from typing import Any

from cacherr.errors import ConfigurationError, OutsideError
from importlists.asking import Asker
from importlists.contract import Chart, Entry, Media, Needs, Provider, Read, Request
from importlists.entries import entry, in_turn, part, rows_of, some
from plexusers.models import ItemKind

HOST = "api.graphql.imdb.com"
MOST = 250
QUERY = (
    "query Chart {{ chartTitles(first: {first}, chart: {{chartType: {chart}}}) "
    "{{ edges {{ node {{ id titleText {{ text }} releaseYear {{ year }} }} }} }} }}"
)
FILMS = ("movie", "film", "short", "video", "tvmovie", "tvshort", "tvspecial")
SHOWS = ("tvseries", "tvminiseries", "series", "serie", "podcastseries")
NEITHER = ("tvepisode", "episode", "videogame", "musicvideo", "podcastepisode")


def _chart(films: str, shows: str) -> Read:
    def read(request: Request, asker: Asker) -> Iterator[Entry]:
        if request.media == Media.BOTH:
            both = ((films, ItemKind.MOVIE), (shows, ItemKind.SHOW))
            return in_turn(*(_titles(chart, kind, request, asker) for chart, kind in both))
        if request.media == Media.MOVIES:
            return _titles(films, ItemKind.MOVIE, request, asker)
        return _titles(shows, ItemKind.SHOW, request, asker)

    return read


def _titles(chart: str, kind: ItemKind, request: Request, asker: Asker) -> Iterator[Entry]:
    body = json.dumps({"query": QUERY.format(first=min(MOST, request.limit), chart=chart)}).encode()
    answer = asker.json(f"https://{HOST}/", headers={"Content-Type": "application/json"}, body=body)
    data: dict[str, Any] = answer.data if isinstance(answer.data, dict) else {}
    if data.get("errors") and not data.get("data"):
        raise OutsideError(f"{HOST} does not understand the question any more.", "Update Cacherr, or upload a file.")
    edges = rows_of(part(part(data, "data"), "chartTitles"), "edges", host=HOST)
    nodes = [part(edge, "node") for edge in edges]
    yield from some(
        entry(part(node, "titleText").get("text"), part(node, "releaseYear").get("year"), kind, imdb=node.get("id"))
        for node in nodes
    )


def _file(request: Request, asker: Asker) -> Iterator[Entry]:  # noqa: ARG001 - the contract's signature
    if not request.file:
        raise ConfigurationError("No file was uploaded.", "Export the list at IMDb and upload the CSV file.")
    rows = csv.DictReader(request.file.splitlines(keepends=True))
    if "Const" not in (rows.fieldnames or ()):
        raise ConfigurationError(
            "The file is no list exported from IMDb.", "Export it there: it has a column named Const."
        )
    try:
        yield from some(_line(row) for row in rows)
    except csv.Error:
        raise ConfigurationError("The file is no whole CSV file.", "Export it at IMDb once more.") from None


def _line(row: dict[str, Any]) -> Entry | None:
    # "tvSeries", "TV Series", or in the language of whoever exported it
    word = "".join(str(row.get("Title Type") or row.get("Title type") or "").lower().split())
    if word in NEITHER:
        return None
    kind = ItemKind.MOVIE if word in FILMS else ItemKind.SHOW if word in SHOWS else None
    released = row.get("Release Date") or row.get("Release Date (month/day/year)") or ""
    return entry(row.get("Title"), row.get("Year"), kind, released, imdb=row.get("Const"))


PROVIDER = Provider(
    "imdb", "IMDb", host=HOST, minutes=1440,
    charts=(
        Chart("popular", "most popular", _chart("MOST_POPULAR_MOVIES", "MOST_POPULAR_TV_SHOWS")),
        Chart("top", "top 250", _chart("TOP_RATED_MOVIES", "TOP_RATED_TV_SHOWS")),
        Chart("file", "an exported list", _file, needs=Needs.FILE, hint="The CSV file that IMDb's Export gives."),
    ),
)  # fmt: skip
