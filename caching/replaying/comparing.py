"""Sets of settings side by side: what each would have come to, as values for programs and pages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cacherr.errors import ConfigurationError
from caching import mappings
from caching.replaying import recalling, scenarios
from caching.replaying.others import Clairvoyant, DeckPlusFive, LeastRecentlyPlayed, PlexCacheD
from caching.replaying.planner import Planner
from caching.replaying.recalling import SOURCES, Recalled, Source
from caching.replaying.simulating import Outcome, Policy, Simulation, silently
from caching.replaying.values import Habits, Past, Setup

Data = dict[str, Any]
Told = Callable[[float], None]
"""Told how much is done, 0 to 1. What it raises ends the work."""
NOTHING: Mapping[str, str] = {}
PRESENT = "as set now"
DAYS, MOST_DAYS = 90, 3650
CAVEATS = (
    "It is what people watched with the cache that they had, and is taken to have been watched all the same.",
    "Watchlists, lists, pins and sidecars of the past are not known, so they cache nothing here.",
    "The cache begins empty, and has the room that its disk has today.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be replayed: besides the settings in force, these sets; with `others`, other policies as well."""

    source: Source = "ledger"
    days: int = DAYS
    sets: tuple[Mapping[str, str], ...] = ()
    others: bool = False


def asked(source: str, days: int, sets: Sequence[Mapping[str, str]], *, others: bool) -> Asked:
    """What somebody asks for, looked through. Raises ConfigurationError with what is wrong."""
    if not 1 <= days <= MOST_DAYS:
        raise ConfigurationError(f"{days} days cannot be replayed.", f"Ask for 1 to {MOST_DAYS}.")
    if len(sets) > scenarios.MOST_SETS:
        raise ConfigurationError(f"{len(sets)} sets are too many.", f"Try at most {scenarios.MOST_SETS} at a time.")
    known = next((one for one in SOURCES if one == source), None)
    if known is None:
        raise ConfigurationError(f"The past cannot come from {source!r}.", f"Choose one of {', '.join(SOURCES)}.")
    for texts in sets:
        scenarios.parsed(texts)
    return Asked(known, days, tuple(dict(texts) for texts in sets if texts), others)


def compare(asked: Asked, tell: Told = silently) -> Data:
    """Replay what was played with each set. Raises ConfigurationError, PlexError, StorageAbsentError."""
    sets = [(texts, scenarios.parsed(texts)) for texts in (NOTHING, *asked.sets)]
    known = mappings.usable()
    there = scenarios.caches(known)
    recalled = recalling.recall(asked.source, asked.days, known)
    work: list[tuple[str, Mapping[str, str], Policy, Setup]] = []
    for texts, values in sets:
        setup = scenarios.setup_of(values, recalled.people, there)
        work.append((_name(texts), texts, Planner(), setup))
    if asked.others:
        work += [(policy.name, {}, policy, setup) for policy, setup in others(recalled.past, work[0][3])]
    rows = []
    for number, (name, texts, policy, setup) in enumerate(work):
        outcome = Simulation(recalled.past, policy, setup).run(_part(tell, number, len(work)))
        rows.append(_row(name, texts, policy, outcome))
    return _report(asked, recalled, rows)


def others(past: Past, setup: Setup) -> Iterator[tuple[Policy, Setup]]:
    """Whom Cacherr is compared with, each with the settings it goes by: in the same room, at the same times."""
    people = {*setup.habits, *(play.who for play in past.plays)}
    five = replace(setup, habits={who: Habits(episodes_ahead=5) for who in people})
    yield LeastRecentlyPlayed(), setup
    yield DeckPlusFive(), five
    yield PlexCacheD(), five
    yield Clairvoyant(past.plays, past.library.titles), setup


def _name(texts: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in texts.items()) or PRESENT


def _part(tell: Told, number: int, count: int) -> Told:
    return lambda share: tell((number + share) / count)


def _row(name: str, texts: Mapping[str, str], policy: Policy, outcome: Outcome) -> Data:
    rates = outcome.rates
    return {
        "name": name,
        "policy": policy.name,
        "settings": dict(texts),
        **{key: rates[key] for key in ("from_cache", "from_array", "hit_rate", "hit_rate_by_hours")},
        "bytes_cached": outcome.bytes_cached,
        "bytes_returned": outcome.bytes_returned,
        "files_cached": outcome.files_cached,
        "files_left": outcome.files_left,
        "bytes_most": outcome.fullest,
        "wakeups": outcome.wakeups,
    }


def _report(asked: Asked, recalled: Recalled, rows: Sequence[Data]) -> Data:
    past = recalled.past
    return {
        "source": asked.source,
        "days": asked.days,
        "since": datetime.fromtimestamp(past.start, UTC).isoformat(),
        "plays": recalled.plays,
        "users": len({play.who for play in past.plays if play.counts}),
        "gone": recalled.gone,
        "outside": recalled.outside,
        "settings": dict(scenarios.in_force()),
        "sets": list(rows),
        "notes": [*_left_out(recalled), *CAVEATS],
    }


def _left_out(recalled: Recalled) -> Iterator[str]:
    """What counts neither as a hit nor as a miss."""
    for count, why in (
        (recalled.gone, "of what the library does not have any more"),
        (recalled.outside, "of what no path mapping covers"),
    ):
        if count:
            yield f"{count} play{'s' if count > 1 else ''} {why} could not be replayed."
