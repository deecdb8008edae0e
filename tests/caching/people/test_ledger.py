"""The ledger as playback is watched: what is noted when a play begins and ends, and what is told of it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from caching.ledger import chart, reading
from caching.ledger.noting import played_seconds
from caching.models import CachedFile, CachePolicy, Operation, Playback
from caching.watching.looking import Looker
from plexusers.models import PlaySession, PlexServer, WatchPolicy
from plexusers.plex import Plex
from plexusers.standin import Account, Episode, Movie, StandIn
from tests.caching.neighbours import Neighbours, run
from tests.caching.quiet import KEY, make_quiet
from tests.caching.rows import make_rows

MINUTES = 60_000


@pytest.fixture
def neighbours(tmp_path: Path, settings: Settings, db: None) -> Neighbours:
    (tmp_path / "config").mkdir()
    make_quiet(settings, tmp_path / "config")
    made = Neighbours(tmp_path)
    WatchPolicy.objects.update(playback_trigger="none")
    return made


def look() -> None:
    Looker().look(Plex(PlexServer.effective()), WatchPolicy.effective())


def played(neighbours: Neighbours, account: Account, thing: Movie | Episode) -> Playback:
    """Somebody begins to play, and it is seen."""
    neighbours.household.start_playing(account, thing)
    look()
    return Playback.objects.latest("id")


def noted(row: Playback) -> tuple[str, str, str]:
    return row.served, row.missed, row.sources


def test_what_is_played_from_the_cache_is_noted_with_who_wanted_it(neighbours: Neighbours, plex: StandIn) -> None:
    film = neighbours.film("Film")
    neighbours.on_deck(neighbours.alex, film)
    neighbours.on_deck(neighbours.kim, film)
    run()
    row = played(neighbours, neighbours.alex, film)
    claims = {f"ondeck:{one.plex_id}" for one in (neighbours.alex, neighbours.kim)}
    assert (row.served, row.missed, set(row.sources.split(","))) == ("cache", "", claims)


def test_why_a_file_was_not_cached_is_noted(neighbours: Neighbours, plex: StandIn) -> None:
    wanted, other = neighbours.film("Wanted"), neighbours.film("Other")
    assert noted(played(neighbours, neighbours.kim, other)) == ("array", "unknown", "")
    neighbours.household.stop_playing(neighbours.kim)
    look()
    neighbours.on_deck(neighbours.alex, wanted)
    CachePolicy.objects.update(cache_limit="10B")
    run()
    row = played(neighbours, neighbours.kim, other)
    assert (row.missed, row.missed_why) == ("not wanted", "nobody wanted it when the latest cycle planned")
    neighbours.household.stop_playing(neighbours.kim)
    look()
    row = played(neighbours, neighbours.alex, wanted)
    assert noted(row) == ("array", "no room", f"ondeck:{neighbours.alex.plex_id}")
    assert "cache limit" in row.missed_why


def test_what_is_on_its_way_comes_too_late(neighbours: Neighbours, plex: StandIn) -> None:
    film = neighbours.film("Film")
    neighbours.on_deck(neighbours.alex, film)
    run()
    CachedFile.objects.all().delete()
    Operation.objects.update(state="planned")
    assert noted(played(neighbours, neighbours.alex, film))[:2] == ("array", "too late")


@pytest.mark.parametrize(
    ("first", "last", "minutes", "seconds"),
    [
        (0, 30 * MINUTES, 30, 30 * 60),
        (20 * MINUTES, 30 * MINUTES, 60, 10 * 60),  # paused for long
        (0, 90 * MINUTES, 5, 5 * 60),  # jumped to the end
        (30 * MINUTES, 10 * MINUTES, 7, 7 * 60),  # went back
        (0, 0, 0, 0),
    ],
)
def test_what_was_played_is_as_far_as_it_moved_and_no_more_than_the_time(
    first: int, last: int, minutes: int, seconds: int
) -> None:
    assert played_seconds(first, last, timedelta(minutes=minutes)) == seconds


def test_how_much_was_played_is_noted_at_the_end(neighbours: Neighbours, plex: StandIn) -> None:
    film = neighbours.film("Film")
    row = played(neighbours, neighbours.alex, film)
    assert (row.played_seconds, row.ended_at) == (0, None)
    Playback.objects.update(started_at=timezone.now() - timedelta(hours=1))
    PlaySession.objects.update(offset=row.first_offset + 10 * MINUTES)
    neighbours.household.stop_playing(neighbours.alex)
    look()
    assert Playback.objects.get().played_seconds == 600


# ---- what is told ---------------------------------------------------------------------------------------------------


def play(days_ago: int, served: str, *, who: str = "Kim", **values: Any) -> Playback:
    at = timezone.now().replace(hour=12, minute=0) - timedelta(days=days_ago)
    return Playback.objects.create(
        session_key="1", who=who, rating_key="1", kind="movie", title="Film", served=served, started_at=at,
        ended_at=at + timedelta(hours=1), played_seconds=3600, **values,
    )  # fmt: skip


@pytest.fixture
def plays(tmp_path: Path, settings: Settings, db: None) -> None:
    """Of the last days two plays from the cache and one from the array, and an older one."""
    make_quiet(settings, tmp_path)
    play(0, "cache", sources="ondeck:1,watchlist:1")
    play(1, "cache", who="Alex", sources="ondeck:2")
    play(1, "array", missed="no room", missed_why="no room", sources="ondeck:1")
    play(40, "array", missed="not wanted")


def test_the_api_tells_hit_rates_by_user_and_source(client: Client, plays: None) -> None:
    told = client.get("/api/stats", headers=KEY).json()["data"]
    assert told["files_cached"] == 0
    playback = told["playback"]
    assert (playback["plays"], playback["hit_rate"], playback["hit_rate_by_hours"]) == (3, 0.6667, 0.6667)
    assert playback["missed"] == {"no room": 1}
    assert [(one["user"], one["plays"], one["hit_rate"]) for one in playback["users"]] == [
        ("Kim", 2, 0.5), ("Alex", 1, 1.0),
    ]  # fmt: skip
    assert [(one["source"], one["plays"]) for one in playback["sources"]] == [("ondeck", 3), ("watchlist", 1)]
    assert playback["wakeups"] == {"without": 2, "with": 1, "avoided": 1}


def test_the_history_is_told_day_by_day(client: Client, plays: None) -> None:
    told = client.get("/api/stats/history?days=3", headers=KEY).json()["data"]
    assert [(one["plays"], one["from_cache"]) for one in told["items"]] == [(0, 0), (2, 1), (1, 1)]
    assert told["items"][-1]["date"] == timezone.localdate().isoformat()
    assert len(client.get("/api/stats/history", headers=KEY).json()["data"]["items"]) == 30
    for days in ("0", "400", "x"):
        assert client.get(f"/api/stats/history?days={days}", headers=KEY).status_code == 422


def test_what_was_moved_is_told_for_each_day(client: Client, tmp_path: Path, settings: Settings, db: None) -> None:
    make_rows(tmp_path)
    today = reading.history(1)[0]
    assert (today["files_cached"], today["bytes_cached"], today["files_returned"]) == (1, 1000, 0)


def test_the_number_of_queries_does_not_grow(plays: None, django_assert_max_num_queries: Any) -> None:
    for number in range(50):
        play(number % 20, "cache", who=f"User {number}")
    with django_assert_max_num_queries(2):
        assert reading.summary()["plays"] == 53
    with django_assert_max_num_queries(2):
        reading.history()


def test_the_dashboard_shows_a_chart_that_can_be_read_without_seeing_it(client: Client, plays: None) -> None:
    client.force_login(User.objects.create_superuser("alex"))
    page = client.get("/admin/").content.decode()
    card = page[page.index('id="ledger"') : page.index("</section>", page.index('id="ledger"'))]
    assert "67 % of 3 plays came from the cache" in card
    assert '<svg role="img" aria-labelledby="ledger-chart-title"' in card
    assert card.count("<rect") == 3
    assert "<table" in card
    assert "About 1 wake-up of the array" in card
    assert " style=" not in card


def test_the_chart_stacks_a_day_and_leaves_the_others_empty() -> None:
    days = [
        {"date": f"2026-01-0{number}", "from_cache": cache, "from_array": array}
        for number, (cache, array) in enumerate([(3, 1), (0, 0), (0, 2)], 1)
    ]
    first, upon, last = chart.bars(days)
    assert (first["kind"], upon["kind"], last["kind"]) == ("cache", "array", "array")
    assert first["x"] == upon["x"] != last["x"]
    assert float(upon["y"]) == 0
    assert float(upon["y"]) + float(upon["height"]) == float(first["y"])
    assert {float(one["y"]) + float(one["height"]) for one in (first, last)} == {chart.HEIGHT}
    assert upon["title"] == "2026-01-01: 1 play from the array"
    assert chart.bars(days[1:2]) == []


def test_without_plays_the_dashboard_says_so(client: Client, db: None) -> None:
    client.force_login(User.objects.create_superuser("alex"))
    assert "Nothing was played in the last 30 days" in client.get("/admin/").content.decode()
