"""Copying in the background: disk time that nobody else wants, and a processor that is not taken from anybody."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from caching.disk import calls


@contextmanager
def idle_priority() -> Iterator[None]:
    """Let the calling thread read and write with idle priority; afterwards it has the priority it had before.

    Does nothing where the system knows no such thing or does not allow it.
    """
    try:
        before = calls.io_priority()
    except OSError:
        yield
        return
    if before == calls.IDLE:
        yield
        return
    become(calls.IDLE)
    try:
        yield
    finally:
        become(before)


def become(wanted: int) -> None:
    """Give the calling thread a priority for disk time, for good, where the system allows it."""
    try:
        calls.set_io_priority(wanted)
    except OSError:
        pass  # it only costs politeness


def work_in_the_background() -> None:
    """Let the calling thread, for good, never interrupt another one when it has waited for a disk; see sched(7).

    Its share of the processor stays the same. Threads that copy wait for a disk some twenty times for each small file
    and would otherwise interrupt each other each time: together they are a fifth faster and use a fifth less processor.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except OSError:
        pass  # a container may forbid it; it only costs politeness
