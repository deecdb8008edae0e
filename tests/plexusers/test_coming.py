"""What somebody will watch next."""

from collections.abc import Iterator

import pytest

from plexusers.coming import Ahead, ahead_of, coming_after, following
from plexusers.models import PlexServer, PlexUser, UserTypeDefaults, WatchState
from plexusers.plex import Plex, PlexEpisode, PlexFile, PlexItem
from plexusers.standin import Episode, Household, StandIn

MINUTES = 45 * 60_000


def episode(name: str, *, files: bool = True) -> PlexEpisode:
    """`s1e2` by number, `2024-05-01` by date."""
    item = PlexItem(name, "episode", name, (PlexFile(f"/{name}.mkv", 1),) if files else (), 0, None)
    if name.startswith("s"):
        season, number = map(int, name[1:].split("e"))
        return PlexEpisode(item, season, number, "", MINUTES, is_watched=False)
    return PlexEpisode(item, None, None, name, MINUTES, is_watched=False)


SHOW = ["s2e1", "s1e10", "s1e2", "s1e1", "s0e1", "s0e2", "s2e2"]
DAILY = ["2024-05-02", "2024-05-01", "2024-05-10"]


@pytest.mark.parametrize(
    ("names", "current", "watched", "ahead", "expected"),
    [
        (SHOW, "s1e1", (), Ahead(episodes=2), ["s1e2", "s1e10"]),
        (SHOW, "s1e10", (), Ahead(episodes=9), ["s2e1", "s2e2"]),
        (SHOW, "s1e1", ("s1e2", "s2e1"), Ahead(episodes=2), ["s1e10", "s2e2"]),
        (SHOW, "s0e1", (), Ahead(episodes=5), ["s0e2"]),
        (SHOW, "s2e2", (), Ahead(episodes=5), []),
        (SHOW, "gone", (), Ahead(episodes=5), []),
        (SHOW, "s1e1", (), Ahead(episodes=0), []),
        (SHOW, "s1e1", (), Ahead(episodes=1, minutes=100), ["s1e2", "s1e10", "s2e1"]),
        (SHOW, "s1e1", (), Ahead(episodes=3, minutes=50), ["s1e2", "s1e10", "s2e1"]),
        (DAILY, "2024-05-01", (), Ahead(episodes=5), ["2024-05-02", "2024-05-10"]),
    ],
)
def test_the_next_ones_come_in_order_across_seasons_without_what_was_watched(
    names: list[str], current: str, watched: tuple[str, ...], ahead: Ahead, expected: list[str]
) -> None:
    found = following(map(episode, names), current, watched, ahead)
    assert [one.item.rating_key for one in found] == expected


def test_what_has_no_file_is_left_out() -> None:
    found = following([episode("s1e1"), episode("s1e2", files=False), episode("s1e3")], "s1e1", (), Ahead(episodes=1))
    assert [one.item.rating_key for one in found] == ["s1e3"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, Ahead(active=True, episodes=4, minutes=30)),
        ({"episodes_ahead": 0, "prefetch_minutes": 0}, Ahead(active=True, episodes=0, minutes=0)),
        ({"active_watching": False}, Ahead(active=False, episodes=4, minutes=30)),
        ({"enabled": False}, Ahead(active=False, episodes=4, minutes=30)),
    ],
)
def test_a_persons_own_settings_stand_over_those_of_the_type(own: dict[str, object], expected: Ahead) -> None:
    UserTypeDefaults.objects.filter(kind="shared").update(active_watching=True, episodes_ahead=4, prefetch_minutes=30)
    user = PlexUser.objects.create(plex_id=77, kind="shared", title="Kim", **own)
    assert ahead_of(user, 77) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(("account", "kind"), [(1, "main"), (999, "shared")])
def test_a_stranger_is_taken_for_a_friend_and_number_one_for_the_owner(account: int, kind: str) -> None:
    UserTypeDefaults.objects.filter(kind=kind).update(episodes_ahead=7)
    assert ahead_of(None, account).episodes == 7


@pytest.fixture
def household() -> Household:
    return Household("Home", "machine-1")


@pytest.fixture
def episodes(household: Household) -> Iterator[list[Episode]]:
    household.add_account("Alex", "token-alex", "owner")
    section = household.add_section("show", "TV", "/data/TV")
    show = household.add_show(section, "Show")
    yield [
        household.add_episode(show, 1, number, household.version(household.part(f"/data/TV/1x{number}.mkv", 5)))
        for number in range(1, 5)
    ]


@pytest.mark.django_db
def test_everybody_goes_on_from_their_own_watch_state(household: Household, episodes: list[Episode]) -> None:
    """The owner has seen the second one, the friend the third."""
    household.mark_watched(household.owner, episodes[1])
    owner = PlexUser.objects.create(plex_id=4711, kind="main", title="Alex")
    friend = PlexUser.objects.create(plex_id=77, kind="shared", title="Kim")
    WatchState.objects.create(user=friend, rating_key=episodes[2].key, views=1)
    with StandIn(household) as standin:
        plex = Plex(PlexServer(plex_url=standin.url, plex_token="token-alex", client_identifier="client-1"))
        standin.requests.clear()
        found = [
            [item.rating_key for item in coming_after(plex, episodes[0].show, episodes[0].key, user, Ahead(episodes=2))]
            for user in (owner, friend)
        ]
        assert coming_after(plex, "no-such-show", "1", owner, Ahead(episodes=2)) == []
        assert len(standin.requests) == 3
        assert coming_after(plex, "", "1", owner, Ahead(episodes=2)) == []
        assert len(standin.requests) == 3
    numbers = [[one.index for one in episodes if one.key in keys] for keys in found]
    assert numbers == [[3, 4], [2, 4]]
