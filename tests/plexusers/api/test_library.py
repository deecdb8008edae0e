"""Searching the library by API."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from plexusers.models import LibraryItem, LibrarySection
from tests.caching.quiet import KEY, make_quiet

pytestmark = pytest.mark.django_db

ADDRESS = "/api/library/search"


@pytest.fixture(autouse=True)
def installation(settings: Settings, tmp_path: Path) -> None:
    make_quiet(settings, tmp_path)


@pytest.fixture
def films() -> LibrarySection:
    return LibrarySection.objects.create(key="1", kind="movie", title="Movies")


def make(section: LibrarySection, key: str, title: str, **values: Any) -> LibraryItem:
    item = LibraryItem.objects.create(rating_key=key, section=section, title=title, **{"kind": "movie", **values})
    for number in (1, 2):
        item.files.create(path=f"/data/{title} cd{number}.mkv", size=10 * number, version="7", part=number)
    item.guids.create(guid=f"tmdb://{key}")
    return item


def found(client: Client, query: str) -> dict[str, Any]:
    answer = client.get(f"{ADDRESS}?{query}", headers=KEY)
    assert answer.status_code == 200, answer.content
    data: dict[str, Any] = answer.json()["data"]
    return data


def test_nobody_is_let_in_without_a_key(client: Client) -> None:
    assert client.get(ADDRESS).status_code == 401


def test_an_item_comes_with_its_names_and_files(client: Client, films: LibrarySection) -> None:
    make(films, "5", "Alpha", year=2001)
    assert found(client, "q=alp") == {
        "items": [
            {
                "rating_key": "5", "kind": "movie", "title": "Alpha (2001)", "year": 2001, "library": "Movies",
                "guids": ["tmdb://5"], "size": 30,
                "files": [
                    {"path": "/data/Alpha cd1.mkv", "size": 10, "version": "7", "optimized": False},
                    {"path": "/data/Alpha cd2.mkv", "size": 20, "version": "7", "optimized": False},
                ],
            }
        ],
        "pagination": {"limit": 50, "offset": 0, "total": 1, "has_more": False},
    }  # fmt: skip


def test_an_episode_is_named_after_its_show_and_queries_do_not_grow(
    client: Client, films: LibrarySection, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make(films, "1", "The Show", kind="show")
    for number in range(2, 40):
        make(films, str(number), f"Beta {number}", kind="episode", show_key="1", season=1, number=number)
    for limit in (1, 38):
        with django_assert_num_queries(4):
            data = found(client, f"q=beta&limit={limit}")
        assert len(data["items"]) == limit
        assert data["pagination"]["total"] == 38
    assert data["items"][0]["title"] == "The Show S01E10 Beta 10"


@pytest.mark.parametrize("query", ["", "q=", "q=%20", "q=nothing"])
def test_nothing_is_found_for_nothing(client: Client, films: LibrarySection, query: str) -> None:
    make(films, "5", "Alpha")
    assert found(client, query)["items"] == []


@pytest.mark.parametrize("query", ["q=%00", f"q={'x' * 201}", "q=a&limit=0", "q=a&offset=-1"])
def test_what_cannot_be_looked_for_is_refused(client: Client, query: str) -> None:
    assert client.get(f"{ADDRESS}?{query}", headers=KEY).status_code == 422
