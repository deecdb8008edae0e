"""Whom Cacherr is compared with: what each of them caches."""

from collections.abc import Callable

import pytest

from caching.planning.values import Storage
from caching.replaying.comparing import others
from caching.replaying.contents import capacity
from caching.replaying.others import Clairvoyant, DeckPlusFive, LeastRecentlyPlayed, PlexCacheD
from caching.replaying.simulating import Policy
from caching.replaying.values import Habits, Play
from tests.caching.replaying.pasts import GB, film, outcome, past, play, served, setup, show

A, B, C = (film(key, 40) for key in "ABC")
TITLES = [A, B, C, film("E", 110), *show("S", 9), *show("T", 9)]


def films(keys: str) -> list[Play]:
    """One film after the other."""
    return [play("Alex", key, 3 * at) for at, key in enumerate(keys, 1)]


PLAYS: dict[str, tuple[Callable[[], Policy], list[Play], int, str]] = {
    "LRU keeps what was played": (LeastRecentlyPlayed, films("AA"), 100, "ac"),
    "and lets go what was played longest ago": (LeastRecentlyPlayed, films("ABACBA"), 100, "aacaaa"),
    "and does not try what is too large": (LeastRecentlyPlayed, films("AEA"), 100, "aac"),
    "on deck plus five has five": (DeckPlusFive, [play("Alex", "S1", 5), play("Alex", "S7", 30)], 100, "ac"),
    "and no sixth": (DeckPlusFive, [play("Alex", "S1", 5), play("Alex", "S8", 30)], 100, "aa"),
    "the latest watched first": (
        DeckPlusFive, [play("Alex", "S1", 5), play("Alex", "T1", 30), play("Alex", "S2", 50)], 50, "aaa",
    ),
    "PlexCache-D has five": (PlexCacheD, [play("Alex", "S1", 5), play("Alex", "S7", 30)], 100, "ac"),
    "and puts nothing into a full cache, since all on deck is worth 60": (
        PlexCacheD, [play("Alex", "S1", 5), play("Sam", "T1", 30), play("Sam", "T2", 50)], 70, "aaa",
    ),
    "nor beyond nine tenths of it": (PlexCacheD, [play("Alex", "S1", 5), play("Alex", "S7", 30)], 65, "aa"),
}  # fmt: skip


@pytest.mark.parametrize(("policy", "plays", "room", "expected"), PLAYS.values(), ids=PLAYS.keys())
def test_each_policy_does_what_is_said_of_it(
    policy: Callable[[], Policy], plays: list[Play], room: int, expected: str
) -> None:
    assert served(past(TITLES, plays), policy(), setup(room, habits={})) == expected


def test_plexcache_d_takes_back_what_left_the_deck_after_twelve_hours() -> None:
    plays = [play("Alex", "S1", 5, finished=False), play("Alex", "S1", 30)]
    came = outcome(past([TITLES[4]], plays, days=3), PlexCacheD())
    assert (came.files_cached, came.files_left) == (1, 1)


def test_the_clairvoyant_lets_go_what_is_played_again_last() -> None:
    of = past(TITLES, films("ABACBA"))
    came = outcome(of, Clairvoyant(of.plays, of.library.titles), setup(100))
    assert (came.hits, came.files_cached) == (6, 4)  # A, B, C in place of A, and A again


def test_what_does_not_fit_is_missed_even_by_the_clairvoyant() -> None:
    of = past(TITLES, films("EE"))
    assert served(of, Clairvoyant(of.plays, of.library.titles), setup(100)) == "aa"


def test_all_others_are_compared_in_the_same_room_with_five_episodes_ahead() -> None:
    of = past(TITLES, [play("Alex", "S1", 5)])
    found = list(others(of, setup(100, habits={"Alex": Habits(episodes_ahead=1)})))
    assert [policy.name for policy, _ in found] == ["LRU", "on deck plus five", "PlexCache-D", "clairvoyant"]
    assert found[1][1].habits_of("Alex").episodes_ahead == 5
    assert {capacity(given.storages) for _, given in found} == {100 * GB}


def shared(cache: str, limit: int | None = None) -> Storage:
    """A cache on a file system that another one is on."""
    return Storage(cache, 100, 90, limit, file_system="1")


ROOMS: dict[str, tuple[list[Storage], int]] = {
    "the limit": ([Storage("a", 100, 90, 50)], 50),
    "what is usable": ([Storage("a", 100, 90, 95, minimum_free=10)], 80),
    "the larger of two things to keep free": ([Storage("a", 100, 90, None, 10, 30)], 60),
    "nothing where less is free than is to stay free": ([Storage("a", 100, 5, None, 10)], 0),
    "two caches on two file systems": ([Storage("a", 100, 90, 50), Storage("b", 100, 40)], 90),
    "two caches on one": ([shared("a", 50), shared("b", 20)], 70),
    "two on one, one of them without a limit": ([shared("a", 50), shared("b")], 90),
}  # fmt: skip


@pytest.mark.parametrize(("storages", "room"), ROOMS.values(), ids=ROOMS.keys())
def test_all_caches_together_hold(storages: list[Storage], room: int) -> None:
    assert capacity(storages) == room
