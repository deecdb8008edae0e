"""Cycles that are asked for while one waits: what was asked for as a dry run moves no file, and the other way round."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from cacherr.errors import BusyError
from caching import cycle, pausing
from caching.models import CachePolicy, Cycle, CycleState
from tests.caching.quiet import KEY, make_quiet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installation(settings: Settings, tmp_path: Path) -> None:
    """A key, and a queue of its own that nobody works on."""
    make_quiet(settings, tmp_path)


@pytest.mark.parametrize("dry_run", [False, True])
def test_who_asks_for_the_same_again_gets_the_cycle_that_waits(*, dry_run: bool) -> None:
    first = cycle.request("api", dry_run=dry_run)
    again = cycle.request("command", dry_run=dry_run)
    assert (again.pk, again.trigger, again.dry_run) == (first.pk, "api", dry_run)


def test_a_dry_run_that_waits_becomes_the_cycle_that_moves_files_when_one_is_asked_for() -> None:
    waiting = cycle.request("api", dry_run=True)
    asked = cycle.request("command")
    assert (asked.pk, asked.dry_run, asked.trigger) == (waiting.pk, False, "command")
    row = Cycle.objects.get()
    assert (row.state, row.dry_run, row.trigger) == (CycleState.QUEUED, False, "command")


def test_a_dry_run_is_refused_while_a_cycle_that_moves_files_waits_and_the_cure_helps() -> None:
    cycle.request("api")
    pausing.pause()
    with pytest.raises(BusyError, match=r"A cycle that moves files waits already\. Let it end or stop it"):
        cycle.request("command", dry_run=True)
    assert Cycle.objects.get().dry_run is False
    cycle.stop()
    assert cycle.request("command", dry_run=True).dry_run
    pausing.resume()


def test_the_api_says_so(client: Client) -> None:
    cycle.request("command")
    answer = client.post("/api/start-cache", {"dry_run": True}, "application/json", headers=KEY)
    assert answer.status_code == 409
    assert "waits already" in answer.json()["error"]


def test_a_paused_cacherr_lets_the_dry_run_that_waits_be_one() -> None:
    cycle.request("api", dry_run=True)
    pausing.pause()
    with pytest.raises(pausing.PausedError):
        cycle.request("schedule")
    assert Cycle.objects.get().dry_run
    pausing.resume()


def test_who_came_for_a_dry_run_never_carries_out_what_another_one_made_of_it() -> None:
    cycle.request("command", dry_run=True)
    cycle.request("api")  # right after, and before the first one begins
    assert cycle.run_waiting(only_dry=True) is None
    assert Cycle.objects.get().state == CycleState.QUEUED


def test_while_no_file_may_be_touched_a_cycle_that_waits_begins_as_a_dry_run() -> None:
    CachePolicy(dry_run=True).save()
    cycle.request("api")
    with pytest.raises(Exception, match="No path mapping"):
        cycle.run_waiting()
    assert Cycle.objects.get().dry_run
