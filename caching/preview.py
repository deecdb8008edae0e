"""What a cycle would do now, without doing it: the same plan as a dry run, with the same reasons."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from cacherr.errors import BusyError, CacherrError, PlexError, StorageAbsentError
from caching import asking, cycle, lock, mappings
from caching.describe import described
from caching.gather import Gathered, require_roots
from caching.models import Cycle, CycleState, Phase
from caching.planning.values import Plan


@dataclass(frozen=True, slots=True)
class Preview:
    """The decisions of a plan as `describe.described` gives them."""

    at: datetime
    """When the plan was made (UTC)."""
    decisions: tuple[dict[str, Any], ...]
    trouble: str = ""
    """What is unknown and why; empty when all is well."""
    instead_of: CacherrError | None = None
    """Why no plan could be made now: then this is the one of the latest cycle."""

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """How many files and bytes by action."""
        files, sizes = Counter[str](), Counter[str]()
        for decision in self.decisions:
            files[decision["action"]] += 1
            sizes[decision["action"]] += decision["size"]
        return {action: {"files": files[action], "bytes": sizes[action]} for action in files}


@dataclass(frozen=True, slots=True)
class Planned:
    """What a cycle would do now, as values."""

    gathered: Gathered
    plan: Plan
    trouble: str


def plan() -> Planned:
    """Ask everybody and plan; no file is touched.

    Raises BusyError while a cycle runs, ConfigurationError, PlexError, StorageAbsentError.
    """
    usable = mappings.usable()
    require_roots(usable)
    with lock.held(lock.WORK_LOCK):  # two that ask at once would write the same rows
        asked = asking.ask(_tell_nobody)
        return Planned(*cycle.decide(usable, asked.answers), asked.trouble)


def now() -> Preview:
    """The plan of now for pages and programs. Raises what `plan` raises."""
    planned = plan()
    decisions = tuple(described(decision, planned.gathered) for decision in planned.plan.decisions)
    return Preview(timezone.now(), decisions, planned.trouble)


def now_or_latest() -> Preview:
    """The plan of now or, when none can be made, that of the latest cycle.

    Raises ConfigurationError; without an earlier cycle also BusyError, PlexError, StorageAbsentError.
    """
    try:
        return now()
    except (BusyError, PlexError, StorageAbsentError) as error:
        row = latest()
        if row is None or row.started_at is None:
            raise
        return Preview(row.started_at, tuple(row.plan), row.error, error)


def latest() -> Cycle | None:
    """The latest cycle that got as far as a plan, dry runs as well."""
    return Cycle.objects.filter(~Q(plan=[]) | Q(state=CycleState.COMPLETED)).first()


def _tell_nobody(phase: Phase, total: int, done: int) -> None:
    """No cycle runs, so there is no progress to be told."""
