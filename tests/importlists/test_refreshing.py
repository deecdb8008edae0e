"""Refreshing lists: each at its own time, the last good result kept, one host after the other and hosts together."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from cacherr.errors import OutsideError
from importlists import previewing, refreshing, tasks
from importlists.changing import put
from importlists.models import ImportList, ListItem, ListPolicy, ListState
from importlists.wants import wanted
from plexusers.models import UserTypeDefaults, Versions
from tests.importlists.rows import a_list, film, owner, show, watched
from tests.importlists.services import Asked, Reply, Services, told, trakt_film, trakt_pages, trakt_show

pytestmark = pytest.mark.django_db

STEVENLU = "/popular-movies-data.stevenlu.com/movies.json"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def films(*numbers: int) -> Reply:
    return told([{"title": f"Film {number}", "imdb_id": f"tt{number:07}"} for number in numbers])


def one(row: ImportList, now: datetime = NOW) -> ImportList:
    """The list, after it was refreshed."""
    refreshing.refresh([ImportList.objects.get(pk=row.pk)], now)
    return ImportList.objects.get(pk=row.pk)


def positions(row: ImportList) -> list[str]:
    return list(row.items.order_by("position").values_list("title", flat=True))


def test_a_list_is_read_matched_and_chosen_from(services: Services) -> None:
    film("a", "Film 1", 2001, "imdb://tt0000001")
    services.on(STEVENLU, films(1, 2))
    row = one(a_list())
    assert (row.state, row.good_at, row.failures, row.why) == (ListState.FRESH, NOW, 0, "")
    assert row.progress == "caching 1 of 10, checked 2 positions"
    first, second = row.items.order_by("position")
    assert (first.way, first.rating_keys, first.chosen, first.why_not) == ("imdb", ["a"], True, "")
    assert (second.way, second.chosen, second.why_not) == ("", False, "not in the library")


@pytest.mark.parametrize("bad", [Reply(status=500), told([]), Reply(b"<html>"), Reply(status=404)])
def test_a_bad_answer_keeps_the_last_good_result_with_its_age(services: Services, bad: Reply) -> None:
    film("a", "Film 1", 2001, "imdb://tt0000001")
    services.on(STEVENLU, films(1, 2))
    row = one(a_list())
    services.on(STEVENLU, bad)
    row = one(row, NOW + HOUR)
    assert (row.state, row.since, row.good_at) == (ListState.STALE, NOW + HOUR, NOW)
    assert positions(row) == ["Film 1", "Film 2"]
    (answer,) = wanted(NOW + HOUR, Versions.ALL)
    assert [want.item.rating_key for want in answer.wants] == ["a"]
    assert "2026-11-24 12:00 UTC counts until then" in answer.failed
    services.on(STEVENLU, films(3))
    row = one(row, NOW + 2 * HOUR)
    assert (row.state, row.why, positions(row)) == (ListState.FRESH, "", ["Film 3"])


def test_a_list_that_never_answered_well_is_unknown(services: Services) -> None:
    services.on(STEVENLU, Reply(status=500))
    row = a_list()
    assert [(answer.claim, answer.failed) for answer in wanted(NOW, Versions.ALL)] == [
        (f"list:{row.pk}", "It was not read yet.")
    ]
    row = one(row)
    assert row.state == ListState.FAILED
    (answer,) = wanted(NOW, Versions.ALL)
    assert (answer.wants, answer.failed) == ((), row.why)


def test_bad_answers_are_tried_again_later_and_later_but_no_later_than_usual() -> None:
    minutes = [refreshing.pause(failures, 6 * HOUR) / timedelta(minutes=1) for failures in (1, 2, 3, 7, 8, 99)]
    assert minutes == [5, 10, 20, 320, 360, 360]


@pytest.mark.parametrize(("asked", "wait"), [("7200", 2 * HOUR), ("99999999", timedelta(days=1))])
def test_a_service_that_asks_for_a_pause_gets_it(services: Services, asked: str, wait: timedelta) -> None:
    services.on(STEVENLU, Reply(status=429, headers={"Retry-After": asked}))
    row = one(a_list())
    assert row.next_at == NOW + wait
    now = timezone.now()
    row = one(row, now)
    assert len(services.asked) == 1  # the host rests: nobody asks it before its time, and the list waits for it
    assert row.next_at
    assert now + wait - timedelta(minutes=1) < row.next_at <= now + wait


def test_each_list_has_its_own_time_a_little_earlier_or_later(services: Services) -> None:
    services.on(STEVENLU, films(1))
    rows = [a_list(f"List {number}", refresh_minutes=600) for number in range(20)]
    refreshing.refresh(rows, NOW)
    times = {row.next_at for row in ImportList.objects.all()}
    assert len(times) == 20
    assert all(time and NOW + 9 * HOUR <= time <= NOW + 11 * HOUR for time in times)


def test_only_lists_whose_time_has_come_are_read(services: Services) -> None:
    services.on(STEVENLU, films(1))
    a_list("new")
    a_list("due", next_at=NOW - HOUR)
    a_list("later", next_at=NOW + HOUR)
    a_list("off", enabled=False)
    assert {done.row.name for done in refreshing.refresh_due(NOW)} == {"new", "due"}
    assert refreshing.refresh_due(NOW) == []


def test_of_two_that_would_read_a_list_one_does(services: Services) -> None:
    services.on(STEVENLU, films(1))
    row = a_list()
    same = ImportList.objects.get(pk=row.pk)
    assert len(refreshing.refresh([row], NOW)) == 1
    assert refreshing.refresh([same], NOW) == []


def test_an_unchanged_file_is_not_sent_again_and_counts_as_read(services: Services) -> None:
    def reply(asked: Asked) -> Reply:
        same = asked.headers.get("If-None-Match") == '"1"'
        return Reply(status=304) if same else told([{"title": "Film 1", "imdb_id": "tt0000001"}], ETag='"1"')

    services.on(STEVENLU, reply)
    row = one(a_list())
    keys = list(row.items.values_list("pk", flat=True))
    (done,) = refreshing.refresh([row], NOW + HOUR)
    row.refresh_from_db()
    assert (done.unchanged, row.good_at, row.state) == (True, NOW + HOUR, ListState.FRESH)
    assert list(row.items.values_list("pk", flat=True)) == keys
    (done,) = refreshing.refresh([row], NOW + 2 * HOUR, afresh=True)
    assert (done.unchanged, done.positions) == (False, 1)


def test_hosts_are_asked_beside_each_other_and_the_lists_of_one_after_the_other(services: Services) -> None:
    ListPolicy.objects.create(trakt_client_id="client", tmdb_key="k")
    meeting = threading.Barrier(2, timeout=20)
    at_work, most = [0], [0]
    lock = threading.Lock()

    def trakt(asked: Asked) -> Reply:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        if "trending" in asked.path:
            meeting.wait()  # passes only while the other host is being asked as well
        with lock:
            at_work[0] -= 1
        return told([{"movie": trakt_film(1)}])

    def stevenlu(_: Asked) -> Reply:
        meeting.wait()
        return films(1)

    for chart in ("trending", "anticipated", "boxoffice"):
        services.on(f"/api.trakt.tv/movies/{chart}", trakt)
        a_list(f"Trakt {chart}", provider="trakt", chart=chart)
    services.on(STEVENLU, stevenlu)
    a_list("StevenLu")
    done = refreshing.refresh_due(NOW)
    assert [one.failed for one in done] == ["", "", "", ""]
    assert most == [1]


@pytest.mark.django_db(transaction=True)
def test_a_list_that_is_changed_while_it_is_read_is_not_overwritten(services: Services) -> None:
    row = a_list()

    def change(_: Asked) -> Reply:
        ImportList.objects.filter(pk=row.pk).update(next_at=None, count=3)
        connection.close()
        return films(1)

    services.on(STEVENLU, change)
    (done,) = refreshing.refresh([ImportList.objects.get(pk=row.pk)], NOW)
    row.refresh_from_db()
    assert "changed" in done.failed
    assert (row.state, row.count, row.items.count()) == (ListState.NEW, 3, 0)


def test_another_source_gives_up_what_was_read_and_a_further_reach_reads_again(services: Services) -> None:
    services.on(STEVENLU, films(1, 2))
    row = one(a_list(count=1))
    row.count = 2
    put(row)
    row.refresh_from_db()
    assert (row.next_at, row.state, row.items.count()) == (None, ListState.FRESH, 1)
    row.provider, row.chart = "imdb", "popular"
    put(row)
    row.refresh_from_db()
    assert (row.good_at, row.state, row.items.count()) == (None, ListState.NEW, 0)


# ---- wants ----------------------------------------------------------------------------------------------------------


def test_a_list_wants_films_and_the_next_episodes_of_its_user(services: Services) -> None:
    ListPolicy.objects.create(trakt_client_id="client")
    alex = owner()
    film("a", "Film 1", 2001, "tmdb://1")
    show("s", "Show 1", 2010, "tmdb://1", episodes=5)
    watched(alex, "se1")
    services.on("/api.trakt.tv/movies/trending", trakt_pages([{"movie": trakt_film(1)}, {"movie": trakt_film(2)}]))
    services.on("/api.trakt.tv/shows/trending", trakt_pages([{"show": trakt_show(1)}]))
    row = one(a_list("World", provider="trakt", chart="trending", media="both", episodes=2, priority=65))
    (answer,) = wanted(NOW, Versions.ALL)
    assert (answer.claim, answer.failed, answer.user) == (f"list:{row.pk}", "", 1000)
    told_of = [(want.item.rating_key, want.reason, want.priority, want.claim, want.user) for want in answer.wants]
    assert told_of == [
        ("a", "position 1 on Trakt: trending", 65, row.claim, 1000),
        ("se2", "position 2 on Trakt: trending", 65, row.claim, 1000),
        ("se3", "position 2 on Trakt: trending", 65, row.claim, 1000),
    ]
    assert [file.path for file in answer.wants[0].item.files] == ["/data/a.mkv"]


def test_the_library_as_it_is_now_decides(services: Services) -> None:
    services.on(STEVENLU, films(1))
    row = one(a_list())
    assert wanted(NOW, Versions.ALL)[0].wants == ()
    film("a", "Film 1", 2001, "imdb://tt0000001")
    assert len(wanted(NOW, Versions.ALL)[0].wants) == 1
    row.refresh_from_db()
    assert row.progress == "caching 1 of 10, checked 1 positions"
    assert ListItem.objects.get().chosen


def test_an_index_that_is_not_known_well_makes_the_lists_unknown(services: Services) -> None:
    services.on(STEVENLU, films(1))
    one(a_list())
    assert wanted(NOW, Versions.ALL, unsure="The library was not read.")[0].failed == "The library was not read."


def test_lists_that_are_off_or_of_somebody_whose_lists_do_not_count_want_nothing(services: Services) -> None:
    services.on(STEVENLU, films(1))
    alex = owner()
    a_list("off", enabled=False)
    row = a_list("on")
    assert [answer.who for answer in wanted(NOW, Versions.ALL)] == ["on"]
    alex.lists = False
    alex.save()
    assert wanted(NOW, Versions.ALL) == ()
    alex.lists = None
    alex.save()
    UserTypeDefaults.objects.filter(kind="main").update(lists=False)
    assert wanted(NOW, Versions.ALL) == ()
    assert row.enabled


def test_a_show_counts_by_its_newest_episode_and_a_film_by_its_release(services: Services) -> None:
    services.on(STEVENLU, films(1, 2))
    film("a", "Film 1", 2001, "imdb://tt0000001", released="2026-11-20")
    film("b", "Film 2", 2001, "imdb://tt0000002", released="2020-01-01")
    row = one(a_list(aired_days=30))
    assert list(row.items.order_by("position").values_list("chosen", flat=True)) == [True, False]


# ---- doors ----------------------------------------------------------------------------------------------------------


def test_the_task_reads_what_is_due(services: Services) -> None:
    services.on(STEVENLU, films(1))
    row = a_list()
    tasks.refresh_lists()
    row.refresh_from_db()
    assert row.state == ListState.FRESH


def test_the_command_reads_the_lists_that_are_named(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    services.on(STEVENLU, films(1))
    a_list("One", enabled=False)
    a_list("Two")
    call_command("refresh_lists", "One")
    assert capsys.readouterr().out == "One: caching 0 of 10, checked 1 positions\n"
    with pytest.raises(SystemExit) as ended:
        call_command("refresh_lists", "Three")
    assert ended.value.code == 2
    services.on(STEVENLU, Reply(status=500))
    with pytest.raises(SystemExit) as ended:
        call_command("refresh_lists", "--json")
    assert ended.value.code == 1


def test_a_preview_writes_nothing_and_says_why_it_cannot_be(services: Services) -> None:
    film("a", "Film 1", 2001, "imdb://tt0000001")
    services.on(STEVENLU, films(1, 2))
    draft = ImportList(name="draft", provider="stevenlu", chart="popular", count=5)
    seen = previewing.preview(draft, NOW)
    assert (seen.matched, seen.chosen, seen.checked, len(seen.lines)) == (1, 1, 2, 2)
    assert [(line.chosen, line.why_not) for line in seen.lines] == [(True, ""), (False, "not in the library")]
    assert (ImportList.objects.count(), ListItem.objects.count()) == (0, 0)
    services.on(STEVENLU, Reply(status=500))
    with pytest.raises(OutsideError):
        previewing.preview(draft, NOW)


def test_the_home_network_is_reached_when_the_settings_allow_it(services: Services, settings: Settings) -> None:
    services.on("/192.168.1.5/list.json", told([{"title": "x", "id": 5}]))
    row = a_list(provider="custom", chart="json", address="http://192.168.1.5/list.json")
    assert "home network" in one(row).why
    ListPolicy.objects.create(lists_from_lan=True)
    assert one(row).state == ListState.FRESH
