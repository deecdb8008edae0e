"""Whose turn it is when room is given: what is protected, then what is wanted, best first, then what nobody wants."""

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple

from caching.planning.score import ADVANTAGE
from caching.planning.values import Decision, Eviction, FileKey, Limit

Rank = tuple[int, int, str, FileKey]
NOWHERE = FileKey("", b"")


class Tier(IntEnum):
    """Who is served before whom, whatever the score."""

    PROTECTED = 0
    WANTED = 1
    UNWANTED = 2
    """Cached and wanted by nobody: it stays for some hours if nothing else wants its room."""


class Turn(NamedTuple):
    """A video that waits for room, or to keep the room that it has."""

    video: Decision
    tier: Tier
    is_cached: bool
    limits: tuple[Limit, ...] = ()
    """Those that it counts for."""

    @property
    def is_settled(self) -> bool:
        """Whether it has its room already and cannot lose it."""
        return self.is_cached and self.tier is Tier.PROTECTED


class Refusal(NamedTuple):
    """Why there is no room for a file."""

    reason: str
    newcomer: Decision | None = None
    """The new video that got the room."""
    limit: str = ""
    """The label of the limit that it does not fit; empty: it is the budget."""


def rank(decision: Decision) -> Rank:
    """Sorts by who is served first: the better score, the smaller file, the name."""
    return -decision.score, decision.size, decision.name, decision.file or NOWHERE


def in_turn(turns: Iterable[Turn], eviction: Eviction, cached_at: Mapping[FileKey, int]) -> list[Turn]:
    """The turns in their order.

    A cached file counts some points more than a new one, so that two files of nearly the same worth do not replace
    each other in turn. By `fifo`, cached files come before all new ones, and those that came last before the others.
    """
    place = _by_arrival(cached_at) if eviction is Eviction.FIFO else _by_worth
    return sorted(turns, key=place)


Place = tuple[int, int, int, int, int, str, FileKey]
"""The tier, two that tell who comes first, and the rank. Flat: that is compared in half the time."""


def _by_worth(turn: Turn) -> Place:
    video, tier, is_cached, _ = turn
    score = -video.score
    first = score - ADVANTAGE if is_cached else score
    return tier, first, not is_cached, score, video.size, video.name, video.file or NOWHERE


def _by_arrival(cached_at: Mapping[FileKey, int]) -> Callable[[Turn], Place]:
    def place(turn: Turn) -> Place:
        first = -cached_at.get(turn.video.file or NOWHERE, 0)
        return turn.tier, not turn.is_cached, first, *rank(turn.video)

    return place
