"""The pace of all copies together: never faster than allowed, never stuck, and quick to notice what changes."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.models import CachePolicy
from caching.pace import (
    ASK_SECONDS,
    BURST_SECONDS,
    READ_SECONDS,
    SLICE_SECONDS,
    STALE_SECONDS,
    Bucket,
    Conditions,
    Pace,
)
from caching.playing import NOBODY, Playing
from plexusers.plex import PlexItem
from plexusers.wants import Answer, Want
from tests.waiting import until

RATES = st.integers(1, 10**9)
COUNTS = st.integers(1, 64 * 2**20)
STEPS = st.lists(st.tuples(st.floats(0, 30, allow_nan=False), COUNTS), min_size=1, max_size=60)


class Time:
    """A clock that only sleeping moves on, and what happens at moments of it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.events: list[tuple[float, Callable[[], None]]] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        while self.events and self.events[0][0] <= self.now:
            self.events.pop(0)[1]()


class Settings:
    """Conditions that can be changed, and how often they were looked at."""

    def __init__(self, limit: int | None = None, limit_streaming: int | None = None) -> None:
        self.conditions, self.looks = Conditions(limit, limit_streaming), 0

    def look(self) -> Conditions:
        self.looks += 1
        return self.conditions

    def change(self, limit: int | None) -> None:
        self.conditions = replace(self.conditions, limit=limit)


class Copier:
    """Copies chunk after chunk at a pace; time passes by waiting alone."""

    def __init__(self, settings: Settings, playing: Playing = NOBODY) -> None:
        self.time, self.settings, self.playing = Time(), settings, playing
        self.pace = Pace(settings.look, self.time.clock, self.time.sleep)
        self.longest = 0.0
        self._seen = self.time.now

    def copy(self, count: int, chunk: int = 1000) -> float:
        """Copy so many bytes: how many seconds it took."""
        began = self.time.now
        for _ in range(count // chunk):
            self.pace.keep(chunk, self.playing, self._look)
        return self.time.now - began

    def _look(self) -> None:
        self.longest = max(self.longest, self.time.now - self._seen)
        self._seen = self.time.now


def paid(bucket: Bucket) -> float:
    return min(bucket.allowed, bucket.asked)


@given(RATES, STEPS)
def test_in_no_stretch_of_time_more_is_paid_than_the_rate_allows_and_one_burst(
    rate: int, steps: list[tuple[float, int]]
) -> None:
    bucket, now = Bucket(0), 0.0
    seen = [(0.0, 0.0)]
    for wait, count in steps:
        bucket.ask(count)
        seen.append((now, paid(bucket)))
        now += wait
        bucket.fill(now, rate)
        seen.append((now, paid(bucket)))
    for index, (since, before) in enumerate(seen):
        for end, after in seen[index:]:
            allowed = rate * (end - since + BURST_SECONDS)
            assert after - before <= allowed * (1 + 1e-9) + 1


@given(RATES, st.lists(COUNTS, min_size=1, max_size=20))
def test_nobody_starves_each_is_paid_in_turn_and_as_soon_as_the_rate_can_pay_all_before(
    rate: int, counts: list[int]
) -> None:
    bucket = Bucket(0)
    places = [bucket.ask(count) for count in counts]
    assert places == sorted(places)
    for place in places:
        bucket.fill(place / rate * (1 + 1e-9) + 1e-6, rate)
        assert bucket.is_paid(place)


@given(RATES, RATES, COUNTS)
def test_what_was_saved_up_at_one_rate_is_no_burst_at_a_lower_one(one: int, other: int, count: int) -> None:
    bucket = Bucket(0)
    bucket.fill(100, max(one, other))
    bucket.fill(100, min(one, other))
    assert bucket.allowed <= min(one, other) * BURST_SECONDS
    bucket.fill(100, None)
    assert bucket.is_paid(bucket.ask(0))
    assert not bucket.is_paid(bucket.ask(count)), "no limit now saves nothing up for later"


def test_without_a_limit_nobody_waits() -> None:
    assert Copier(Settings()).copy(10**9, 10**6) == 0


@pytest.mark.parametrize("chunk", [512, 65_536, 1_000_000, 40_000_000])
def test_a_copy_takes_as_long_as_its_limit_says_whatever_the_chunk(chunk: int) -> None:
    count = max(chunk, 20_000_000 // chunk * chunk)
    took = Copier(Settings(limit=1_000_000)).copy(count, chunk)
    assert took == pytest.approx(count / 1_000_000, rel=0.05)


def test_whoever_waits_long_is_looked_after_in_short_slices_all_the_time() -> None:
    copier = Copier(Settings(limit=1000))
    copier.copy(30_000, 30_000)
    assert 0 < copier.longest <= 2 * SLICE_SECONDS


def test_what_is_raised_meanwhile_ends_the_waiting() -> None:
    copier = Copier(Settings(limit=1))

    def stop() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        copier.pace.keep(10**6, NOBODY, stop)
    assert copier.time.now == 1000 + SLICE_SECONDS


@pytest.mark.parametrize("becomes", [None, 10**9])
def test_a_limit_that_is_raised_in_the_middle_of_a_copy_counts_within_a_second(becomes: int | None) -> None:
    settings = Settings(limit=1)
    copier = Copier(settings)
    copier.time.events.append((1010, lambda: settings.change(becomes)))
    assert copier.copy(10**6, 10**6) <= 10 + READ_SECONDS + 2 * SLICE_SECONDS


def test_a_limit_that_is_set_in_the_middle_of_a_copy_counts_too() -> None:
    settings = Settings(limit=10**6)
    copier = Copier(settings)
    copier.time.events.append((1010, lambda: settings.change(10**5)))
    assert copier.copy(11 * 10**6, 10**5) == pytest.approx(10 + 10, abs=2)


def test_the_settings_are_looked_at_once_a_second_at_most() -> None:
    settings = Settings(limit=10**6)
    took = Copier(settings).copy(60 * 10**6, 10**4)
    assert took > 50
    assert settings.looks <= took / READ_SECONDS + 1


def test_several_copiers_share_one_pace() -> None:
    settings = Settings(limit=4_000_000)
    pace = Pace(settings.look)
    done = threading.Barrier(5)
    finished: list[int] = []

    def copy() -> None:
        for _ in range(10):
            pace.keep(50_000, NOBODY, lambda: None)
        finished.append(1)
        done.wait(60)

    began = pace.clock()
    for _ in range(4):
        threading.Thread(target=copy, daemon=True).start()
    done.wait(60)
    assert len(finished) == 4
    assert (pace.clock() - began + BURST_SECONDS) * 4_000_000 >= 4 * 10 * 50_000


class Plex:
    """Answers of a Plex server about its sessions, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = self.answered = 0
        self.streams = False
        self.failed = ""
        self.answering = threading.Event()
        self.answering.set()

    def ask(self) -> Answer:
        self.asked += 1
        self.answering.wait(60)
        self.answered += 1
        item = PlexItem("1", "movie", "Film", (), 0, None)
        wants = (Want(item, "playing", "Sam", "playing now"),) if self.streams else ()
        return Answer("playing", "anybody", wants, self.failed)


@pytest.fixture
def plex() -> Iterator[Plex]:
    plex = Plex()
    yield plex
    plex.answering.set()


@pytest.mark.parametrize(
    ("limit", "streaming", "streams", "rate"),
    [
        (100, 10, True, 10),
        (100, 10, False, 100),
        (10, 100, True, 10),
        (None, 10, True, 10),
        (None, 10, False, None),
        (100, None, True, 100),
        (None, None, True, None),
    ],
)
def test_the_smaller_limit_holds_while_anybody_streams(
    plex: Plex, limit: int | None, streaming: int | None, streams: bool, rate: int | None
) -> None:
    plex.streams = streams
    time = Time()
    pace = Pace(lambda: Conditions(limit, streaming), time.clock, time.sleep)
    playing = Playing(plex.ask, [])
    pace.rate(playing)
    until(lambda: bool(plex.answered) == (streaming is not None), "Plex's answer")
    until(lambda: pace.rate(playing) == rate, "the limit")
    assert bool(plex.asked) is (streaming is not None), "nobody is asked for what makes no difference"


def test_until_plex_has_answered_somebody_may_be_streaming_and_a_copy_can_still_be_stopped(plex: Plex) -> None:
    plex.answering.clear()
    copier = Copier(Settings(limit_streaming=10**5), Playing(plex.ask, []))
    assert copier.copy(10**6, 10**4) == pytest.approx(10, abs=1)
    assert copier.longest <= 2 * SLICE_SECONDS
    plex.streams = False
    plex.answering.set()
    until(lambda: copier.pace.rate(copier.playing) is None, "Plex's answer")


def test_an_answer_of_long_ago_says_nothing_about_now(plex: Plex) -> None:
    plex.streams = False
    time, playing = Time(), Playing(plex.ask, [])
    pace = Pace(lambda: Conditions(100, 10), time.clock, time.sleep)
    until(lambda: pace.rate(playing) == 100, "Plex's answer")
    time.now += STALE_SECONDS
    assert pace.rate(playing) == 10
    until(lambda: pace.rate(playing) == 100, "Plex's next answer")


def test_an_unknown_answer_counts_as_nobody_streaming(plex: Plex) -> None:
    plex.streams, plex.failed = True, "Plex is away."
    pace = Pace(lambda: Conditions(100, 10))
    playing = Playing(plex.ask, [])
    pace.rate(playing)
    until(lambda: plex.answered, "Plex's answer")
    assert pace.rate(playing) == 100


def test_plex_is_asked_by_one_at_a_time_and_seldom(plex: Plex) -> None:
    copier = Copier(Settings(limit=10**6, limit_streaming=10**6), Playing(plex.ask, []))
    took = copier.copy(60 * 10**6, 10**5)
    assert 1 <= plex.asked <= took / ASK_SECONDS + 1


LIMITS = [("", None), ("80MB", 80 * 2**20), ("0", None), ("0MB", None), ("none", None), ("2", 2 * 2**30)]


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "bytes_a_second"), LIMITS)
def test_limits_are_read_as_people_write_them(text: str, bytes_a_second: int | None) -> None:
    CachePolicy(bandwidth_limit=text, bandwidth_limit_streaming=text, mover_pid_file="").save()
    assert Conditions.now() == Conditions(bytes_a_second, bytes_a_second)
