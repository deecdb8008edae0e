"""How long a plan takes, and how that grows: `python benchmarks/plan.py --help`.

From wishes as people and lists have them (names of films and episodes) to decisions, everything in memory: the lists'
entries are found in the library by name, as the index does it, and the plan is made. Reading rows is not part of it.
Processor time, because others use the machine too.
"""

import os
import sys

# A script's directory comes first where modules are looked for: there is a `copy` here, which is not Python's own.
sys.path.pop(0)
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import argparse
import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from caching.planning.plan import make_plan
from caching.planning.values import (
    Action,
    Cached,
    FileKey,
    Limit,
    Plan,
    Rule,
    Rules,
    Sidecar,
    Situation,
    Storage,
    Subject,
    Want,
)

NOW = 1_700_000_000
GB, DAY, HOUR = 1024**3, 86400, 3600
FILES, USERS, WANTS, LISTS, ITEMS = 100_000, 50, 200, 20, 1000
BOUND = 0.5


@dataclass(frozen=True)
class Household:
    """A library by the names that lists use, who wants what of it, and the budget in bytes."""

    library: dict[str, tuple[FileKey, int]]
    users: tuple[tuple[str, ...], ...]
    lists: tuple[tuple[str, ...], ...]
    budget: int


def main() -> None:
    """Print time and growth. Exits with 1 when a plan takes longer than the bound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    print(f"{FILES:,} files, {USERS} users x {WANTS}, {LISTS} lists x {ITEMS}; median of {wanted.rounds}, in seconds\n")
    print(
        f"{'':10}{'files':>9}{'wishes':>9}{'decisions':>11}{'least':>9}{'empty':>9}{'full':>9}{'short':>9}{'sidecars':>10}{'rules':>9}"
    )
    slowest = 0.0
    for share in (0.125, 0.25, 0.5, 1.0, 2.0):
        times, count = measured(household(share, random.Random(wanted.seed)), wanted.rounds)
        if share == 1:
            slowest = max(times)
        name, wishes = f"x {share:g}", int(share * (USERS * WANTS + LISTS * ITEMS))
        shown = "".join(f"{seconds:9.3f}" for seconds in times[:4]) + f"{times[4]:10.3f}{times[5]:9.3f}"
        print(f"{name:10}{int(FILES * share):9,}{wishes:9,}{count:11,}{shown}", flush=True)
    print(f"\nThe slowest at x 1 takes {slowest:.3f} s; the bound is {BOUND} s.")
    print("least: plain dictionaries, no parts and no reasons. empty: nothing is cached.")
    print("full: what was planned is cached, and nothing has changed.")
    print("short: the same with three quarters of the room. sidecars: two beside each wanted file.")
    print("rules: as empty, from wishes whose files are known, with 17 rules that hit little and 51 limits.")
    sys.exit(slowest > BOUND)


def household(share: float, chance: random.Random) -> Household:
    """A library of films, and wishes for some of them: what is popular is wanted more often."""
    files = int(FILES * share)
    library = {
        f"tmdb://{number}": (FileKey("ssd", b"Films/%06d/Film.mkv" % number), chance.randrange(1, 60) * GB)
        for number in range(files)
    }

    def some(count: int) -> tuple[str, ...]:
        return tuple(f"tmdb://{int(files * chance.random() ** 2)}" for _ in range(count))

    users = tuple(some(int(WANTS * share)) for _ in range(USERS))
    lists = tuple(some(int(ITEMS * share)) for _ in range(LISTS))
    return Household(library, users, lists, budget=int(100_000 * share) * GB)


def wishes(home: Household) -> Iterator[Want]:
    """Everybody's wishes, found in the library by name."""
    for number, names in enumerate(home.users):
        source = "watchlist" if number % 2 else "ondeck"
        who, claim = f"User {number}", f"{source}:{number}"
        for place, name in enumerate(names):
            if found := home.library.get(name):
                file, size = found
                since = NOW - place * DAY // 2
                yield Want(file, size, source, who, "on deck", name, name, since, claim, position=place % 4)
    for number, names in enumerate(home.lists):
        who, claim = f"List {number}", f"list:{number}"
        for name in names:
            if found := home.library.get(name):
                file, size = found
                yield Want(file, size, "list", who, "on a list", name, name, claim=claim, priority=40 + number)


def least(home: Household) -> list[tuple[int, FileKey]]:
    """The least that any planner has to do, for comparison: find, group by file, count, sort, fill."""
    points: dict[FileKey, int] = {}
    sizes: dict[FileKey, int] = {}
    for names in (*home.users, *home.lists):
        for name in names:
            if found := home.library.get(name):
                points[found[0]] = points.get(found[0], 50) + 5
                sizes[found[0]] = found[1]
    order = sorted(((-score, file) for file, score in points.items()))
    left, chosen = home.budget, []
    for score, file in order:
        if sizes[file] <= left:
            left -= sizes[file]
            chosen.append((score, file))
    return chosen


def ruled(situation: Situation) -> Situation:
    """The same with rules that hit little, so that all are asked, and a limit for each user and for the library."""
    labels = [frozenset({f"label {number}"}) for number in range(5)]
    book = (
        *(Rule(f"Label {number}", labels=names) for number, names in enumerate(labels)),
        *(Rule(f"Title {number}", title=f"*Film {number}00000*") for number in range(5)),
        *(Rule(f"Path {number}", path=f"*/Extras {number}/*") for number in range(5)),
        Rule("Large", sections=frozenset({"1"}), larger_than=59 * GB, resolutions=frozenset({"4k"})),
        Rule("Old", kind="movie", added_before=5000),
    )
    users = [
        Limit(f"User {number}'s limit", 500 * GB, claims=frozenset({f"ondeck:{number}", f"watchlist:{number}"}))
        for number in range(USERS)
    ]
    known: dict[tuple[FileKey, str], Subject] = {}
    for want in situation.wants:
        if (want.file, want.rating_key) not in known:
            known[want.file, want.rating_key] = Subject(
                f"/data/media/{want.file.name}", want.size, "1080", section="1", kind="movie", title=want.title,
                labels=frozenset(), added_at=NOW - 100 * DAY,
            )  # fmt: skip
    wants = tuple(want._replace(subject=known[want.file, want.rating_key]) for want in situation.wants)
    limits = (*users, Limit("the library's limit", 90_000 * GB, section="1"))
    return replace(situation, wants=wants, rules=replace(situation.rules, book=book, limits=limits))


def situation(home: Household, before: Plan | None, room: float, sidecars: tuple[Sidecar, ...] = ()) -> Situation:
    """The moment of planning, from wishes by name on. What the array shows has been read before."""
    wants = tuple(wishes(home))
    kept = before.of(Action.CACHE) if before else ()
    cached = tuple(
        Cached(one.file, one.size, NOW - 48 * HOUR, frozenset(one.sources), belongs_to=one.belongs_to)
        for one in kept
        if one.file
    )
    budget = int(home.budget * room)
    free = budget - sum(item.size for item in cached)
    rules = Rules(threshold_percent=90, target_percent=80)
    return Situation(NOW, wants, cached, (Storage("ssd", budget, free, budget),), rules=rules, sidecars=sidecars)


def beside(wants: tuple[Want, ...]) -> Iterator[Sidecar]:
    """A subtitle and a poster beside each wanted file."""
    for file in {want.file for want in wants}:
        directory = file.path.rpartition(b"/")[0]
        yield Sidecar(FileKey(file.cache, directory + b"/Film.srt"), 100_000, file.path)
        yield Sidecar(FileKey(file.cache, directory + b"/poster.jpg"), 500_000, directory + b"/")


def measured(home: Household, rounds: int) -> tuple[list[float], int]:
    """Median seconds from names to a plan in each situation, and how many decisions the first has."""
    first = make_plan(situation(home, None, 1))
    found = tuple(beside(tuple(wishes(home))))
    with_rules = ruled(situation(home, None, 1))
    works: list[Callable[[], object]] = [
        lambda: least(home),
        lambda: make_plan(situation(home, None, 1)),
        lambda: make_plan(situation(home, first, 1)),
        lambda: make_plan(situation(home, first, 0.75)),
        lambda: make_plan(situation(home, None, 1, found)),
        lambda: make_plan(with_rules),
    ]
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, seconds in zip(works, times, strict=True):
            gc.collect()
            start = time.process_time()
            work()
            seconds.append(time.process_time() - start)
    return [statistics.median(seconds) for seconds in times], len(first.decisions)


if __name__ == "__main__":
    main()
