"""The policies that a replay can compare, each with the settings that it goes by."""

from collections.abc import Iterator
from dataclasses import replace

from caching.replaying.others import Clairvoyant, DeckPlusFive, LeastRecentlyPlayed, PlexCacheD
from caching.replaying.planner import Planner
from caching.replaying.simulating import Policy
from caching.replaying.values import Habits, Past, Setup


def policies(past: Past, setup: Setup) -> Iterator[tuple[Policy, Setup]]:
    """Cacherr with its settings, and everybody whom it is compared with, with the same room."""
    yield Planner(), setup
    yield from others(past, setup)


def others(past: Past, setup: Setup) -> Iterator[tuple[Policy, Setup]]:
    """LRU, on deck plus five, PlexCache-D, and one that knows the future."""
    five = replace(setup, habits={who: Habits(episodes_ahead=5) for who in setup.habits})
    yield LeastRecentlyPlayed(), setup
    yield DeckPlusFive(), five
    yield PlexCacheD(), five
    yield Clairvoyant(past.plays, past.library.titles), setup
