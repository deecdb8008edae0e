"""`GET /api/metrics`: what there is, for those who may see it, and nothing secret."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from cacherr import __version__
from cacherr.rests import Rest
from cacherr.tally import Sum, What
from caching.models import CachedFile, Operation
from plexusers import bookkeeping
from plexusers.bookkeeping import RequestBooks
from plexusers.models.asking import EARLIER
from tests.cacherr.test_exposition import read
from tests.caching.quiet import KEY, make_quiet
from tests.caching.rows import make_rows

pytestmark = pytest.mark.django_db
Told = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(autouse=True)
def installation(settings: Settings, tmp_path: Path) -> None:
    make_quiet(settings, tmp_path)


def told(client: Client) -> Told:
    answer = client.get("/api/metrics", headers=KEY)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    samples = read(answer.content.decode())
    found = {(name, frozenset(labels.items())): value for name, labels, value in samples}
    assert len(found) == len(samples), "a metric has one value for each set of labels"
    return found


def of(found: Told, name: str, **labels: str) -> float | None:
    return found.get((f"cacherr_{name}", frozenset(labels.items())))


def test_nobody_is_shown_metrics_without_login_or_key(client: Client, admin_client: Client) -> None:
    for headers in ({}, {"x-api-key": "wrong"}):
        answer = client.get("/api/metrics", headers=headers)
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/json; charset=utf-8")
    assert admin_client.get("/api/metrics").status_code == 200


def test_an_empty_installation_has_metrics(client: Client) -> None:
    found = told(client)
    assert of(found, "info", version=__version__) == 1
    assert of(found, "cached_files") == of(found, "cached_bytes") == of(found, "paused") == 0
    assert of(found, "check_ok", check="database") == 1
    assert of(found, "check_ok", check="plex") == 0
    assert sum(of(found, "health", status=level) or 0 for level in ("healthy", "warning", "critical")) == 1


def test_metrics_tell_what_is_cached_and_done(client: Client, tmp_path: Path) -> None:
    make_rows(tmp_path)
    found = told(client)
    files = list(CachedFile.objects.select_related("cache"))
    assert files
    assert of(found, "cached_files") == len(files)
    assert of(found, "cached_bytes") == sum(file.size for file in files)
    cache = files[0].cache.path
    assert of(found, "cache_used_bytes", cache=cache) == sum(file.size for file in files if file.cache.path == cache)
    assert of(found, "cache_present", cache=cache) in (0, 1)
    assert (of(found, "cache_free_bytes", cache=cache) is not None) == bool(of(found, "cache_present", cache=cache))
    operations = [value for (name, _), value in found.items() if name == "cacherr_operations"]
    assert sum(operations) == Operation.objects.count() > 0
    assert "s3cret-token" not in client.get("/api/metrics", headers=KEY).content.decode()


def test_requests_are_totals_of_all_days_and_never_shrink(client: Client) -> None:
    def ask(day: object, count: int) -> None:
        what = What(day, "plex.tv", "/api/v2/user", "ok")  # type: ignore[arg-type]
        RequestBooks().write({what: Sum(count, 10 * count, 0.5)}, {})

    today = datetime.now(UTC).date()
    ask(today, 1)
    ask(today - timedelta(days=200), 2)
    ask(EARLIER, 4)
    labels = {"host": "plex.tv", "endpoint": "/api/v2/user", "outcome": "ok"}
    for _ in range(2):
        found = told(client)
        assert of(found, "requests_total", **labels) == 7
        assert of(found, "request_answer_bytes_total", **labels) == 70
        assert of(found, "request_seconds_total", **labels) == 1.5
        bookkeeping.tidy()


def test_a_resting_host_is_told_with_the_time_that_is_left(client: Client) -> None:
    now = timezone.now().timestamp()
    rests = {"plex.tv": Rest(now + 600, asked=True), "rss.plex.tv": Rest(now - 1, asked=True)}
    RequestBooks().write({}, rests)
    found = told(client)
    assert of(found, "host_rest_seconds", host="plex.tv") == pytest.approx(600, abs=30)
    assert of(found, "host_rest_seconds", host="rss.plex.tv") is None
