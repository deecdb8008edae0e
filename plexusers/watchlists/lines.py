"""A line of a watchlist as a value, however it was read. Pure."""

import re
from dataclasses import dataclass
from typing import Any

from plexusers.models import ItemKind

KINDS = {"movie": ItemKind.MOVIE, "show": ItemKind.SHOW, "series": ItemKind.SHOW, "tv": ItemKind.SHOW}
SERVICES = ("plex://", "imdb://", "tmdb://", "tvdb://")
"""Names that an item of the library can be found by, the surest first."""
WITH_YEAR = re.compile(r"^(?P<title>.+?)\s*\((?P<year>\d{4})\)$")


@dataclass(frozen=True, slots=True)
class Line:
    """Something that is on a watchlist."""

    kind: ItemKind
    title: str
    year: int | None = None
    names: tuple[str, ...] = ()
    """Its names at Plex and other services, the surest first; none: there is only the title."""
    added_at: int = 0
    """Since when, in epoch seconds (UTC); 0: not told."""

    @property
    def key(self) -> tuple[str, str, str, int | None]:
        """What makes it the same line the next time."""
        return (self.names[0] if self.names else "", self.kind, self.title, self.year)


def line(kind: Any, title: Any, year: Any = None, names: Any = (), added_at: int = 0) -> Line | None:
    """A line from what was read; None for what is neither a film nor a show, or has neither a title nor a name."""
    known = KINDS.get(str(kind).lower())
    text, said = _title_and_year(str(title or "").strip())
    sorted_names = ordered(names)
    if known is None or not (text or sorted_names):
        return None
    number = int(year) if str(year).isdigit() else said
    # A number that is no year would not fit into its column.
    return Line(known, text[:500], number if number and number < 10_000 else None, sorted_names, added_at)


def ordered(names: Any) -> tuple[str, ...]:
    """The names that are of use, each once, the surest first."""
    texts = {str(name).strip()[:300] for name in names if name}
    useful = [name for name in texts if name.startswith(SERVICES)]
    return tuple(sorted(useful, key=lambda name: (SERVICES.index(name.partition("://")[0] + "://"), name)))


def _title_and_year(title: str) -> tuple[str, int | None]:
    """`Name (2001)` taken apart."""
    found = WITH_YEAR.match(title)
    return (found["title"], int(found["year"])) if found else (title, None)
