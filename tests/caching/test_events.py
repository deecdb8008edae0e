"""Live events: what they say, and that they are told often enough and never too often."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from channels.layers import InMemoryChannelLayer, get_channel_layer

from caching import disk, events
from caching.models import Cycle, State
from caching.progress import Progress
from tests.caching.rows import Rows, make_rows
from tests.waiting import until

pytestmark = pytest.mark.django_db


class Listener:
    """Somebody who hears every event, in a loop of its own as the web server has one."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.heard: list[dict[str, Any]] = []
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self._listen(),), daemon=True)

    async def _listen(self) -> None:
        layer = get_channel_layer()
        assert isinstance(layer, InMemoryChannelLayer)
        self.end = asyncio.Event()
        await layer.group_add(events.GROUP, "listener")
        self.ready.set()
        hearing = asyncio.create_task(self._hear(layer))
        await self.end.wait()
        hearing.cancel()
        await layer.group_discard(events.GROUP, "listener")

    async def _hear(self, layer: Any) -> None:
        while True:
            _, text = (await layer.receive("listener"))["event"]
            self.heard.append(json.loads(text))

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.end.set)
        self.thread.join()
        self.loop.close()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message["data"] for message in self.heard if message["type"] == kind]


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    listener.thread.start()
    assert listener.ready.wait(30)
    events.attach(listener.loop)
    yield listener
    listener.stop()  # what is published from now on meets a closed loop and is dropped


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return make_rows(tmp_path)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def heard(listener: Listener, last: str) -> None:
    """Wait until everything before a last event has been heard."""
    events.publish(events.event("log", {"text": last}))
    until(lambda: {"text": last} in listener.of("log"), "the last event")


@pytest.mark.parametrize("step", [0.001, 0.05, 0.2499, 0.25, 0.3])
def test_progress_is_told_at_most_four_times_in_any_second_and_at_least_every_half(
    listener: Listener, rows: Rows, step: float
) -> None:
    clock = Clock()
    progress = Progress(rows.running, clock)
    progress.begin()
    times: list[float] = [0.0]
    count = 1
    while clock.now < 1003:
        clock.now += step
        progress.copied(int((clock.now - 1000) * 100))
        if progress.told == clock.now:
            times.append(clock.now - 1000)
            count += 1
    heard(listener, f"step {step}")
    assert len(listener.of("operation_progress")) == count
    for start in times:
        assert sum(start <= time < start + 0.999 for time in times) <= 4
    assert all(later - earlier <= 0.5001 for earlier, later in pairwise(times))


def test_progress_says_how_far_how_fast_and_how_long_still(listener: Listener, rows: Rows) -> None:
    clock = Clock()
    operation = rows.running
    operation.bytes_done = operation.bytes_per_second = 0
    progress = Progress(operation, clock)
    progress.begin()
    clock.now += 2
    progress.copied(500)
    heard(listener, "progress")
    first, second = listener.of("operation_progress")
    assert (first["progress_percent"], first["eta_seconds"]) == (0.0, None)
    assert {name: second[name] for name in second if name not in {"title", "reason", "state"}} == {
        "operation_id": operation.pk, "operation_type": "cache", "file_name": "Alpha.mkv", "progress_percent": 50.0,
        "bytes_transferred": 500, "bytes_total": 1000, "speed_bytes_per_sec": 250, "eta_seconds": 2,
    }  # fmt: skip


def test_the_row_keeps_the_progress_for_who_comes_later(rows: Rows) -> None:
    clock = Clock()
    progress = Progress(rows.running, clock)
    progress.begin()
    clock.now += 1.5
    progress.copied(600)
    rows.running.refresh_from_db()
    assert (rows.running.bytes_done, rows.running.bytes_per_second) == (600, 400)


@pytest.mark.parametrize("what", ["operation", "cycle"])
def test_a_wish_to_stop_reaches_a_copy_within_a_quarter_of_a_second(rows: Rows, what: str) -> None:
    clock = Clock()
    progress = Progress(rows.running, clock)
    progress.begin()
    progress.copied(1)
    if what == "operation":
        type(rows.running).objects.filter(pk=rows.running.pk).update(cancel_requested=True)
    else:
        Cycle.objects.update(stop_requested=True)
    clock.now += 0.25
    with pytest.raises(disk.Cancelled):
        progress.copied(2)


def test_the_end_is_told_always_and_a_file_only_when_it_arrived(listener: Listener, rows: Rows) -> None:
    rows.running.state = State.ABORTED
    rows.running.outcome = "Cancelled."
    for operation in (rows.running, rows.done):
        Progress(operation).end()
    heard(listener, "ends")
    assert [data["state"] for data in listener.of("operation_complete")] == ["aborted", "done"]
    assert listener.of("operation_complete")[0]["outcome"] == "Cancelled."
    assert listener.of("cache_file_added") == [{"file_name": "Beta.mkv", "title": "Alpha", "bytes": 1000}]


def test_every_event_has_a_type_that_was_agreed_on_and_the_time_in_utc(rows: Rows) -> None:
    for message in (
        events.cycle_start(rows.cycle),
        events.cycle_progress(rows.cycle),
        events.cycle_complete(rows.cycle),
        events.operation_progress(rows.running),
        events.operation_complete(rows.done),
        events.file_changed(rows.done),
    ):
        assert set(message) == {"type", "timestamp", "data"}
        assert message["type"] in get_args(events.EventType)
        assert message["timestamp"].endswith("+00:00")
        assert datetime.fromisoformat(message["timestamp"])


def test_cycle_progress_says_what_was_agreed_on(rows: Rows) -> None:
    assert events.cycle_progress(rows.cycle)["data"] == {
        "cycle_id": rows.cycle.pk, "phase": "caching", "items_processed": 0, "items_total": 2,
        "files_cached": 0, "files_restored": 0,
    }  # fmt: skip


def test_publishing_when_nobody_can_listen_any_more_is_no_error(listener: Listener, rows: Rows) -> None:
    other = asyncio.new_event_loop()
    other.close()
    events.attach(other)
    events.publish(events.cycle_start(rows.cycle))
    events.flush()
    assert listener.heard == []
