"""What every provider of lists speaks: a request in, entries out. Pure values, no network and no rows.

A provider is one module in `providers/` and one row in that package's table. It turns a `Request` into entries, in the
list's own order, and asks for further pages only while somebody goes on reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from plexusers.models import ItemKind

if TYPE_CHECKING:
    from importlists.asking import Asker


class Media(StrEnum):
    """What of a list counts."""

    MOVIES = "movies"
    SHOWS = "shows"
    BOTH = "both"

    def admits(self, kind: ItemKind | None) -> bool:
        """Whether something of this kind counts; what does not tell its kind may be either."""
        return self == Media.BOTH or kind is None or (kind == ItemKind.MOVIE) == (self == Media.MOVIES)


class Needs(StrEnum):
    """What a person has to enter for a list."""

    NOTHING = "nothing"
    NAME = "name"
    """A number, a name, or `USER/LIST`."""
    ADDRESS = "address"
    """A URL. It may contain a key, so it is treated as a secret."""
    FILE = "file"
    """An uploaded file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One position of a list."""

    title: str
    year: int | None
    kind: ItemKind | None
    """A film or a show; None: the list does not say."""
    names: tuple[str, ...] = ()
    """What services call it: `imdb://tt…`, `tmdb://N`, `tvdb://N`, `plex://movie/HEX`."""
    released: str = ""
    """ISO date, or empty."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of the services. None of them is ever shown."""

    trakt_client: str = field(default="", repr=False)
    trakt_token: str = field(default="", repr=False)
    tmdb: str = field(default="", repr=False)
    mdblist: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a provider."""

    chart: str
    media: Media
    limit: int
    """So many positions are going to be read at the most."""
    name: str = ""
    address: str = field(default="", repr=False)
    file: str = field(default="", repr=False)
    keys: Keys = field(default_factory=Keys, repr=False)


Read = Callable[[Request, "Asker"], Iterator[Entry]]


@dataclass(frozen=True, slots=True)
class Chart:
    """One list of a provider, or one kind of list."""

    name: str
    title: str
    read: Read
    media: tuple[Media, ...] = (Media.MOVIES, Media.SHOWS, Media.BOTH)
    needs: Needs = Needs.NOTHING
    hint: str = ""
    """What is to be entered, for people."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A service, or a format, that lists come from."""

    name: str
    title: str
    charts: tuple[Chart, ...]
    host: str = ""
    """Whom it asks; empty: the host of the list's address, or nobody."""
    minutes: int = 360
    """How often its lists change enough to be worth asking again."""
    uses: tuple[str, ...] = ()
    """The fields of `Keys` that must be set."""

    def name_of(self, chart: Chart) -> str:
        """What a person calls a list of it: `Trakt: trending`."""
        return f"{self.title}: {chart.title}"
