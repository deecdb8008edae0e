"""A Cacherr for a browser to look at, served on one port however often it is killed and started again."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.conftest import Installation
from tests.services.processes import free_port
from tests.serving import Served, serving

PASSWORD = "correct horse"
MIB = 1 << 20
WATCHABLE = {
    "CACHERR_ADMIN_PASSWORD": PASSWORD,
    "CACHERR_BANDWIDTH_LIMIT": "16MB",
    "CACHERR_COPY_CHUNK": "65536",
    "CACHERR_MINIMUM_HOLD_HOURS": "0",
    "CACHERR_WATCHED_GRACE_HOURS": "0",
    "CACHERR_OPERATIONS_TO_CACHE": "1",
    "CACHERR_MIN_FREE_SPACE": "0",
}
"""With so few bytes a second the copy of a large file takes a while, and one file after the other is copied."""


class Site:
    """The server of an installation."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.port = free_port()
        self._running = ExitStack()
        self._served: Served | None = None

    @property
    def url(self) -> str:
        """The address of the pages, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def served(self) -> Served:
        """The process that serves now."""
        assert self._served is not None, "nothing is being served"
        return self._served

    def start(self) -> None:
        """Serve, and come back when people can sign in."""
        self._served = self._running.enter_context(
            serving(self.installation, "--port", str(self.port), extra=WATCHABLE | self.installation.variables)
        )
        assert self._served.port == self.port

    def kill(self) -> None:
        """As when the power goes: nothing is put away."""
        self.served.end(signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """End the server, if it still runs."""
        self._running.close()
        self._served = None


@contextmanager
def site(installation: Installation) -> Iterator[Site]:
    """A site that is being served."""
    made = Site(installation)
    try:
        made.start()
        yield made
    finally:
        made.close()


def grow(path: Path, size: int) -> None:
    """Make a file so large that its copying takes a while, without writing all of it."""
    times = path.stat()
    os.truncate(path, size)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
