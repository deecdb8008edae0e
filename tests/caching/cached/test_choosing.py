"""Which cached files are asked for, in numbers and as downloads; through the API, as programs ask."""

import csv
import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from caching.cached import exporting
from caching.cached.exporting import Format
from caching.models import CachedFile, Playback
from caching.models.file_row import path_key
from plexusers.models import PlexUser
from tests.caching.quiet import KEY, make_quiet
from tests.caching.rows import Rows, make_rows

pytestmark = pytest.mark.django_db

GB = 1024**3
WISHES = (
    ("Alpha", "ondeck:7", "Ann"),
    ("Beta", "ondeck:77,watchlist:7", "Kim, Ann"),
    ("Gamma", "list:7", "Trakt"),
    ("Delta", "pin", "the owner"),
    ("Epsilon", "watchlist:77", "Kim"),
)


@pytest.fixture(autouse=True)
def installation(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    make_quiet(settings, tmp_path_factory.mktemp("config"))


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """Five files of 1 to 5 GB, cached a day after each other; Beta leaves in an hour, Alpha tomorrow."""
    made = make_rows(tmp_path)
    CachedFile.objects.all().delete()
    now = timezone.now()
    leaves = {"Beta": now + timedelta(hours=1), "Alpha": now + timedelta(days=2)}
    for number, (title, sources, who) in enumerate(WISHES, 1):
        add(made, f"{title}.mkv".encode(), title=title, sources=sources, who=who, size=number * GB,
            cached_at=now - timedelta(days=5 - number), leaves_at=leaves.get(title), score=number * 10)  # fmt: skip
    return made


def add(rows: Rows, path: bytes, **values: Any) -> CachedFile:
    kept = rows.file.shared() | {"path": path, "path_key": path_key(path), "plex_path": f"/data/{path!r}"}
    usual = {"size": GB, "array_print": "1:2:3", "cache_print": "4:5:6", "cached_at": timezone.now()}
    return CachedFile.objects.create(**kept | usual | values)


def titles(client: Client, query: str) -> list[str]:
    answer = client.get(f"/api/cached/files?{query}", headers=KEY)
    assert answer.status_code == 200, answer.content
    return [row["title"] for row in answer.json()["data"]["items"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Epsilon", "Delta", "Gamma", "Beta", "Alpha"]),
        ("user=7", ["Beta", "Alpha"]),
        ("user=77", ["Epsilon", "Beta"]),
        ("user=kim", ["Epsilon", "Beta"]),
        ("user=8", []),
        ("source=ondeck", ["Beta", "Alpha"]),
        ("source=list", ["Gamma"]),
        ("source=watchlist", ["Epsilon", "Beta"]),
        ("source=watchlist:7", ["Beta"]),
        ("source=pin", ["Delta"]),
        ("source=ond", []),
        ("search=alp", ["Alpha"]),
        ("search=/data/", ["Epsilon", "Delta", "Gamma", "Beta", "Alpha"]),
        ("size=2GB..3GB", ["Gamma", "Beta"]),
        ("user=7&source=watchlist", ["Beta"]),
        ("sort=leaves_at", ["Beta", "Alpha", "Epsilon", "Delta", "Gamma"]),
        ("sort=-leaves_at", ["Alpha", "Beta", "Epsilon", "Delta", "Gamma"]),
        ("sort=score&limit=2", ["Alpha", "Beta"]),
    ],
)
def test_files_are_chosen_and_sorted(client: Client, rows: Rows, query: str, found: list[str]) -> None:
    assert titles(client, query) == found


@pytest.mark.parametrize("many", [0, 60])
def test_a_page_takes_the_same_few_queries_however_many_files_there_are(
    client: Client, rows: Rows, many: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(many):
        add(rows, b"%d.mkv" % number)
    with django_assert_max_num_queries(3):
        titles(client, "search=a&user=77&source=ondeck&status=cached&size=1GB..&sort=-score")


# ---- in numbers ------------------------------------------------------------------------------------------------------


def data_of(client: Client, path: str) -> dict[str, Any]:
    answer = client.get(f"/api/cached/{path}", headers=KEY)
    assert answer.status_code == 200, answer.content
    data: dict[str, Any] = answer.json()["data"]
    return data


def test_statistics_count_for_each_user_and_each_source_what_they_want(client: Client, rows: Rows) -> None:
    PlexUser.objects.create(plex_id=7, kind="main", title="Ann")
    data = data_of(client, "statistics")
    assert (data["files"], data["bytes"], data["average_size"], data["largest"]) == (5, 15 * GB, 3 * GB, 5 * GB)
    assert (data["average_score"], data["leaving_soon"]) == (30, 1)
    assert data["users"] == [
        {"id": 77, "title": "Kim", "files": 2, "bytes": 7 * GB},
        {"id": 7, "title": "Ann", "files": 2, "bytes": 3 * GB},
    ]
    assert {name: one["files"] for name, one in data["sources"].items()} == {
        "ondeck": 2, "watchlist": 2, "list": 1, "pin": 1,
    }  # fmt: skip
    assert data["status"]["cached"]["files"] == 5
    assert [one["files"] for one in data["caches"]] == [5]


def test_statistics_of_nothing_are_zeros(client: Client) -> None:
    data = data_of(client, "statistics")
    assert (data["files"], data["bytes"], data["average_score"], data["oldest"], data["users"]) == (0, 0, 0, None, [])


def test_a_user_has_numbers_of_what_they_want_and_of_what_only_they_want(client: Client, rows: Rows) -> None:
    PlexUser.objects.create(plex_id=7, kind="main", title="Ann")
    Playback.objects.create(
        session_key="1", who="Ann", rating_key="1", kind="movie", served="cache", started_at=timezone.now()
    )
    data = data_of(client, "users/7/stats")
    assert (data["title"], data["files"], data["bytes"]) == ("Ann", 2, 3 * GB)
    assert data["alone"] == {"files": 1, "bytes": GB}
    assert {name: one["files"] for name, one in data["sources"].items()} == {"ondeck": 1, "watchlist": 1}
    assert data["playback"]["hit_rate"] == 1
    assert client.get("/api/cached/users/8/stats", headers=KEY).status_code == 404


# ---- downloads -------------------------------------------------------------------------------------------------------


def downloaded(query: str) -> tuple[Any, str]:
    """A download as the server streams it, piece by piece."""

    async def ask() -> tuple[Any, str]:
        answer: Any = await AsyncClient().get(f"/api/cached/export?{query}", headers=KEY)
        return answer, b"".join([piece async for piece in answer.streaming_content]).decode()

    return async_to_sync(ask)()


def parsed_csv(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(StringIO(text)))


def parsed_lines(text: str) -> list[dict[str, Any]]:
    return [{"array_path": line} for line in text.splitlines()]


READERS: dict[Format, Callable[[str], list[dict[str, Any]]]] = {
    "csv": parsed_csv, "json": json.loads, "txt": parsed_lines,
}  # fmt: skip


@pytest.mark.parametrize("form", READERS)
def test_an_export_has_every_file_in_pieces_and_is_saved_under_a_name(rows: Rows, form: Format) -> None:
    CachedFile.objects.bulk_create(
        CachedFile(**rows.file.shared() | {"path": b"%d" % n, "path_key": str(n)}, size=1, cached_at=timezone.now())
        for n in range(2 * exporting.AT_ONCE)
    )
    answer, text = downloaded(f"format={form}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="cached-files.{form}"'
    assert answer.headers["Content-Type"].startswith(exporting.TYPES[form].partition(";")[0])
    assert len(READERS[form](text)) == 2 * exporting.AT_ONCE + 5


@pytest.mark.parametrize("form", READERS)
def test_an_export_can_be_filtered_and_may_be_empty(rows: Rows, form: Format) -> None:
    (only,) = READERS[form](downloaded(f"format={form}&user=7&source=watchlist")[1])
    assert only["array_path"].endswith("/Beta.mkv")
    assert READERS[form](downloaded(f"format={form}&search=nothing")[1]) == []


NASTY = b'Films/\xff "q", new\nline, =1+1.mkv'


@pytest.mark.parametrize("form", READERS)
def test_names_that_are_no_text_or_have_a_line_break_stay_one_file(rows: Rows, form: Format) -> None:
    CachedFile.objects.all().delete()
    add(rows, NASTY)
    (only,) = READERS[form](downloaded(f"format={form}")[1])
    line_break = "\\n" if form == "txt" else "\n"
    assert only["array_path"].endswith(f'/Films/\\xff "q", new{line_break}line, =1+1.mkv')


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_no_cell_is_a_formula(rows: Rows, begin: str) -> None:
    CachedFile.objects.all().delete()
    add(rows, b"a.mkv", title=f'{begin}HYPERLINK("http://evil")')
    (only,) = parsed_csv(downloaded("format=csv")[1])
    assert only["title"] == f'\'{begin}HYPERLINK("http://evil")'


def test_an_export_needs_a_login_and_a_known_format(client: Client, rows: Rows) -> None:
    assert client.get("/api/cached/export?format=csv").status_code == 401
    assert client.get("/api/cached/export?format=xlsx", headers=KEY).status_code == 422
