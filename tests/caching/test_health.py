"""Health: 503 only for what a restart or the owner must mend at once."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from caching import proving
from caching.health import PULSE_LIMIT, health
from caching.models import PathMapping, Pulse
from plexusers.models import PlexServer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def able(settings: Settings, tmp_path: Path) -> PathMapping:
    """Everything is there and was seen just now."""
    settings.BROKER_DIR = tmp_path / "broker"
    for name in ("broker", "array", "cache"):
        (tmp_path / name).mkdir()
    for name in ("worker", "beat"):
        Pulse.objects.create(name=name, at=timezone.now())
    PlexServer(plex_url="http://plex:32400", plex_token="token").save()
    mapping = PathMapping.objects.create(
        name="Films", plex_prefix="/x", array_root=str(tmp_path / "array"), cache_root=str(tmp_path / "cache")
    )
    return proving.prove(mapping)


def answers(client: Client) -> tuple[int, dict[str, Any], int, dict[str, Any]]:
    plain, wrapped = client.get("/health"), client.get("/api/health")
    return plain.status_code, plain.json(), wrapped.status_code, wrapped.json()


def test_all_is_well(client: Client) -> None:
    status, plain, wrapped_status, wrapped = answers(client)
    assert (status, wrapped_status, plain["status"], wrapped["success"]) == (200, 200, "healthy", True)
    assert all(check == {"ok": True, "message": ""} for check in plain["checks"].values())
    assert set(plain["checks"]) == {"database", "broker", "worker", "beat", "plex", "mappings", "disk"}
    assert (wrapped["data"], wrapped["status"], wrapped["checks"]) == (plain, plain["status"], plain["checks"])


def critical(client: Client, name: str) -> str:
    """The message of the one check that fails, which makes both answers 503."""
    status, plain, wrapped_status, wrapped = answers(client)
    assert (status, wrapped_status, plain["status"], wrapped["success"]) == (503, 503, "critical", False)
    assert [check for check, found in plain["checks"].items() if not found["ok"]] == [name]
    assert wrapped["error"]
    return str(plain["checks"][name]["message"])


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_a_part_that_has_stopped_is_critical(client: Client, name: str) -> None:
    Pulse.objects.filter(name=name).update(at=timezone.now() - PULSE_LIMIT - timedelta(seconds=1))
    found = health()
    # While this process itself has only just started, an old sign of life of the one before proves nothing.
    if found["checks"][name]["message"] != "starting":
        assert f"The {name} has not shown itself" in critical(client, name)


@pytest.mark.parametrize("which", ["array", "cache"])
@pytest.mark.parametrize("how", ["gone", "without its marker"])
def test_a_disk_that_is_absent_is_critical(client: Client, tmp_path: Path, which: str, how: str) -> None:
    if how == "gone":
        shutil.rmtree(tmp_path / which)
    else:
        (tmp_path / which / ".cacherr-root").unlink()
    assert str(tmp_path / which) in critical(client, "disk")


def test_a_queue_that_is_absent_is_critical(client: Client, tmp_path: Path) -> None:
    (tmp_path / "broker").rmdir()
    assert critical(client, "broker")


def test_a_redis_that_does_not_answer_is_critical(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert "Redis does not answer" in critical(client, "broker")


def test_an_address_of_redis_that_cannot_be_used_is_critical(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0?db=first"
    assert "Write redis://HOST:6379/0" in critical(client, "broker")


def test_plex_being_away_is_a_warning_because_a_restart_would_not_help(client: Client) -> None:
    PlexServer.objects.update(last_error="Plex does not answer.")
    status, plain, _, wrapped = answers(client)
    assert (status, plain["status"], wrapped["success"]) == (200, "warning", True)
    assert plain["checks"]["plex"] == {"ok": False, "message": "Plex does not answer."}


@pytest.mark.parametrize("missing", ["plex_url", "plex_token"])
def test_plex_not_set_up_is_a_warning(client: Client, missing: str) -> None:
    PlexServer.objects.update(**{missing: ""})
    status, plain, _, _ = answers(client)
    assert (status, plain["status"], plain["checks"]["plex"]["ok"]) == (200, "warning", False)


def test_no_mapping_is_a_warning(client: Client, able: PathMapping) -> None:
    able.enabled = False
    able.save()
    status, plain, _, _ = answers(client)
    assert (status, plain["status"], plain["checks"]["mappings"]["ok"]) == (200, "warning", False)


def test_mappings_that_no_cycle_can_work_with_are_a_warning_with_the_cure(client: Client, able: PathMapping) -> None:
    PathMapping.objects.create(name="Shows", plex_prefix="/y", array_root="/y", cache_root=able.cache_root)
    status, plain, _, _ = answers(client)
    assert (status, plain["status"], plain["checks"]["mappings"]["ok"]) == (200, "warning", False)
    assert "Give each path mapping a cache directory of its own" in plain["checks"]["mappings"]["message"]


def test_a_mapping_of_the_environment_counts_from_the_start(
    client: Client, able: PathMapping, settings: Settings
) -> None:
    able.delete()
    settings.OLDER_MAPPING = {"plex": "/data", "array": "/array", "cache": "/cache"}
    assert answers(client)[1]["checks"]["mappings"] == {"ok": True, "message": ""}


def test_a_mapping_that_was_never_proved_is_no_absent_disk(client: Client) -> None:
    PathMapping.objects.create(name="New", plex_prefix="/new", array_root="/nowhere/a", cache_root="/nowhere/c")
    assert answers(client)[0] == 200
