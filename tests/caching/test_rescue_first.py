"""A rescue is due while somebody is at work, or paused there: the work ends in a safe state, and the rescue comes."""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django.fixtures import Settings

from cacherr.errors import BusyError
from caching import crew, cycle, lock, orders, pace, rescue, upkeep
from caching.models import CachedFile, CachePolicy, Cycle, CycleState, Operation
from caching.playing import NOBODY
from tests.caching.ground import CONTENT, Ground, make_ground, make_ground_beside, put_new_disk
from tests.caching.neighbours import Neighbours, serving
from tests.caching.test_crew import copying, meanwhile
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = 1 << 20
SLOW = "64KB"
"""At this pace a copy takes a quarter of a minute: longer than any of these tests looks at it."""


@pytest.fixture(autouse=True)
def configuration(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A configuration directory of its own, and small steps of copying."""
    settings.CONFIG_DIR = tmp_path_factory.mktemp("config")
    settings.COPY_CHUNK = 4096
    yield
    CachePolicy.objects.all().delete()
    pace.SHARED.look_again()


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """A mapping with a cached file, whose cache will be gone."""
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    policy(rescue_after_seconds=0)
    return ground


@pytest.fixture
def beside(ground: Ground) -> Ground:
    """A second mapping, for which somebody is at work."""
    return make_ground_beside(ground)


def policy(**values: object) -> None:
    CachePolicy.objects.update_or_create(pk=1, defaults={"mover_pid_file": "", **values})
    pace.SHARED.look_again()


def films(ground: Ground, *, of_cycle: Cycle | None = None) -> list[Operation]:
    """Three films of a mapping, and the operations that cache them: orders, or what a cycle planned."""
    paths = [b"Films/%d.mkv" % number for number in range(3)]
    for path in paths:
        ground.write(path, b"x" * SIZE)
        ground.plan_caching(path, SIZE)
    Operation.objects.filter(state="planned").update(cycle=of_cycle)
    return list(Operation.objects.filter(state="planned").select_related("array", "cache").order_by("pk"))


@contextmanager
def at_work(work: Callable[[], object]) -> Iterator[None]:
    """Somebody else at work beside the test's own thread."""
    with meanwhile(work):
        until(cycle.is_working, "the work to begin")
        yield


@contextmanager
def crew_at_work(ground: Ground, operations: list[Operation]) -> Iterator[None]:
    """A crew that holds the lock of work."""

    def work() -> None:
        with lock.held(lock.WORK_LOCK), ground.opened() as roots:
            crew.carry_out_all(operations, roots, playing=NOBODY, stopped=lambda: False, done=lambda _: None)

    with at_work(work):
        yield


def said(operations: list[Operation]) -> list[tuple[str, str]]:
    rows = [Operation.objects.get(pk=operation.pk) for operation in operations]
    return [(row.state, row.outcome) for row in rows]


def is_rescued(ground: Ground) -> bool:
    return not ground.on_array().is_symlink() and ground.on_array().read_bytes() == CONTENT


@pytest.mark.parametrize("at_once", [1, 2])
def test_what_a_pause_holds_ends_for_a_rescue_and_orders_wait_on(ground: Ground, beside: Ground, at_once: int) -> None:
    policy(rescue_after_seconds=0, paused=True, operations_to_cache=at_once)
    operations = films(beside)
    with crew_at_work(beside, operations):
        put_new_disk(ground.cache)
        assert rescue.watch() is not None
        assert is_rescued(ground)
    assert said(operations) == [("planned", "")] * 3
    assert all(operation.is_waiting for operation in orders.waiting())


def test_what_a_paused_cycle_had_planned_is_given_up_with_the_reason(ground: Ground, beside: Ground) -> None:
    policy(rescue_after_seconds=0, paused=True)
    row = Cycle.objects.create(state=CycleState.RUNNING)
    operations = films(beside, of_cycle=row)
    with crew_at_work(beside, operations):
        put_new_disk(ground.cache)
        rescue.rescue()
    assert said(operations) == [("aborted", pace.MADE_WAY)] * 3
    row.refresh_from_db()
    assert (row.stop_requested, row.error) == (True, f"{lock.RESCUE_FIRST} The next cycle goes on.")


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize("paused", [False, True])
def test_copies_in_progress_are_undone_for_a_rescue(
    ground: Ground, beside: Ground, at_once: int, *, paused: bool
) -> None:
    policy(rescue_after_seconds=0, bandwidth_limit=SLOW, operations_to_cache=at_once)
    operations = films(beside)
    with crew_at_work(beside, operations):
        until(lambda: copying(beside) == at_once, "copies")
        CachePolicy.objects.update(paused=paused)
        pace.SHARED.look_again()
        put_new_disk(ground.cache)
        assert rescue.watch() is not None
        assert is_rescued(ground)
    assert said(operations) == [("planned", "")] * 3
    assert len(orders.waiting()) == 3
    assert (copying(beside), CachedFile.objects.count()) == (0, 1)


def test_a_rescue_that_keeps_failing_does_not_stop_every_cycle(ground: Ground, beside: Ground) -> None:
    policy(rescue_after_seconds=0, paused=True)
    said_before = f"{lock.RESCUE_FIRST} The next cycle goes on."
    Cycle.objects.create(state=CycleState.STOPPED, error=said_before, finished_at=timezone.now())
    row = Cycle.objects.create(state=CycleState.RUNNING)
    operations = films(beside, of_cycle=row)
    with crew_at_work(beside, operations):
        put_new_disk(ground.cache)
        with pytest.raises(BusyError):
            rescue.rescue()
        row.refresh_from_db()
        assert not row.stop_requested
        policy(paused=False)
    assert said(operations) == [("done", "")] * 3


def test_a_cycle_ends_for_a_rescue_says_so_and_counts_no_failure(tmp_path: Path, settings: Settings) -> None:
    neighbours = Neighbours(tmp_path)
    ground = make_ground_beside(neighbours.ground)
    ground.cached()
    for title in ("Alpha", "Beta"):
        film = neighbours.film(title)
        neighbours.ground.write(f"Movies/{title}/{title}.mkv".encode(), b"x" * SIZE)
        neighbours.on_deck(neighbours.alex, film)
    policy(bandwidth_limit=SLOW, minimum_hold_hours=24)
    with serving(neighbours) as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        with at_work(lambda: cycle.run("test")):
            until(lambda: copying(neighbours.ground), "a copy")
            put_new_disk(ground.cache)
            rescue.rescue()
            assert is_rescued(ground)
    done = Cycle.objects.get()
    assert (done.state, done.failures) == (CycleState.STOPPED, 0)
    assert done.error == f"{lock.RESCUE_FIRST} The next cycle goes on."


def test_nobody_begins_anything_while_a_rescue_waits(ground: Ground, beside: Ground) -> None:
    operations = films(beside)
    Cycle.objects.create()
    with lock.held(lock.WORK_LOCK), at_work(lambda: wait_in_vain(2.0)):
        until(lambda: lock.is_wanted(lock.WORK_LOCK), "somebody who goes first")
        for begin in (orders.run_waiting, cycle.run_waiting, upkeep.recover):
            with pytest.raises(BusyError, match="rescue"):
                begin()
        upkeep.tend()
    assert not lock.is_wanted(lock.WORK_LOCK)
    assert said(operations) == [("planned", "")] * 3
    assert Cycle.objects.get().state == CycleState.QUEUED


def wait_in_vain(seconds: float) -> None:
    with pytest.raises(BusyError, match="Another instance"), lock.held_first(lock.WORK_LOCK, seconds):
        pass


def test_a_cycle_is_not_stopped_when_there_is_nothing_to_rescue(ground: Ground) -> None:
    row = Cycle.objects.create(state=CycleState.RUNNING)
    with lock.held(lock.WORK_LOCK):
        with pytest.raises(BusyError):
            rescue.rescue()
        put_new_disk(ground.cache)
        put_new_disk(ground.array)  # what is on it has to wait
        assert rescue.watch() is None
        with pytest.raises(BusyError):
            rescue.rescue()
    row.refresh_from_db()
    assert not row.stop_requested


def test_who_looks_whether_somebody_works_keeps_nobody_from_beginning() -> None:
    with lock.held(lock.WORK_LOCK):
        assert cycle.is_working()
    with open(Path(django_settings.CONFIG_DIR) / "work.lock", "a") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)  # as those who look do, who all may do so at once
        assert not cycle.is_working()
        threading.Timer(0.05, lambda: fcntl.flock(looking, fcntl.LOCK_UN)).start()
        with lock.held(lock.WORK_LOCK):
            assert cycle.is_working()
