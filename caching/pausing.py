"""Pause: nothing new begins and copies in progress wait, until somebody resumes. Nothing is undone for it.

Dry run holds what waits in the same way, and lets what is in progress come to its end.
"""

from cacherr.errors import BusyError
from cacherr.overrides import overrides_of
from caching import pace
from caching.models import CachePolicy

PAUSED = "Cacherr is paused: nothing is moved."
DRY_RUN = "Dry run is on: no file is touched, and orders wait until it is switched off."


class PausedError(BusyError):
    """Cacherr is paused: what was asked for would move files."""


class FixedPauseError(BusyError):
    """Whether Cacherr is paused is set by the environment and cannot be changed from inside."""


def is_paused() -> bool:
    """Whether Cacherr is paused now."""
    return CachePolicy.effective().paused


def holds() -> tuple[str, ...]:
    """Why nothing that waits is begun now, a sentence for each reason that the owner has set; none when it is."""
    policy = CachePolicy.effective()
    return tuple(filter(None, (PAUSED if policy.paused else "", DRY_RUN if policy.dry_run else "")))


def require_going() -> None:
    """Raises PausedError while Cacherr is paused."""
    if is_paused():
        raise PausedError("Cacherr is paused.", "Resume on the dashboard or unset CACHERR_PAUSED.")


def pause() -> None:
    """Let copies in progress wait and begin nothing new. Raises FixedPauseError."""
    _set(paused=True)


def resume() -> None:
    """Go on. Raises FixedPauseError."""
    _set(paused=False)


def _set(*, paused: bool) -> None:
    if any(field.name == "paused" for field, _ in overrides_of(CachePolicy)):
        raise FixedPauseError(
            "The variable CACHERR_PAUSED decides whether Cacherr is paused.", "Unset it, and start Cacherr again."
        )
    CachePolicy.objects.update_or_create(pk=1, defaults={"paused": paused})
    pace.SHARED.look_again()
