"""What everybody else may ask of the watcher, whatever process it runs in: to look, to begin and to end looking."""

import secrets
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from cacherr.errors import BusyError
from cacherr.overrides import overrides_of
from caching.models import WatcherState
from plexusers.models import WatchPolicy

ALIVE_SECONDS = 90
"""A watcher that showed no sign of life for so long is taken for dead."""
SECRET_BYTES = 24


class FixedWatchingError(BusyError):
    """Whether playback is watched is set by the environment and cannot be changed from inside."""


def ask_to_look() -> None:
    """Let the watcher look at once: within about a second, wherever it runs."""
    WatcherState.objects.get_or_create(pk=1)
    WatcherState.objects.filter(pk=1).update(asked=F("asked") + 1)


def start() -> None:
    """Watch playback from now on. Raises FixedWatchingError."""
    _set(watch_sessions=True)
    ask_to_look()


def stop() -> None:
    """Watch playback no more until told to start again. Raises FixedWatchingError."""
    _set(watch_sessions=False)
    ask_to_look()


def alive(watcher: WatcherState) -> bool:
    """Whether a watcher runs somewhere; it may have been told not to look."""
    since = timezone.now() - timedelta(seconds=ALIVE_SECONDS)
    return watcher.alive_at is not None and watcher.alive_at >= since


def webhook_secret() -> str:
    """The last part of the webhooks' addresses; made up once, unless the environment or a person chose it."""
    policy = WatchPolicy.effective()
    if not policy.webhook_secret:
        made = secrets.token_urlsafe(SECRET_BYTES)
        WatchPolicy.objects.get_or_create(pk=1)
        WatchPolicy.objects.filter(pk=1, webhook_secret="").update(webhook_secret=made)
        policy = WatchPolicy.effective()
    return str(policy.webhook_secret)


def _set(*, watch_sessions: bool) -> None:
    if any(field.name == "watch_sessions" for field, _ in overrides_of(WatchPolicy)):
        raise FixedWatchingError(
            "The variable CACHERR_WATCH_SESSIONS decides whether playback is watched.",
            "Unset it, and start Cacherr again.",
        )
    WatchPolicy.objects.update_or_create(pk=1, defaults={"watch_sessions": watch_sessions})
