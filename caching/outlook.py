"""What a plan says of cached files, kept on their rows: who wants them, their score, when and why they leave."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from caching.models import CachedFile
from caching.planning.leaving import outlook
from caching.planning.values import Action, Decision, FileKey, Plan

BATCH = 500
NOTED = ("sources", "who", "reason", "score", "parts", "leaves_at", "leaves_why")


def keep_up(plan: Plan, rows: Mapping[FileKey, CachedFile], now: int) -> None:
    """Note on cached files what a plan says that was made at this time (seconds since 1970 UTC).

    What nobody wants keeps who wanted it last. A row of which the plan says the same as before is not written.
    """
    changed = []
    for decision in plan.decisions:
        row = rows.get(decision.file) if decision.file else None
        if row is not None and _note(row, decision, now):
            changed.append(row)
    CachedFile.objects.bulk_update(changed, NOTED, batch_size=BATCH)


def _note(row: CachedFile, decision: Decision, now: int) -> bool:
    """Note a decision on a row; whether that changed it."""
    before = [getattr(row, name) for name in NOTED]
    for name, value in leaving(decision, now).items():
        setattr(row, name, value)
    if decision.action is Action.KEEP and decision.sources:
        row.sources, row.who, row.reason = ",".join(decision.sources), ", ".join(decision.who)[:500], decision.reason
        row.score, row.parts = decision.score, parts_of(decision)
    return before != [getattr(row, name) for name in NOTED]


def leaving(decision: Decision, now: int) -> dict[str, Any]:
    """When and why a file leaves, as the rows have it."""
    leave = outlook(decision, now)
    at = None if leave.at is None else datetime.fromtimestamp(leave.at, UTC)
    return {"leaves_at": at, "leaves_why": leave.why}


def parts_of(decision: Decision) -> list[dict[str, Any]]:
    """The parts of a score as plain values."""
    return [{"label": part.label, "points": part.points} for part in decision.parts]
