"""Pins by API, by command and in the admin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from caching.models import CachedFile, CachePolicy, Pin
from plexusers.standin import Movie, StandIn
from tests.caching.neighbours import Neighbours, run, serving
from tests.caching.quiet import KEY, make_quiet
from tests.conftest import Installation
from tests.home import PLEX_PREFIX, Home

ADDRESS = "/api/pins"


@pytest.fixture
def neighbours(tmp_path: Path, settings: Settings, db: None) -> Iterator[Neighbours]:
    """Two films and a show, indexed; nobody wants any of them."""
    (tmp_path / "config").mkdir()
    make_quiet(settings, tmp_path / "config")
    made = Neighbours(tmp_path)
    with serving(made) as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        for title in ("Alpha", "Beta"):
            made.film(title)
        made.show("Show", 2, 1)
        run()
        yield made


def film(neighbours: Neighbours, title: str = "Alpha") -> Movie:
    return next(one for one in neighbours.household.items.values() if isinstance(one, Movie) and one.title == title)


def send(client: Client, method: str, path: str = ADDRESS, body: object = "", status: int = 200) -> Any:
    answer = getattr(client, method)(path, body, content_type="application/json", headers=KEY)
    assert answer.status_code == status, answer.content
    return answer.json()["data"] if status < 400 else answer.json()["error"]


def test_a_pin_is_made_listed_and_removed_by_api(client: Client, neighbours: Neighbours) -> None:
    key = film(neighbours).key
    (made,) = send(client, "post", body={"rating_key": key}, status=201)
    assert (made["title"], made["kind"], made["files"], made["files_cached"]) == ("Alpha (2001)", "movie", 1, 0)
    (again,) = send(client, "post", body={"rating_key": key, "versions": "best"}, status=200)
    assert (again["id"], again["versions"], again["created_by"]) == (made["id"], "best", "api")
    run()
    listed = client.get(ADDRESS, headers=KEY).json()["data"]
    assert listed["pagination"]["total"] == 1
    assert listed["items"][0]["bytes_cached"] == listed["items"][0]["size"] > 0
    assert send(client, "delete", f"{ADDRESS}/{made['id']}") == {"title": "Alpha (2001)"}
    send(client, "delete", f"{ADDRESS}/{made['id']}", status=404)


def test_a_pin_may_be_named_by_any_path_of_its_file(client: Client, neighbours: Neighbours) -> None:
    relative = "Movies/Alpha/Alpha.mkv"
    ground = neighbours.ground
    for path in (f"/plex/{relative}", str(ground.array / relative), str(ground.cache / relative)):
        (made,) = send(client, "post", body={"rating_key": path}, status=201)
        assert made["rating_key"] == film(neighbours).key
        Pin.objects.all().delete()


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "rating_key"),
        ({"rating_key": ""}, 422, "rating_key"),
        ({"rating_key": "1", "season": -1}, 422, "season"),
        ({"rating_key": "1", "versions": "worst"}, 422, "versions"),
        ({"rating_key": "1", "sesaon": 1}, 422, "sesaon"),
        ({"rating_key": "999999"}, 409, "nothing by this rating key"),
        ({"rating_key": "/elsewhere/x.mkv"}, 409, "No path mapping"),
        ({"rating_key": "/plex/Movies/no.mkv"}, 409, "no film or episode"),
    ],
)
def test_what_cannot_be_pinned_is_refused_with_the_reason(
    client: Client, neighbours: Neighbours, body: object, status: int, words: str
) -> None:
    assert words in send(client, "post", body=body, status=status)
    assert not Pin.objects.exists()


def test_a_pin_beyond_the_budget_is_409_with_numbers(client: Client, neighbours: Neighbours) -> None:
    CachePolicy.objects.update(cache_limit="10B")
    assert "10 B" in send(client, "post", body={"rating_key": film(neighbours).key}, status=409)


def test_pins_are_made_listed_and_removed_by_command(installation: Installation, home: Home, plex: StandIn) -> None:
    movie = home.film("Alpha", on_deck=False)
    assert installation.run("cycle").code == 0
    path = f"{PLEX_PREFIX}/Movies/Alpha/Alpha.mkv"
    answered = installation.run("pin", path, "999999", "--json")
    assert answered.code == 1, answered.errors
    assert [row["rating_key"] for row in answered.report["pins"]] == [movie.key]
    assert [row["target"] for row in answered.report["refused"]] == ["999999"]
    assert installation.run("cycle", "--json").report["files_cached"] == 1
    assert "pinned: Alpha (2001)" in installation.run("pin").output
    away = {"PLEX_URL": "http://127.0.0.1:9"}
    assert installation.run("unpin", movie.key, extra=away).output == "not pinned any more: Alpha (2001)\n"
    assert installation.run("pin").output == "Nothing is pinned.\n"
    assert installation.run("unpin", movie.key).code == 1
    assert installation.run("unpin").code == 2
    assert installation.run("unpin", movie.key, "--season", "9" * 30).code == 2


def test_the_admin_finds_titles_and_pins_them(client: Client, neighbours: Neighbours, admin_user: User) -> None:
    client.force_login(admin_user)
    page = client.get("/admin/caching/pin/add/?q=alp").content.decode()
    assert "Alpha (2001)" in page
    assert "Beta" not in page
    answer = client.post(
        "/admin/caching/pin/add/", {"rating_key": film(neighbours).key, "versions": "best"}, follow=True
    )
    assert "is pinned" in answer.content.decode()
    made = Pin.objects.get()
    assert (made.title, made.versions, made.created_by) == ("Alpha (2001)", "best", "admin")
    assert "Alpha (2001)" in client.get("/admin/caching/pin/").content.decode()
    searched = client.get("/admin/caching/pin/add/?q=a").content.decode()
    assert searched.count(">Pinned<") == 1
    client.post(f"/admin/caching/pin/{made.pk}/delete/", {"post": "yes"})
    assert not Pin.objects.exists()


def test_the_admin_pins_a_season_and_says_what_is_refused(
    client: Client, neighbours: Neighbours, admin_user: User
) -> None:
    client.force_login(admin_user)
    page = client.get("/admin/caching/pin/add/?q=show").content.decode()
    assert "season 2" in page
    show = next(one for one in neighbours.household.items.values() if one.title == "Show")
    client.post("/admin/caching/pin/add/", {"rating_key": show.key, "season": "2"})
    assert Pin.objects.get().title == "Show (2010), season 2"
    answer = client.post("/admin/caching/pin/add/", {"rating_key": "999999"}, follow=True)
    assert "nothing by this rating key" in answer.content.decode()
    for nonsense in (
        {},
        {"rating_key": show.key, "season": "x"},
        {"rating_key": show.key, "versions": "worst"},
        {"rating_key": show.key, "season": "9" * 30},
        {"rating_key": "\0"},
    ):
        assert client.post("/admin/caching/pin/add/", nonsense).status_code == 302
    assert Pin.objects.count() == 1


def test_the_admin_warns_when_pins_outgrow_the_budget(client: Client, neighbours: Neighbours, admin_user: User) -> None:
    client.force_login(admin_user)
    client.post("/admin/caching/pin/add/", {"rating_key": film(neighbours).key})
    assert "find no room" not in client.get("/admin/caching/pin/").content.decode()
    CachePolicy.objects.update(cache_limit="10B")
    assert "find no room" in client.get("/admin/caching/pin/").content.decode()


def test_cached_files_are_pinned_from_their_page(client: Client, neighbours: Neighbours, admin_user: User) -> None:
    neighbours.on_deck(neighbours.alex, film(neighbours))
    run()
    client.force_login(admin_user)
    chosen = CachedFile.objects.values_list("pk", flat=True)
    answer = client.post("/admin/caching/cachedfile/", {"action": "pin", "_selected_action": list(chosen)}, follow=True)
    assert "Alpha (2001) is pinned" in answer.content.decode()
    assert Pin.objects.get().rating_key == film(neighbours).key


def test_who_may_not_change_pins_may_only_look(client: Client, neighbours: Neighbours) -> None:
    client.force_login(User.objects.create(username="guest", is_staff=True))
    assert client.get("/admin/caching/pin/add/").status_code == 403
    assert client.post("/admin/caching/pin/add/", {"rating_key": film(neighbours).key}).status_code == 403
    assert not Pin.objects.exists()


def test_the_list_of_pins_asks_no_more_of_the_database_with_more_pins(
    client: Client, neighbours: Neighbours, admin_user: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(admin_user)
    for number, title in enumerate(("Alpha", "Beta")):
        Pin.objects.create(kind="movie", rating_key=film(neighbours, title).key, title=title)
        Pin.objects.create(kind="movie", rating_key=f"gone{number}", title="Gone")
    with django_assert_max_num_queries(35):
        html = client.get("/admin/caching/pin/").content.decode()
    assert "0 of 1 file" in html
    assert "not in the library now" in html


def test_the_search_tells_sizes_also_of_a_whole_show(client: Client, neighbours: Neighbours, admin_user: User) -> None:
    client.force_login(admin_user)
    html = client.get("/admin/caching/pin/add/?q=show").content.decode()
    assert "in 3 files" in html
