"""Why a file is cached or not, and what a cycle would do now: by API, by command and on a page."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from caching import cycle, lock
from caching.models import CachedFile, CachePolicy, Operation, Pin
from plexusers.models import LibrarySection, WatchPolicy
from plexusers.standin import StandIn
from tests.caching.neighbours import Neighbours, run
from tests.caching.quiet import KEY, make_quiet
from tests.conftest import tree


@pytest.fixture
def neighbours(tmp_path: Path, settings: Settings, db: None) -> Neighbours:
    """Alex has Alpha on deck; Beta is nobody's."""
    (tmp_path / "config").mkdir()
    make_quiet(settings, tmp_path / "config")
    made = Neighbours(tmp_path)
    made.on_deck(made.alex, made.film("Alpha"))
    made.film("Beta")
    return made


def get(client: Client, path: str, query: dict[str, str] | None = None, status: int = 200) -> Any:
    answer = client.get(path, query, headers=KEY)
    assert answer.status_code == status, answer.content
    return answer.json()["data"] if status == 200 else answer.json()["error"]


def why(client: Client, **query: str) -> dict[str, Any]:
    (file,) = get(client, "/api/why", query)["files"]
    found: dict[str, Any] = file
    return found


def plex_path(title: str) -> str:
    return f"/plex/Movies/{title}/{title}.mkv"


# ---- the plan of now ------------------------------------------------------------------------------------------------


def test_the_plan_of_now_is_what_the_dry_run_and_the_cycle_decide(
    client: Client, neighbours: Neighbours, plex: StandIn
) -> None:
    cycle.run("test", dry_run=True)
    before = tree(neighbours.ground.directory)
    shown = get(client, "/api/plan")
    assert tree(neighbours.ground.directory) == before
    assert not Operation.objects.exists()
    assert shown["decisions"] == cycle.run("test", dry_run=True).plan == run().plan
    assert {action: one["files"] for action, one in shown["totals"].items()} == {"cache": 1}
    assert shown["totals"]["cache"]["bytes"] == CachedFile.objects.get().size


def test_while_a_cycle_runs_no_plan_is_made(client: Client, neighbours: Neighbours, plex: StandIn) -> None:
    with lock.held(lock.WORK_LOCK):
        assert "working" in get(client, "/api/plan", status=409)


# ---- why ------------------------------------------------------------------------------------------------------------


def test_a_wanted_file_is_explained_before_and_after_it_is_cached(
    client: Client, neighbours: Neighbours, plex: StandIn
) -> None:
    run_dry()
    before = why(client, path=plex_path("Alpha"))
    assert (before["decision"], before["cached"], before["wanted_by"]) == ("cache", False, ["Alex"])
    assert before["title"] == "Alpha (2001)"
    assert before["score"] == sum(part["points"] for part in before["parts"]) > 50
    (planned,) = run().plan
    after = why(client, path=plex_path("Alpha"))
    assert (after["decision"], after["cached"], after["reason"]) == ("keep", True, "on deck for Alex")
    assert (planned["score"], planned["parts"]) == (before["score"], before["parts"])
    assert "Alex watched it" in after["would_change"][0]
    row = CachedFile.objects.get()
    assert get(client, f"/api/cached/files/{row.pk}/why")["files"] == [after]


def run_dry() -> None:
    cycle.run("test", dry_run=True)


def test_a_file_is_named_by_its_rating_key_and_by_every_path_that_leads_to_it(
    client: Client, neighbours: Neighbours, plex: StandIn
) -> None:
    run()
    explained = why(client, path=plex_path("Beta"))
    ground, relative = neighbours.ground, "Movies/Beta/Beta.mkv"
    assert (explained["decision"], explained["reason"], explained["wanted_by"]) == ("none", "nobody wants it", [])
    for path in (str(ground.array / relative), str(ground.cache / relative)):
        assert why(client, path=path) == explained
    assert why(client, rating_key=explained["rating_key"]) == explained
    directory = get(client, "/api/why", {"path": "/plex/Movies"})["files"]
    assert [one["title"] for one in directory] == ["Alpha (2001)", "Beta (2001)"]


def test_a_show_is_explained_episode_by_episode(client: Client, neighbours: Neighbours, plex: StandIn) -> None:
    show, episodes = neighbours.show("Show", 3)
    neighbours.household.mark_watched(neighbours.kim, episodes[0])
    run()
    neighbours.prefer(neighbours.alex, episodes_ahead=1)
    neighbours.on_deck(neighbours.alex, episodes[1])
    files = get(client, "/api/why", {"rating_key": show.key})["files"]
    assert [one["decision"] for one in files] == ["none", "keep", "keep"]
    assert "Kim watched it" in files[0]["would_change"][-1]


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        ("switched off", ("its library, Movies, is switched off", "Switch the library Movies on")),
        ("no room", ("no room within", "Pin it")),
        ("too large", ("the cache limit of 10 B", "make room")),
        ("pinned", ("pinned", "until it is unpinned")),
        ("unmapped", ("no path mapping covers it", "Mend what the reason names")),
        ("gone", ("not found below", "Mend what the reason names")),
    ],
)
def test_what_stands_in_the_way_is_named_with_what_would_change_it(
    client: Client, neighbours: Neighbours, plex: StandIn, happens: str, words: tuple[str, str]
) -> None:
    beta = next(one for one in neighbours.household.items.values() if one.title == "Beta")
    run()
    path = plex_path("Beta")
    if happens == "pinned":
        Pin.objects.create(kind="movie", rating_key=beta.key, title="Beta")
        run()
    elif happens == "unmapped":
        path = "/elsewhere/Gamma.mkv"
        part = neighbours.household.part(path, 10)
        gamma = neighbours.household.add_movie(neighbours.films, "Gamma", neighbours.household.version(part))
        neighbours.on_deck(neighbours.alex, gamma)
    else:
        neighbours.on_deck(neighbours.alex, beta)  # type: ignore[arg-type]
    if happens == "switched off":
        LibrarySection.objects.filter(title="Movies").update(enabled=False)
    elif happens == "no room":
        CachePolicy.objects.update(cache_limit="500B")
    elif happens == "too large":
        CachePolicy.objects.update(cache_limit="10B")
    elif happens == "gone":
        neighbours.ground.on_array(os.fsencode("Movies/Beta/Beta.mkv")).unlink()
    explained = why(client, path=path)
    assert words[0] in explained["reason"]
    assert words[1] in " ".join(explained["would_change"])


def test_another_version_that_is_wanted_instead_is_named(client: Client, neighbours: Neighbours, plex: StandIn) -> None:
    household = neighbours.household
    versions = [
        household.version(household.part(neighbours.part(f"Movies/Two/{name}.mkv"), size), resolution=resolution)
        for name, size, resolution in (("big", 380, "1080"), ("small", 420, "480"))
    ]
    neighbours.on_deck(neighbours.alex, household.add_movie(neighbours.films, "Two", *versions, year=2001))
    WatchPolicy.objects.update(versions="best")
    run()
    explained = why(client, path="/plex/Movies/Two/small.mkv")
    assert (explained["decision"], explained["reason"]) == ("none", "another version of it is wanted")


def test_while_plex_is_away_or_a_cycle_runs_the_latest_plan_explains_and_says_so(
    client: Client, neighbours: Neighbours, plex: StandIn
) -> None:
    run()
    with lock.held(lock.WORK_LOCK):
        told = get(client, "/api/why", {"path": plex_path("Alpha")})
    assert "working" in told["instead_of"]
    plex.stop()
    told = get(client, "/api/why", {"path": plex_path("Alpha")})
    assert "does not answer" in told["instead_of"]
    assert told["files"][0]["decision"] == "cache"  # as the cycle decided that cached it


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ({}, (422, "Name one")),
        ({"path": "/plex/x", "rating_key": "1"}, (422, "Name one")),
        ({"path": "x\0/y"}, (422, "path: A NUL")),
        ({"rating_key": "999999"}, (409, "nothing by this rating key")),
        ({"path": "nothing"}, (409, "neither a whole path")),
    ],
)
def test_what_names_nothing_is_refused(
    client: Client, neighbours: Neighbours, plex: StandIn, query: dict[str, str], refusal: tuple[int, str]
) -> None:
    status, words = refusal
    assert words in get(client, "/api/why", query, status=status)


def test_a_path_that_the_library_does_not_know_is_explained_as_such(
    client: Client, neighbours: Neighbours, plex: StandIn
) -> None:
    explained = why(client, path="/plex/Movies/no.mkv")
    assert explained["reason"] == "Plex's library does not have it"


# ---- the page -------------------------------------------------------------------------------------------------------


def test_the_page_explains_searches_and_asks_nobody_before_something_is_named(
    client: Client, neighbours: Neighbours, plex: StandIn, admin_user: User
) -> None:
    run()
    client.force_login(admin_user)
    plex.requests.clear()
    address = "/admin/caching/cachedfile/why/"
    assert client.get(address).status_code == 200
    found = client.get(address, {"q": "bet"}).content.decode()
    assert "Beta (2001)" in found
    assert plex.requests == []
    page = client.get(address, {"q": plex_path("Alpha")}).content.decode()
    for words in ("Stays cached", "on deck for Alex", "base +50", "What would change it", "Wanted by"):
        assert words in page
    assert "nothing by this rating key" in client.get(address, {"q": "999999"}).content.decode()
    row = CachedFile.objects.get(title__startswith="Alpha")
    assert (
        "why/?q=%2Fplex%2FMovies%2FAlpha" in client.get(f"/admin/caching/cachedfile/{row.pk}/change/").content.decode()
    )
    client.force_login(User.objects.create(username="guest", is_staff=True))
    assert client.get(address).status_code == 403
