"""Which episodes come next: examples by name, and what holds for any show."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexusers.answers import Viewed
from plexusers.episodes import following, next_episodes, on_deck, to_go_on_with
from plexusers.standin.deck import next_episode
from plexusers.standin.records import Episode as Told
from plexusers.standin.records import WatchState


@dataclass(frozen=True)
class Episode:
    """`2x3` is the third of the second season, `0x1` a special, a date an episode without numbers."""

    rating_key: str
    duration: int = 30 * 60_000

    @property
    def is_special(self) -> bool:
        return self.rating_key.startswith("0x")

    @property
    def order(self) -> tuple[bool, bool, int, int, str]:
        season, _, number = self.rating_key.partition("x")
        dated = not number
        return self.is_special, dated, 0 if dated else int(season), int(number or 0), self.rating_key


def show(names: str) -> list[Episode]:
    return [Episode(name) for name in names.split()]


def keys(episodes: Sequence[Episode]) -> str:
    return " ".join(episode.rating_key for episode in episodes)


@pytest.mark.parametrize(
    ("episodes", "watched", "current", "count", "minutes", "expected"),
    [
        ("1x1 1x2 1x3", "", "1x1", 1, 0, "1x2"),
        ("1x1 1x2 1x3", "", "1x1", 5, 0, "1x2 1x3"),
        ("1x1 1x2 2x1 2x2", "", "1x1", 3, 0, "1x2 2x1 2x2"),
        ("1x10 1x2 1x9 1x1", "", "1x2", 2, 0, "1x9 1x10"),
        ("1x1 1x2 1x3", "1x2", "1x1", 1, 0, "1x3"),
        ("0x1 1x1 0x2 1x2", "", "1x1", 5, 0, "1x2"),
        ("0x1 1x1 0x2 1x2", "", "0x1", 5, 0, "0x2"),
        ("2024-01-02 2024-01-01 2023-12-31", "", "2023-12-31", 5, 0, "2024-01-01 2024-01-02"),
        ("1x1 1x2 1x3", "", None, 2, 0, "1x1 1x2"),
        ("0x1 1x1", "1x1", None, 2, 0, ""),
        ("1x1 1x2", "", "7x7", 2, 0, ""),
        ("1x1 1x2 1x3 1x4", "", "1x1", 0, 0, ""),
        ("1x1 1x2 1x3 1x4 1x5", "", "1x1", 0, 90, "1x2 1x3 1x4"),
        ("1x1 1x2 1x3 1x4 1x5", "", "1x1", 0, 61, "1x2 1x3 1x4"),
        ("1x1 1x2 1x3 1x4 1x5", "", "1x1", 2, 30, "1x2 1x3"),
        ("", "", None, 3, 0, ""),
    ],
)
def test_what_comes_next(  # noqa: PLR0917
    episodes: str, watched: str, current: str | None, count: int, minutes: int, expected: str
) -> None:
    assert keys(next_episodes(show(episodes), watched.split(), current, count, minutes)) == expected


def states(watched: str = "", begun: str = "", again: str = "") -> dict[str, Viewed]:
    """What was watched, in this order, then what was begun, for the first time or again."""
    told = [
        *((name, 1, 0) for name in watched.split()),
        *((name, 0, 1000) for name in begun.split()),
        *((name, 1, 1000) for name in again.split()),
    ]
    return {name: Viewed(name, views, offset, at) for at, (name, views, offset) in enumerate(told, 1)}


def test_who_watches_an_episode_again_watches_those_after_it_again() -> None:
    known = show("1x1 1x2 1x3")
    seen = states(watched="1x2 1x3", again="1x1")
    assert keys(following(known, seen, "1x1", 2)) == "1x2 1x3"
    assert keys(following(known, states(watched="1x1 1x2"), "1x1", 2)) == "1x3"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (states(), "1x1 1x2"),
        (states(watched="1x1"), "1x2 1x3"),
        (states(watched="2x1"), "2x2"),
        (states(watched="2x1 1x1"), "1x2 1x3"),
        (states(watched="1x1", begun="1x2"), "1x2 1x3"),
        (states(watched="1x1 1x2 1x3 2x1 2x2"), ""),
        (states(watched="1x3 2x1 2x2"), "1x1 1x2"),
        (states(watched="1x1 1x2 1x3 2x1 2x2", again="1x1"), "1x1 1x2"),
        (states(watched="0x1"), "1x1 1x2"),
    ],
)
def test_a_show_goes_on_where_the_user_is(seen: dict[str, Viewed], expected: str) -> None:
    assert keys(to_go_on_with(show("0x1 1x1 1x2 1x3 2x1 2x2"), seen, 2)) == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (states(), None),
        (states(watched="1x1"), "1x2"),
        (states(watched="1x1 1x3"), "2x1"),
        (states(watched="1x3 1x1"), "1x2"),
        (states(watched="1x2 1x1"), "1x3"),
        (states(watched="1x1", begun="2x2"), "2x2"),
        (states(begun="1x2 1x1"), "1x1"),
        (states(watched="1x1 1x2 1x3 2x1 2x2"), None),
        (states(watched="2x1 2x2"), None),
        (states(watched="1x1 1x2", again="1x1"), "1x1"),
        (states(watched="0x1"), None),
        (states(watched="1x1", begun="0x1"), "0x1"),
    ],
)
def test_what_plex_has_on_deck_of_a_show(seen: dict[str, Viewed], expected: str | None) -> None:
    found = on_deck(show("0x1 1x1 1x2 1x3 2x1 2x2"), seen)
    assert (found and found.rating_key) == expected


names = st.builds(lambda season, number: f"{season}x{number}", st.integers(0, 3), st.integers(1, 6))


@given(
    st.lists(names, unique=True), st.sets(names), st.none() | names, st.integers(0, 8), st.integers(0, 300)
)  # fmt: skip
def test_what_comes_next_is_unwatched_in_order_and_after_the_current_one(
    there: list[str], watched: set[str], current: str | None, count: int, minutes: int
) -> None:
    episodes = show(" ".join(there))
    found = next_episodes(episodes, watched, current, count, minutes)
    assert [one.order for one in found] == sorted(one.order for one in found)
    assert not watched & {one.rating_key for one in found}
    if current in there:
        assert all(one.order > Episode(str(current)).order for one in found)
    elif current is not None:
        assert found == []
    assert found == next_episodes(episodes[::-1], watched, current, count, minutes)
    shorter = next_episodes(episodes, watched, current, max(0, count - 1), minutes)
    assert found[: len(shorter)] == shorter


@given(st.lists(names, unique=True, min_size=1), st.data())
def test_the_stand_in_for_plex_says_the_same(there: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(there), unique=True))
    told = {name: Viewed(name, *data.draw(st.sampled_from([(1, 0), (0, 9), (1, 9)])), at)
            for at, name in enumerate(chosen, 1)}  # fmt: skip
    records = [
        Told(name, "1", "show", "season", name, "", (), season_index=int(name[0]), index=int(name[2:]))
        for name in there
    ]  # fmt: skip
    records.sort(key=lambda one: (one.season_index or 0, one.index or 0))
    same = {name: WatchState(one.views, one.offset, one.viewed_at) for name, one in told.items()}
    expected, found = next_episode(records, same), on_deck(show(" ".join(there)), told)
    assert (found and found.rating_key) == (expected and expected[0].key)
