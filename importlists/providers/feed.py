"""Any RSS or Atom feed of films and shows, by its address."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from importlists.asking import Asker
from importlists.contract import Chart, Entry, Needs, Provider, Request
from importlists.feeds import entries_of


def _read(request: Request, asker: Asker) -> Iterator[Entry]:
    return entries_of(asker.document(request.address), urlsplit(request.address).hostname or "")


PROVIDER = Provider(
    "feed", "RSS or Atom", (Chart("feed", "a feed", _read, needs=Needs.ADDRESS, hint="The feed's address."),),
    minutes=180,
)  # fmt: skip
