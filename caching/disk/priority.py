"""Copying in the background: disk time that nobody else wants."""

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
