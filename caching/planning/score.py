"""How much a file deserves the cache, 0 to 100, in parts that the user is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from caching.planning.values import Part, Want

DAY = 86400

# The one table of weights. docs/planning.md explains it.
BASE = 50
BY_SOURCE = {"ondeck": Part("on deck", 20), "watchlist": Part("watchlist", 10)}
BY_POSITION = {0: Part("current", 15), 1: Part("next", 10)}
BY_FURTHER_USERS = tuple(Part("wanted by further users", points) for points in (0, 5, 10, 15))
LATELY_CACHED = Part("cached less than a day ago", 5)
PROTECTING = {"playing": "playing now", "pin": "pinned"}
PROTECTED = 100
ADVANTAGE = 5
"""How much more a file that is cached counts when room is given: what is new must be worth more than that on top."""


@dataclass(frozen=True, slots=True)
class Aging:
    """Points by age in days: what is younger than `fresh_days`, else the first row of `old` that it is older than."""

    fresh_days: int
    fresh: Part
    old: tuple[tuple[int, Part], ...]


def _aging(fresh_days: int, fresh: int, old: Mapping[int, int]) -> Aging:
    steps = tuple((days, Part(f"older than {days} days", points)) for days, points in old.items())
    return Aging(fresh_days, Part(f"fresher than {fresh_days} days", fresh), steps)


BY_AGE = {"ondeck": _aging(7, 5, {30: -10, 14: -5}), "watchlist": _aging(7, 10, {60: -10})}

Worth = tuple[int, tuple[Part, ...]]
"""Points with their parts, not yet within 0 to 100."""


def score(wants: Sequence[Want], now: int, cached_at: int | None = None) -> Worth:
    """The score of a file from everybody's wants for it, with its parts. The best want decides, further users add."""
    if protecting := protection(wants):
        return PROTECTED, (Part(protecting, PROTECTED),)
    points, parts = _of_one(wants[0], now) if len(wants) == 1 else max([_of_one(want, now) for want in wants])
    if len(wants) > 1 and (others := len({want.who for want in wants}) - 1):
        further = BY_FURTHER_USERS[min(others, len(BY_FURTHER_USERS) - 1)]
        points, parts = points + further.points, (*parts, further)
    if cached_at is not None and now - cached_at < DAY:
        points, parts = points + LATELY_CACHED.points, (*parts, LATELY_CACHED)
    return max(0, min(100, points)), parts


def protection(wants: Sequence[Want]) -> str:
    """Why these wants protect their file, in two words; empty when they do not."""
    for want in wants:
        if want.source in PROTECTING:
            return PROTECTING[want.source]
    return ""


def _of_one(want: Want, now: int) -> Worth:
    aging = BY_AGE.get(want.source)
    aged = _freshness(now - want.since, aging) if aging and want.since is not None else None
    return _sum(want.source, want.position, aged, (want.who, want.boost) if want.boost else None, want.priority)


@lru_cache(maxsize=4096)
def _sum(source: str, position: int | None, aged: Part | None, boost: tuple[str, int] | None, priority: int) -> Worth:
    """Thousands of wants have the same parts: they are put together once."""
    named = [
        Part("base", BASE),
        Part("priority of the list", priority - BASE),
        BY_SOURCE.get(source),
        BY_POSITION.get(position) if position is not None else None,
        aged,
        Part(f"boost of {boost[0]}", boost[1]) if boost else None,
    ]
    parts = tuple(part for part in named if part is not None and part.points)
    return sum(part.points for part in parts), parts


def _freshness(age: int, aging: Aging) -> Part | None:
    if age < aging.fresh_days * DAY:
        return aging.fresh
    return next((part for days, part in aging.old if age > days * DAY), None)
