"""What the end of a cycle tells: its summary, and which files leave soon by its plan."""

import logging

from django.db import DatabaseError, transaction
from django.utils import timezone

from caching.models import Cycle, CycleState
from caching.notifying import leaving, outbox, sentences

log = logging.getLogger(__name__)


def tell(cycle: Cycle) -> None:
    """Tell of a cycle that is over, in the transaction that ends it. Never fails."""
    if summary := sentences.cycle_summary(cycle):
        outbox.tell(summary)
    if cycle.state != CycleState.COMPLETED or cycle.dry_run:
        return
    try:
        with transaction.atomic():
            leaving.tell(cycle.plan, timezone.now())
    except DatabaseError as error:
        log.warning("What leaves soon could not be noted: %s", type(error).__name__)
