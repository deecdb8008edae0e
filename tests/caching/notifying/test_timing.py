"""When something is told, how long a dead target rests, and that a trouble rings once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.notifying import lasting, timing
from caching.notifying.lasting import Known, step

NOON = datetime(2026, 3, 10, 12, 20, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("kind", "hour", "event", "expected"),
    [
        ("at_once", 8, "errors", NOON),
        ("at_once", 8, "activity", NOON + timedelta(minutes=1)),
        ("hourly", 8, "errors", datetime(2026, 3, 10, 13, tzinfo=UTC)),
        ("daily", 8, "errors", datetime(2026, 3, 11, 7, tzinfo=UTC)),
        ("daily", 14, "errors", datetime(2026, 3, 10, 13, tzinfo=UTC)),
        ("daily", 13, "errors", datetime(2026, 3, 11, 12, tzinfo=UTC)),
    ],
)
def test_it_is_due_at_once_or_with_the_next_digest(kind: str, hour: int, event: str, expected: datetime) -> None:
    assert timing.due(kind, hour, event, NOON, BERLIN) == expected


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.integers(0, 23),
    st.sampled_from([BERLIN, UTC, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/St_Johns")]),
)
def test_a_daily_digest_comes_within_a_day_and_an_hour_at_its_hour(now: datetime, hour: int, zone: ZoneInfo) -> None:
    due = timing.due("daily", hour, "errors", now, zone)
    assert now < due <= now + timedelta(hours=25)
    assert due.astimezone(zone).hour == hour or due.astimezone(UTC).astimezone(zone).hour - hour in {1, -1, 23}


def test_a_dead_target_rests_longer_and_longer_but_not_for_ever() -> None:
    rests = [timing.rest(failures) for failures in range(1, 40)]
    assert rests == sorted(rests)
    assert (rests[0], rests[-1]) == (timedelta(minutes=1), timedelta(hours=4))


@pytest.mark.parametrize(
    ("last", "rests", "may"),
    [
        (None, None, True),
        (timedelta(seconds=-5), None, False),
        (timedelta(seconds=-31), None, True),
        (timedelta(seconds=100), None, True),
        (None, timedelta(seconds=1), False),
        (None, timedelta(0), True),
    ],
)
def test_a_target_is_left_alone_while_it_rests_and_right_after_a_message(
    last: timedelta | None, rests: timedelta | None, may: bool
) -> None:
    last_at = None if last is None else NOON + last
    assert timing.may_send(last_at, None if rests is None else NOON + rests, NOON) is may


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("event", "known", "there", "expected"),
    [
        ("low_space", None, True, "tell"),
        ("plex_unreachable", None, True, "begin"),
        ("plex_unreachable", Known(NOON - MINUTE, NOON - MINUTE, told=False), True, "see"),
        ("plex_unreachable", Known(NOON - 2 * MINUTE, NOON - MINUTE, told=False), True, "tell"),
        ("plex_unreachable", Known(NOON - 90 * MINUTE, NOON - MINUTE, told=True), True, "see"),
        ("plex_unreachable", Known(NOON - MINUTE, NOON - MINUTE, told=False), False, "end"),
        ("plex_unreachable", Known(NOON - 9 * MINUTE, NOON - MINUTE, told=True), False, "wait"),
        ("plex_unreachable", Known(NOON - 9 * MINUTE, NOON - 5 * MINUTE, told=True), False, "tell the end"),
        ("warnings", None, False, "wait"),
    ],
)
def test_a_trouble_is_told_when_it_lasts_and_over_when_it_stays_away(
    event: str, known: Known | None, there: bool, expected: str
) -> None:
    assert step(event, known, NOON, there=there) == expected


@given(st.lists(st.booleans(), max_size=60), st.sampled_from(["low_space", "plex_unreachable", "warnings"]))
def test_however_a_trouble_flickers_beginnings_and_ends_are_told_in_turn(seen: list[bool], event: str) -> None:
    known: Known | None = None
    said = []
    for minute, there in enumerate(seen):
        now = NOON + minute * MINUTE
        what = step(event, known, now, there=there)
        if what in {"tell", "tell the end"}:
            said.append((what, now))
        if there:
            known = Known(known.since if known else now, now, told=what == "tell" or bool(known and known.told))
        elif what in {"end", "tell the end"}:
            known = None
    assert [what for what, _ in said] == ["tell", "tell the end"] * (len(said) // 2) + ["tell"] * (len(said) % 2)
    ends = [at for what, at in said if what == "tell the end"]
    assert all(later - earlier > lasting.CALM for earlier, later in pairwise(ends))
