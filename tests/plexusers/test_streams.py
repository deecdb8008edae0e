"""What plays, as the real client library reads it from the stand-in server."""

from collections.abc import Callable, Iterator

import pytest

from plexusers.models import PlexServer
from plexusers.plex import Plex
from plexusers.standin import Account, Episode, Household, Movie, StandIn
from plexusers.standin.records import ClipKind
from plexusers.streams import Stream, is_nearly_over


class House:
    """A film in two versions, a show, the owner and a friend."""

    def __init__(self) -> None:
        self.household = household = Household("Home", "machine-1")
        self.alex = household.add_account("Alex", "token-alex", "owner")
        self.kim = household.add_account("Kim", "token-kim", "shared", number=77)
        films = household.add_section("movie", "Movies", "/data/Movies")
        shows = household.add_section("show", "TV", "/data/TV")
        self.large = household.version(household.part("/data/Movies/A - 2160p.mkv", 900), resolution="4k")
        self.small = household.version(household.part("/data/Movies/A.mkv", 100))
        self.film: Movie = household.add_movie(films, "Alpha", self.large, self.small, year=2001, duration=6_000_000)
        self.show = household.add_show(shows, "Show")
        version = household.version(household.part("/data/TV/1x2.mkv", 50))
        self.episode: Episode = household.add_episode(self.show, 1, 2, version, title="Second")


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def standin(house: House) -> Iterator[StandIn]:
    with StandIn(house.household) as server:
        yield server


@pytest.fixture
def look(standin: StandIn) -> Callable[[], Stream]:
    """The one stream that there is."""
    plex = Plex(PlexServer(plex_url=standin.url, plex_token="token-alex", client_identifier="client-1"))

    def one() -> Stream:
        (stream,) = plex.streams()
        return stream

    return one


@pytest.mark.parametrize("number", [0, 1])
def test_the_version_that_is_played_is_told_and_no_other(house: House, look: Callable[[], Stream], number: int) -> None:
    version = (house.large, house.small)[number]
    house.household.start_playing(house.kim, house.film, version=version, offset_ms=60_000)
    stream = look()
    assert stream.files == (version.parts[0].path,)
    assert (stream.account, stream.who, stream.kind, stream.title) == (77, "Kim", "movie", "Alpha (2001)")
    assert (stream.offset, stream.duration, stream.state, stream.player) == (60_000, 6_000_000, "playing", "Television")
    assert stream.is_video
    assert not stream.transcoded


def test_an_episode_tells_its_show_and_the_owner_is_number_one(house: House, look: Callable[[], Stream]) -> None:
    house.household.start_playing(house.alex, house.episode, state="paused")
    stream = look()
    assert (stream.account, stream.show_key, stream.state) == (1, house.show.key, "paused")
    assert stream.title == "Show S01E02 Second"


def test_a_transcoded_stream_names_no_file(house: House, look: Callable[[], Stream]) -> None:
    house.household.start_playing(house.alex, house.film, transcoded=True)
    stream = look()
    assert (stream.transcoded, stream.files, stream.is_video) == (True, (), True)


@pytest.mark.parametrize(
    ("clip", "kind", "live"), [("preroll", "clip", False), ("livetv", "episode", True), ("track", "track", False)]
)
def test_what_is_no_video_of_a_library_is_told_apart(
    house: House, look: Callable[[], Stream], clip: ClipKind, kind: str, live: bool
) -> None:
    account: Account = house.alex
    house.household.start_clip(account, clip)
    stream = look()
    assert (stream.kind, stream.live, stream.is_video) == (kind, live, False)


@pytest.mark.parametrize(
    ("offset", "duration", "over"), [(0, 0, False), (89, 100, False), (90, 100, True), (100, 100, True), (5, 0, False)]
)
def test_ninety_percent_count_as_watched(offset: int, duration: int, over: bool) -> None:
    assert is_nearly_over(offset, duration) is over
