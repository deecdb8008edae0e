"""A library for tests of the index: films, shows and people, with a clock that only moves when told to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from plexusers.models import PlexServer
from plexusers.plex import Plex
from plexusers.standin import Episode, Household, Movie, Section, Show, StandIn
from plexusers.standin.wire import Reply

TOKEN = "token-of-alex"
START = 1_700_000_000


class Shelves:
    """A household with a film library and a show library, its owner Alex, and a clock."""

    def __init__(self) -> None:
        self.time = START
        self.household = Household("Home", "machine-1", clock=lambda: self.time)
        self.alex = self.household.add_account("Alex", TOKEN, "owner")
        self.films = self.household.add_section("movie", "Movies", "/data/Movies")
        self.shows = self.household.add_section("show", "TV", "/data/TV")

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def later(self, **span: float) -> datetime:
        """Let time go by; says what time it is then."""
        self.time += int(timedelta(**span).total_seconds())
        return self.now

    def film(self, title: str, *, section: Section | None = None, path: str = "", guid: str | None = None) -> Movie:
        part = self.household.part(path or f"/data/Movies/{title}.mkv", 1000)
        return self.household.add_movie(
            section or self.films, title, self.household.version(part), year=2001, guid=guid
        )

    def films_named(self, *names: str) -> list[Movie]:
        return [self.film(name) for name in names]

    def episode(self, show: Show, season: int | None, index: int | None, date: str | None = None) -> Episode:
        part = self.household.part(f"/data/TV/{show.title}/{season}x{index} {date or ''}.mkv", 500)
        return self.household.add_episode(show, season, index, self.household.version(part), date=date)

    def show(self, title: str, *lengths: int, section: Section | None = None) -> tuple[Show, list[Episode]]:
        """A show with so many episodes in each season, in order."""
        show = self.household.add_show(section or self.shows, title, year=2010)
        numbers = [(season, index) for season, length in enumerate(lengths, 1) for index in range(1, length + 1)]
        return show, [self.episode(show, season, index) for season, index in numbers]


def connect(standin: StandIn, token: str = TOKEN) -> Plex:
    """A connection as this person; the requests until then are forgotten."""
    plex = Plex(PlexServer(plex_url=standin.url, plex_token=token, client_identifier="client-1"))
    standin.requests.clear()
    return plex


def asked(standin: StandIn) -> list[str]:
    """The paths asked for since the last time, lists of items with their kind and where the page began left out."""
    paths = [
        f"{request.path}?type={request.query['type']}" if "type" in request.query else request.path
        for request in standin.requests
    ]
    standin.requests.clear()
    return paths


class Meanwhile:
    """A fault that is none: the right answer, and something that happens just before or after it was made."""

    def __init__(self, happens: Callable[[], object], *, before: bool = False) -> None:
        self._happens = happens
        self._before = before

    def reply(self, real: Callable[[], Reply], /) -> Reply:
        if self._before:
            self._happens()
        answer = real()
        if not self._before:
            self._happens()
        return answer


@contextmanager
def serving(shelves: Shelves) -> Iterator[StandIn]:
    with StandIn(shelves.household) as server:
        yield server
