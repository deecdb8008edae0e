"""What happened as a sentence, how much it matters, and where more is told of it."""

from typing import Any

from django.urls import reverse

from caching.models import Cycle, CycleState, Operation, Playback, Served, State
from plexusers.models import Happening, HappeningKind

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
    HappeningKind.SOURCE: "plexusers_sourcestate_changelist",
    HappeningKind.USER: "plexusers_plexuser_changelist",
    HappeningKind.LIST: "importlists_importlist_changelist",
    HappeningKind.PIN: "caching_pin_changelist",
    HappeningKind.MAPPING: "caching_pathmapping_changelist",
    HappeningKind.SETTING: "caching_cachepolicy_changelist",
    HappeningKind.AUDIT: "caching_audit",
    HappeningKind.BACKUP: "caching_schedules",
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


def of_happening(row: Happening) -> dict[str, Any]:
    """What was noted."""
    page = reverse(f"admin:{PAGES[HappeningKind(row.kind)]}")
    return _entry(row.kind, "warning" if row.warning else "note", row.message, page)


def _entry(kind: str, level: str, message: str, page: str) -> dict[str, Any]:
    return {"kind": kind, "level": level, "message": message, "page": page}


def _change(model: str, pk: int) -> str:
    return reverse(f"admin:{model}_change", args=[pk])


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
