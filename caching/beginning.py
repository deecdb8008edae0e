"""Whether Cacherr may begin by itself: not before somebody has seen what it is going to do, and said go.

Whoever declares path mappings in the environment has said so there. Everybody else says so at the end of the wizard,
or by ordering a cycle by hand.
"""

from typing import Any

from django.db.models import Exists
from django.utils import timezone

from cacherr.errors import BusyError
from caching import mappings
from caching.models import PathMapping, Setup

BY_ITSELF = frozenset({"schedule", "playback", "arr"})
"""Triggers behind which no person stands who wants a cycle now."""


class NotBegunError(BusyError):
    """Nothing is done by itself before setup is finished."""


def stored() -> Setup:
    """The row, or one that is as in the beginning."""
    return Setup.objects.filter(pk=1).first() or Setup()


def note(**values: Any) -> None:
    """Write some of the row. An installation that was set up before there was one stays so."""
    finished = timezone.now() if is_set_up() else None
    Setup.objects.update_or_create(pk=1, defaults=values, create_defaults={**values, "finished_at": finished})


def is_set_up() -> bool:
    """Whether somebody said go. An installation that never saw the wizard and has mappings was set up before it."""
    row = Setup.objects.filter(pk=1).first()
    return (row.finished_at is not None if row else _has_mappings()) or any(True for _ in mappings.declared())


def waits_for_go() -> bool | None:
    """Whether mappings are there and only the go is missing; None without any mapping. One query."""
    unfinished = Exists(Setup.objects.filter(pk=1, finished_at=None))
    rows = PathMapping.objects.filter(enabled=True).annotate(waits=unfinished)
    waits = rows.values_list("waits", flat=True).first()
    return waits and not any(True for _ in mappings.declared())


def first_start() -> None:
    """Remember that this installation is to be set up, unless it is."""
    if not is_set_up():
        Setup.objects.get_or_create(pk=1)


def finish() -> None:
    """Go: from now on cycles begin by themselves. What the wizard kept for itself is forgotten."""
    Setup.objects.get_or_create(pk=1)
    forgotten = {
        "detected": None,
        "preview": None,
        "preview_at": None,
        "account_token": "",
        "pin": None,
        "pin_code": "",
    }
    Setup.objects.filter(pk=1, finished_at=None).update(finished_at=timezone.now(), **forgotten)


def require_begun(trigger: str) -> None:
    """Refuse what begins by itself too early; a cycle ordered by hand is the go. Raises NotBegunError."""
    if is_set_up():
        return
    if trigger in BY_ITSELF:
        raise NotBegunError(
            "Nothing begins by itself before setup is finished.", "Finish it at /setup/, or order a cycle by hand."
        )
    if _has_mappings():
        finish()


def _has_mappings() -> bool:
    return PathMapping.objects.filter(enabled=True).exists()
