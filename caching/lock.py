"""One worker at a time for an installation: a lock that the kernel lets go of when its holder dies.

A rescue goes before all others: while one waits for the lock, its holder is asked to end in a safe state, and nobody
else takes it.
"""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.conf import settings

from cacherr.errors import BusyError
from caching import stopping

WORK_LOCK = "work"
LOOK_SECONDS = 0.1
INSTANT_SECONDS = 0.5
"""So long a lock is tried for: those who look whether somebody has it share it among themselves for an instant."""

RESCUE_FIRST = "A cache disk is gone: the rescue of what it held comes first."


@contextmanager
def held(name: str) -> Iterator[None]:
    """Hold the installation's lock of this name. Raises BusyError when somebody holds it, or waits to go first."""
    if is_wanted(name):
        raise BusyError(RESCUE_FIRST, "Try again in a minute.")
    with _taken(_file(name), INSTANT_SECONDS):
        yield


@contextmanager
def held_first(name: str, seconds: float, ask_to_end: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock before all others, once its holder has let go. Raises BusyError after so many seconds.

    `ask_to_end` is called when somebody has it; by then `is_wanted` tells them why.
    """
    with ExitStack() as stack:
        with _taken(_first(name), INSTANT_SECONDS):
            try:
                stack.enter_context(_taken(_file(name), INSTANT_SECONDS))
            except BusyError:
                ask_to_end()
                stack.enter_context(_taken(_file(name), seconds))
        yield


def is_wanted(name: str) -> bool:
    """Whether somebody who goes first waits for this lock: who holds it shall end what is in progress and let go."""
    return _is_taken(_first(name))


def is_held(name: str) -> bool:
    """Whether somebody has this lock, or waits to go first."""
    return is_wanted(name) or _is_taken(_file(name))


def _file(name: str) -> Path:
    return Path(settings.CONFIG_DIR) / f"{name}.lock"


def _first(name: str) -> Path:
    return Path(settings.CONFIG_DIR) / f"{name}.first.lock"


@contextmanager
def _taken(path: Path, seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    with open(path, "a") as file:
        while not _take(file.fileno()):
            if time.monotonic() >= deadline or stopping.requested():
                raise BusyError("Another instance of Cacherr is working.", "Wait until it is done, or stop it.")
            time.sleep(LOOK_SECONDS)
        yield


def _is_taken(path: Path) -> bool:
    if not path.exists():
        return False
    with open(path, "a") as file:
        return not _take(file.fileno(), fcntl.LOCK_SH)


def _take(descriptor: int, how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
