import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from plexusers.standin import Household, StandIn
from plexusers.standin.demo import CHILDS_PIN, PLEX_PREFIX, make_demo, person, viewers
from plexusers.standin.pastime import Pastime, Viewer
from plexusers.standin.records import Episode, Movie
from tests.plexusers.standin.conftest import Home, PlexServer
from tests.waiting import until


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demonstration")


@pytest.fixture(scope="module")
def demo(directory: Path) -> Household:
    return make_demo(directory)


def label(item: Any) -> str:
    return f"{item.grandparentTitle} {item.seasonEpisode}" if item.type == "episode" else str(item.title)


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (
            "demonstration-alex",
            ["Orchard of Static s01e04", "The Marrow Lane Sundial", "Ferrymen's Arithmetic s02e01"],
        ),
        ("demonstration-sam", ["Copper Gulls of Vey", "Bakers at Low Tide s01e03"]),
        ("demonstration-lou", ["Bakers at Low Tide s01e02"]),
        ("demonstration-kim", ["Umbrella Weather Index"]),
        ("demonstration-noa", ["Orchard of Static s01e02"]),
    ],
)
def test_everybody_has_something_on_deck(demo: Household, token: str, expected: list[str]) -> None:
    with StandIn(demo) as plex:
        assert [label(item) for item in PlexServer(plex.url, token).library.onDeck()] == expected


def test_plex_tells_of_every_video_on_the_disk_with_its_size_and_age(demo: Household, directory: Path) -> None:
    array = directory / "array"
    on_disk = {path: path.stat() for path in array.rglob("*.mkv")}
    told = {
        array / part.path.removeprefix(f"{PLEX_PREFIX}/"): part
        for item in demo.items.values()
        if isinstance(item, Movie | Episode)
        for version in item.versions
        for part in version.parts
    }
    assert told.keys() == on_disk.keys()
    for path, stat in on_disk.items():
        assert (told[path].size, told[path].modified_at) == (stat.st_size, int(stat.st_mtime))
        assert stat.st_mtime < time.time() - 86400
        assert path.with_suffix(".en.srt").exists()
        assert demo.file_exists(told[path].path)
    assert sum(stat.st_size for stat in on_disk.values()) < 500_000_000


def test_the_files_on_deck_at_home_are_large_enough_to_watch_them_move(demo: Household) -> None:
    for name in ("Alex", "Sam"):
        account = person(demo, name)
        for item in demo.on_deck(account):
            for version in item.versions:
                assert all(24 << 20 <= part.size <= 64 << 20 for part in version.parts)


def test_no_two_videos_have_the_same_bytes(demo: Household, directory: Path) -> None:
    heads = [path.read_bytes()[:64] for path in (directory / "array").rglob("*.mkv")]
    assert len(set(heads)) == len(heads)


def test_files_that_were_moved_away_are_not_written_again(demo: Household, directory: Path) -> None:
    moved = next((directory / "array").rglob("Gravel*.mkv"))
    kept = moved.rename(directory / "elsewhere.mkv")
    again = make_demo(directory)
    assert not moved.exists()
    assert [one.title for one in again.accounts.values()] == ["Alex", "Sam", "Lou", "Kim", "Noa"]
    kept.rename(moved)


def test_it_can_be_run_by_hand(demo: Household, directory: Path) -> None:
    command = [sys.executable, "-m", "plexusers.standin", "--directory", str(directory), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = dict(re.split(r"\s+", process.stdout.readline().strip(), maxsplit=1) for _ in range(3))
        try:
            token = told["token"].split()[0]
            assert PlexServer(told["url"], token).friendlyName == "Demonstration"
        finally:
            process.terminate()


def test_there_is_somebody_of_every_kind(demo: Household) -> None:
    facts = {one.title: (one.kind, one.managed, one.pin, one.sections) for one in demo.accounts.values()}
    assert facts == {
        "Alex": ("owner", False, "", None),
        "Sam": ("home", False, "", None),
        "Lou": ("home", True, CHILDS_PIN, None),
        "Kim": ("shared", False, "", frozenset({"1"})),
        "Noa": ("shared", False, "", None),
    }
    assert [len(demo.online.watchlist(one)) for one in demo.accounts.values()] == [2, 2, 0, 2, 1]


def test_somebody_watches_goes_on_and_finishes_and_then_rests(home: Home) -> None:
    _, episodes = home.show("Series", 2)
    home.household.watch(home.sam, episodes["s1e1"], offset_ms=1_000_000)
    viewer = Viewer(home.household, home.sam, rest=2)

    def tick() -> list[tuple[str | None, int]]:
        viewer.tick()
        return [(one.item, one.offset) for one in home.household.playing.values()]

    assert [tick(), tick()] == [[], []]
    assert tick() == [(episodes["s1e1"].key, 1_000_000)]
    positions = [1_000_000]
    while playing := tick():
        positions.append(playing[0][1])
    assert positions == sorted(positions)
    assert 1_000_000 < positions[-1] < episodes["s1e1"].duration
    assert home.household.state(home.sam, episodes["s1e1"]).view_count == 1
    assert home.household.on_deck(home.sam) == [episodes["s1e2"]]
    assert viewer.rest > 0


def test_whoever_has_nothing_on_deck_begins_something_and_never_what_is_not_shared(home: Home) -> None:
    home.show("Series", 2)
    film = home.film("Film")
    viewer = Viewer(home.household, home.friend)
    for _ in range(200):
        viewer.tick()
    assert home.household.state(home.friend, film).view_count > 1
    assert {entry.item for entry in home.household.history} == {film}


def test_a_film_that_is_deleted_ends_the_watching(home: Home) -> None:
    film = home.film("Film")
    viewer = Viewer(home.household, home.sam)
    viewer.tick()
    home.household.remove(film)
    viewer.tick()
    assert viewer.playing is None
    Viewer(home.household, home.owner).tick()
    assert home.household.playing == {}


def test_people_watch_by_themselves_until_it_is_over(demo: Household) -> None:
    everybody = viewers(demo)
    assert [viewer.account.title for viewer in everybody] == ["Sam", "Lou", "Kim", "Noa"]
    with Pastime(everybody, 0.001):
        until(lambda: len({entry.account for entry in demo.history if entry.viewed_at >= demo.now() - 60}) == 4, "all")
        assert any("Pastime" in thread.name for thread in threading.enumerate())
    assert not any("Pastime" in thread.name for thread in threading.enumerate())
