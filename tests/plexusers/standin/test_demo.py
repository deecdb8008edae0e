import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from plexusers.standin import Household, StandIn
from plexusers.standin.demo import PLEX_PREFIX, make_demo
from plexusers.standin.records import Episode, Movie
from tests.plexusers.standin.conftest import PlexServer


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


def test_the_files_on_deck_are_large_enough_to_watch_them_move(demo: Household) -> None:
    for account in demo.accounts.values():
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
    assert [one.title for one in again.accounts.values()] == ["Alex", "Sam"]
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
