"""Whether this process has been asked to end: copies in progress notice it within a second and undo themselves."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_asked = threading.Event()


def request() -> None:
    """Ask everything in this process to stop."""
    _asked.set()


def requested() -> bool:
    """Whether it was asked to stop."""
    return _asked.is_set()


def wait(seconds: float) -> bool:
    """Rest for so many seconds, or until this process is asked to stop; whether it was."""
    return _asked.wait(seconds)


@contextmanager
def by_signals() -> Iterator[None]:
    """SIGINT and SIGTERM ask to stop; a second one does what it always did. For a command's main thread."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ask(number: int, frame: object) -> None:  # noqa: ARG001 - Python's own signature
        request()
        restore()

    for number in before:
        signal.signal(number, ask)
    try:
        yield
    finally:
        restore()
