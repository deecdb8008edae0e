"""The ledger as metrics."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from caching.models import Playback
from plexusers.models import PlexUser
from tests.cacherr.test_exposition import read
from tests.caching.quiet import KEY, make_quiet

pytestmark = pytest.mark.django_db


def play(who: str, served: str, user: PlexUser | None = None) -> None:
    Playback.objects.create(
        session_key="9", who=who, user=user, rating_key="1", kind="movie", served=served, started_at=timezone.now(),
        played_seconds=60, missed="no room" if served == "array" else "",
    )  # fmt: skip


def test_plays_are_told_by_user_under_the_name_of_today(client: Client, settings: Settings, tmp_path: Path) -> None:
    make_quiet(settings, tmp_path)
    sam = PlexUser.objects.create(plex_id=5, kind="home", title="Sam")
    for who, served, user in (("Samuel", "array", sam), ("Sam", "array", sam), ("K\n", "cache", None)):
        play(who, served, user)
    samples = read(client.get("/api/metrics", headers=KEY).content.decode())
    told = {(name, frozenset(labels.items())): value for name, labels, value in samples}

    def of(name: str, **labels: str) -> float | None:
        return told.get((f"cacherr_{name}", frozenset(labels.items())))

    assert of("plays_total", user="Sam", served="array") == 2
    assert of("played_seconds_total", user="Sam", served="array") == 120
    assert of("plays_total", user="K\n", served="cache") == 1
    assert of("plays_missed_total", why="no room") == 2
    assert of("hit_rate") == pytest.approx(1 / 3, abs=0.001)
    assert of("wakeups_avoided") == 0
