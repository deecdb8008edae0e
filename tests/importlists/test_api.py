"""The REST endpoints of lists."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from importlists.models import ImportList, ListState
from tests.importlists.rows import a_list, film, owner
from tests.importlists.services import Reply, Services, told

pytestmark = pytest.mark.django_db

KEY = {"X-Api-Key": "the-key"}
STEVENLU = "/popular-movies-data.stevenlu.com/movies.json"
FILMS = told([{"title": "Film 1", "imdb_id": "tt0000001"}, {"title": "Film 2", "imdb_id": "tt0000002"}])
ADDRESS = "https://lists.example/s3cret.json?k=s3cret"


@pytest.fixture(autouse=True)
def key(settings: Settings) -> None:
    settings.CACHERR_API_KEY = "the-key"


def call(client: Client, method: str, path: str, body: object = None, status: int = 200) -> Any:
    """The data of a good answer, the error of a bad one."""
    sent = {} if body is None else {"data": body, "content_type": "application/json"}
    answer = getattr(client, method)(path, headers=KEY, **sent)
    assert answer.status_code == status, answer.content
    assert "s3cret" not in answer.content.decode()
    whole = answer.json()
    return whole["data"] if status < 400 else whole["error"]


def test_a_list_is_added_from_a_preset_read_and_deleted(client: Client, services: Services) -> None:
    film("a", "Film 1", 2001, "imdb://tt0000001")
    services.on(STEVENLU, FILMS)
    presets = {preset["name"]: preset for preset in call(client, "get", "/api/lists/presets")}
    assert presets["stevenlu.popular.movies"]["needs"] == "nothing"
    added = call(client, "post", "/api/lists", {"preset": "stevenlu.popular.movies", "count": 5}, 201)
    assert (added["name"], added["count"], added["state"]) == ("StevenLu: popular", 5, "new")
    place = f"/api/lists/{added['id']}"
    done = call(client, "post", f"{place}/refresh")
    assert (done["positions"], done["error"], done["list"]["state"]) == (2, "", "fresh")
    assert done["list"]["progress"] == "caching 1 of 5, checked 2 positions"
    (row,) = call(client, "get", "/api/lists")["items"]
    assert (row["positions"], row["matched"], row["chosen"]) == (2, 1, 1)
    assert call(client, "get", place)["source"] == "StevenLu: popular movies"
    call(client, "delete", place)
    call(client, "get", place, status=404)


FOUND = [
    ("", ["Film 1", "Film 2"]),
    ("?found=matched", ["Film 1"]),
    ("?found=unmatched", ["Film 2"]),
    ("?found=chosen", ["Film 1"]),
]


@pytest.mark.parametrize(("found", "titles"), FOUND)
def test_the_positions_say_what_they_are_or_why_not(
    client: Client, services: Services, found: str, titles: list[str]
) -> None:
    film("a", "Film 1", 2001, "imdb://tt0000001")
    services.on(STEVENLU, FILMS)
    place = f"/api/lists/{a_list().pk}"
    call(client, "post", f"{place}/refresh")
    items = call(client, "get", f"{place}/items{found}")["items"]
    assert [item["title"] for item in items] == titles
    for item in items:
        assert bool(item["way"]) != (item["why_not"] == "not in the library")


def test_a_refresh_that_fails_says_why(client: Client, services: Services) -> None:
    services.on(STEVENLU, Reply(status=503))
    done = call(client, "post", f"/api/lists/{a_list().pk}/refresh")
    assert "status 503" in done["error"]
    assert done["list"]["state"] == "failed"


def test_a_preview_shows_what_is_found_and_stores_nothing(client: Client, services: Services) -> None:
    film("a", "Film 1", 2001, "imdb://tt0000001")
    services.on(STEVENLU, FILMS)
    seen = call(client, "post", "/api/lists/preview", {"preset": "stevenlu.popular.movies"})
    assert (seen["matched"], seen["chosen"], seen["checked"]) == (1, 1, 2)
    assert [item["way"] for item in seen["items"]] == ["imdb", ""]
    assert not ImportList.objects.exists()
    services.on(STEVENLU, Reply(status=404))
    assert "does not have" in call(client, "post", "/api/lists/preview", {"preset": "stevenlu.popular.movies"}, 503)


def test_an_address_can_be_written_and_is_never_told(client: Client) -> None:
    new = {"name": "Mine", "provider": "custom", "chart": "json", "address": ADDRESS}
    added = call(client, "post", "/api/lists", new, 201)
    assert (added["has_address"], ImportList.objects.get().address) == (True, ADDRESS)
    place = f"/api/lists/{added['id']}"
    call(client, "put", place, {"priority": 70})
    row = ImportList.objects.get()
    assert (row.priority, row.address) == (70, ADDRESS)


def test_a_list_is_read_on_somebodys_behalf(client: Client) -> None:
    owner()
    row = a_list()
    place = f"/api/lists/{row.pk}"
    assert call(client, "put", place, {"user": 1000})["user"] == 1000
    assert call(client, "put", place, {"count": 3})["user"] == 1000
    assert call(client, "put", place, {"user": None})["user"] is None
    assert "nobody" in call(client, "put", place, {"user": 7}, 422)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({}, "name"),
        ({"preset": "none"}, "preset"),
        ({"name": "x", "provider": "trakt", "chart": "none"}, "chart"),
        ({"preset": "trakt.list.both"}, "argument"),
        ({"preset": "imdb.file.both"}, "file"),
        ({"preset": "stevenlu.popular.movies", "media": "shows"}, "media"),
        ({"preset": "stevenlu.popular.movies", "count": 0}, "count"),
        ({"preset": "stevenlu.popular.movies", "priority": 101}, "priority"),
        ({"preset": "stevenlu.popular.movies", "depth": "fill", "count": 9, "fill_limit": 3}, "fill limit"),
        ({"preset": "stevenlu.popular.movies", "unknown": 1}, "unknown"),
        ({"preset": "custom.json.both", "address": "http://127.0.0.1/s3cret"}, "this machine"),
        ({"preset": "custom.json.both", "address": "file:///etc/s3cret"}, "http"),
        ({"preset": "custom.json.both", "address": "http://192.168.0.2/s3cret"}, "home network"),
        ({"preset": "stevenlu.popular.movies", "name": "a\0b"}, "name"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_list_is_refused_with_the_reason(client: Client, new: dict[str, Any], said: str) -> None:
    assert said in call(client, "post", "/api/lists", new, 422)
    assert not ImportList.objects.exists()


def test_two_lists_do_not_have_one_name(client: Client) -> None:
    a_list("Films")
    assert "name" in call(client, "post", "/api/lists", {"preset": "stevenlu.popular.movies", "name": "Films"}, 422)


def test_nobody_reads_lists_without_a_key(client: Client) -> None:
    assert client.get("/api/lists").status_code == 401
    assert client.post("/api/lists/preview").status_code == 401


def test_another_source_gives_up_what_was_read(client: Client) -> None:
    row = a_list(state=ListState.FRESH)
    assert call(client, "put", f"/api/lists/{row.pk}", {"provider": "imdb", "chart": "top"})["state"] == "new"
