"""Whether whoever asks others shall go on: looked at before each request, and while one waits for its turn."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


def _go_on() -> None:
    """Nobody minds."""


_look: ContextVar[Callable[[], None]] = ContextVar("look", default=_go_on)


@contextmanager
def heeding(look: Callable[[], None]) -> Iterator[None]:
    """Call `look` before each request of this thread; what it raises ends the work before the request is sent."""
    before = _look.set(look)
    try:
        yield
    finally:
        _look.reset(before)


def heed() -> None:
    """Raises what this thread's `look` raises."""
    _look.get()()
