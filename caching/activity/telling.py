"""What happened as a sentence, how much it matters, and where more is told of it."""

from typing import Any

from django.urls import reverse

from caching.models import Audit, Cycle, CycleState, Operation, Playback, Served, State
from plexusers.models import Remark, RemarkKind

CYCLES = {
    CycleState.COMPLETED: "A cycle was done",
    CycleState.FAILED: "A cycle failed",
    CycleState.STOPPED: "A cycle was stopped",
    CycleState.INTERRUPTED: "A cycle was cut short",
}
LEVELS = {CycleState.FAILED: "critical", CycleState.INTERRUPTED: "warning"}
OPERATIONS = {"cache": "Cached", "restore": "Restored", "evict": "Evicted"}
PLACES = {Served.CACHE: ", from the cache", Served.ARRAY: ", from the array", Served.UNKNOWN: ""}
PAGES = {
    RemarkKind.SOURCE: "plexusers_sourcestate_changelist",
    RemarkKind.USER: "plexusers_plexuser_changelist",
    RemarkKind.LIST: "importlists_importlist_changelist",
    RemarkKind.PIN: "caching_pin_changelist",
    RemarkKind.MAPPING: "caching_pathmapping_changelist",
    RemarkKind.SETTING: "caching_cachepolicy_changelist",
    RemarkKind.BACKUP: "caching_schedules",
}
"""The admin's page of what was noted."""


def of_cycle(row: Cycle) -> dict[str, Any]:
    """A cycle that ended."""
    if row.dry_run:
        words = (
            "A preview was made" if row.state == CycleState.COMPLETED else f"{CYCLES[CycleState(row.state)]}, a preview"
        )
    else:
        cached, restored = _files(row.files_cached), _files(row.files_restored)
        words = f"{CYCLES[CycleState(row.state)]}: {cached} cached, {restored} restored"
    level = LEVELS.get(CycleState(row.state), "warning" if row.failures or row.error else "note")
    return _entry("cycle", level, f"{words}. {row.error}".strip(), _change("caching_cycle", row.pk))


def of_operation(row: Operation) -> dict[str, Any]:
    """An operation that ended."""
    name = row.title or row.file_name
    if row.state == State.DONE:
        because = f": {row.reason}" if row.reason else ""
        words, level = f"{OPERATIONS[row.kind]} {name}{because}", "note"
    else:
        words, level = f"Not {OPERATIONS[row.kind].lower()}: {name}. {row.outcome}", "warning"
    return _entry("operation", level, words.strip(), _change("caching_operation", row.pk))


def of_play(row: Playback) -> dict[str, Any]:
    """Somebody played something, or still does."""
    who = str(row.user) if row.user else row.who or "Somebody"
    verb = "played" if row.ended_at else "began to play"
    words = f"{who} {verb} {row.title or 'something'}{PLACES[Served(row.served)]}"
    return _entry("play", "note", words, _change("caching_playback", row.pk))


def of_audit(row: Audit) -> dict[str, Any]:
    """An audit."""
    things = "1 thing" if row.left == 1 else f"{row.left or 'nothing'}{' things' if row.left else ''}"
    words = f"An audit of {_files(row.files)} left {things} to look at."
    return _entry("audit", "warning" if row.left else "note", words, reverse("admin:caching_audit"))


def of_remark(row: Remark) -> dict[str, Any]:
    """What was noted."""
    page = reverse(f"admin:{PAGES[RemarkKind(row.kind)]}")
    return _entry(row.kind, "warning" if row.warning else "note", row.message, page)


def _entry(kind: str, level: str, message: str, page: str) -> dict[str, Any]:
    return {"kind": kind, "level": level, "message": message, "page": page}


def _change(model: str, pk: int) -> str:
    return reverse(f"admin:{model}_change", args=[pk])


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
