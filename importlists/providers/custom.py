"""A JSON file at any address, in the shape of Radarr's and Sonarr's custom lists.

An array of objects with `id` (a film's TMDb number), `imdb_id`, `tmdb_id` or `tvdb_id`, `title`, `year`, `media_type`,
each of them optional and also written without the underscore.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from importlists.asking import Asker
from importlists.contract import Chart, Entry, Media, Needs, Provider, Request
from importlists.entries import entry, kind_of, rows_of, some
from plexusers.models import ItemKind

BY_MEDIA = {Media.MOVIES: ItemKind.MOVIE, Media.SHOWS: ItemKind.SHOW}


def _read(request: Request, asker: Asker) -> Iterator[Entry]:
    host = urlsplit(request.address).hostname or ""
    rows = rows_of(asker.document(request.address), "items", "results", "movies", "shows", host=host)
    return some(_entry(row, BY_MEDIA.get(request.media)) for row in rows)


def _entry(row: Mapping[str, Any], usual: ItemKind | None) -> Entry | None:
    def first(*keys: str) -> Any:
        return next((row[key] for key in keys if row.get(key)), None)

    tvdb = first("tvdb_id", "tvdbId", "tvdbid", "TvdbId")
    number = str(row.get("id") or "")
    kind = kind_of(first("media_type", "mediatype", "mediaType", "type")) or usual
    if kind is None and number.isdigit():
        kind = ItemKind.SHOW if tvdb else ItemKind.MOVIE
    tmdb = first("tmdb_id", "tmdbId", "tmdbid", "TmdbId") or (number if kind == ItemKind.MOVIE else None)
    return entry(
        first("title", "name"), first("year", "release_year"), kind, first("release_date", "releaseDate"),
        imdb=first("imdb_id", "imdbId", "imdbid", "ImdbId") or number, tmdb=tmdb, tvdb=tvdb,
    )  # fmt: skip


PROVIDER = Provider(
    "custom", "JSON", minutes=360,
    charts=(Chart("json", "a file at an address", _read, needs=Needs.ADDRESS, hint="The file's address."),),
)  # fmt: skip
