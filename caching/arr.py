"""What Sonarr and Radarr tell by webhooks: files came, went, or got other names. A hint to look soon, nothing else.

Nothing that they say is believed, paths neither: a cycle asks Plex and looks at the disks, as every cycle does. It
waits a while, so that Plex has read the directories, and so that a season of twenty files leads to one cycle.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from caching import cycle, nudge
from caching.models import Cycle

TRIGGER = "arr"
WAIT_SECONDS = 120
"""From a hint to its cycle."""
PLEX_SECONDS = 30
"""So long Plex may take to know the files: a cycle that began earlier after a hint does not count as its cycle."""

OF_FILES = frozenset({"download", "rename", "episodefiledelete", "moviefiledelete"})
OF_FILES_PERHAPS = frozenset({"seriesdelete", "moviedelete"})
"""They say whether the files went as well."""


def concerns_files(content: Mapping[str, Any]) -> bool | None:
    """Whether files changed by what a webhook tells; an upgrade is a `Download` too. None: it is no webhook of theirs.

    What newer versions may tell of is taken for nothing that matters.
    """
    event = content.get("eventType")
    if not isinstance(event, str):
        return None
    event = event.lower()
    return event in OF_FILES or (event in OF_FILES_PERHAPS and content.get("deletedFiles") is not False)


def hint() -> bool:
    """Have a cycle run soon. False when no worker could be told; then the schedule's next cycle sees it all."""
    return nudge.follow_hint(timezone.now(), WAIT_SECONDS)


def follow(told_at: datetime) -> Cycle | None:
    """Run the cycle that a hint of this time asks for, unless one has run since. Raises what `cycle.run` raises."""
    since = told_at + timedelta(seconds=PLEX_SECONDS)
    # A dry run that somebody ordered has moved nothing; one of ours says that nothing may be moved at present.
    counts = Q(dry_run=False) | Q(trigger=TRIGGER)
    if Cycle.objects.filter(counts, started_at__gte=since).exists():
        return None
    return cycle.run(TRIGGER)
