"""Worker and beat show that they are alive by touching a file; `docker/healthcheck.py` looks at its age.

Both can hang without ending, for instance on a connection that is half gone, and then only their own loop standing
still tells. So each touches the file from that very loop: the worker with its heartbeat, which its event loop sends
while the broker listens, and beat after each look at the schedule. A thread with a timer would prove nothing.

Call `install(path)` once, while the Celery app is set up and before it starts. The container's entry point names the
path in CACHERR_LIVENESS_PATH; where it is not set (the one-process mode, tests) the path is None and nothing is done.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from celery.beat import Service
from celery.signals import beat_init, heartbeat_sent, worker_ready

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_TOUCHES = 10.0
"""Far below the age at which the health check gives up, and far above the worker's two seconds between heartbeats."""


class SignOfLife:
    """The file, touched when called, and not more often than needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.touched: float | None = None

    def __call__(self, **_signal: object) -> None:
        """Touch the file. A failure is logged and no more: to go unhealthy is its only fair consequence."""
        now = time.monotonic()
        if self.touched is not None and now - self.touched < SECONDS_BETWEEN_TOUCHES:
            return
        try:
            self.path.touch()
        except OSError as error:
            logger.warning("The sign of life %s cannot be written: %s", self.path, error)
        self.touched = now


def install(path: Path | None) -> None:
    """From now on, a worker or beat of this process touches `path` for as long as it works."""
    if path is None:
        return
    sign = SignOfLife(path)

    def follow_ticks(sender: Service, **_signal: object) -> None:
        """Beat has no signal for its ticks, so its scheduler's method is wrapped, whichever scheduler that is."""
        scheduler = sender.scheduler
        scheduler.tick = _followed_by(sign, scheduler.tick)  # type: ignore[method-assign, assignment]

    heartbeat_sent.connect(sign, weak=False)
    worker_ready.connect(sign, weak=False)
    beat_init.connect(follow_ticks, weak=False)


def _followed_by(sign: SignOfLife, tick: Callable[[], float]) -> Callable[[], float]:
    def tick_and_show() -> float:
        interval = tick()
        sign()
        return interval

    return tick_and_show
