"""Turns: never closer together and never more in a minute than allowed, and no later than that needs."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cacherr.turns import MINUTE, Limits, Turns

WAITS = st.lists(st.floats(0, 30, allow_nan=False), min_size=1, max_size=80)
NEARLY = 1e-6


def turns(limits: Limits, waits: list[float]) -> list[tuple[float, float]]:
    """When each turn was asked for, and when it was given."""
    taken, now, given_at = Turns(), 0.0, []
    for wait in waits:
        now += wait
        given_at.append((now, taken.take(limits, now)))
    return given_at


@given(st.floats(0, 5), st.integers(0, 20), WAITS)
def test_no_two_turns_are_too_close_and_no_minute_has_too_many(
    interval: float, per_minute: int, waits: list[float]
) -> None:
    times = [at for _, at in turns(Limits(interval, per_minute), waits)]
    assert all(later - earlier >= interval - NEARLY for earlier, later in pairwise(times))
    if per_minute:
        pairs = zip(times, times[per_minute:], strict=False)
        assert all(later - earlier >= MINUTE - NEARLY for earlier, later in pairs)


@given(st.floats(0, 5), st.integers(0, 20), WAITS)
def test_a_turn_comes_as_soon_as_the_limits_allow_and_in_order(
    interval: float, per_minute: int, waits: list[float]
) -> None:
    given_at = turns(Limits(interval, per_minute), waits)
    for place, (asked, at) in enumerate(given_at):
        earliest = [asked]
        if place:
            earliest.append(given_at[place - 1][1] + interval)
        if per_minute and place >= per_minute:
            earliest.append(given_at[place - per_minute][1] + MINUTE)
        assert abs(at - max(earliest)) <= NEARLY


def test_without_limits_every_turn_is_now() -> None:
    assert turns(Limits(0, 0), [0.0] * 1000) == [(0.0, 0.0)] * 1000


def test_turns_of_long_ago_are_not_kept() -> None:
    taken = Turns()
    for now in range(10_000):
        taken.take(Limits(0, 60), float(now))
    assert len(taken._taken) <= MINUTE + 2
