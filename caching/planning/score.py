"""How much a file deserves the cache, 0 to 100, in parts that the user is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from caching.planning.values import Part, Want

DAY = 86400

# The one table of weights. docs/planning.md explains it.
BASE = 50
BY_SOURCE = {"ondeck": ("on deck", 20), "watchlist": ("watchlist", 10)}
BY_POSITION = {0: ("current", 15), 1: ("next", 10)}
FURTHER_USER = 5
FURTHER_USERS_MOST = 15
LATELY_CACHED = ("cached less than a day ago", 5)
PROTECTING = {"playing": "playing now", "pin": "pinned"}
PROTECTED = 100
ADVANTAGE = 5
"""How much more a file that is cached counts when room is given: what is new must be worth more than that on top."""


@dataclass(frozen=True, slots=True)
class Aging:
    """Points by age in days: what is younger than `fresh_days`, else the first row of `old` that it is older than."""

    fresh_days: int
    fresh: int
    old: tuple[tuple[int, int], ...]


BY_AGE = {"ondeck": Aging(7, 5, ((30, -10), (14, -5))), "watchlist": Aging(7, 10, ((60, -10),))}


def score(wants: Sequence[Want], now: int, cached_at: int | None = None) -> tuple[int, tuple[Part, ...]]:
    """The score of a file from everybody's wants for it, with its parts. The best want decides, further users add."""
    if protecting := protection(wants):
        return PROTECTED, (Part(protecting, PROTECTED),)
    parts = max((_of_one(want, now) for want in wants), key=_by_points) if len(wants) > 1 else _of_one(wants[0], now)
    further = min((len({want.who for want in wants}) - 1) * FURTHER_USER, FURTHER_USERS_MOST)
    if further:
        parts.append(Part("wanted by further users", further))
    if cached_at is not None and now - cached_at < DAY:
        parts.append(Part(*LATELY_CACHED))
    return max(0, min(100, sum([part.points for part in parts]))), tuple(parts)


def protection(wants: Sequence[Want]) -> str:
    """Why these wants protect their file, in two words; empty when they do not."""
    return next((PROTECTING[want.source] for want in wants if want.source in PROTECTING), "")


def _by_points(parts: list[Part]) -> tuple[int, list[Part]]:
    return sum(part.points for part in parts), parts


def _of_one(want: Want, now: int) -> list[Part]:
    parts = [Part("base", BASE)]
    if want.priority != BASE:
        parts.append(Part("priority of the list", want.priority - BASE))
    if named := BY_SOURCE.get(want.source):
        parts.append(Part(*named))
    if want.position is not None and (named := BY_POSITION.get(want.position)):
        parts.append(Part(*named))
    if want.since is not None and (aging := BY_AGE.get(want.source)):
        parts.extend(_freshness(now - want.since, aging))
    if want.boost:
        parts.append(Part(f"boost of {want.who}", want.boost))
    return parts


def _freshness(age: int, aging: Aging) -> list[Part]:
    if age < aging.fresh_days * DAY:
        return [Part(f"fresher than {aging.fresh_days} days", aging.fresh)]
    return next(([Part(f"older than {days} days", points)] for days, points in aging.old if age > days * DAY), [])
