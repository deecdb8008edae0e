"""A replay by hand: who finds what in the cache, and what was moved for it."""

from dataclasses import replace

import pytest

from caching.planning.values import Eviction, Rules
from caching.replaying.planner import Planner
from caching.replaying.values import Habits, Play, Setup
from tests.caching.replaying.pasts import GB, film, outcome, past, play, served, setup, show

QUIET = setup(trigger="none")
PLAYS: dict[str, tuple[list[Play], Setup, str]] = {
    "the first episode of all is not on deck yet": ([play("Alex", "S1", 5)], QUIET, "a"),
    "the next one is": ([play("Alex", "S1", 5), play("Alex", "S2", 30)], QUIET, "ac"),
    "what is played again at once is not wanted": ([play("Alex", "S1", 5), play("Alex", "S1", 30)], QUIET, "aa"),
    "what was left in the middle is on deck": (
        [play("Alex", "F", 5, finished=False), play("Alex", "F", 30)], QUIET, "ac",
    ),
    "what one has on deck is cached for the other as well": (
        [play("Alex", "S1", 5), play("Sam", "S2", 30)], QUIET, "ac",
    ),
    "between two cycles nothing happens": (
        [play("Alex", "S1", 5.2, hours=0.2), play("Alex", "S2", 5.5, hours=0.2)], QUIET, "aa",
    ),
    "but what playback orders is cached at once": (
        [play("Alex", "S1", 5.2, hours=0.2), play("Alex", "S2", 5.5, hours=0.2)], setup(), "ac",
    ),
    "or when it is finished": (
        [play("Alex", "S1", 5.2, hours=0.2), play("Alex", "S2", 5.5, hours=0.2)], setup(trigger="completion"), "ac",
    ),
    "and not for somebody who does not want that": (
        [play("Alex", "S1", 5.2, hours=0.2), play("Alex", "S2", 5.5, hours=0.2)],
        setup(habits={"Alex": Habits(active_watching=False)}), "aa",
    ),
    "only so many episodes come next": (
        [play("Alex", "S1", 5), play("Alex", "S4", 30)], setup(habits={"Alex": Habits(episodes_ahead=1)}), "aa",
    ),
    "as many as the user has set": (
        [play("Alex", "S1", 5), play("Alex", "S4", 30)], setup(habits={"Alex": Habits(episodes_ahead=2)}), "ac",
    ),
    "nothing of what is on deck counts for somebody who does not want that": (
        [play("Alex", "S1", 5), play("Alex", "S2", 30)],
        setup(trigger="none", habits={"Alex": Habits(ondeck=False)}), "aa",
    ),
    "what was not watched for long is stale": (
        [play("Alex", "S1", 5), play("Alex", "S2", 200)], setup(habits={"Alex": Habits(stale_days=7)}), "aa",
    ),
    "an episode is not cached before it comes": ([play("Alex", "W1", 5), play("Alex", "W3", 167)], QUIET, "aa"),
    "and is cached when it has come": ([play("Alex", "W1", 5), play("Alex", "W3", 169)], QUIET, "ac"),
    "a larger file than the cache is never there": (
        [play("Alex", "huge", 5, finished=False), play("Alex", "huge", 30)], QUIET, "aa",
    ),
    "what the library does not have any more is unknown": ([play("Alex", "gone", 5)], QUIET, "u"),
    "a copy that is not done yet is not there": (
        [play("Alex", "F", 5.5, hours=0.2, finished=False), play("Alex", "F", 6.1)],
        setup(trigger="none", bytes_per_second=10 * GB // 3600), "aa",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("plays", "given", "expected"), PLAYS.values(), ids=PLAYS.keys())
def test_each_play_is_served_from_where_its_file_is(plays: list[Play], given: Setup, expected: str) -> None:
    titles = [film("F"), film("huge", 500), *show("S", 8), *show("W", 4, weekly_from=2)]
    assert served(past(titles, plays), Planner(), given) == expected


def test_what_is_moved_is_counted_in_bytes() -> None:
    came = outcome(past(show("S", 3), [play("Alex", "S1", 5)]), Planner(), QUIET)
    # While S1 plays it is wanted, too; then it is watched, and S2 and S3 stay until they leave the deck.
    assert (came.files_cached, came.bytes_cached, came.fullest) == (3, 30 * GB, 30 * GB)
    assert (came.files_left, came.bytes_returned) == (1, 0)


def test_what_leaves_is_copied_back_only_where_the_array_keeps_nothing() -> None:
    came = outcome(past(show("S", 3), [play("Alex", "S1", 5)]), Planner(), replace(QUIET, moving=frozenset({"ssd"})))
    assert came.bytes_returned == 10 * GB


def test_what_leaves_the_deck_leaves_the_cache() -> None:
    came = outcome(past(show("S", 3), [play("Alex", "S1", 5)], days=120), Planner(), QUIET)
    assert came.files_left == 3


def test_the_hold_and_the_grace_are_kept() -> None:
    day = past(show("S", 3), [play("Alex", "S1", 5), play("Sam", "S1", 25)], days=3)
    patient = replace(QUIET, rules=Rules(minimum_hold=0, watched_grace=20 * 3600))
    assert served(day, Planner(), QUIET) == "aa"
    assert served(day, Planner(), patient) == "ac"


def test_what_playback_orders_takes_nothing_away() -> None:
    titles = [*show("S", 3, 40), *show("T", 3, 40)]
    plays = [play("Alex", "S1", 5), play("Sam", "T1", 40.1, hours=0.5), play("Sam", "T2", 40.8, hours=0.1)]
    assert served(past(titles, plays), Planner(), setup(100)) == "aaa"
    assert served(past(titles, plays), Planner(), setup(300)) == "aac"


def test_hits_are_weighed_by_what_was_played() -> None:
    plays = [play("Alex", "S1", 5, hours=3), play("Alex", "S2", 30, hours=1)]
    rates = outcome(past(show("S", 8), plays), Planner(), QUIET).rates
    assert (rates["hit_rate"], rates["hit_rate_by_hours"]) == (0.5, 0.25)


def test_copies_wake_the_array_as_plays_do() -> None:
    plays = [play("Alex", "S1", 5), play("Alex", "S2", 30)]
    # Without Cacherr twice; with it for S1, and when the next one is cached for S8 to be ahead.
    assert outcome(past(show("S", 3), plays), Planner(), QUIET).wakeups == {"without": 2, "with": 1, "avoided": 1}


def test_without_eviction_nothing_leaves_for_something_new() -> None:
    titles = [*show("S", 3, 40), *show("T", 3, 40)]
    plays = [play("Alex", "S1", 5), play("Sam", "T1", 40), play("Sam", "T2", 60)]
    full = replace(setup(90, trigger="none"), rules=Rules(0, 0, eviction=Eviction.NONE))
    assert served(past(titles, plays), Planner(), full) == "aaa"
    assert served(past(titles, plays), Planner(), setup(90, trigger="none")) == "aac"
