"""The pages of cached files: table, filters, downloads, one file, clean-up."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from caching.cached import words
from caching.cached.choosing import SOURCES
from caching.models import CachedFile, Operation, Pin, Playback
from plexusers.models import LibraryItem, PlexUser, Poster
from tests.caching.cached.test_choosing import GB, add
from tests.caching.ground import Ground, make_ground
from tests.caching.quiet import make_quiet
from tests.caching.rows import Rows, make_rows

pytestmark = pytest.mark.django_db

LIST = "/admin/caching/cachedfile/"


@pytest.fixture(autouse=True)
def installation(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    make_quiet(settings, tmp_path_factory.mktemp("config"))


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """Alpha is cached: wanted, with a score and a date."""
    made = make_rows(tmp_path)
    CachedFile.objects.update(
        rating_key="1", sources="ondeck:77", who="Kim", score=70, leaves_why="all wishes for it are expired then",
        leaves_at=timezone.now() + timedelta(days=3),
        parts=[{"label": "base", "points": 50}, {"label": "late", "points": -5}],
    )  # fmt: skip
    return made


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_table_tells_who_wants_a_file_its_score_with_parts_and_when_it_leaves(
    admin_client: Client, rows: Rows
) -> None:
    html = shown(admin_client, LIST)
    for text in ("Alpha", "Kim", "On deck", "70", "base", "+50", "-5", "All wishes for it are expired then", "1000 B"):
        assert text in html
    assert words.moment(CachedFile.objects.get().leaves_at) in html


@pytest.mark.parametrize(
    ("values", "when"),
    [
        pytest.param({"leaves_at": -1, "leaves_why": "x"}, "With the next cycle", id="due"),
        pytest.param({"leaves_why": "not while it plays"}, "Not while it plays", id="no date"),
        pytest.param({}, "The next cycle tells", id="no plan yet"),
    ],
)
def test_when_a_file_leaves_is_told_in_words(values: dict[str, Any], when: str) -> None:
    now = timezone.now()
    if "leaves_at" in values:
        values = values | {"leaves_at": now + timedelta(seconds=values["leaves_at"])}
    assert words.leaving(CachedFile(**values), now).when == when


def test_a_poster_is_shown_where_there_is_one_and_an_icon_elsewhere(admin_client: Client, rows: Rows) -> None:
    assert "libraryitem/poster/1/" not in shown(admin_client, LIST)
    Poster.objects.create(rating_key="1", content_type="image/png", body=b"x")
    assert "libraryitem/poster/1/" in shown(admin_client, LIST)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Alpha", "Big"}),
        ("kind=all", {"Alpha", "Big", "Sub"}),
        ("kind=sidecar", {"Sub"}),
        ("user=77", {"Alpha"}),
        ("user=78", set()),
        ("source=list", {"Big"}),
        ("status=conflict", set()),
        ("size=50GB..", {"Big"}),
        ("since=week", {"Alpha"}),
        ("q=big", {"Big"}),
    ],
)
def test_the_table_and_its_downloads_are_filtered_alike(
    admin_client: Client, rows: Rows, query: str, found: set[str]
) -> None:
    PlexUser.objects.create(plex_id=78, kind="shared", title="Jo")
    long_ago = timezone.now() - timedelta(days=60)
    add(rows, b"big.mkv", title="Big", size=60 * GB, sources="list:3", cached_at=long_ago)
    add(rows, b"a.srt", title="Sub", belongs_to=b"a.mkv", sources="", cached_at=long_ago)
    answer: Any = admin_client.get(f"{LIST}?{query}")
    assert {row.title for row in answer.context["cl"].result_list} == found
    if found:
        link = answer.context["query"]
        items = admin_client.get(f"/api/cached/files?{link}").json()["data"]["items"]
        assert {row["title"] for row in items} == found


def test_an_empty_table_says_what_to_do(admin_client: Client) -> None:
    assert "Nothing is cached yet" in shown(admin_client, LIST)
    assert "Reset search and filters" in shown(admin_client, f"{LIST}?q=nothing")


@pytest.mark.parametrize("many", [0, 60])
def test_the_table_takes_at_most_ten_queries(
    admin_client: Client, rows: Rows, many: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(many):
        add(rows, b"%d.mkv" % number, rating_key=str(number))
    with django_assert_max_num_queries(10):
        shown(admin_client, f"{LIST}?user=77&source=ondeck&q=a&o=-3")


def test_a_file_s_page_tells_what_was_done_with_it_and_who_played_it(admin_client: Client, ground: Ground) -> None:
    done = ground.cached()
    file = CachedFile.objects.get()
    CachedFile.objects.update(rating_key="1")
    Playback.objects.create(
        session_key="1", who="Sam", rating_key="1", kind="movie", served="cache", started_at=timezone.now()
    )
    html = shown(admin_client, f"{LIST}{file.pk}/change/")
    for text in (f"Operation {done.pk}", "Sam", "from the cache", str(ground.on_cache()), "Evict"):
        assert text in html


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return make_ground(tmp_path, "symlink")


@pytest.mark.parametrize("kind", ["restore", "evict"])
def test_a_file_is_sent_back_from_its_page(admin_client: Client, ground: Ground, kind: str) -> None:
    ground.cached()
    file = CachedFile.objects.get()
    admin_client.post(f"{LIST}{file.pk}/press/", {"do": kind})
    assert Operation.objects.filter(kind=kind, trigger="admin").count() == 1


def test_several_files_are_evicted_at_once(admin_client: Client, ground: Ground) -> None:
    ground.cached(b"a.mkv")
    ground.cached(b"b.mkv")
    chosen = list(CachedFile.objects.values_list("pk", flat=True))
    admin_client.post(f"{LIST}", {"action": "evict", "_selected_action": chosen})
    assert Operation.objects.filter(kind="evict", trigger="admin").count() == 2


def test_a_pinned_file_s_page_leads_to_the_pin_also_of_its_show(admin_client: Client, rows: Rows) -> None:
    Pin.objects.all().delete()
    address = f"{LIST}{rows.file.pk}/change/"
    assert 'value="pin"' in shown(admin_client, address)
    LibraryItem.objects.filter(rating_key="1").update(kind="episode", show_key="9", season=2)
    pin = Pin.objects.create(kind="season", rating_key="9", season=2, title="Show, season 2")
    html = shown(admin_client, address)
    assert f"/admin/caching/pin/{pin.pk}/change/" in html
    assert 'value="pin"' not in html


def test_who_may_only_look_can_order_nothing(client: Client, rows: Rows) -> None:
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_cachedfile"))
    client.force_login(reader)
    html = shown(client, f"{LIST}{rows.file.pk}/change/")
    assert "/press/" not in html
    assert "clean-up" not in shown(client, LIST)
    assert client.post(f"{LIST}{rows.file.pk}/press/", {"do": "evict"}).status_code == 403
    assert client.get(f"{LIST}clean-up/").status_code == 403


def test_the_clean_up_s_page_says_why_nothing_is_known(admin_client: Client, rows: Rows) -> None:
    assert "It is unknown what nobody wants" in shown(admin_client, f"{LIST}clean-up/")


def test_every_source_has_its_words_and_none_begins_like_another() -> None:
    assert set(words.SOURCES) == set(SOURCES)
    assert not [(one, other) for one in SOURCES for other in SOURCES if one != other and other.startswith(one)]
