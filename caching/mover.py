"""Unraid's mover: while it moves files between the same disks, Cacherr keeps off them."""

from cacherr.errors import BusyError
from caching.disk import neighbour
from caching.models import CachePolicy

RUNNING = "Unraid's mover is running: nothing is moved until it is done."
BEGUN = "Unraid's mover has begun; everything is as it was."
"""What became of an operation that was cut short for the mover's sake."""


class MoverRunningError(BusyError):
    """The mover is at work: nothing is wrong, Cacherr's turn comes later."""


def is_running(policy: CachePolicy | None = None) -> bool:
    """Whether the mover's pid file can be seen; without `policy`, by the settings in force now."""
    path = (policy or CachePolicy.effective()).mover_pid_file
    return bool(path) and neighbour.is_at_work(path)


def require_resting() -> None:
    """Raises MoverRunningError while the mover runs."""
    if is_running():
        raise MoverRunningError(RUNNING)
