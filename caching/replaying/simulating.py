"""The replay itself: plays begin and end, cycles come in between, and a policy decides what the cache holds."""

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from caching.ledger import counting
from caching.replaying.audience import Audience
from caching.replaying.contents import Contents
from caching.replaying.values import Past, Play, Setup, Title

Progress = Callable[[float], None]
"""Told after each play how much is done, 0 to 1. What it raises ends the replay."""
NEVER = 2**62


def silently(share: float) -> None:
    """Tell nobody."""


@dataclass
class World:
    """All that a policy sees and changes."""

    past: Past
    setup: Setup
    audience: Audience
    contents: Contents
    now: int

    def played(self) -> Iterable[Title]:
        """What anybody plays now."""
        titles = self.past.library.titles
        return [titles[key] for _, key in self.audience.playing if key in titles]


class Policy:
    """Decides what the cache holds. This one holds nothing."""

    name = "nothing"

    def before(self, world: World, title: Title) -> None:
        """Somebody is about to press play; only who knows the future can do anything here."""

    def begun(self, world: World, title: Title, who: str) -> None:
        """Somebody has pressed play."""

    def finished(self, world: World, title: Title, who: str) -> None:
        """Somebody has watched something to its end."""

    def cycle(self, world: World) -> int:  # noqa: ARG002 - others look at it
        """A cycle. Returns from when on, with nothing played meanwhile, another one might decide anything else."""
        return NEVER


@dataclass(frozen=True)
class Outcome:
    """What came of a replay. Bytes."""

    rates: dict[str, Any]
    wakeups: dict[str, int]
    bytes_cached: int
    bytes_returned: int
    files_cached: int
    files_left: int
    fullest: int
    """The most that was ever cached at once."""
    plays: tuple[counting.Play, ...] = field(repr=False, default=())

    @property
    def hits(self) -> int:
        """Plays from the cache."""
        return int(self.rates["from_cache"])


class Simulation:
    """One past, with one policy and one set of settings."""

    def __init__(self, past: Past, policy: Policy, setup: Setup) -> None:
        self._past, self._policy = past, policy
        self.world = World(past, setup, Audience(past, setup), Contents(setup), past.start)
        self._plays = sorted(past.plays, key=lambda play: play.order)
        self._going: list[tuple[int, int]] = []
        """Ends of what plays, with the play's number."""
        self._seen: list[counting.Play] = []
        self._due = past.start
        """From when on a cycle may decide something."""
        self._cycled = past.start - 1

    def run(self, progress: Progress = silently) -> Outcome:
        """Replay everything."""
        span = max(1, self._past.end - self._past.start)
        for number, play in enumerate(self._plays):
            self._pass_time(play.start)
            self._begin(number, play)
            progress((play.start - self._past.start) / span)
        self._pass_time(max(self._past.end, self._plays[-1].end if self._plays else 0))
        progress(1.0)
        return self._outcome()

    def _pass_time(self, until: int) -> None:
        """Let plays end and cycles run up to a moment; what ends in the moment of a cycle ends before it."""
        while True:
            cycle = self._next_cycle()
            end = self._going[0][0] if self._going else NEVER
            if min(cycle, end) > until:
                return
            if end <= cycle:
                self._end(heapq.heappop(self._going)[1], end)
            else:
                self._cycle(cycle)

    def _next_cycle(self) -> int:
        """The first moment for a cycle that has something to decide. None runs after the end of the past."""
        every, start = self.world.setup.cycle_seconds, self._past.start
        at = max(self._due, self._cycled + 1)
        moment = start + -(-(at - start) // every) * every
        return moment if moment <= self._past.end else NEVER

    def _cycle(self, now: int) -> None:
        self.world.now = self._cycled = now
        due = self._policy.cycle(self.world)
        arrivals = self._past.library.arrivals
        following = bisect_right(arrivals, now)
        self._due = min(due, arrivals[following] if following < len(arrivals) else NEVER)

    def _begin(self, number: int, play: Play) -> None:
        world = self.world
        world.now = play.start
        self._due = min(self._due, play.start + 1)  # a cycle of the same moment comes before it
        if not play.counts:
            world.audience.got_so_far(play)
            return
        title = self._past.library.titles.get(play.key)
        if title:
            self._policy.before(world, title)
        known = title is not None and bool(title.files)
        served = "unknown" if not known else "array"
        if title and known and world.contents.holds(title.files, play.start):
            served = "cache"
        self._seen.append(counting.Play(play.start, play.end, play.seconds, served, who=play.who))
        world.audience.begin(play)
        heapq.heappush(self._going, (play.end, number))
        if title:
            self._policy.begun(world, title, play.who)

    def _end(self, number: int, now: int) -> None:
        play = self._plays[number]
        self.world.now = now
        self.world.audience.end(play)
        title = self._past.library.titles.get(play.key)
        if title and play.finished:
            self._policy.finished(self.world, title, play.who)
        self._due = min(self._due, now)

    def _outcome(self) -> Outcome:
        contents = self.world.contents
        return Outcome(
            rates=counting.rates(self._seen),
            wakeups=counting.wakeups(self._seen, contents.copies),
            bytes_cached=contents.bytes_cached,
            bytes_returned=contents.bytes_returned,
            files_cached=contents.files_cached,
            files_left=contents.files_left,
            fullest=contents.fullest,
            plays=tuple(self._seen),
        )
