"""Browsers of this machine; nothing has to run before the tests open them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.services.processes import MissingError


class Browser:
    """A browser that is started through a program of one of some names, and other programs that it needs."""

    def __init__(self, label: str, *names: str, needs: str = "") -> None:
        self.label, self.names, self.needs = label, names, needs

    def answers(self, path: str, /) -> bool:
        """Whether there is a program at this path."""
        return os.access(path, os.X_OK)

    @contextmanager
    def running(self) -> Iterator[str]:
        """The path of the installed program. Raises MissingError."""
        found = next(filter(None, map(shutil.which, self.names)), None)
        if found is None:
            raise MissingError(f"no {self.label} found")
        if self.needs and shutil.which(self.needs) is None:
            raise MissingError(f"no {self.needs} found, which {self.label} needs")
        yield found


CHROMIUM = Browser("Chromium or Chrome", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FIREFOX = Browser("Firefox", "firefox-esr", "firefox")
WEBKIT = Browser("WebKitWebDriver", "WebKitWebDriver", needs="Xvfb")
