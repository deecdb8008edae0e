"""Sends what is due: all targets beside each other, and none for longer than its time."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils import timezone

from cacherr.errors import CacherrError
from caching.models import Notice, NotificationTarget
from caching.notifying import outbox, posting
from caching.notifying.rendering import render
from caching.notifying.values import Happening

log = logging.getLogger(__name__)

SECONDS = 20.0
"""For one message altogether. Whoever answers byte by byte is not waited for any longer."""
TEST = Happening("activity", "info", "Test", ("This is a test by Cacherr: notifications arrive here.",))


def send_due(now: datetime | None = None, seconds: float = SECONDS) -> int:
    """Send everything that is due: how many targets got something. Ends within little more than `seconds`."""
    now = now or timezone.now()
    begun = [
        (target, notices, begin(target, notices))
        for target in outbox.waiting(now)
        if (notices := outbox.claim(target, now))
    ]
    deadline = time.monotonic() + seconds
    for target, notices, answer in begun:
        _settle(target, notices, answer(max(0.0, deadline - time.monotonic())), now)
    return len(begun)


def begin(target: NotificationTarget, notices: Sequence[Notice]) -> Callable[[float], str]:
    """Begin to send one message with all of it to a target; what is returned waits for the outcome."""
    happenings = [outbox.happening(row) for row in notices]
    return _in_thread(lambda: _post(target.url, happenings, target.dropped))


def test(url: str, seconds: float = SECONDS) -> str:
    """Send a test now. Why it did not arrive, as a sentence; empty when it did."""
    return _in_thread(lambda: _post(url, [TEST], 0))(seconds)


def test_target(target: NotificationTarget) -> str:
    """The same for a stored target, which remembers the outcome. A success ends its rest."""
    now, error = timezone.now(), test(target.url)
    rows = NotificationTarget.objects.filter(pk=target.pk)
    rows.update(last_at=now, last_error=error, **({} if error else {"failures": 0, "rests_until": None}))
    return error


def _settle(target: NotificationTarget, notices: Sequence[Notice], error: str, now: datetime) -> None:
    if error:
        log.warning("The notification target %s was not reached: %s", target.name, error)
        outbox.failed(target, notices, error, now)
    else:
        outbox.told(target, notices, target.dropped, now)


def _post(url: str, happenings: Sequence[Happening], dropped: int) -> str:
    try:
        message = render(happenings, posting.style(url), dropped=dropped)
        return posting.post(url, message)
    except CacherrError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a hundred services' code: whatever it raises, it did not arrive
        return f"It could not be sent ({type(error).__name__})."


def _in_thread(work: Callable[[], str]) -> Callable[[float], str]:
    """Begin in a thread that nobody has to wait for, not even the end of the process."""
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(work()), name="notify", daemon=True).start()

    def wait(seconds: float) -> str:
        try:
            return answers.get(timeout=seconds)
        except queue.Empty:
            return "It did not answer in time."

    return wait
