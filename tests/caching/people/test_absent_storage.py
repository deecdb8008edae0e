"""A disk is gone whose path mapping is switched off: everything else goes on, and nothing is concluded of its files."""

import pytest

from cacherr.errors import StorageAbsentError
from caching import doctor, journal, problems, recovery, rescue, state, upkeep
from caching.models import CachedFile, CycleState, Kind, Operation
from plexusers.standin import StandIn
from tests.caching.ground import CONTENT, Ground, make_ground_beside, put_new_disk
from tests.caching.neighbours import Neighbours, cached, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(neighbours: Neighbours) -> Ground:
    """A mapping with a cached file that is switched off, and its array is gone."""
    beside = make_ground_beside(neighbours.ground)
    beside.cached()
    beside.mapping.enabled = False
    beside.mapping.save()
    put_new_disk(beside.array)
    return beside


def bring_back(other: Ground) -> None:
    other.array.rmdir()
    other.array.with_name("array in a drawer").rename(other.array)


def test_cycles_of_the_others_go_on_and_the_plan_says_why_its_files_wait(
    neighbours: Neighbours, plex: StandIn, other: Ground
) -> None:
    neighbours.on_deck(neighbours.alex, neighbours.film("Film"))
    done = run()
    assert (done.state, done.files_cached, done.files_restored, done.failures) == (CycleState.COMPLETED, 1, 0, 1)
    (said,) = [row["reason"] for row in done.plan if row["action"] == "skip"]
    assert said.startswith("nothing is done with it while its storage is absent")
    assert str(other.array) in said
    assert cached() == {"Film", "Alpha (2001)"}
    assert CachedFile.objects.get(array=other.mapping.array_id).conflict == ""
    assert list(other.array.iterdir()) == []
    messages = [problem["message"] for problem in problems.found(state.current_cycle(), state.stats_data())]
    assert "1 file could not be cached or restored in the last cycle." in messages


def test_when_the_disk_is_back_its_files_go_back_as_those_of_any_mapping_that_is_switched_off(
    neighbours: Neighbours, plex: StandIn, other: Ground
) -> None:
    run()
    bring_back(other)
    run()
    assert other.on_array().read_bytes() == CONTENT
    assert not other.on_array().is_symlink()
    assert cached() == set()


def test_an_unfinished_operation_on_it_waits_and_keeps_no_cycle_from_running(
    neighbours: Neighbours, plex: StandIn, other: Ground
) -> None:
    bring_back(other)
    operation = journal.plan_return(None, Kind.RESTORE, CachedFile.objects.get(), "test")
    assert operation is not None
    journal.claim(operation)
    put_new_disk(other.array)
    assert run().state == CycleState.COMPLETED
    assert upkeep.recover().operations == ()
    assert Operation.objects.get(pk=operation.pk).is_live
    assert list(rescue.absent_roots()) == [str(other.array)]


def test_a_rescued_file_whose_cache_came_back_leaves_it_also_when_its_mapping_was_switched_off(
    neighbours: Neighbours, plex: StandIn
) -> None:
    beside = make_ground_beside(neighbours.ground)
    beside.cached()
    drawer = put_new_disk(beside.cache)
    rescue.rescue()
    beside.cache.rmdir()
    drawer.rename(beside.cache)
    beside.mapping.enabled = False
    beside.mapping.save()
    assert run().state == CycleState.COMPLETED
    assert beside.on_array().read_bytes() == CONTENT
    assert cached() == set()


def test_a_mapping_in_force_still_needs_its_storage(neighbours: Neighbours, plex: StandIn, other: Ground) -> None:
    other.mapping.enabled = True
    other.mapping.save()
    with pytest.raises(StorageAbsentError):
        run()
    with (
        pytest.raises(StorageAbsentError),
        recovery.open_roots(recovery.roots_in_use([neighbours.ground.mapping, other.mapping])),
    ):
        pass


def test_the_doctor_tells_of_it_as_a_warning(neighbours: Neighbours, plex: StandIn, other: Ground) -> None:
    (found,) = [one for one in doctor.examine() if one.check == "storage" and one.level == "warning"]
    assert str(other.array) in found.message
    assert "No path mapping in force uses it" in found.message
    assert found.cure
