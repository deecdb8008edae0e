"""The audit's page in the admin: its words and rows."""

from typing import Any

from cacherr.errors import CacherrError
from caching import auditing
from caching.auditing import Audited, Finding, Repaired, Severity
from caching.models import Operation

Data = dict[str, Any]

SHOWN = 200
LATEST = 10

WORDS = {
    "orphan": "Unknown private name",
    "missing": "Cached copy gone",
    "changed": "Changed by another program",
    "reappeared": "Re-appeared",
    "parked": "Parked original without an owner",
    "stale": "Left-over temporary",
    "foreign": "Other file",
    "mover": "Not on the mover's list",
    "conflict": "Conflict",
    "rot": "Damaged",
    "unreadable": "Cannot be seen",
    "absent": "Disk is not there",
}
LEVELS = {Severity.INFO: "note", Severity.WARNING: "warning", Severity.ERROR: "critical"}
LEVEL_WORDS = {Severity.INFO: "Note", Severity.WARNING: "Warning", Severity.ERROR: "Error"}


def shown(*, check: bool) -> Data:
    """The page's context; the disks are looked at only with `check`."""
    context: Data = {"title": "Audit", "checked": False, "latest": _latest()}
    if not check:
        return context
    try:
        audited = auditing.look()
    except CacherrError as error:
        return context | {"error": str(error)}
    return context | {"checked": True} | _found(audited)


def _found(audited: Audited) -> Data:
    return {
        "files": audited.files,
        "left": len(audited.left),
        "repairable": sum(one.repairable for one in audited.findings),
        "findings": [_row(one) for one in audited.findings[:SHOWN]],
        "more": max(0, len(audited.findings) - SHOWN),
    }


def _row(one: Finding) -> Data:
    return {
        "kind": WORDS[one.kind],
        "level": LEVELS[one.severity],
        "word": LEVEL_WORDS[one.severity],
        "paths": [path.decode("utf-8", "backslashreplace") for path in one.paths],
        "message": one.message,
        "cure": one.cure,
        "file": one.file,
    }


def _latest() -> list[Operation]:
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
