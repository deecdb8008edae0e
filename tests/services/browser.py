"""A browser of the Chromium family; nothing has to run before the tests open it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.services.processes import MissingError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def answers(path: str) -> bool:
    """Whether there is a program at this path."""
    return os.access(path, os.X_OK)


@contextmanager
def running() -> Iterator[str]:
    """The path of the installed browser."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise MissingError("no Chromium or Chrome found")
    yield found
