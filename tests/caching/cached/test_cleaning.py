"""Clean-up on a real household: what nobody wants any more goes back, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from caching import lock, orders
from caching.cached import cleaning
from caching.lock import WORK_LOCK
from caching.models import CachedFile, CachePolicy, Operation, Pin
from plexusers.models import PlexUser
from plexusers.standin import StandIn, faults
from tests.caching.neighbours import Neighbours, cached, run, serving
from tests.caching.quiet import KEY, make_quiet

pytestmark = pytest.mark.django_db

ADDRESS = "/api/cached/cleanup"


@pytest.fixture(autouse=True)
def installation(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    make_quiet(settings, tmp_path_factory.mktemp("config"))


@pytest.fixture
def neighbours(tmp_path: Path) -> Neighbours:
    return Neighbours(tmp_path)


@pytest.fixture
def plex(neighbours: Neighbours, settings: Settings) -> Iterator[StandIn]:
    with serving(neighbours) as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        yield server


@pytest.fixture
def left(neighbours: Neighbours, plex: StandIn) -> Neighbours:
    """Wanted, Pinned and Dropped are cached; the last one is wanted by nobody any more."""
    films = [neighbours.film(title) for title in ("Wanted", "Pinned", "Dropped")]
    neighbours.on_deck(neighbours.alex, films[0])
    neighbours.on_deck(neighbours.sam, *films[1:])
    run()
    assert cached() == {"Wanted", "Pinned", "Dropped"}
    Pin.objects.create(kind="movie", rating_key=films[1].key, title="Pinned")
    PlexUser.objects.filter(plex_id=neighbours.sam.plex_id).update(enabled=False)
    return neighbours


def ordered() -> set[str]:
    return {row.file_name for row in Operation.objects.filter(trigger="api")}


def test_what_nobody_wants_any_more_goes_back_and_what_is_wanted_or_pinned_stays(
    client: Client, left: Neighbours
) -> None:
    answer = client.post(ADDRESS, content_type="application/json", headers=KEY)
    assert answer.status_code == 202, answer.content
    assert [row["file_name"] for row in answer.json()["data"]["operations"]] == ["Dropped.mkv"]
    assert [row["operation_type"] for row in answer.json()["data"]["operations"]] == ["restore"]
    orders.run_waiting()
    assert cached() == {"Wanted", "Pinned"}


def test_a_dry_run_of_it_tells_the_same_and_orders_nothing(client: Client, left: Neighbours) -> None:
    answer = client.post(ADDRESS, {"dry_run": True}, content_type="application/json", headers=KEY)
    assert answer.status_code == 200, answer.content
    data = answer.json()["data"]
    assert [row["plex_path"] for row in data["would_leave"]] == ["/plex/Movies/Dropped/Dropped.mkv"]
    assert (data["operations"], ordered()) == ([], set())


def test_what_is_in_its_minimum_hold_stays(left: Neighbours) -> None:
    CachePolicy.objects.update(minimum_hold_hours=12)
    assert cleaning.unwanted().files == ()


def test_what_somebody_wanted_who_cannot_be_asked_stays(left: Neighbours, plex: StandIn) -> None:
    PlexUser.objects.filter(plex_id=left.sam.plex_id).update(enabled=True)
    film = CachedFile.objects.get(path=b"Movies/Dropped/Dropped.mkv").rating_key
    left.household.mark_watched(left.sam, left.household.items[film])
    plex.fail("/library/onDeck", faults.Status(403), account=left.sam)
    found = cleaning.unwanted()
    assert found.files == ()
    assert "Sam" in found.trouble


def test_a_smaller_budget_makes_nothing_leave_by_a_clean_up(left: Neighbours) -> None:
    CachePolicy.objects.update(cache_limit="1B")
    assert [row.file_name for row, _ in cleaning.unwanted().files] == ["Dropped.mkv"]


@pytest.mark.parametrize("setting", ["paused", "dry_run"])
def test_nothing_is_ordered_while_no_file_may_be_moved(client: Client, left: Neighbours, setting: str) -> None:
    CachePolicy.objects.update(**{setting: True})
    assert client.post(ADDRESS, content_type="application/json", headers=KEY).status_code == 409
    assert ordered() == set()


def test_while_a_cycle_runs_it_is_refused(client: Client, left: Neighbours) -> None:
    with lock.held(WORK_LOCK):
        assert client.post(ADDRESS, content_type="application/json", headers=KEY).status_code == 409
    assert ordered() == set()


def test_the_page_shows_what_would_leave_and_its_button_sends_it_back(admin_client: Client, left: Neighbours) -> None:
    page = "/admin/caching/cachedfile/clean-up/"
    html = admin_client.get(page).content.decode()
    assert "1 file" in html
    assert "Dropped" in html
    assert not Operation.objects.filter(trigger="admin").exists()
    admin_client.post(page)
    assert [row.file_name for row in Operation.objects.filter(trigger="admin")] == ["Dropped.mkv"]
