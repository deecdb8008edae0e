"""Noting what happened where no row of its own tells of it later; the activity feed reads it."""

from plexusers.models import Remark, RemarkKind

KEPT = 2000
"""So many are kept, the latest."""


def note(kind: RemarkKind, message: str, *, warning: bool = False) -> None:
    """Something happened; `message` is a sentence without any secret."""
    Remark.objects.create(kind=kind, message=message, warning=warning)


def latest(kind: RemarkKind) -> Remark | None:
    """The latest of this kind."""
    return Remark.objects.filter(kind=kind).first()


def tidy() -> None:
    """Forget what is older than the latest ones."""
    oldest = Remark.objects.order_by("-id").values_list("id", flat=True)[KEPT - 1 : KEPT].first()
    if oldest is not None:
        Remark.objects.filter(id__lt=oldest).delete()
