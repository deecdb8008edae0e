"""The path mappings that the environment declares: how they become rows, and stay the same rows."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from caching import mappings
from caching.models import PathMapping

pytestmark = pytest.mark.django_db

OLDER = {"plex": "/data", "array": "/array", "cache": "/cache"}
NONE = {"plex": "", "array": "", "cache": ""}


def entry(name: str, plex: str, place: str = "x", **more: str) -> dict[str, str]:
    return {"name": name, "plex": plex, "array": f"/array/{place}", "cache": f"/cache/{place}", **more}


def declare(settings: Settings, *entries: Any, older: dict[str, str] = NONE) -> None:
    settings.OLDER_MAPPING = older
    settings.PATH_MAPPINGS = list(entries)


def in_force() -> list[tuple[str, str]]:
    return [(row.name, row.plex_prefix) for row in mappings.in_force()]


def test_the_older_names_give_one_mapping(settings: Settings) -> None:
    declare(settings, older=OLDER)
    (row,) = mappings.in_force()
    assert (row.name, row.plex_prefix, row.array_root, row.cache_root) == ("environment", "/data", "/array", "/cache")
    assert (row.origin, row.placement, row.mode) == ("environment", "auto", "copy")


def test_a_slash_at_the_end_means_nothing(settings: Settings) -> None:
    declare(settings, older={"plex": "/data/", "array": "/array/", "cache": "/cache//"})
    (row,) = mappings.in_force()
    assert (row.plex_prefix, row.array_root, row.cache_root) == ("/data", "/array", "/cache")


def test_looking_twice_writes_nothing_the_second_time(settings: Settings, django_assert_num_queries: Any) -> None:
    declare(settings, entry("A", "/a"), entry("B", "/b", "y"), older=OLDER)
    before = mappings.in_force()
    with django_assert_num_queries(2):
        assert mappings.in_force() == before


def test_what_is_gone_from_the_environment_is_switched_off_and_comes_back_as_the_same_row(settings: Settings) -> None:
    declare(settings, entry("A", "/a"))
    (before,) = mappings.in_force()
    declare(settings)
    assert in_force() == []
    declare(settings, entry("A", "/a"))
    assert mappings.in_force() == [before]


def test_a_mapping_can_be_renamed(settings: Settings) -> None:
    declare(settings, older=OLDER)
    assert in_force() == [("environment", "/data")]
    declare(settings, entry("Media", "/data"))
    assert in_force() == [("Media", "/data")]


def test_two_mappings_can_exchange_their_prefixes(settings: Settings) -> None:
    declare(settings, entry("A", "/a"), entry("B", "/b", "y"))
    in_force()
    declare(settings, entry("A", "/b"), entry("B", "/a", "y"))
    assert in_force() == [("A", "/b"), ("B", "/a")]


def test_a_row_of_the_admin_may_have_the_same_name_and_prefix(settings: Settings) -> None:
    PathMapping.objects.create(name="environment", plex_prefix="/data", array_root="/other", cache_root="/fast")
    declare(settings, older=OLDER)
    for _ in range(3):
        assert in_force() == [("environment (environment)", "/data"), ("environment", "/data")]
    assert PathMapping.objects.count() == 2


def test_the_environments_mappings_come_first(settings: Settings) -> None:
    PathMapping.objects.create(name="A", plex_prefix="/a", array_root="/array", cache_root="/cache")
    declare(settings, entry("Z", "/z"))
    assert in_force() == [("Z", "/z"), ("A", "/a")]


WRONG: list[tuple[list[Any], dict[str, str], str]] = [
    ([], OLDER | {"cache": ""}, "CACHE_DESTINATION is missing"),
    ([], OLDER | {"plex": "", "array": ""}, "PLEX_SOURCE and REAL_SOURCE is missing"),
    ([], OLDER | {"cache": "/array/cache"}, "inside each other"),
    ([], OLDER | {"array": "/"}, "whole file system"),
    (["text"], NONE, "Mapping 1: not a JSON object"),
    ([{"name": 1}], NONE, "Mapping 1: not a JSON object"),
    ([entry("A", "/a"), entry("B", "/b", colour="red")], NONE, "Mapping 2: unknown key 'colour'"),
    ([entry("A", "/a", placement="beside")], NONE, "beside"),
    ([entry("A", "/a", mode="borrow")], NONE, "borrow"),
    ([{"name": "A", "plex": "/a"}], NONE, "blank"),
    ([entry("A", "/a"), entry("A", "/b", "y")], NONE, "Two mappings have the name A"),
    ([entry("A", "/a"), entry("B", "/a/", "y")], NONE, "Two mappings have the Plex prefix /a"),
    ([entry("A", "/data")], OLDER, "Two mappings have the Plex prefix /data"),
]


@pytest.mark.parametrize(("entries", "older", "sentence"), WRONG)
def test_what_cannot_be_used_is_a_problem_with_a_cure_and_the_rest_works(
    settings: Settings, entries: list[Any], older: dict[str, str], sentence: str
) -> None:
    declare(settings, *entries, older=older)
    (problem,) = mappings.problems()
    assert sentence in problem.message
    assert problem.cure
    usable = len(entries) + any(older.values()) - 1
    assert len(mappings.in_force()) == usable
