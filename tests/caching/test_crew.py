"""Many operations: in which order, how many at once, and how all of them are held up or ended."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from caching import crew, disk, exclusions, journal, mover, orders, pace, pausing, upkeep
from caching.models import PLAYBACK, CachedFile, CachePolicy, Cycle, CycleState, Operation, Root
from caching.playing import NOBODY
from tests.caching.ground import FILM, Ground, make_ground, make_ground_beside
from tests.conftest import contents
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = "64KB"
SIZE = 1 << 20
"""At the slow pace a copy of this takes a quarter of a minute: longer than any of these tests looks at it."""


@pytest.fixture
def ground(tmp_path: Path, settings: Settings) -> Iterator[Ground]:
    settings.COPY_CHUNK = 4096
    yield make_ground(tmp_path, "symlink")
    CachePolicy.objects.all().delete()
    pace.SHARED.look_again()


def policy(**values: Any) -> None:
    CachePolicy.objects.update_or_create(pk=1, defaults={"mover_pid_file": "", **values})
    pace.SHARED.look_again()


def films(ground: Ground, count: int, size: int = SIZE) -> list[Operation]:
    """Films on the array, and the operations that cache them."""
    paths = [b"Films/%d.mkv" % number for number in range(count)]
    for path in paths:
        ground.write(path, path[6:7] * size)
    return [ground.plan_caching(path, size) for path in paths]


def of_a_cycle(operations: list[Operation]) -> list[Operation]:
    """The same, planned by a cycle and not ordered by anybody."""
    cycle = Cycle.objects.create(state=CycleState.COMPLETED)
    for row in operations:
        row.cycle = cycle
        row.save(update_fields=["cycle"])
    return operations


class Told:
    """What the caller of a crew is told, and what it says about stopping."""

    def __init__(self) -> None:
        self.done: list[Operation] = []
        self.threads: set[str] = set()
        self.classes: dict[str, set[int]] = {}
        """How the kernel schedules the threads, by their name without its number; see sched(7)."""
        self.stop = threading.Event()

    def hear(self, operation: Operation) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.threads |= {thread.name for thread in threading.enumerate()}
        for thread in threading.enumerate():
            with suppress(ProcessLookupError):  # it ended in this moment
                found = os.sched_getscheduler(thread.native_id or 0)
                self.classes.setdefault(thread.name.partition("_")[0], set()).add(found)
        self.done.append(operation)

    def carry_out(self, ground: Ground, operations: list[Operation]) -> None:
        with ground.opened() as roots:
            crew.carry_out_all(operations, roots, playing=NOBODY, stopped=self.stop.is_set, done=self.hear)


@pytest.fixture
def told() -> Told:
    return Told()


@contextmanager
def meanwhile(happening: Callable[[], object]) -> Iterator[None]:
    """Let something happen beside the test's own thread, which is busy with a crew."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            happening()
        except BaseException as error:  # noqa: BLE001 - handed to the test's thread
            failures.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()
        assert failures == []


def copying(ground: Ground) -> int:
    """How many copies are being made now."""
    return len(list(ground.cache.rglob(".cacherr.*.tmp")))


def states(operations: list[Operation]) -> list[str]:
    return [Operation.objects.get(pk=operation.pk).state for operation in operations]


def outcomes(operations: list[Operation]) -> list[str]:
    return [Operation.objects.get(pk=operation.pk).outcome for operation in operations]


def playback(ground: Ground, name: str = "urgent", size: int = 5000) -> Operation:
    """What somebody's playback ordered, waiting in the journal."""
    path = f"Films/{name}.mkv".encode()
    ground.write(path, b"u" * size)
    order = ground.plan_caching(path, size)
    Operation.objects.filter(pk=order.pk).update(trigger=PLAYBACK)
    order.refresh_from_db()
    return order


def finished(*operations: Operation) -> list[int]:
    """The operations in the order in which they ended."""
    rows = Operation.objects.filter(pk__in=[row.pk for row in operations]).order_by("finished_at")
    return list(rows.values_list("pk", flat=True))


def test_what_playback_orders_meanwhile_is_done_between_two_operations(ground: Ground, told: Told) -> None:
    policy(operations_to_cache=1)
    operations = films(ground, 3, 5000)
    orders: list[Operation] = []

    def after_the_first(operation: Operation) -> None:
        told.hear(operation)
        if not orders:
            orders.append(playback(ground))
            time.sleep(crew.LOOK_SECONDS)  # then the next look is due

    with ground.opened() as roots:
        crew.carry_out_all(operations, roots, playing=NOBODY, stopped=lambda: False, done=after_the_first)
    assert finished(*operations, *orders) == [row.pk for row in (operations[0], *orders, *operations[1:])]
    assert [row.pk for row in told.done] == [row.pk for row in operations]


def test_what_playback_orders_takes_a_free_place_beside_a_long_copy(ground: Ground, told: Told) -> None:
    policy(operations_to_cache=2, bandwidth_limit="1MB")
    (short,) = films(ground, 1, 5000)
    ground.write(b"Films/long.mkv", b"long" * SIZE)
    long = ground.plan_caching(b"Films/long.mkv", 4 * SIZE)
    orders: list[Operation] = []

    def arrive() -> None:
        until(lambda: short.pk in finished_now(), "the short copy to end")
        orders.append(playback(ground))

    with meanwhile(arrive):
        told.carry_out(ground, [short, long])
    assert finished(short, long, *orders) == [short.pk, orders[0].pk, long.pk]


def finished_now() -> set[int]:
    return set(Operation.objects.filter(state="done").values_list("pk", flat=True))


def slow_copies(ground: Ground, at_once: int, count: int) -> list[Operation]:
    """Films that take longer than anybody here waits, to be copied so many at once."""
    policy(operations_to_cache=at_once, bandwidth_limit=SLOW)
    return films(ground, count)


def end_the_rest(told: Told) -> None:
    """The test has seen enough: nothing more begins, and what is copied ends."""
    told.stop.set()
    Operation.objects.filter(state="planned", started_at__isnull=False).update(cancel_requested=True)


@pytest.mark.parametrize(("at_once", "count"), [(1, 1), (1, 2), (2, 1), (2, 2), (2, 4)])
def test_what_playback_orders_is_cached_before_the_copies_end_that_take_all_places(
    ground: Ground, told: Told, at_once: int, count: int
) -> None:
    operations = slow_copies(ground, at_once, count)
    begun, orders = min(at_once, count), list[Operation]()

    def arrive() -> None:
        until(lambda: copying(ground) == begun, "slow copies in every place")
        orders.append(playback(ground, "urgent", 1000))
        until(lambda: states(orders) == ["done"], "the order to be done")
        assert copying(ground) == begun
        assert states(operations) == ["planned"] * count
        end_the_rest(told)

    with meanwhile(arrive):
        told.carry_out(ground, operations)
    assert ground.on_cache(orders[0].relative).stat().st_size == 1000
    assert told.done
    assert orders[0].pk not in {row.pk for row in told.done}


@pytest.mark.parametrize("at_once", [1, 2])
def test_playback_has_one_place_more_and_its_orders_take_it_one_after_the_other(
    ground: Ground, told: Told, at_once: int
) -> None:
    operations = slow_copies(ground, at_once, at_once + 1)
    orders: list[Operation] = []
    most: list[int] = []

    def arrive() -> None:
        until(lambda: copying(ground) == at_once, "slow copies in every place")
        orders.extend(playback(ground, f"urgent{number}", 20_000) for number in range(3))

        def all_done() -> bool:
            most.append(copying(ground))
            return states(orders) == ["done"] * 3

        until(all_done, "the orders to be done")
        end_the_rest(told)

    with meanwhile(arrive):
        told.carry_out(ground, operations)
    assert max(most) == at_once + 1
    assert finished(*orders) == [row.pk for row in orders]
    assert states(operations[:at_once]) == ["aborted"] * at_once


@pytest.mark.parametrize("at_once", [1, 2])
def test_playback_orders_that_the_caller_brings_do_not_wait_for_what_makes_room(
    ground: Ground, told: Told, at_once: int
) -> None:
    ground.cached()
    restore = ground.plan_restore()
    operations = [restore, *films(ground, 1, 5000), playback(ground)]
    policy(operations_to_cache=at_once, operations_to_array=at_once)
    told.carry_out(ground, operations)
    assert finished(*operations)[0] == operations[2].pk
    assert {row.pk for row in told.done} == {row.pk for row in operations}


def test_what_playback_orders_on_other_roots_is_taken_on_when_they_can_be_opened(ground: Ground, told: Told) -> None:
    beside = make_ground_beside(ground)
    orders = [playback(beside), playback(ground)]
    marker, kept = beside.cache / os.fsdecode(disk.MARKER), beside.directory / "kept"
    first, second = films(ground, 2, 5000)
    marker.rename(kept)
    told.carry_out(ground, [first])
    assert states(orders) == ["planned", "done"]
    assert journal.urgent(set()) == orders[0]
    kept.rename(marker)
    told.carry_out(ground, [second])
    assert states(orders) == ["done", "done"]
    assert beside.on_cache(orders[0].relative).exists()


def test_what_playback_orders_while_the_work_is_stopped_goes_on_waiting(ground: Ground, told: Told) -> None:
    policy(operations_to_cache=1)
    operations = films(ground, 2, 5000)
    order = playback(ground)
    told.stop.set()
    told.carry_out(ground, operations)
    order.refresh_from_db()
    assert order.is_waiting
    assert journal.urgent(set()) == order
    assert journal.urgent({order.pk}) is None


@pytest.mark.parametrize("at_once", [1, 3])
def test_restores_come_first_then_caching_in_the_order_given(ground: Ground, told: Told, at_once: int) -> None:
    policy(operations_to_cache=1, operations_to_array=at_once)
    ground.cached()
    caching = films(ground, 3, 5000)
    operations = [*caching[:2], ground.plan_restore(), caching[2]]
    told.carry_out(ground, operations)
    assert [row.pk for row in told.done] == [operations[number].pk for number in (2, 0, 1, 3)]
    assert states(operations) == ["done"] * 4


def test_one_at_a_time_needs_no_other_thread(ground: Ground, told: Told) -> None:
    policy(operations_to_cache=1)
    told.carry_out(ground, films(ground, 3, 5000))
    assert not [name for name in told.threads if name.startswith("operation")]


@pytest.mark.parametrize("at_once", [2, 16])
def test_several_at_a_time_all_arrive_and_are_told_in_the_callers_thread(
    ground: Ground, told: Told, at_once: int
) -> None:
    policy(operations_to_cache=at_once, bandwidth_limit="1MB")  # so that all of them are at it at once
    operations = films(ground, 32, 50_000)
    told.carry_out(ground, operations)
    assert {row.pk for row in told.done} == {row.pk for row in operations}
    assert states(operations) == ["done"] * 32
    assert [name for name in told.threads if name.startswith("operation")]
    assert {file.name for file in (ground.cache / "Films").iterdir()} == {f"{number}.mkv" for number in range(32)}


def test_threads_that_copy_interrupt_nobody_and_the_callers_is_as_it_was(ground: Ground, told: Told) -> None:
    policy(operations_to_cache=2, bandwidth_limit="1MB")
    told.carry_out(ground, films(ground, 4, 50_000))
    assert os.SCHED_BATCH in told.classes["operation"]  # beside it that of a thread that was just beginning
    assert told.classes["MainThread"] == {os.sched_getscheduler(0)} != {os.SCHED_BATCH}


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_so_many_are_copied_at_the_same_time_and_never_more(ground: Ground, told: Told, at_once: int) -> None:
    policy(operations_to_cache=at_once, bandwidth_limit="1MB")
    most: list[int] = []

    def watch() -> None:
        while not told.stop.is_set():
            most.append(copying(ground))
            if len(told.done) >= 3:
                told.stop.set()

    with meanwhile(watch):
        told.carry_out(ground, films(ground, 5, 300_000))
    assert max(most) == at_once


@pytest.mark.parametrize("at_once", [1, 2])
def test_after_a_stop_nothing_begins_and_each_says_why(ground: Ground, told: Told, at_once: int) -> None:
    policy(operations_to_cache=at_once)
    operations = of_a_cycle(films(ground, 4, 5000))
    told.stop.set()
    told.carry_out(ground, operations)
    assert states(operations) == ["aborted"] * 4
    assert set(outcomes(operations)) == {crew.STOPPED}
    assert told.done == []


@pytest.mark.parametrize("at_once", [1, 2])
def test_after_a_stop_orders_that_nobody_has_begun_go_on_waiting(ground: Ground, told: Told, at_once: int) -> None:
    policy(operations_to_cache=at_once)
    operations = films(ground, 4, 5000)
    told.stop.set()
    told.carry_out(ground, operations)
    assert orders.waiting() == operations
    assert told.done == []


def test_the_movers_list_names_what_is_cached_before_it_is_also_what_playback_orders_meanwhile(
    ground: Ground, settings: Settings, tmp_path: Path
) -> None:
    settings.CONFIG_DIR = tmp_path
    policy(operations_to_cache=1)
    operations = films(ground, 3, 5000)
    listed: list[frozenset[bytes]] = []
    meanwhile: list[Operation] = []

    def done(_: Operation) -> None:
        listed.append(exclusions.listed())
        if not meanwhile:
            meanwhile.append(playback(ground))
            time.sleep(crew.LOOK_SECONDS)  # then the next look is due

    with ground.opened() as roots:
        crew.carry_out_all(operations, roots, playing=NOBODY, stopped=lambda: False, done=done)
    first, second, _ = listed
    assert {os.fsencode(ground.on_cache(row.relative)) for row in operations} <= first
    assert second - first == {os.fsencode(ground.on_cache(meanwhile[0].relative))}


@pytest.mark.parametrize("at_once", [1, 2])
def test_an_error_is_raised_when_no_operation_is_in_progress_any_more(ground: Ground, told: Told, at_once: int) -> None:
    policy(operations_to_cache=at_once)
    operations = films(ground, 4, 200_000)
    broken = operations[1 if at_once == 1 else 0]
    broken.array = Root.objects.create(id="never-opened", kind=Root.Kind.ARRAY, path="/nowhere")
    good = [operation for operation in operations if operation is not broken]
    with pytest.raises(KeyError):
        told.carry_out(ground, operations)
    assert copying(ground) == 0
    assert states(good) == ["done", "planned", "planned"]
    assert {row.pk for row in told.done} <= {good[0].pk}


def test_what_somebody_else_has_ended_is_left_alone(ground: Ground, told: Told) -> None:
    policy(operations_to_cache=2)
    operations = films(ground, 3, 5000)
    Operation.objects.filter(pk=operations[1].pk).update(state="aborted", outcome="Somebody else.")
    told.carry_out(ground, operations)
    assert states(operations) == ["done", "aborted", "done"]
    assert operations[1].outcome == "Somebody else."


def test_an_operation_that_was_cancelled_while_it_waited_does_not_begin(ground: Ground, told: Told) -> None:
    policy(operations_to_cache=2)
    operations = films(ground, 3, 5000)
    Operation.objects.filter(pk=operations[2].pk).update(cancel_requested=True)
    told.carry_out(ground, operations)
    assert outcomes(operations) == ["", "", crew.CANCELLED]


@pytest.mark.parametrize("limit", ["", SLOW])
def test_a_cancel_reaches_a_copy_even_while_it_waits_for_its_turn(ground: Ground, told: Told, limit: str) -> None:
    policy(operations_to_cache=2, bandwidth_limit=limit)
    operations = films(ground, 2, SIZE if limit else 200 * SIZE)

    def cancel() -> None:
        until(lambda: copying(ground) == 2, "two copies")
        Operation.objects.filter(pk=operations[0].pk).update(cancel_requested=True)
        until(lambda: states(operations[:1]) == ["aborted"], "the end of the first")
        Operation.objects.update(cancel_requested=True)

    with meanwhile(cancel):
        told.carry_out(ground, operations)
    assert set(outcomes(operations)) == {"Cancelled; everything is as it was."}
    assert copying(ground) == 0


@pytest.mark.parametrize("at_once", [1, 2])
def test_nothing_begins_during_a_pause_until_it_is_over(ground: Ground, told: Told, at_once: int) -> None:
    policy(operations_to_cache=at_once, paused=True)
    operations = films(ground, 3, 5000)
    asked: list[bool] = []

    def stopped() -> bool:
        asked.append(False)
        return False

    def resume() -> None:
        until(lambda: len(asked) > 4, "the crew to look several times")
        assert states(operations) == ["planned"] * 3
        pausing.resume()

    with meanwhile(resume), ground.opened() as roots:
        crew.carry_out_all(operations, roots, playing=NOBODY, stopped=stopped, done=told.hear)
    assert states(operations) == ["done"] * 3


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_pause_holds_a_copy_and_a_stop_still_ends_it(ground: Ground, told: Told, at_once: int) -> None:
    policy(operations_to_cache=at_once, bandwidth_limit=SLOW)
    operations = of_a_cycle(films(ground, 3))

    def pause_and_cancel() -> None:
        until(lambda: copying(ground) == at_once, "copies")
        pausing.pause()
        until(lambda: Operation.objects.filter(bytes_per_second=0, bytes_done__gt=0).count() == at_once, "the rest")
        before = list(Operation.objects.order_by("pk").values_list("bytes_done", flat=True))
        policy(paused=True, bandwidth_limit="")  # without a limit only the pause holds them
        for _ in range(3):  # as long as it takes to look at the settings afresh, and again
            pace.SHARED.look_again()
            pace.SHARED.keep(1, NOBODY, lambda: None)
            pace.SHARED.sleep(pace.SLICE_SECONDS * 4)
        told.stop.set()
        assert copying(ground) == at_once
        assert list(Operation.objects.order_by("pk").values_list("bytes_done", flat=True)) == before
        Operation.objects.update(cancel_requested=True)

    with meanwhile(pause_and_cancel):
        told.carry_out(ground, operations)
    assert states(operations) == ["aborted"] * 3
    assert copying(ground) == 0
    assert not CachedFile.objects.exists()


def test_a_copy_goes_on_after_a_pause_from_where_it_was(ground: Ground, told: Told) -> None:
    policy(operations_to_cache=2, bandwidth_limit=SLOW)
    operations = films(ground, 2)

    def pause_and_resume() -> None:
        until(lambda: copying(ground) == 2, "copies")
        pausing.pause()
        until(lambda: Operation.objects.filter(bytes_per_second=0, bytes_done__gt=0).count() == 2, "the rest")
        policy(operations_to_cache=2, paused=False, bandwidth_limit="")

    with meanwhile(pause_and_resume):
        told.carry_out(ground, operations)
    assert states(operations) == ["done"] * 2
    assert ground.on_cache(b"Films/1.mkv").read_bytes() == b"1" * SIZE


@pytest.mark.parametrize("at_once", [1, 2])
def test_when_the_mover_begins_copies_are_undone_and_nothing_more_begins(
    ground: Ground, told: Told, tmp_path: Path, at_once: int
) -> None:
    pid_file = tmp_path / "mover.pid"
    policy(operations_to_cache=at_once, bandwidth_limit=SLOW, mover_pid_file=str(pid_file))
    operations = of_a_cycle(films(ground, 3))

    def begin() -> None:
        until(lambda: copying(ground) == at_once, "copies")
        pid_file.write_text("")

    with meanwhile(begin), pytest.raises(mover.MoverRunningError, match="Unraid's mover is running"):
        told.carry_out(ground, operations)
    assert set(outcomes(operations)) == {"Unraid's mover has begun; everything is as it was."}
    assert copying(ground) == 0
    assert not CachedFile.objects.exists()


@pytest.mark.parametrize("at_once", [1, 2])
def test_what_somebody_ordered_waits_for_the_end_of_the_mover_and_is_then_done(
    ground: Ground, settings: Settings, tmp_path: Path, at_once: int
) -> None:
    settings.CONFIG_DIR = tmp_path
    pid_file = tmp_path / "mover.pid"
    policy(operations_to_cache=at_once, bandwidth_limit=SLOW, mover_pid_file=str(pid_file))
    operations = films(ground, 3)
    before = contents(ground.array)

    def begin() -> None:
        until(lambda: copying(ground) == at_once, "copies")
        until(lambda: Operation.objects.filter(bytes_done__gt=0).exists(), "progress")
        pid_file.write_text("")

    with meanwhile(begin), pytest.raises(mover.MoverRunningError, match="Unraid's mover is running"):
        orders.run_waiting()
    assert copying(ground) == 0
    assert contents(ground.array) == before
    assert orders.waiting() == operations
    assert set(Operation.objects.values_list("bytes_done", "bytes_per_second", "outcome")) == {(0, 0, "")}
    with pytest.raises(mover.MoverRunningError):
        orders.run_waiting()
    upkeep.recover()
    assert orders.waiting() == operations
    pid_file.unlink()
    policy(operations_to_cache=at_once, bandwidth_limit="", mover_pid_file=str(pid_file))
    assert orders.run_waiting() == 3
    assert states(operations) == ["done"] * 3
    assert {os.fsencode(name) for name in contents(ground.cache)} == {row.relative for row in operations}


def test_a_restore_that_made_way_for_the_mover_is_done_later_from_the_start(
    ground: Ground, settings: Settings, tmp_path: Path
) -> None:
    settings.CONFIG_DIR = tmp_path
    ground.mapping.mode = "move"
    ground.mapping.save()
    content = b"r" * SIZE
    ground.write(FILM, content)
    assert ground.carry_out(ground.plan_caching(FILM, SIZE)).state == "done"
    pid_file = tmp_path / "mover.pid"
    policy(bandwidth_limit=SLOW, mover_pid_file=str(pid_file))
    order = ground.plan_return(CachedFile.objects.get())

    def begin() -> None:
        until(lambda: list(ground.array.rglob(".cacherr.*.tmp")), "a copy")
        pid_file.write_text("")

    with meanwhile(begin), pytest.raises(mover.MoverRunningError):
        orders.run_waiting()
    assert orders.waiting() == [order]
    assert ground.private_names() == []
    pid_file.unlink()
    policy()
    orders.run_waiting()
    assert states([order]) == ["done"]
    assert ground.on_array(FILM).read_bytes() == content
    assert not ground.on_cache(FILM).exists()


def test_an_order_that_was_cancelled_as_the_mover_began_does_not_wait_again(ground: Ground) -> None:
    (order,) = films(ground, 1, 5000)
    journal.claim(order)
    Operation.objects.update(cancel_requested=True)
    assert journal.put_back(order) is False
    assert order.started_at is not None
    Operation.objects.update(cancel_requested=False, state="verified")
    with pytest.raises(journal.LostOperationError):
        journal.put_back(order)


def test_an_order_that_waits_again_can_be_cancelled_and_ordered_anew(ground: Ground) -> None:
    (order,) = films(ground, 1, 5000)
    journal.claim(order)
    assert journal.put_back(order)
    assert order.is_waiting
    assert orders.cancel(order)
    assert states([order]) == ["aborted"]
    assert ground.carry_out(ground.plan_caching(order.relative, 5000)).state == "done"
