"""A watchlist's feed of Plex: the newest 50 things.

Since July 2026 `rss.plex.tv` refuses many requests; `discover.provider.plex.tv/rss` serves the same feeds. Both are
tried. The last part of the address is the secret.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from cacherr.errors import ConfigurationError, OutsideError
from importlists.asking import Asker
from importlists.contract import Chart, Entry, Needs, Provider, Request
from importlists.feeds import entries_of

HOST = "discover.provider.plex.tv"
OLDER_HOST = "rss.plex.tv"


def _read(request: Request, asker: Asker) -> Iterator[Entry]:
    parts = urlsplit(request.address)
    secret = parts.path.strip("/").removeprefix("rss/")
    if parts.hostname not in {HOST, OLDER_HOST} or not secret or "/" in secret:
        raise ConfigurationError("This is no address of a Plex feed.", "It begins with https://rss.plex.tv/.")
    query = {"format": "json"}
    try:
        document = asker.document(f"https://{HOST}/rss/{secret}", query)
    except OutsideError:
        document = asker.document(f"https://{OLDER_HOST}/{secret}", query)
    return entries_of(document, OLDER_HOST)


PROVIDER = Provider(
    "plex_feed", "Plex feed", host=HOST, minutes=30,
    charts=(Chart("watchlist", "a watchlist's feed", _read, needs=Needs.ADDRESS, hint="https://rss.plex.tv/…"),),
)  # fmt: skip
