"""How fast others are asked: a turn for each request, never closer together and never more in a minute than allowed."""

from collections import deque
from dataclasses import dataclass

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast a host, or a group of hosts, may be asked."""

    interval: float
    """Seconds between the beginnings of two requests; 0: none."""
    per_minute: int
    """How many requests may begin in any minute; 0: any number."""


class Turns:
    """The turns of one host or group, in the order they are taken. Not for several threads at once."""

    def __init__(self) -> None:
        self._taken: deque[float] = deque()

    def take(self, limits: Limits, now: float) -> float:
        """When the next request may begin, at the earliest now. The turn counts as used. Times are of one clock."""
        at = now
        if self._taken:
            at = max(at, self._taken[-1] + limits.interval)
        if limits.per_minute and len(self._taken) >= limits.per_minute:
            at = max(at, self._taken[-limits.per_minute] + MINUTE)
        self._taken.append(at)
        while self._taken and self._taken[0] <= now - MINUTE and len(self._taken) > 1:
            self._taken.popleft()
        return at
