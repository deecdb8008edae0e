"""A look at what plays: what it leaves in the rows, what it orders, and what it leaves alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from cacherr.errors import PlexError
from caching import lock, orders, pausing
from caching.lock import WORK_LOCK
from caching.models import CachedFile, CachePolicy, Operation, PathMapping, Playback
from caching.watching import history
from caching.watching.looking import MOST_TRIES, Looker
from plexusers.models import PlaySession, PlexServer, PlexUser, UserTypeDefaults, WatchPolicy
from plexusers.plex import Plex
from plexusers.standin import Account, Household, StandIn, faults
from plexusers.standin.records import ClipKind
from tests.caching.series import Series
from tests.conftest import contents
from tests.home import OWNER_TOKEN, PLEX_PREFIX, Home

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def configuration(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.CONFIG_DIR = tmp_path_factory.mktemp("config")


class House:
    """A home with a film and a show, its Plex, a mapping, and somebody who looks."""

    def __init__(self, directory: Path, standin: StandIn, home: Home) -> None:
        self.home, self.standin = home, standin
        self.household: Household = home.household
        self.cache = directory / "cache"
        self.series = Series(home)
        self.looker = Looker()
        CachePolicy(operations_to_cache=1).save()  # threads would not see what a test has not committed
        server = PlexServer(plex_url=standin.url, plex_token=OWNER_TOKEN)
        server.save()
        self.plex = Plex(server)
        self.mapping = PathMapping.objects.create(
            name="home", plex_prefix=PLEX_PREFIX, array_root=str(directory / "array"), cache_root=str(self.cache),
            placement="symlink",
        )  # fmt: skip

    def look(self, **policy: Any) -> None:
        WatchPolicy.objects.update_or_create(pk=1, defaults=policy)
        self.looker.look(self.plex, WatchPolicy.effective())

    def ordered(self) -> set[str]:
        """The files that operations are about, below the roots."""
        return {bytes(path).decode() for path in Operation.objects.values_list("path", flat=True)}

    def friend(self, **settings: Any) -> tuple[Account, PlexUser]:
        account = self.household.add_account("Kim", "token-kim", "shared", number=77)
        return account, PlexUser.objects.create(plex_id=77, kind="shared", title="Kim", token="token-kim", **settings)


@pytest.fixture
def house(tmp_path: Path, settings: Settings) -> Any:
    (tmp_path / "array").mkdir()
    (tmp_path / "cache").mkdir()
    home = Home(tmp_path / "array")
    with StandIn(home.household) as standin:
        settings.CACHERR_OUTBOUND_GATEWAY = standin.url
        yield House(tmp_path, standin, home)


def test_what_starts_is_ordered_with_what_comes_next_and_carried_out_by_copying(house: House) -> None:
    PathMapping.objects.update(mode="move")
    house.household.start_playing(house.home.owner, house.series.episodes["s1e2"])
    house.look()
    assert house.ordered() == house.series.paths("s1e2", "s1e3", "s2e1", "s2e2")
    assert not Operation.objects.exclude(trigger="playback").exists()
    assert Operation.objects.get(path=house.series.path("s1e2").encode()).mode == "copy"
    assert orders.run_waiting()
    assert {row.state for row in Operation.objects.all()} == {"done"}
    assert set(contents(house.cache)) == house.series.paths("s1e2", "s1e3", "s2e1", "s2e2")


def test_looking_again_orders_nothing_twice(house: House) -> None:
    house.household.start_playing(house.home.owner, house.series.episodes["s1e2"])
    house.look()
    house.look()
    assert Operation.objects.count() == 4
    orders.run_waiting()
    house.household.stop_playing(house.home.owner)
    house.look()
    house.household.start_playing(house.home.owner, house.series.episodes["s1e2"])
    house.look()
    assert Operation.objects.count() == 4


def test_all_versions_of_a_film_are_ordered_since_another_player_may_take_another_one(house: House) -> None:
    for name in ("large", "small"):
        house.home.write(f"Movies/Two/{name}.mkv", name.encode() * 500)
    versions = [
        house.household.version(house.household.part(f"{PLEX_PREFIX}/Movies/Two/{name}.mkv", 2500), resolution=lines)
        for name, lines in (("large", "4k"), ("small", "1080"))
    ]
    film = house.household.add_movie(house.home.films, "Two", *versions)
    house.household.start_playing(house.home.owner, film, version=versions[1])
    house.look()
    assert house.ordered() == {"Movies/Two/large.mkv", "Movies/Two/small.mkv"}


@pytest.mark.parametrize(
    ("trigger", "at_start", "at_the_end"),
    [
        ("start", {"s1e2", "s1e3", "s2e1", "s2e2"}, {"s1e2", "s1e3", "s2e1", "s2e2"}),
        ("completion", set(), {"s1e3", "s2e1", "s2e2"}),
        ("none", set(), set()),
    ],
)
def test_the_trigger_decides_when_something_is_ordered(
    house: House, trigger: str, at_start: set[str], at_the_end: set[str]
) -> None:
    episode = house.series.episodes["s1e2"]
    house.household.start_playing(house.home.owner, episode)
    house.look(playback_trigger=trigger)
    assert house.ordered() == house.series.paths(*at_start)
    house.household.start_playing(house.home.owner, episode, offset_ms=int(episode.duration * 0.95))
    house.look(playback_trigger=trigger)
    assert house.ordered() == house.series.paths(*at_the_end)
    assert Playback.objects.get().finished


@pytest.mark.parametrize("clip", ["preroll", "livetv", "track"])
def test_what_is_no_video_of_a_library_is_a_session_and_nothing_else(house: House, clip: ClipKind) -> None:
    house.household.start_clip(house.home.owner, clip)
    house.look()
    assert PlaySession.objects.get().who == "Alex"
    assert not Playback.objects.exists()
    assert not Operation.objects.exists()
    assert not house.looker.pending


@pytest.mark.parametrize("transcoded", [False, True])
def test_where_a_file_lay_when_it_began_is_remembered(house: House, transcoded: bool) -> None:
    owner, episode = house.home.owner, house.series.episodes["s1e2"]
    for _ in range(2):
        house.household.start_playing(owner, episode, transcoded=transcoded)
        house.look()
        house.household.stop_playing(owner)
        house.look()
        orders.run_waiting()
    rows = Playback.objects.order_by("id").values_list("served", "transcoded", "who")
    assert list(rows) == [("array", transcoded, "Alex"), ("cache", transcoded, "Alex")]
    assert not Playback.objects.filter(ended_at=None).exists()


def test_what_no_mapping_covers_or_lies_in_two_places_is_unknown(house: House) -> None:
    Series(house.home, "Second", (2,))
    mappings = list(PathMapping.objects.all())
    inside = [f"{PLEX_PREFIX}/TV/Second/Season 1/Second - s1e{number}.mkv" for number in (1, 2)]
    assert history.served(["/elsewhere/x.mkv"], mappings) == "unknown"
    assert history.served([], mappings) == "unknown"
    assert history.served(inside, mappings) == "array"
    house.household.start_playing(house.home.owner, house.series.episodes["s1e1"])
    house.look()
    orders.run_waiting()
    cached = CachedFile.objects.first()
    assert cached is not None
    mappings = list(PathMapping.objects.all())
    assert history.served([cached.plex_path], mappings) == "cache"
    assert history.served([cached.plex_path, inside[0]], mappings) == "unknown"
    CachedFile.objects.update(rescued_at=cached.cached_at)
    assert history.served([cached.plex_path], mappings) == "array"


@pytest.mark.parametrize("off", ["user", "type", "disabled"])
def test_for_whom_active_watching_is_off_nothing_is_ordered(house: House, off: str) -> None:
    own = {"user": {"active_watching": False}, "disabled": {"enabled": False}}.get(off, {})
    UserTypeDefaults.objects.filter(kind="shared").update(active_watching=off != "type")
    account, user = house.friend(**own)
    house.household.start_playing(account, house.series.episodes["s1e2"])
    house.look()
    assert not Operation.objects.exists()
    assert Playback.objects.get().user == user


def test_a_friend_gets_as_many_episodes_as_the_friend_wants(house: House) -> None:
    UserTypeDefaults.objects.filter(kind="shared").update(active_watching=True)
    account, _ = house.friend(episodes_ahead=1)
    house.household.start_playing(account, house.series.episodes["s1e3"])
    house.look()
    assert house.ordered() == house.series.paths("s1e3", "s2e1")
    assert {row.who for row in Operation.objects.all()} == {"Kim"}


@pytest.mark.parametrize(
    "fault",
    [faults.Status(401), faults.Status(503), faults.Reset(), faults.CUT_DOCUMENT, faults.EMPTY, faults.CAPTIVE_PORTAL],
)
def test_while_plex_gives_no_good_answer_nothing_ends_and_nothing_is_concluded(
    house: House, fault: faults.Fault
) -> None:
    house.household.start_playing(house.home.owner, house.series.episodes["s1e2"])
    house.look()
    house.household.stop_playing(house.home.owner)
    house.standin.fail("/status/sessions", fault)
    with pytest.raises(PlexError):
        house.look()
    assert PlaySession.objects.count() == 1
    assert Playback.objects.get().ended_at is None
    house.standin.heal()
    house.look()
    assert not PlaySession.objects.exists()
    assert Playback.objects.get().ended_at is not None


def test_what_cannot_be_asked_now_is_ordered_at_a_later_look(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.standin.fail("/library/metadata", faults.Status(500), times=6)
    house.household.start_playing(house.home.owner, house.series.episodes["s1e2"])
    for _ in range(8):
        house.look()
    assert house.ordered() == house.series.paths("s1e2", "s1e3", "s2e1", "s2e2")
    assert caplog.text.count("leads to nothing for now") == 1


def test_what_can_never_be_ordered_is_given_up(house: House) -> None:
    house.standin.fail("/library/metadata", faults.Status(500))
    house.household.start_playing(house.home.owner, house.series.episodes["s1e2"])
    for _ in range(MOST_TRIES):
        house.look()
    assert not house.looker.pending
    house.standin.heal()
    house.look()
    assert not Operation.objects.exists()


def dry_run() -> None:
    CachePolicy.objects.update(dry_run=True)


def broken_mapping() -> None:
    PathMapping.objects.update(cache_root="/nowhere/at/all")


@pytest.mark.parametrize("happens", [dry_run, pausing.pause, broken_mapping])
def test_while_no_file_may_be_touched_nothing_is_ordered(house: House, happens: Callable[[], None]) -> None:
    happens()
    house.household.start_playing(house.home.owner, house.series.episodes["s1e2"])
    house.look()
    assert not Operation.objects.exists()
    assert PlaySession.objects.count() == 1


def test_a_mapping_that_was_never_proved_waits_for_the_worker_at_work_to_prove_it(house: House) -> None:
    house.household.start_playing(house.home.owner, house.series.episodes["s1e2"])
    with lock.held(WORK_LOCK):
        house.look()
    assert not Operation.objects.exists()
    house.look()
    assert Operation.objects.count() == 4


def test_what_does_not_fit_is_not_ordered_and_nothing_leaves_for_it(house: House) -> None:
    CachePolicy.objects.update(cache_limit="0.0000035GB")  # one episode
    house.household.start_playing(house.home.owner, house.series.episodes["s1e2"])
    house.look()
    assert house.ordered() == house.series.paths("s1e2")


def test_a_history_that_is_cleared_keeps_what_is_playing(house: House) -> None:
    account, _ = house.friend()
    house.household.start_playing(account, house.series.episodes["s1e1"])
    house.look()
    house.household.stop_playing(account)
    house.household.start_playing(house.home.owner, house.series.episodes["s1e2"])
    house.look()
    assert Playback.objects.count() == 2
    assert history.clear_history() == 1
    assert Playback.objects.get().who == "Alex"


def test_when_nobody_looks_any_more_nothing_is_said_to_play(house: House) -> None:
    house.household.start_playing(house.home.owner, house.series.episodes["s1e2"])
    house.look()
    house.looker.forget()
    assert not PlaySession.objects.exists()
    assert Playback.objects.get().ended_at is not None


def test_a_look_costs_one_request_and_a_start_two_more_for_a_show(house: House) -> None:
    house.standin.requests.clear()
    house.look()
    house.household.start_playing(house.home.owner, house.series.episodes["s1e2"])
    house.look()
    house.look()
    paths = [request.path for request in house.standin.requests]
    assert paths.count("/status/sessions") == 3
    assert len(paths) == 5
