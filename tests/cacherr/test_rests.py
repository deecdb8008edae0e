"""When a host is left alone: what it asks for, and how long it is spared when it fails."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacherr.rests import (
    FAILED_SECONDS,
    LONGEST_ASKED,
    LONGEST_ASKED_BY_SERVER,
    LONGEST_FAILED,
    LONGEST_REFUSED,
    Rest,
    after,
    parse_retry_after,
)

NOW = 1_800_000_000.0
TODAY = datetime.fromtimestamp(NOW, UTC)


def rest(
    status: int | None, wait: float | None = None, before: Rest | None = None, *, jitter: float = 1, local: bool = False
) -> Rest | None:
    return after(status, wait, before, NOW, jitter=jitter, spare=1, local=local)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("99999999999999999999", 1e20),
        (format_datetime(TODAY + timedelta(minutes=2), usegmt=True), 120.0),
        (format_datetime(TODAY - timedelta(hours=2), usegmt=True), 0.0),
        ((TODAY + timedelta(seconds=30)).strftime("%A, %d-%b-%y %H:%M:%S GMT"), 30.0),
        ((TODAY + timedelta(seconds=30)).strftime("%a %b %d %H:%M:%S %Y"), 30.0),
        ("-3", None),
        ("soon", None),
        ("\uff11\uff12", None),
        ("Tue, 99 Nov 2026 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, NOW) == seconds


@given(st.text())
def test_retry_after_never_breaks_anything(header: str) -> None:
    waited = parse_retry_after(header, NOW)
    assert waited is None or waited >= 0


@pytest.mark.parametrize("status", [200, 201, 301, 400, 401, 403, 404, 422])
@pytest.mark.parametrize("before", [None, Rest(NOW - 1, asked=True, times=9), Rest(NOW - 1, asked=False, times=9)])
def test_an_answer_without_trouble_ends_every_doubling(status: int, before: Rest | None) -> None:
    assert rest(status, before=before) is None


def test_an_answer_that_was_on_its_way_does_not_take_back_what_the_host_asked_for() -> None:
    before = Rest(NOW + 600, asked=True)
    assert rest(200, before=before) == before


@pytest.mark.parametrize("status", [429, 500, 503, 521])
@pytest.mark.parametrize("local", [False, True])
def test_what_a_host_asks_for_is_heeded(status: int, local: bool) -> None:
    assert rest(status, 200, local=local) == Rest(NOW + 200, asked=True)


@pytest.mark.parametrize(("local", "longest"), [(False, LONGEST_ASKED), (True, LONGEST_ASKED_BY_SERVER)])
def test_what_a_host_asks_for_has_a_bound(local: bool, longest: float) -> None:
    assert rest(429, 1e20, local=local) == Rest(NOW + longest, asked=True)


def test_too_many_requests_without_a_time_wait_a_minute_then_twice_as_long_up_to_a_bound() -> None:
    waited, before = [], None
    for _ in range(7):
        before = after(429, None, before, NOW, jitter=1, spare=1, local=False)
        assert before
        waited.append(before.until - NOW)
        before = Rest(NOW, before.asked, before.times)  # that time has passed
    assert waited == [60, 120, 240, 480, 900, 900, 900]
    assert LONGEST_REFUSED == 900


def test_too_many_requests_with_no_time_at_all_wait_a_second() -> None:
    assert rest(429, 0) == Rest(NOW + 1, asked=True)


@given(st.integers(1, 200), st.floats(0, 1), st.sampled_from([None, 500, 502, 521]))
def test_a_failing_host_is_spared_ever_longer_up_to_a_bound_and_never_by_the_same_time(
    times: int, jitter: float, status: int | None
) -> None:
    before = Rest(NOW, asked=False, times=times)
    spared = rest(status, before=before, jitter=jitter)
    assert spared
    assert (spared.times, spared.asked) == (times + 1, False)
    most = min(FAILED_SECONDS * 2**times, LONGEST_FAILED)
    assert most / 2 - 1e-3 <= spared.until - NOW <= most + 1e-3


@pytest.mark.parametrize("status", [None, 500, 503, 429])
def test_several_requests_that_meet_one_trouble_count_once(status: int | None) -> None:
    before = Rest(NOW + 3, asked=status == 429, times=2)
    assert rest(status, before=before) == before


def test_a_shorter_wait_does_not_cut_a_longer_one_short() -> None:
    before = Rest(NOW + 600, asked=True)
    assert rest(429, 5, before) == before
    assert rest(429, 900, before) == Rest(NOW + 900, asked=True, times=2)


@pytest.mark.parametrize("status", [None, 429, 500, 503])
def test_the_plex_server_rests_only_when_it_asks_for_it(status: int | None) -> None:
    assert rest(status, local=True) is None
