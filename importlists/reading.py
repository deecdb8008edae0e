"""Reading a list: its entries in order, each once, as far as they count."""

from collections.abc import Iterator
from itertools import islice

from cacherr.errors import ConfigurationError, OutsideError
from importlists.asking import LATER, Asker
from importlists.contract import Entry, Needs, Request
from importlists.providers import chart_of

PATIENCE = 5000
"""So many entries that do not count are read past, at the most."""


def read(provider: str, request: Request, asker: Asker) -> tuple[Entry, ...]:
    """The first positions of a list, as many as the request's limit. Raises CacherrError, and UnchangedError.

    A list with nothing on it is an error: services answer with an empty list when something is wrong with them.
    """
    source, chart = chart_of(provider, request.chart)
    for key in source.uses:
        if not getattr(request.keys, key):
            raise ConfigurationError(f"{source.title} needs a key.", "Enter it in the list settings.")
    entered = {Needs.NAME: request.name, Needs.ADDRESS: request.address, Needs.FILE: request.file}
    if not entered.get(chart.needs, "nothing is needed"):
        raise ConfigurationError(f"{source.name_of(chart)}: something is missing.", chart.hint)
    if request.media not in chart.media:
        raise ConfigurationError(f"{source.name_of(chart)} has no {request.media}.", "Choose another media type.")
    found = tuple(islice(_counting(chart.read(request, asker), request), request.limit))
    if not found:
        what = "films or shows" if request.media == "both" else request.media
        raise OutsideError(f"{source.name_of(chart)} lists no {what}.", LATER)
    return found


def _counting(entries: Iterator[Entry], request: Request) -> Iterator[Entry]:
    seen: set[object] = set()
    for entry in islice(entries, request.limit + PATIENCE):
        keys: set[object] = {(entry.kind, name) for name in entry.names}
        keys |= set() if keys else {(entry.kind, entry.title, entry.year)}
        if request.media.admits(entry.kind) and not keys & seen:
            seen |= keys
            yield entry
