"""One worker at a time for an installation: a lock that the kernel lets go of when its holder dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from cacherr.errors import BusyError


@contextmanager
def held(name: str) -> Iterator[None]:
    """Hold the installation's lock of this name. Raises BusyError when another process or thread holds it."""
    with open(settings.CONFIG_DIR / f"{name}.lock", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BusyError("Another instance of Cacherr is working.", "Wait until it is done, or stop it.") from error
        yield
