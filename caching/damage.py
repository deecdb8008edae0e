"""Bit rot, as a file's row knows it: what was found by reading, and why nobody brings such a file back by itself."""

from caching.models.file_row import FileRow

BOTH = "Both the cached copy and the original are damaged."
CURE_OF_BOTH = (
    "Get the file again from its source, or from a backup; to keep one of the two as it is, delete the other. Then "
    "restore it. Check the disks."
)
ONLY = "The cached copy is damaged, and there is no other."
CURE_OF_ONLY = (
    "Get the file again from its source, or from a backup, then restore it; without that, a restore brings back what "
    "is left. Check the cache's disk."
)

HELD = {f"{message} {cure}" for message, cure in ((BOTH, CURE_OF_BOTH), (ONLY, CURE_OF_ONLY))}
"""What the rows say that are kept from being touched because no good copy is known."""

UNDISPUTED = ("", *sorted(HELD))
"""What the rows say of which nobody has to choose between two versions."""


def no_good_one(row: FileRow) -> tuple[str, str] | None:
    """What is wrong and what a person can do, where no good copy of a file is known; None where one may be. Pure."""
    if not row.copy_damaged:
        return None
    if not row.keeps_original:
        return ONLY, CURE_OF_ONLY
    return (BOTH, CURE_OF_BOTH) if row.original_damaged else None
