"""Changing a target: its address is checked by whoever sends to it, and what another one has done is forgotten."""

from django.core.exceptions import ValidationError

from cacherr.errors import ConfigurationError
from caching.models import NotificationTarget
from caching.notifying import posting


def check(row: NotificationTarget) -> None:
    """Look at a target that is about to be stored, and note whose address it has. Raises ValidationError."""
    row.url = row.url.strip()
    try:
        row.service = posting.check(row.url)[:100]
    except ConfigurationError as error:
        raise ValidationError({"url": str(error)}) from None
    stored = NotificationTarget.objects.filter(pk=row.pk).first() if row.pk else None
    if stored and stored.url != row.url:
        row.last_at, row.last_error, row.failures, row.rests_until = None, "", 0, None
