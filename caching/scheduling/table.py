"""What is done on a schedule that people may change. The minute's upkeep and the watch over disks are not theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is done on a schedule."""

    name: str
    """In addresses."""
    title: str
    does: str
    task: str
    shortest: int
    """Seconds that must lie between two runs."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """What its task is told when a person wants it at once."""


JOBS = {
    job.name: job
    for job in (
        Job(
            "cycle", "Cycle", "Asks who wants what, and moves files.", "caching.tasks.run_cycle", 60,
        ),
        Job(
            "users", "Users", "Asks plex.tv who belongs to the server. A cycle does so as well when the last look is "
            "older than the watching settings say.", "plexusers.tasks.look_at_users", 15 * 60,
        ),
        Job(
            "lists", "Lists", "Reads the import lists that are due: how often is set for each. By hand all are read.",
            "importlists.tasks.refresh_lists", 60, {"everything": True},
        ),
        Job(
            "audit", "Audit", "Compares rows, cache and array. It may wake the array's disks; it repairs nothing.",
            "caching.tasks.audit", 3600,
        ),
        Job(
            "backup", "Backup", "Copies the database and its key into the directory backups of the configuration.",
            "caching.tasks.back_up", 3600,
        ),
    )
}  # fmt: skip
"""By name, in the order in which they are shown."""

SESSIONS = "sessions"
"""The look at what plays: no row of the schedule, but a thread with settings of its own."""
