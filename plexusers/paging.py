"""Reading a list of Plex page after page, and knowing afterwards what the reading is worth.

The library may change between two pages: then items are told twice, or one slips through. So things are taken once, by
rating key, and a reading that did not tell of as many as were announced is not complete.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar
from xml.etree.ElementTree import Element

from cacherr.errors import PlexError
from plexusers.plex import Plex

FIRST, FOLLOWING = 100, 500
"""Things on the first page, of which most readings of changes need no more, and on each page after it."""


class Keyed(Protocol):
    """Something with a rating key."""

    @property
    def rating_key(self) -> str:
        """Plex's name for it."""


Thing = TypeVar("Thing", bound=Keyed)


class UnsortedError(PlexError):
    """Plex did not put the newest first."""


class Reading(Generic[Thing]):
    """One reading of a list. Iterate over `batches` once; the rest is known afterwards."""

    def __init__(self, plex: Plex, key: str, turn: Callable[[Element], Thing], *, first: int = FIRST) -> None:
        """`key` is the list's path with its query, `first` the size of the first page."""
        self._plex = plex
        self._key = key
        self._turn = turn
        self._first = first
        self.seen: set[str] = set()
        """Rating keys of all that was told of."""
        self.total: int | None = None
        """How many things there are, as the last page said; None before the first."""
        self.steady = True
        """Whether every page said the same number."""
        self.ended = False
        """Whether the last page was read."""

    @property
    def complete(self) -> bool:
        """Whether everything was told, as far as one can see: to the end, as many as announced, always the same."""
        return self.ended and self.steady and len(self.seen) == self.total

    def batches(self) -> Iterator[list[Thing]]:
        """The things, one list for each page, each thing once. One request a page. Raises PlexError."""
        start, size = 0, self._first
        while not self.ended:
            page = self._plex.page(self._key, start, size, self._turn)
            self.steady &= self.total in (None, page.total)
            self.total = page.total
            start += len(page.things)
            new = {thing.rating_key: thing for thing in page.things if thing.rating_key not in self.seen}
            self.seen.update(new)
            # A page with nothing new in it ends the reading too: otherwise a confused server could hold it for ever.
            self.ended = start >= page.total or not new
            size = FOLLOWING
            yield list(new.values())


def newest(batches: Iterable[list[Thing]], time_of: Callable[[Thing], int], since: int) -> Iterator[list[Thing]]:
    """What is as new as `since` or newer, from a list with the newest first; reads no page more than that takes.

    Raises UnsortedError when the list is in another order: then the rest of it is unknown.
    """
    last: int | None = None
    for batch in batches:
        kept = []
        for thing in batch:
            time = time_of(thing)
            if last is not None and time > last:
                raise UnsortedError("Plex does not sort its answer by time.", "Update Plex; until then all is read.")
            last = time
            if time < since:
                break
            kept.append(thing)
        yield kept
        if len(kept) < len(batch):
            return
