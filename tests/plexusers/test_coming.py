"""What somebody's playback asks for: what is played, and what that person will watch next."""

from collections.abc import Iterator

import pytest

from plexusers import indexing
from plexusers.coming import after, is_followed, itself, person_behind
from plexusers.models import PlexServer, PlexUser, UserTypeDefaults, Versions, WatchState
from plexusers.plex import Plex
from plexusers.preferences import Person
from plexusers.standin import Account, Episode, Household, Movie, StandIn
from plexusers.streams import Stream

pytestmark = pytest.mark.django_db

STREAM = Stream("5", 1, "Alex", "10", "movie", "Alpha")


class House:
    """A show of five episodes and two specials, a film in two versions, the owner and a friend."""

    def __init__(self) -> None:
        self.household = household = Household("Home", "machine-1")
        self.alex = household.add_account("Alex", "token-alex", "owner")
        self.kim = household.add_account("Kim", "token-kim", "shared", number=77)
        shows = household.add_section("show", "TV", "/data/TV")
        films = household.add_section("movie", "Movies", "/data/Movies")
        self.show = household.add_show(shows, "Show")
        places = [(0, 1), (0, 2), (1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]
        self.episodes = {f"s{season}e{number}": self.add(season, number) for season, number in places}
        self.names = {episode.key: name for name, episode in self.episodes.items()}
        self.large = household.version(household.part("/data/Movies/large.mkv", 900), resolution="4k")
        self.small = household.version(household.part("/data/Movies/small.mkv", 100), resolution="480")
        self.film: Movie = household.add_movie(films, "Alpha", self.large, self.small, year=2001)

    def add(self, season: int, number: int) -> Episode:
        part = self.household.part(f"/data/TV/{season}x{number}.mkv", 5)
        return self.household.add_episode(self.show, season, number, self.household.version(part))

    def stream(self, account: Account, item: Episode | Movie, *files: str) -> Stream:
        show = item.show if isinstance(item, Episode) else ""
        return Stream("5", account.id, account.title, item.key, "movie", item.title, show, files=files)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def standin(house: House) -> Iterator[StandIn]:
    with StandIn(house.household) as server:
        PlexServer(plex_url=server.url, plex_token="token-alex").save()
        yield server


@pytest.fixture
def plex(standin: StandIn) -> Plex:
    connected = Plex(PlexServer.stored())
    standin.requests.clear()
    return connected


def friend(**settings: object) -> PlexUser:
    return PlexUser.objects.create(plex_id=77, kind="shared", title="Kimberley", token="token-kim", **settings)


def ahead(user: PlexUser, **settings: object) -> PlexUser:
    PlexUser.objects.filter(pk=user.pk).update(**settings)
    user.refresh_from_db()
    return user


def next_names(house: House, plex: Plex, user: PlexUser | None, account: Account, name: str) -> list[str]:
    stream = house.stream(account, house.episodes[name])
    found = after(plex, person_behind(user, stream), stream, Versions.ALL)
    assert [want.position for want in found] == list(range(1, len(found) + 1))
    return [house.names[want.item.rating_key] for want in found]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, True),
        ({"active_watching": False}, False),
        ({"enabled": False}, False),
    ],
)
def test_a_persons_own_settings_decide_whether_playback_leads_to_anything(
    own: dict[str, object], expected: bool
) -> None:
    UserTypeDefaults.objects.filter(kind="shared").update(active_watching=True)
    assert is_followed(person_behind(friend(**own), STREAM)) is expected


@pytest.mark.parametrize(("account", "kind"), [(1, "main"), (999, "shared")])
def test_a_stranger_is_taken_for_a_friend_and_number_one_for_the_owner(account: int, kind: str) -> None:
    UserTypeDefaults.objects.filter(kind=kind).update(episodes_ahead=7)
    person: Person = person_behind(None, Stream("5", account, "Stranger", "10", "movie", "Alpha"))
    assert (person.preferences.episodes_ahead, str(person.user)) == (7, "Stranger")
    assert not PlexUser.objects.exists()


@pytest.mark.parametrize("indexed", [False, True])
def test_everybody_goes_on_from_their_own_watch_state(
    house: House, plex: Plex, standin: StandIn, indexed: bool
) -> None:
    """The owner has seen the second episode, the friend the third; the index may know it, or Plex is asked."""
    owner = PlexUser.objects.create(plex_id=4711, kind="main", title="Alex")
    kim = ahead(friend(), episodes_ahead=2)
    ahead(owner, episodes_ahead=2)
    house.household.mark_watched(house.alex, house.episodes["s1e2"])
    house.household.mark_watched(house.kim, house.episodes["s1e3"])
    if indexed:
        WatchState.objects.create(user=owner, rating_key=house.episodes["s1e2"].key, views=1)
        WatchState.objects.create(user=kim, rating_key=house.episodes["s1e3"].key, views=1)
        indexing.refresh(plex)
        standin.requests.clear()
    assert next_names(house, plex, owner, house.alex, "s1e1") == ["s1e3", "s2e1"]
    assert next_names(house, plex, kim, house.kim, "s1e1") == ["s1e2", "s2e1"]
    asked = [(request.path, request.account_title) for request in standin.requests]
    leaves = f"/library/metadata/{house.show.key}/allLeaves"
    assert asked == ([] if indexed else [(leaves, "Alex"), ("/", "Kim"), (leaves, "Kim")])


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("s1e3", {"episodes_ahead": 9}, ["s2e1", "s2e2"]),
        ("s1e1", {"episodes_ahead": 1, "prefetch_minutes": 100}, ["s1e2", "s1e3", "s2e1"]),
        ("s0e1", {"episodes_ahead": 9}, ["s0e2"]),
        ("s2e2", {"episodes_ahead": 9}, []),
        ("s1e1", {"episodes_ahead": 0, "prefetch_minutes": 0}, []),
    ],
)
def test_episodes_ahead_and_minutes_hold_for_each_user(
    house: House, plex: Plex, name: str, settings: dict[str, object], expected: list[str]
) -> None:
    kim = ahead(friend(), **settings)
    assert next_names(house, plex, kim, house.kim, name) == expected


def test_of_a_stranger_it_is_not_known_what_was_watched_and_no_claim_is_kept(house: House, plex: Plex) -> None:
    UserTypeDefaults.objects.filter(kind="shared").update(episodes_ahead=2)
    house.household.mark_watched(house.alex, house.episodes["s1e2"])
    stream = house.stream(house.kim, house.episodes["s1e1"])
    found = after(plex, person_behind(None, stream), stream, Versions.ALL)
    assert [(house.names[want.item.rating_key], want.name, want.who) for want in found] == [
        ("s1e2", "playing", "Kim"), ("s1e3", "playing", "Kim"),
    ]  # fmt: skip


def test_what_comes_next_is_kept_under_the_users_name_on_deck(house: House, plex: Plex) -> None:
    kim = ahead(friend(), episodes_ahead=1, priority_boost=7)
    stream = house.stream(house.kim, house.episodes["s1e1"])
    for indexed in (False, True):
        if indexed:
            indexing.refresh(plex)
        (want,) = after(plex, person_behind(kim, stream), stream, Versions.ALL)
        assert (want.name, want.user, want.boost, want.who) == ("ondeck:77", 77, 7, "Kimberley")


@pytest.mark.parametrize(
    ("versions", "read", "expected"),
    [
        (Versions.ALL, "small", {"large", "small"}),
        (Versions.BEST, "small", {"small"}),
        (Versions.SMALLEST, "large", {"large"}),
        (Versions.BEST, "", {"large"}),
        (Versions.SMALLEST, "", {"small"}),
    ],
)
def test_of_several_versions_all_count_or_the_one_that_is_played_or_by_the_setting_when_plex_does_not_tell(
    house: House, plex: Plex, versions: Versions, read: str, expected: set[str]
) -> None:
    indexing.refresh(plex)
    files = (f"/data/Movies/{read}.mkv",) if read else ()
    stream = house.stream(house.alex, house.film, *files)
    (want,) = itself(plex, person_behind(None, stream), stream, versions)
    assert {file.path.rsplit("/")[-1].removesuffix(".mkv") for file in want.item.files} == expected
    assert (want.name, want.who) == ("playing", "Alex")


def test_a_film_has_nothing_after_it_and_a_show_that_is_gone_neither(
    house: House, plex: Plex, standin: StandIn
) -> None:
    film = house.stream(house.alex, house.film)
    assert after(plex, person_behind(None, film), film, Versions.ALL) == []
    assert not standin.requests
    gone = Stream("5", 1, "Alex", "999999", "episode", "Gone", "888888")
    assert after(plex, person_behind(None, gone), gone, Versions.ALL) == []
    assert itself(plex, person_behind(None, gone), gone, Versions.ALL) == []
