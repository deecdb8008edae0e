"""Follows the log for one listener: what all processes append to its files, at a bounded rate.

The files are looked at instead of being told by whoever logs: a line costs nothing while nobody listens, and no
trouble with events can make lines of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from django.conf import settings

from cacherr import logbook
from caching import events

LOOK_SECONDS = 1.0
MOST_AT_ONCE = 50
"""So many lines are told a look; the latest, with how many were left out before them."""

Tell = Callable[[events.Event], Awaitable[None]]


class LogFollower:
    """Tells of new lines from its making on, until it is stopped."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._tail = logbook.Tail(logbook.directory(settings.CONFIG_DIR))
        self._task = asyncio.ensure_future(self._follow())

    def stop(self) -> None:
        """Tell nothing more."""
        self._task.cancel()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._tail.has_grown():
                await self._tell_all(await asyncio.to_thread(self._tail.read))

    async def _tell_all(self, entries: list[logbook.Entry]) -> None:
        skipped = max(0, len(entries) - MOST_AT_ONCE)
        for entry in entries[skipped:]:
            await self._tell(events.event("log", asdict(entry) | {"skipped": skipped}))
            skipped = 0
