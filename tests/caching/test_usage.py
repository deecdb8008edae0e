"""How full the caches are and were: for whose sake, which looks are kept, and the chart of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from caching import upkeep
from caching.ledger.chart import HEIGHT, SOURCES, WIDTH
from caching.models import CachedFile, Cycle, Operation, PathMapping, Root, UsageSample
from caching.models.file_row import path_key
from caching.usage import chart, counting, reading, sampling
from caching.usage.chart import Look
from tests.caching.quiet import KEY, make_quiet
from tests.caching.rows import Rows, make_rows

NOON = datetime(2026, 11, 24, 12, 34, tzinfo=UTC)

CLAIMS = [
    ("", "nobody"),
    ("ondeck:77", "ondeck"),
    ("watchlist:5,ondeck:77", "ondeck"),
    ("list:3,pin", "pin"),
    ("order", "order"),
    ("recent,list:3,feed", "feed"),
    ("something:new", "something"),
]


@pytest.mark.parametrize(("claims", "source"), CLAIMS)
def test_a_file_counts_for_one_source(claims: str, source: str) -> None:
    assert counting.main_source(claims.split(",")) == source


def test_every_source_that_is_counted_has_its_word() -> None:
    assert set(counting.ORDER) < set(SOURCES)


@given(hours=st.lists(st.integers(0, 24 * 800), unique=True, max_size=60))
def test_hours_of_the_last_week_and_the_last_of_each_day_are_kept_and_nothing_else(hours: list[int]) -> None:
    times = [NOON - timedelta(hours=hour) for hour in hours]
    gone = set(counting.superfluous(times, NOON))
    kept = [at for at in times if at not in gone]
    assert all(NOON - at <= counting.DAILY for at in kept)
    assert {at for at in times if NOON - at <= counting.HOURLY} <= set(kept)
    old = [at for at in kept if NOON - at > counting.HOURLY]
    assert len({at.date() for at in old}) == len(old)
    assert counting.superfluous(kept, NOON) == []


# ---- rows ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def rows(tmp_path: Path, db: None) -> Rows:
    made = make_rows(tmp_path)
    CachedFile.objects.update(sources="ondeck:77")
    return made


def more(rows: Rows, name: bytes, size: int, sources: str) -> None:
    file = CachedFile.objects.get(pk=rows.file.pk)
    file.pk, file.path, file.path_key, file.size, file.sources = None, name, path_key(name), size, sources
    file.save()


def test_the_latest_look_of_an_hour_counts(rows: Rows) -> None:
    sampling.take(NOON)
    more(rows, b"Beta", 500, "watchlist:77")
    more(rows, b"Gamma", 200, "ondeck:5,watchlist:77")
    sampling.take(NOON + timedelta(minutes=20))
    found = {(row.at, row.source): row.size for row in UsageSample.objects.all()}
    hour = NOON.replace(minute=0)
    assert found == {(hour, "ondeck"): 1200, (hour, "watchlist"): 500}


def test_an_empty_cache_is_sampled_as_empty(rows: Rows) -> None:
    CachedFile.objects.all().delete()
    PathMapping.objects.update(cache=Root.objects.get(kind="cache"))
    sampling.take()
    (look,) = reading.history(1)
    assert (look["used"], look["caches"][0]["sources"]) == (0, {})


def test_the_upkeep_looks_once_an_hour_and_forgets_what_is_too_old(
    rows: Rows, settings: Settings, tmp_path: Path
) -> None:
    make_quiet(settings, tmp_path)
    Operation.objects.filter(pk=rows.running.pk).delete()
    Cycle.objects.update(state="completed")
    UsageSample.objects.create(at=timezone.now() - timedelta(days=900), cache=rows.file.cache, source="pin", size=1)
    upkeep.tend()
    (row,) = UsageSample.objects.all()
    assert (row.source, row.size) == ("ondeck", 1000)
    more(rows, b"Beta", 500, "pin")
    upkeep.tend()
    assert UsageSample.objects.count() == 1


def test_the_history_tells_bytes_by_cache_and_source(
    rows: Rows, client: Client, settings: Settings, tmp_path: Path
) -> None:
    make_quiet(settings, tmp_path)
    sampling.take(timezone.now() - timedelta(days=2))
    more(rows, b"Beta", 500, "pin")
    sampling.take()
    usage = client.get("/api/stats/history?days=7", headers=KEY).json()["data"]["usage"]
    assert [look["used"] for look in usage] == [1000, 1500]
    assert usage[1]["caches"] == [
        {"id": rows.file.cache_id, "path": rows.file.cache.path, "used": 1500, "sources": {"ondeck": 1000, "pin": 500}}
    ]
    assert len(client.get("/api/stats/history?days=1", headers=KEY).json()["data"]["usage"]) == 1


# ---- the chart -----------------------------------------------------------------------------------------------------


def test_areas_stand_upon_each_other_in_steps() -> None:
    looks = [Look(NOON, {"pin": 50}), Look(NOON + timedelta(days=1), {"pin": 50, "ondeck": 50})]
    pin, deck = chart.areas(looks, ["pin", "ondeck"], NOON, NOON + timedelta(days=2), 100)
    half, low = WIDTH / 2, HEIGHT / 2
    assert pin["points"] == (
        f"0.0,{low} {half},{low} {half},{low} {WIDTH}.0,{low} "
        f"{WIDTH}.0,{HEIGHT}.0 {half},{HEIGHT}.0 {half},{HEIGHT}.0 0.0,{HEIGHT}.0"
    )
    assert deck["points"].startswith(f"0.0,{low} {half},{low} {half},0.0 {WIDTH}.0,0.0")


def test_the_chart_has_the_limit_and_the_numbers(rows: Rows) -> None:
    sampling.take()
    stats = {"caches": [{"present": True, "limit": 4000}]}
    card = chart.card(stats)
    assert (card["limit"], card["limit_y"]) == ("3.9 KB", "0.0")
    assert [one["word"] for one in card["legend"]] == ["on deck"]
    assert card["rows"][0]["total"] == "1000 B"
    assert chart.card({"caches": [{"present": True, "limit": None}]})["limit"] == ""


@pytest.mark.django_db
def test_without_a_look_there_is_no_chart() -> None:
    assert chart.card({"caches": []})["areas"] == []
