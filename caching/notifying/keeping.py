"""The minute's part of notifications: look what is wrong, throw away what is too old, wake somebody who sends."""

from django.utils import timezone

from caching import nudge
from caching.models import LastingTrouble, Notice, NotificationTarget
from caching.notifying import following, outbox, troubles


def tend() -> None:
    """Do it. Without a target in use nothing is looked at."""
    now = timezone.now()
    if not NotificationTarget.objects.filter(enabled=True).exists():
        LastingTrouble.objects.all().delete()
        Notice.objects.all().delete()
        return
    following.follow(troubles.found(), now)
    outbox.tidy(now)
    if outbox.waiting(now):
        nudge.notices()
