"""What plays come to: hit rates, and how often the array's disks had to wake. Pure; times in epoch seconds (UTC)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

REST_SECONDS = 30 * 60
"""After so long without reading, disks are taken to spin down: what Unraid does unless told otherwise."""
NOBODY = "nobody"
"""The source of what nobody wanted."""


@dataclass(frozen=True, slots=True)
class Play:
    """Somebody played something."""

    start: int
    end: int
    seconds: int
    served: str
    """cache, array or unknown."""
    missed: str = ""
    who: str = ""
    sources: tuple[str, ...] = ()
    """Without the users: ondeck, watchlist …"""


@dataclass(frozen=True, slots=True)
class Interval:
    """A time in which the array was read."""

    start: int
    end: int


def rates(plays: Iterable[Play]) -> dict[str, Any]:
    """Hit rates by plays and by hours, 0 to 1; None where nothing was played of which it is known from where."""
    counts, seconds, missed = Counter[str](), Counter[str](), Counter[str]()
    for play in plays:
        counts[play.served] += 1
        seconds[play.served] += play.seconds
        if play.missed:
            missed[play.missed] += 1
    return {
        "plays": counts.total(),
        "from_cache": counts["cache"],
        "from_array": counts["array"],
        "unknown": counts["unknown"],
        "hit_rate": _share(counts),
        "hours_from_cache": round(seconds["cache"] / 3600, 2),
        "hours_from_array": round(seconds["array"] / 3600, 2),
        "hit_rate_by_hours": _share(seconds),
        "missed": dict(sorted(missed.items())),
    }


def by_user(plays: Iterable[Play]) -> dict[str, dict[str, Any]]:
    """The rates of each user, those who played most first."""
    return _grouped(plays, lambda play: (play.who,))


def by_source(plays: Iterable[Play]) -> dict[str, dict[str, Any]]:
    """The rates of each source that wanted what was played. What several wanted counts for each of them."""
    return _grouped(plays, lambda play: play.sources or (NOBODY,))


def wakeups(plays: Iterable[Play], copies: Iterable[Interval], rest: int = REST_SECONDS) -> dict[str, int]:
    """How often the array had to wake, and how often it would have had to without Cacherr.

    Without: for every play. With: for plays from the array, and for the copies that Cacherr itself made. The array
    sleeps when nothing was read for `rest` seconds, and is taken for one disk; plays from an unknown place count for
    both. `avoided` may be below 0: more was copied than played.
    """
    known = list(plays)
    without = _wakings([Interval(play.start, play.end) for play in known], rest)
    read = [Interval(play.start, play.end) for play in known if play.served != "cache"]
    woken = _wakings([*read, *copies], rest)
    return {"without": without, "with": woken, "avoided": without - woken}


def _wakings(intervals: Sequence[Interval], rest: int) -> int:
    count, awake_until = 0, -1
    for one in sorted(intervals, key=lambda one: (one.start, one.end)):
        count += one.start > awake_until
        awake_until = max(awake_until, one.end + rest)
    return count


def _share(counts: Counter[str]) -> float | None:
    known = counts["cache"] + counts["array"]
    return round(counts["cache"] / known, 4) if known else None


def _grouped(plays: Iterable[Play], names: Callable[[Play], Iterable[str]]) -> dict[str, dict[str, Any]]:
    groups: defaultdict[str, list[Play]] = defaultdict(list)
    for play in plays:
        for name in dict.fromkeys(names(play)):
            groups[name].append(play)
    return {name: rates(those) for name, those in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))}
