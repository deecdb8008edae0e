"""What plays come to: hit rates and disk wake-ups, and why a file was missed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.ledger.counting import Interval, Play, by_source, by_user, rates, wakeups
from caching.ledger.missing import Evidence, why_missed

HOUR = 3600
WANTED = ("ondeck:1",)


def play(start: float, hours: float = 1, served: str = "cache", **values: object) -> Play:
    """A play that begins and lasts so many hours."""
    begin = int(start * HOUR)
    return Play(begin, begin + int(hours * HOUR), int(hours * HOUR), served, **values)  # type: ignore[arg-type]


def test_rates_are_told_by_plays_and_by_hours_and_leave_out_what_is_unknown() -> None:
    told = rates([play(0, 3), play(5, 1, "array", missed="no room"), play(9, 1, "unknown", missed="unknown")])
    assert told == {
        "plays": 3, "from_cache": 1, "from_array": 1, "unknown": 1, "hit_rate": 0.5,
        "hours_from_cache": 3.0, "hours_from_array": 1.0, "hit_rate_by_hours": 0.75,
        "missed": {"no room": 1, "unknown": 1},
    }  # fmt: skip


def test_without_plays_there_is_no_rate() -> None:
    told = rates([play(0, served="unknown")])
    assert (told["hit_rate"], told["hit_rate_by_hours"]) == (None, None)


def test_rates_are_told_for_each_user_and_each_source() -> None:
    plays = [
        play(0, who="Alex", sources=("ondeck", "pin")),
        play(2, who="Kim", sources=("ondeck",)),
        play(4, served="array", who="Alex"),
    ]
    assert {name: (one["plays"], one["hit_rate"]) for name, one in by_user(plays).items()} == {
        "Alex": (2, 0.5), "Kim": (1, 1.0),
    }  # fmt: skip
    assert {name: one["plays"] for name, one in by_source(plays).items()} == {"ondeck": 2, "nobody": 1, "pin": 1}


@pytest.mark.parametrize(
    ("plays", "copies", "without", "woken"),
    [
        ([], [], 0, 0),
        ([play(0)], [], 1, 0),
        ([play(0, served="array")], [], 1, 1),
        ([play(0), play(1.25)], [], 1, 0),  # within half an hour of the first: the disks were still turning
        ([play(0), play(2)], [], 2, 0),
        ([play(0, served="array"), play(1.25), play(4)], [], 2, 1),
        ([play(0, 5), play(1, 1)], [], 1, 0),  # one within the other
        ([play(10), play(20)], [Interval(3 * HOUR, 4 * HOUR)], 2, 1),
        ([play(10)], [Interval(0, HOUR), Interval(5 * HOUR, 6 * HOUR)], 1, 2),
        ([play(0, served="unknown")], [], 1, 1),
    ],
)
def test_wakeups_are_counted_by_the_stated_method(
    plays: list[Play], copies: list[Interval], without: int, woken: int
) -> None:
    assert wakeups(plays, copies) == {"without": without, "with": woken, "avoided": without - woken}


PLAYS = st.lists(
    st.builds(
        lambda start, length, served: Play(start, start + length, length, served),
        st.integers(0, 10**6), st.integers(0, 20_000), st.sampled_from(["cache", "array", "unknown"]),
    )
)  # fmt: skip


@given(PLAYS, st.randoms())
def test_the_order_of_plays_does_not_matter_and_no_play_wakes_the_array_twice(
    plays: list[Play], random: object
) -> None:
    shuffled = list(plays)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    told = wakeups(plays, [])
    assert wakeups(shuffled, []) == told
    assert rates(shuffled) == rates(plays)
    assert 0 <= told["with"] <= len(plays)
    assert told["without"] <= len(plays)
    everything = [Play(one.start, one.end, one.seconds, "cache") for one in plays]
    assert wakeups(everything, [])["with"] == 0


@pytest.mark.parametrize(
    ("evidence", "missed", "words"),
    [
        (Evidence(), "not wanted", "nobody wanted it"),
        (Evidence(planned=False), "unknown", "no cycle"),
        (Evidence(trouble="Plex was away."), "unknown", "Plex was away."),
        (Evidence(coming=True, action="cache", sources=WANTED), "too late", "being cached"),
        (Evidence(action="cache", sources=WANTED), "too late", "not yet there"),
        (Evidence(action="keep", sources=WANTED, left="evict"), "no room", "evicted by hand"),
        (Evidence(action="keep", sources=WANTED, left="restore"), "not wanted", "restored by hand"),
        (Evidence(action="keep", sources=WANTED), "unknown", "was cached when"),
        (Evidence(action="skip", sources=WANTED, reason="no room: 5 GB"), "no room", "no room: 5 GB"),
        (Evidence(action="skip", reason="has just arrived"), "unknown", "has just arrived"),
        (Evidence(action="evict", reason="to make room for A"), "no room", "to make room for A"),
        (Evidence(left="evict"), "not wanted", "nobody wanted it"),
        (Evidence(action="restore", reason="nobody wants it any more"), "not wanted", "nobody wants it any more"),
    ],
)
def test_why_a_file_was_missed_follows_from_what_is_known(evidence: Evidence, missed: str, words: str) -> None:
    found, why = why_missed(evidence)
    assert found == missed
    assert words in why
