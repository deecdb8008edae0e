"""Troubles that last are told once, however often they are seen and however they come and go. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

PATIENCE = {"plex_unreachable": timedelta(minutes=2), "warnings": timedelta(minutes=10)}
"""So long a trouble of this event must have lasted before it is told: a restart of Plex rings no bell."""
CALM = timedelta(minutes=5)
"""So long it must have been away to be over: what flickers is one trouble."""

Step = Literal["begin", "see", "tell", "wait", "end", "tell the end"]


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a trouble."""

    since: datetime
    seen_at: datetime
    told: bool


def step(event: str, known: Known | None, now: datetime, *, there: bool) -> Step:
    """What becomes of a trouble that is `there` now or is not; of one that is not known and not there: wait."""
    patience = PATIENCE.get(event, timedelta())
    if there:
        lasts = now - known.since if known else timedelta()
        if (known is None or not known.told) and lasts >= patience:
            return "tell"
        return "see" if known else "begin"
    if known is None or (known.told and now - known.seen_at < CALM):
        return "wait"
    return "tell the end" if known.told else "end"
