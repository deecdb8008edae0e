"""The audit's page in the admin: its words and rows, from what was kept of the audits."""

from itertools import groupby
from typing import Any

from caching import auditing
from caching.auditing import Repaired
from caching.models import Audit, Operation

Data = dict[str, Any]

LATEST, HISTORY = 10, 15
IN_GROUP = 50
"""So many findings of a kind are shown."""

WORDS = {
    "orphan": "Unknown private name",
    "missing": "Cached copy gone",
    "changed": "Changed by another program",
    "reappeared": "Re-appeared",
    "renamed": "Renamed while cached",
    "parked": "Parked original without an owner",
    "stale": "Left-over temporary",
    "foreign": "Other file",
    "mover": "Not on the mover's list",
    "conflict": "Conflict",
    "rot": "Damaged",
    "unreadable": "Cannot be seen",
    "absent": "Disk is not there",
}
LEVELS = {"info": "note", "warning": "warning", "error": "critical"}
LEVEL_WORDS = {"info": "Note", "warning": "Warning", "error": "Error"}
TRIGGERS = {"admin": "in the admin", "api": "by the API", "command": "by the command", "schedule": "on schedule"}


def shown(row: Audit | None) -> Data:
    """The page's context, of this audit. Rows only: no disk is looked at."""
    latest = auditing.latest()
    context: Data = {
        "title": "Audit", "audit": row, "is_latest": row == latest, "operations": _operations(),
        "history": [_line(one) for one in Audit.objects.defer("findings").order_by("-pk")[:HISTORY]],
    }  # fmt: skip
    if row is None:
        return context
    open_ones = [one for one in row.findings if one["repairable"] and not one["repaired"]]
    return context | {
        "by": TRIGGERS.get(row.trigger, row.trigger), "groups": _groups(row.findings), "repairable": len(open_ones),
    }  # fmt: skip


def _groups(findings: list[Data]) -> list[Data]:
    """Findings of one kind and severity together, the worst first; a cure that all of them share is told once."""
    groups = []
    for (severity, kind), found in groupby(findings, lambda one: (one["severity"], one["kind"])):
        rows = list(found)
        cures = {one["cure"] for one in rows}
        groups.append(
            {
                "kind": WORDS.get(kind, kind), "level": LEVELS[severity], "word": LEVEL_WORDS[severity],
                "count": len(rows), "rows": rows[:IN_GROUP], "more": max(0, len(rows) - IN_GROUP),
                "cure": cures.pop() if len(cures) == 1 else "",
            }
        )  # fmt: skip
    return groups


def _line(row: Audit) -> Data:
    level = "conflict" if row.errors > row.repaired else "aborted" if row.left else "done"
    return {"audit": row, "state": level, "by": TRIGGERS.get(row.trigger, row.trigger)}


def _operations() -> list[Operation]:
    """The latest operations that a repair ordered."""
    return list(Operation.objects.filter(trigger=auditing.TRIGGER).order_by("-id")[:LATEST])


def summary(done: Repaired) -> str:
    """What a repair did, in a sentence."""
    restores, solved = len(done.restores), len(done.audited.repaired)
    if not solved:
        return "There was nothing that could be repaired with certainty."
    at_once = solved - len({one for one, _ in done.restores})
    ordered = "1 restore ordered" if restores == 1 else f"{restores} restores ordered"
    parts = [f"{at_once} repaired" if at_once else "", ordered if restores else ""]
    return f"{' and '.join(filter(None, parts))}; what is left needs a person."
