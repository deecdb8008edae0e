"""Metrics for Prometheus."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from caching import metrics
from caching.models import Playback
from tests.caching.quiet import KEY, make_quiet
from tests.caching.rows import make_rows

pytestmark = pytest.mark.django_db

LINE = re.compile(r'cacherr_[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\})? -?[0-9.e+-]+')


def play(who: str, served: str) -> None:
    Playback.objects.create(
        session_key="9", who=who, rating_key="1", kind="movie", served=served, started_at=timezone.now(),
        played_seconds=60, missed="no room" if served == "array" else "",
    )  # fmt: skip


@pytest.fixture
def told(client: Client, settings: Settings, tmp_path: Path) -> str:
    make_quiet(settings, tmp_path)
    make_rows(tmp_path)
    for who, served in (('K"im\\\n', "cache"), ("Sam", "array"), ("Sam", "array")):
        play(who, served)
    answer = client.get("/api/metrics", headers=KEY)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, metrics.CONTENT_TYPE)
    return answer.content.decode()


def test_every_line_is_of_the_format(told: str) -> None:
    lines = [line for line in told.splitlines() if not line.startswith("#")]
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert len(lines) > 10
    assert len(set(re.findall(r"# TYPE (\S+)", told))) == told.count("# TYPE")


@pytest.mark.parametrize(
    "line",
    [
        "cacherr_files_cached 1",
        "cacherr_bytes_cached 1000",
        'cacherr_operations_total{kind="cache",state="done"} 1',
        'cacherr_moved_bytes_total{kind="cache"} 1000',
        'cacherr_plays_total{user="Sam",served="array"} 2',
        'cacherr_plays_total{user="K\\"im\\\\\\n",served="cache"} 1',
        'cacherr_played_seconds_total{user="Sam",served="array"} 120',
        'cacherr_plays_missed_total{why="no room"} 2',
        "cacherr_hit_rate 0.5",
    ],
)
def test_what_there_is_is_told(told: str, line: str) -> None:
    assert line in told.splitlines()


def test_metrics_need_the_key(client: Client) -> None:
    assert client.get("/api/metrics").status_code == 401
