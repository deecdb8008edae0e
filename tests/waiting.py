"""Waiting for something to become true, with a deadline that is only met when it never does."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

SECONDS = 60.0
"""Far longer than anything here takes on a busy machine."""
PAUSE = 0.02


def until(look: Callable[[], T], what: str, seconds: float = SECONDS) -> T:
    """What `look` answers, once that is true. Fails naming `what` when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} seconds in vain for {what}; last seen: {found!r}")
        time.sleep(PAUSE)
    return found


async def until_true(look: Callable[[], T], what: str, seconds: float = SECONDS) -> T:
    """The same without holding up the event loop."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} seconds in vain for {what}; last seen: {found!r}")
        await asyncio.sleep(PAUSE)
    return found
