from collections.abc import Callable, Iterator
from typing import Any

import plexapi.myplex
import plexapi.server
import pytest
from pytest_django.fixtures import Settings

from cacherr import outbound
from plexusers.standin import Account, Episode, Household, Movie, Section, Show, StandIn

SignIn = Callable[[Account], Any]
PlexServer: Any = plexapi.server.PlexServer  # the library declares itself typed, but its functions have no types
MyPlexAccount: Any = plexapi.myplex.MyPlexAccount
MyPlexPinLogin: Any = plexapi.myplex.MyPlexPinLogin


class Home:
    """A household with a film library, a show library, its owner, somebody at home and a friend with films only."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0
        self.household = Household(clock=lambda: self.time)
        self.films = self.household.add_section("movie", "Movies", "/media/Movies")
        self.shows = self.household.add_section("show", "TV Shows", "/media/TV", "/more/TV")
        self.owner = self.household.add_account("Alex", "owner-token", "owner")
        self.sam = self.household.add_account("Sam", "sam-token")
        self.friend = self.household.add_account("Kim", "kim-token", "shared", number=77, sections=[self.films])

    def film(self, title: str, path: str | None = None, size: int = 1000, section: Section | None = None) -> Movie:
        part = self.household.part(path or f"/media/Movies/{title}.mkv", size)
        return self.household.add_movie(section or self.films, title, self.household.version(part), year=2001)

    def episode(self, show: Show, season: int | None, index: int | None, date: str | None = None) -> Episode:
        part = self.household.part(f"/media/TV/{show.title}/{season}x{index} {date}.mkv", 500)
        return self.household.add_episode(show, season, index, self.household.version(part), date=date)

    def show(self, title: str, *lengths: int, specials: int = 0) -> tuple[Show, dict[str, Episode]]:
        """A show with so many episodes in each season; they are named like s1e2."""
        show = self.household.add_show(self.shows, title, year=2010)
        numbers = [(season, index) for season, length in enumerate(lengths, 1) for index in range(1, length + 1)]
        numbers += [(0, index) for index in range(1, specials + 1)]
        return show, {f"s{season}e{index}": self.episode(show, season, index) for season, index in numbers}


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.fixture
def plex(home: Home) -> Iterator[StandIn]:
    with StandIn(home.household) as plex:
        yield plex


@pytest.fixture
def sign_in(plex: StandIn) -> SignIn:
    """Connects with the real client library."""
    return lambda account: PlexServer(plex.url, account.token, timeout=5)


class Outside:
    """The real client library asking plex.tv, through the gateway that leads to the stand-in."""

    def __init__(self, plex: StandIn) -> None:
        self.plex = plex
        self.session = outbound.session()

    def account(self, token: str) -> Any:
        """Signs in to plex.tv."""
        return MyPlexAccount(token=token, session=self.session)

    def pin_login(self) -> Any:
        """Begins a sign-in through the browser."""
        return MyPlexPinLogin(session=self.session)


@pytest.fixture
def outside(plex: StandIn, settings: Settings) -> Outside:
    settings.CACHERR_OUTBOUND_GATEWAY = plex.url
    return Outside(plex)
