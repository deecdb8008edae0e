"""Pause and resume: by the API, seen on the dashboard, fixed by the environment."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from cacherr import env
from caching import cycle, mover, pace, pausing, problems, queueing, state
from caching.models import CachePolicy, Cycle, CycleState
from tests.caching.quiet import KEY, make_quiet
from tests.caching.rows import make_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installation(settings: Settings, tmp_path: Path) -> None:
    """A key, a queue of its own that nobody works on, and one of every row."""
    make_quiet(settings, tmp_path)
    make_rows(tmp_path)
    Cycle.objects.update(state=CycleState.COMPLETED)


def declare(settings: Settings, **variables: str) -> None:
    settings.CACHERR_OVERRIDES = env.Environment(variables).overrides()


def post(client: Client, path: str, body: object = "") -> tuple[int, dict[str, Any]]:
    answer = client.post(path, body, "application/json", headers=KEY)
    return answer.status_code, answer.json()


def status(client: Client) -> dict[str, Any]:
    data: dict[str, Any] = client.get("/api/status", headers=KEY).json()["data"]
    return data


def test_pause_and_resume_are_seen_at_once_and_pausing_twice_is_no_error(client: Client) -> None:
    assert status(client)["paused"] is False
    for path, paused in (("pause", True), ("pause", True), ("resume", False), ("resume", False)):
        code, body = post(client, f"/api/{path}")
        assert (code, body["data"]) == (200, {"paused": paused})
        assert body["message"]
        assert status(client)["paused"] is paused
        assert pausing.is_paused() is paused
        assert pace.SHARED.conditions().paused is paused
    pace.SHARED.look_again()


def test_other_settings_stay_as_they_are(client: Client) -> None:
    CachePolicy(cache_limit="7GB").save()
    post(client, "/api/pause")
    assert (CachePolicy.stored().cache_limit, CachePolicy.stored().paused) == ("7GB", True)


@pytest.mark.parametrize("method", ["pause", "resume"])
@pytest.mark.parametrize("value", ["true", "false"])
def test_what_the_environment_has_set_cannot_be_changed_and_the_answer_names_the_variable(
    client: Client, settings: Settings, method: str, value: str
) -> None:
    declare(settings, CACHERR_PAUSED=value)
    code, body = post(client, f"/api/{method}")
    assert code == 409
    assert "CACHERR_PAUSED" in body["error"]
    assert status(client)["paused"] is (value == "true")
    assert not CachePolicy.objects.filter(paused=True).exists()


@pytest.mark.parametrize("path", ["/api/pause", "/api/resume"])
def test_nobody_pauses_without_the_key(client: Client, path: str) -> None:
    assert client.post(path).status_code == 401
    assert not CachePolicy.objects.exists()


def test_a_pause_is_told_as_a_note_and_health_stays_as_it_is(client: Client) -> None:
    before = status(client)
    post(client, "/api/pause")
    after = status(client)
    note = {"level": "note", "message": "Cacherr is paused: nothing is moved.", "page": "policy"}
    assert [row for row in after["problems"] if row not in before["problems"]] == [note]
    assert problems.health([note]) == "healthy"  # type: ignore[list-item]
    assert after["health"] == before["health"]
    pausing.resume()


def test_dry_run_is_told_as_a_note_that_says_why_orders_wait(client: Client) -> None:
    before = status(client)
    CachePolicy(dry_run=True).save()
    after = status(client)
    message = "Dry run is on: no file is touched, and orders wait until it is switched off."
    note = {"level": "note", "message": message, "page": "policy"}
    assert [row for row in after["problems"] if row not in before["problems"]] == [note]
    assert after["health"] == before["health"]


def test_a_cycle_that_dry_run_has_ended_is_no_trouble() -> None:
    Cycle.objects.update(state=CycleState.STOPPED, error=queueing.DRY_RUN)
    assert problems.found(state.current_cycle(), {"caches": [], "conflicts": 0}) == []


def test_a_cycle_is_refused_with_its_cure_and_a_preview_is_not(client: Client) -> None:
    post(client, "/api/pause")
    code, body = post(client, "/api/start-cache")
    assert (code, body["error"]) == (
        409, "Cacherr is paused. Resume on the dashboard or unset CACHERR_PAUSED.",
    )  # fmt: skip
    assert not Cycle.objects.filter(state=CycleState.QUEUED).exists()
    assert post(client, "/api/start-cache", {"dry_run": True})[0] == 202
    pausing.resume()


def test_the_schedule_begins_no_cycle() -> None:
    pausing.pause()
    count = Cycle.objects.count()
    with pytest.raises(pausing.PausedError):
        cycle.run("schedule")
    assert Cycle.objects.count() == count
    pausing.resume()


def test_a_cycle_that_waited_already_waits_on() -> None:
    waiting = Cycle.objects.create()
    pausing.pause()
    assert cycle.run_waiting() is None
    waiting.refresh_from_db()
    assert waiting.state == CycleState.QUEUED
    pausing.resume()


def test_the_button_says_what_it_does(admin_client: Client) -> None:
    assert "Pause" in button(admin_client)
    pausing.pause()
    assert "Resume" in button(admin_client)
    pausing.resume()


def button(client: Client) -> str:
    text = client.get("/admin/").content.decode()
    start = text.index('<button id="pause"')
    return text[start : text.index("</button>", start)]


def test_a_cycle_that_made_way_for_the_mover_is_a_note_and_no_trouble() -> None:
    Cycle.objects.update(state=CycleState.STOPPED, error=mover.RUNNING)
    found = problems.found(state.current_cycle(), {"caches": [], "conflicts": 0})
    assert [(problem["level"], problem["page"]) for problem in found] == [("note", "cycle")]
    assert "Unraid's mover" in found[0]["message"]
