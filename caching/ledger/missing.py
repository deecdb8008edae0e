"""Why a file that somebody plays was not cached, from what is known of it. Pure."""

from dataclasses import dataclass

from caching.models import Missed


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a file that is played from the array."""

    planned: bool = True
    """Whether any cycle has made a plan."""
    action: str = ""
    """What the latest plan decided on it; empty: it does not speak of it."""
    reason: str = ""
    sources: tuple[str, ...] = ()
    trouble: str = ""
    """What was unknown to the latest plan."""
    coming: bool = False
    """Whether it is being cached."""
    left: str = ""
    """`restore` or `evict` when that was the last thing done with it."""


def why_missed(evidence: Evidence) -> tuple[Missed, str]:
    """The first that holds: on its way, no room, not wanted, unknown. With the reason in words."""
    action, reason = evidence.action, evidence.reason
    table = (
        (evidence.coming, Missed.TOO_LATE, "it was being cached when it began"),
        (action == "skip" and bool(evidence.sources), Missed.NO_ROOM, reason),
        (action == "evict", Missed.NO_ROOM, reason),
        (action == "cache", Missed.TOO_LATE, "it was to be cached and was not yet there"),
        (action == "keep" and evidence.left == "evict", Missed.NO_ROOM, "it had been evicted by hand"),
        (action == "keep" and evidence.left == "restore", Missed.NOT_WANTED, "it had been restored by hand"),
        (action == "keep", Missed.UNKNOWN, "it was cached when the latest cycle planned"),
        (action == "restore", Missed.NOT_WANTED, reason),
        (action == "skip", Missed.UNKNOWN, reason),
        (not evidence.planned, Missed.UNKNOWN, "no cycle had made a plan yet"),
        (bool(evidence.trouble), Missed.UNKNOWN, evidence.trouble),
        (True, Missed.NOT_WANTED, "nobody wanted it when the latest cycle planned"),
    )
    return next((missed, why) for holds, missed, why in table if holds)
