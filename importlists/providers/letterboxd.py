"""Letterboxd: the films that a member logged last. There are no feeds of watchlists, and many hosts are blocked."""

from collections.abc import Iterator
from urllib.parse import quote

from importlists.asking import Asker
from importlists.contract import Chart, Entry, Media, Needs, Provider, Request
from importlists.feeds import entries_of

HOST = "letterboxd.com"


def _read(request: Request, asker: Asker) -> Iterator[Entry]:
    feed = asker.document(f"https://{HOST}/{quote(request.name.strip('/'), safe='')}/rss/")
    # Lists and reviews stand between the films, without a film's number.
    return (entry for entry in entries_of(feed, HOST) if entry.names)


PROVIDER = Provider(
    "letterboxd", "Letterboxd", host=HOST, minutes=360,
    charts=(Chart("diary", "a member's diary", _read, (Media.MOVIES,), Needs.NAME, "The member's name."),),
)  # fmt: skip
