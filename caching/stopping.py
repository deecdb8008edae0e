"""Whether this process has been asked to end: copies in progress notice it within a second and undo themselves."""

import threading

_asked = threading.Event()


def request() -> None:
    """Ask everything in this process to stop."""
    _asked.set()


def requested() -> bool:
    """Whether it was asked to stop."""
    return _asked.is_set()
