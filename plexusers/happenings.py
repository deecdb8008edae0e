"""Noting what happened where no row of its own tells of it later; the activity feed reads it."""

from plexusers.models import Happening, HappeningKind

KEPT = 2000
"""So many are kept, the latest."""


def note(kind: HappeningKind, message: str, *, warning: bool = False) -> None:
    """Something happened; `message` is a sentence without any secret."""
    Happening.objects.create(kind=kind, message=message, warning=warning)


def latest(*kinds: HappeningKind) -> dict[str, Happening]:
    """The latest of each of these kinds, if there is one. One query for each."""
    found = ((kind.value, Happening.objects.filter(kind=kind).first()) for kind in kinds)
    return {kind: row for kind, row in found if row is not None}


def tidy() -> None:
    """Forget what is older than the latest ones."""
    oldest = Happening.objects.order_by("-id").values_list("id", flat=True)[KEPT - 1 : KEPT].first()
    if oldest is not None:
        Happening.objects.filter(id__lt=oldest).delete()
