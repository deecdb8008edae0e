"""StevenLu's popular films: one file, made once a day."""

from collections.abc import Iterator

from importlists.asking import Asker
from importlists.contract import Chart, Entry, Media, Provider, Request
from importlists.entries import entry, rows_of, some
from plexusers.models import ItemKind

HOST = "popular-movies-data.stevenlu.com"


def _read(request: Request, asker: Asker) -> Iterator[Entry]:  # noqa: ARG001 - the contract's signature
    rows = rows_of(asker.document(f"https://{HOST}/movies.json"), host=HOST)
    return some(
        entry(row.get("title"), row.get("year"), ItemKind.MOVIE, imdb=row.get("imdb_id"), tmdb=row.get("tmdb_id"))
        for row in rows
    )


PROVIDER = Provider(
    "stevenlu", "StevenLu", host=HOST, minutes=1440, charts=(Chart("popular", "popular", _read, (Media.MOVIES,)),)
)
