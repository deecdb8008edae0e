"""Cacherr's planner and others on generated households, in one table: `python -m benchmarks.replay [--help]`.

Hit rate by plays and by hours, what was copied, and how often the array had to wake. No disk, no database, no Plex.
"""

import argparse
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caching.replaying.values import Setup


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--limits", type=int, nargs="+", default=[100, 300, 1000], help="GB; several: one after another"
    )
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--cycle", type=int, default=60, help="minutes between two cycles")
    wanted = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cacherr.settings")
    import django

    django.setup()
    for line in _table(wanted.limits, wanted.days, wanted.cycle * 60):
        print(line, flush=True)


def _table(limits: list[int], days: int, cycle: int) -> Iterator[str]:
    from dataclasses import replace

    from benchmarks.households import HOUSEHOLDS, past_of
    from caching.replaying.comparing import others
    from caching.replaying.planner import Planner
    from caching.replaying.simulating import Simulation

    for house in HOUSEHOLDS:
        past = past_of(replace(house, days=days))
        people = len(house.viewers)
        yield f"\n{house.name}: {people} people, {len(past.plays):,} plays in {days} days"
        yield f"{'':28}{'plays':>7}{'hours':>7}{'GB cached':>11}{'GB a hit':>10}{'wakings':>9}{'seconds':>9}"
        for limit in limits:
            mine = _setup(limit, cycle)
            for policy, setup in ((Planner(), mine), *others(past, mine)):
                begun = time.process_time()
                came = Simulation(past, policy, setup).run()
                took, gb = time.process_time() - begun, came.bytes_cached / 1024**3
                rates = f"{came.rates['hit_rate']:7.1%}{came.rates['hit_rate_by_hours']:7.1%}"
                per_hit = gb / came.hits if came.hits else 0.0
                yield (
                    f"{limit:5} GB  {policy.name:18}{rates}{gb:11,.0f}{per_hit:10.2f}"
                    f"{came.wakeups['with']:9,}{took:9.2f}"
                )


def _setup(limit: int, cycle: int) -> "Setup":
    from benchmarks.households import CACHE
    from caching.planning.values import Rules, Storage
    from caching.replaying.values import Setup

    room = limit * 1024**3
    rules = Rules(threshold_percent=90, target_percent=80)
    return Setup((Storage(CACHE, room, room, room),), rules, cycle_seconds=cycle)


if __name__ == "__main__":
    main()
