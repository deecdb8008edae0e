"""Doors for Celery."""

import logging

from celery import shared_task
from django.utils import timezone

from cacherr.errors import CacherrError
from importlists import refreshing, signing

log = logging.getLogger(__name__)


@shared_task
def refresh_lists(*, everything: bool = False) -> None:
    """The minute's look: which lists are due, and whether somebody has typed Trakt's code; or all lists, now."""
    try:
        signing.look(timezone.now())
    except CacherrError as error:
        log.warning("%s", error)
    refreshing.refresh_all() if everything else refreshing.refresh_due()
