"""Small pasts: a film library and a show, and what was played when, in words of hours."""

from collections.abc import Sequence
from dataclasses import replace

from caching.planning.values import FileKey, Rules, Storage
from caching.replaying.simulating import Outcome, Policy, Simulation
from caching.replaying.values import HOUR, Library, Past, Play, Setup, Title

START = 1_700_000_000
GB = 1024**3
MINUTE_MS = 60_000


def file(key: str) -> FileKey:
    return FileKey("ssd", key.encode())


def film(key: str, size: int = 10, *, added: int = -1000) -> Title:
    return Title(key, ((file(key), size * GB),), key, duration=60 * MINUTE_MS, added_at=START + added * HOUR)


def show(name: str, count: int, size: int = 10, *, weekly_from: int | None = None) -> list[Title]:
    """Episodes `name1`, `name2` …; from one on they come into the library a week after each other."""
    return [
        Title(
            f"{name}{number}", ((file(f"{name}{number}"), size * GB),), f"{name}{number}", name, number,
            duration=60 * MINUTE_MS,
            added_at=START + (168 * (number - weekly_from) if weekly_from and number >= weekly_from else -1000) * HOUR,
        )
        for number in range(1, count + 1)
    ]  # fmt: skip


def play(who: str, key: str, at: float, *, hours: float = 1.5, finished: bool = True) -> Play:
    """Somebody plays something, so many hours after the start."""
    start, seconds = START + int(at * HOUR), int(hours * HOUR)
    return Play(start, start + seconds, who, key, seconds, finished)


def past(titles: Sequence[Title], plays: Sequence[Play], days: int = 30) -> Past:
    return Past(START, START + days * 24 * HOUR, tuple(plays), Library(titles))


def setup(room: int = 100, **values: object) -> Setup:
    """A cache with room for so many GB, an hour between cycles, and copies that take no time."""
    rules = Rules(minimum_hold=0, watched_grace=0)
    made = Setup((Storage("ssd", room * GB, room * GB, room * GB),), rules, bytes_per_second=0)
    return replace(made, **values)  # type: ignore[arg-type]


def outcome(of: Past, policy: Policy, given: Setup | None = None) -> Outcome:
    return Simulation(of, policy, given or setup()).run()


def served(of: Past, policy: Policy, given: Setup | None = None) -> str:
    """Where each play was served from, in order: c, a, u."""
    return "".join(one.served[0] for one in outcome(of, policy, given).plays)
