"""The dashboard's words: the page's script gets the same."""

from collections.abc import Mapping
from typing import Any

WORDS: dict[str, Any] = {
    "health": {"healthy": "Healthy", "warning": "Warning", "critical": "Critical"},
    "phases": {
        "": "Getting ready",
        "users": "Asking Plex about its users",
        "ondeck": "Reading what is on deck",
        "watchlist": "Reading the watchlists",
        "lists": "Reading the import lists",
        "plan": "Planning",
        "caching": "Caching files",
        "retention": "Restoring files to the array",
        "eviction": "Evicting files to make room",
    },
    "comparing": "Comparing copies on a new disk",
    "steps": {
        "users": "Users",
        "ondeck": "On deck",
        "watchlist": "Watchlists",
        "lists": "Lists",
        "plan": "Plan",
        "retention": "Restore",
        "eviction": "Make room",
        "caching": "Cache",
    },
    "cycles": {
        "queued": "The next cycle is about to begin",
        "running": "A cycle is running",
        "completed": "The last cycle is done",
        "failed": "The last cycle failed",
        "stopped": "The last cycle was stopped",
        "interrupted": "The last cycle was cut short",
    },
    "kinds": {"cache": "To the SSD", "restore": "Back to the array", "evict": "Back to the array, to make room"},
    "done": {"cache": "Cached", "restore": "Restored", "evict": "Evicted"},
    "undone": {"aborted": "Not done", "conflict": "Conflict"},
    "levels": {"note": "Note", "warning": "Warning", "critical": "Critical"},
    "served": {"": "", "cache": "From the cache", "array": "From the array", "unknown": "Place unknown"},
    "states": {"playing": "playing", "paused": "paused", "buffering": "waiting for data"},
    "playing": {
        "idle": "Nobody is playing anything.",
        "off": "Playback is not watched: it is switched off in the watching settings.",
        "unknown": "It is unknown what is playing now.",
    },
    "happened": {
        "cycle": "Cycle",
        "operation": "File",
        "play": "Play",
        "source": "Source",
        "user": "User",
        "list": "List",
        "pin": "Pin",
        "mapping": "Mapping",
        "setting": "Settings",
        "audit": "Audit",
        "backup": "Backup",
    },
    "pause": {"pause": "Pause", "resume": "Resume"},
}


def headline(cycle: Mapping[str, Any]) -> str:
    """What a cycle does or did. The plan itself counts no files: only what is compared for it takes long."""
    if cycle["state"] != "running":
        return str(WORDS["cycles"][cycle["state"]])
    is_comparing = cycle["phase"] == "plan" and cycle["items_total"]
    return str(WORDS["comparing"] if is_comparing else WORDS["phases"][cycle["phase"]])
