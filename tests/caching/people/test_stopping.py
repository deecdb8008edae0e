"""A cycle that is stopped while people are asked."""

import shutil

import pytest

from caching import cycle
from caching.models import Cycle, Operation, Phase
from plexusers.models import LibraryItem, PlexUser
from plexusers.standin import StandIn
from tests.caching.ground import put_new_disk
from tests.caching.neighbours import Neighbours, cached, run, when

pytestmark = pytest.mark.django_db


def test_a_stop_is_heeded_at_once_and_nobody_is_asked_any_more(neighbours: Neighbours, plex: StandIn) -> None:
    neighbours.on_deck(neighbours.alex, neighbours.film("Film"))
    with when(Cycle, lambda row: row.phase == Phase.USERS, cycle.stop):
        stopped = run()
    assert (stopped.state, stopped.phase, stopped.error) == ("stopped", "users", "")
    assert plex.requests == []
    assert not Operation.objects.exists()
    run()
    assert cached() == {"Film"}


def test_a_stop_between_two_requests_of_one_phase_is_heeded_before_the_second(
    neighbours: Neighbours, plex: StandIn
) -> None:
    neighbours.film("Film")
    with when(PlexUser, lambda row: row.kind == "shared", cycle.stop):
        stopped = run()
    assert stopped.state == "stopped"
    assert not LibraryItem.objects.exists()
    assert not [one for one in plex.requests if one.path.startswith("/library")]


@pytest.mark.parametrize("phase", [Phase.ONDECK, Phase.WATCHLIST, Phase.LISTS, Phase.PLAN])
def test_a_stop_in_any_phase_before_the_plan_moves_nothing(neighbours: Neighbours, plex: StandIn, phase: Phase) -> None:
    neighbours.on_deck(neighbours.alex, neighbours.film("Film"))
    with when(Cycle, lambda row: row.phase == phase, cycle.stop):
        stopped = run()
    assert (stopped.state, stopped.phase, stopped.plan) == ("stopped", phase, [])
    assert not Operation.objects.exists()


def test_comparing_copies_on_a_new_disk_is_shown_as_planning_of_so_many_files_and_can_be_stopped(
    neighbours: Neighbours, plex: StandIn
) -> None:
    neighbours.on_deck(neighbours.alex, neighbours.film("Film"), neighbours.film("Other"))
    run()
    copied = put_new_disk(neighbours.ground.cache)
    shutil.copytree(copied, neighbours.ground.cache, dirs_exist_ok=True)
    shown = (Phase.PLAN, 2, 0)
    with when(Cycle, lambda row: (row.phase, row.items_total, row.items_processed) == shown, cycle.stop):
        stopped = run()
    assert (stopped.state, stopped.plan) == ("stopped", [])
    assert run().state == "completed"
    assert cached() == {"Film", "Other"}
