"""Webhooks of Sonarr and Radarr, in the shape that they send: a cycle soon for what concerns files, nothing else."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from cacherr.errors import BusyError
from caching import arr, beginning, cycle, lock, tasks
from caching.arr import PLEX_SECONDS, concerns_files, follow
from caching.models import Cycle, PathMapping, WatcherState
from caching.watching import webhook_secret
from plexusers.standin import StandIn
from tests.caching.neighbours import Neighbours, cached, run
from tests.caching.quiet import make_quiet

pytestmark = pytest.mark.django_db

SERIES = {
    "id": 4, "title": "Show", "titleSlug": "show", "path": "/tv/Show", "tvdbId": 71663, "tvMazeId": 83, "tmdbId": 456,
    "imdbId": "tt0096697", "type": "standard", "year": 2010, "genres": ["Drama"], "tags": [],
}  # fmt: skip
EPISODES = [{"id": 8, "episodeNumber": 1, "seasonNumber": 1, "title": "Pilot", "airDate": "2010-01-01", "seriesId": 4}]
EPISODE_FILE = {
    "id": 9, "relativePath": "Season 1/Show 1x1.mkv", "path": "/tv/Show/Season 1/Show 1x1.mkv",
    "quality": "WEBDL-1080p", "qualityVersion": 1, "size": 1_000_000_000, "dateAdded": "2026-01-01T10:00:00Z",
}  # fmt: skip
MOVIE = {
    "id": 1, "title": "Alpha", "year": 2001, "folderPath": "/movies/Alpha (2001)", "tmdbId": 1, "imdbId": "tt1",
    "releaseDate": "2001-05-05", "tags": [],
}  # fmt: skip
MOVIE_FILE = {
    "id": 118, "relativePath": "Alpha (2001).mkv", "path": "/movies/Alpha (2001)/Alpha (2001).mkv",
    "quality": "Bluray-1080p", "qualityVersion": 1, "size": 14_000_000_000, "indexerFlags": "0",
}  # fmt: skip
UPGRADE = {
    "movie": MOVIE, "remoteMovie": {"tmdbId": 1, "imdbId": "tt1", "title": "Alpha", "year": 2001},
    "movieFile": MOVIE_FILE, "isUpgrade": True, "deletedFiles": [MOVIE_FILE], "downloadClient": "qBittorrent",
    "downloadId": "ABC", "eventType": "Download", "instanceName": "Radarr", "applicationUrl": "",
}  # fmt: skip
SONARR = {"series": SERIES, "episodes": EPISODES, "instanceName": "Sonarr", "applicationUrl": ""}
RADARR = {"movie": MOVIE, "instanceName": "Radarr", "applicationUrl": ""}

OF_FILES = [
    UPGRADE,
    SONARR | {"eventType": "Download", "episodeFile": EPISODE_FILE, "isUpgrade": False},
    SONARR | {"eventType": "Download", "episodeFiles": [EPISODE_FILE], "release": {}},
    SONARR | {"eventType": "Rename", "renamedEpisodeFiles": [EPISODE_FILE | {"previousPath": "/tv/Show/x.mkv"}]},
    SONARR | {"eventType": "EpisodeFileDelete", "episodeFile": EPISODE_FILE, "deleteReason": "upgrade"},
    SONARR | {"eventType": "SeriesDelete", "deletedFiles": True},
    RADARR | {"eventType": "Rename", "renamedMovieFiles": [MOVIE_FILE | {"previousPath": "/movies/x.mkv"}]},
    RADARR | {"eventType": "MovieFileDelete", "movieFile": MOVIE_FILE, "deleteReason": "missingFromDisk"},
    RADARR | {"eventType": "MovieDelete", "deletedFiles": True, "movieFolderSize": 5},
]
OF_NO_FILE = [
    SONARR | {"eventType": "Test"},
    SONARR | {"eventType": "Grab", "release": {"releaseTitle": "Show"}},
    SONARR | {"eventType": "SeriesAdd"},
    SONARR | {"eventType": "SeriesDelete", "deletedFiles": False},
    RADARR | {"eventType": "MovieDelete", "deletedFiles": False},
    RADARR | {"eventType": "MovieAdded", "addMethod": "manual"},
    {"eventType": "Health", "level": "warning", "message": "x", "type": "IndexerCheck", "wikiUrl": ""},
    {"eventType": "ApplicationUpdate", "previousVersion": "4", "newVersion": "5"},
    {"eventType": "SomethingNew"},
]
NO_WEBHOOK: list[Any] = [{}, {"eventType": 5}, {"eventType": None}, {"event": "media.play"}, [UPGRADE], "Download"]


@pytest.fixture(autouse=True)
def queue(settings: Settings, tmp_path: Path) -> Path:
    """A queue that nobody works on."""
    settings.BROKER_DIR = tmp_path / "broker"
    (tmp_path / "config").mkdir()
    make_quiet(settings, tmp_path / "config")
    waiting = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
    waiting.mkdir(parents=True, exist_ok=True)
    for message in waiting.iterdir():
        message.unlink()
    return waiting


def send(client: Client, content: object, secret: str = "") -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post(f"/api/webhooks/arr/{secret or webhook_secret()}", body, "application/json")


def messages(queue: Path) -> list[dict[str, Any]]:
    """The headers of the messages that wait."""
    return [json.loads(path.read_text())["headers"] for path in sorted(queue.iterdir())]


@pytest.mark.parametrize("content", OF_FILES, ids=lambda one: one["eventType"])
def test_what_concerns_files_asks_for_a_cycle_some_minutes_later(
    client: Client, queue: Path, content: dict[str, Any]
) -> None:
    before = timezone.now()
    answer = send(client, content)
    assert (answer.status_code, answer.json()["message"]) == (200, "Cacherr looks at it with a cycle in 2 minutes.")
    (message,) = messages(queue)
    assert message["task"] == "caching.tasks.follow_hint"
    assert timedelta(seconds=115) < datetime.fromisoformat(message["eta"]) - before < timedelta(seconds=150)
    assert str(MOVIE_FILE["path"]) not in json.dumps(message), "what they say is not passed on"
    assert not Cycle.objects.exists()
    assert not WatcherState.objects.exists()


@pytest.mark.parametrize("content", OF_NO_FILE, ids=lambda one: one["eventType"])
def test_everything_else_is_heard_and_leads_to_nothing(client: Client, queue: Path, content: dict[str, Any]) -> None:
    assert send(client, content).status_code == 200
    assert messages(queue) == []


@pytest.mark.parametrize("content", [*NO_WEBHOOK, b"{", b"\xff"])
def test_what_is_none_of_theirs_is_refused_with_the_cure(client: Client, queue: Path, content: object) -> None:
    answer = send(client, content)
    assert (answer.status_code, "docs/watching.md" in answer.json()["error"]) == (400, True)
    assert messages(queue) == []


def test_a_wrong_secret_is_answered_like_any_other_address(client: Client, queue: Path) -> None:
    webhook_secret()
    assert send(client, UPGRADE, "wrong").status_code == 404
    assert messages(queue) == []


def test_a_queue_that_is_away_is_no_error_of_theirs(client: Client, queue: Path) -> None:
    queue.rmdir()
    answer = send(client, UPGRADE)
    assert (answer.status_code, answer.json()["message"]) == (200, "Cacherr looks at it with its next cycle.")


def test_the_words_are_taken_as_they_come() -> None:
    assert concerns_files({"eventType": "download"})
    assert not concerns_files({"eventType": "TEST"})


# ---- what a hint leads to -------------------------------------------------------------------------------------------


@pytest.fixture
def neighbours(tmp_path: Path) -> Neighbours:
    made = Neighbours(tmp_path)
    made.on_deck(made.alex, made.film("Alpha"))
    return made


def test_an_upgrade_of_a_cached_file_comes_back_with_the_cycle_of_its_hint(
    neighbours: Neighbours, plex: StandIn
) -> None:
    run()
    assert cached() == {"Alpha"}
    copy = neighbours.ground.on_cache(b"Movies/Alpha/Alpha.mkv")
    fresh = copy.with_name("import.partial")
    fresh.write_bytes(b"a better version" * 100)
    os.utime(fresh, (1, 1))
    fresh.replace(copy)
    tasks.follow_hint(timezone.now().isoformat())
    assert Cycle.objects.latest("pk").trigger == "arr"
    original = neighbours.ground.on_array(b"Movies/Alpha/Alpha.mkv")
    assert original.read_bytes() == b"a better version" * 100


def test_many_hints_lead_to_one_cycle(neighbours: Neighbours, plex: StandIn) -> None:
    first = timezone.now() - timedelta(seconds=PLEX_SECONDS + 60)
    assert follow(first) is not None
    assert [follow(first + timedelta(seconds=number)) for number in range(20)] == [None] * 20
    assert Cycle.objects.count() == 1


def test_a_cycle_that_began_before_plex_could_know_does_not_count(neighbours: Neighbours, plex: StandIn) -> None:
    run()
    assert follow(timezone.now() - timedelta(seconds=PLEX_SECONDS - 10)) is not None


def test_a_dry_run_by_hand_does_not_count(neighbours: Neighbours, plex: StandIn) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    cycle.run("api", dry_run=True)
    assert follow(long_ago) is not None


def test_while_a_cycle_runs_a_hint_is_left_to_the_next_one(neighbours: Neighbours, plex: StandIn) -> None:
    with lock.held(lock.WORK_LOCK), pytest.raises(BusyError):
        follow(timezone.now())
    with lock.held(lock.WORK_LOCK):
        tasks.follow_hint(timezone.now().isoformat())


def test_a_hint_is_no_go() -> None:
    beginning.first_start()
    PathMapping.objects.create(name="A", plex_prefix="/a", array_root="/array", cache_root="/cache")
    tasks.follow_hint(timezone.now().isoformat())
    assert not Cycle.objects.exists()
    assert not beginning.is_set_up()
    assert arr.TRIGGER in beginning.BY_ITSELF
