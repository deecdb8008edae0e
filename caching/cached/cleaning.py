"""Clean-up: what nobody wants any more goes back to the array now, instead of with the next cycle."""

from dataclasses import dataclass

from caching import orders, preview
from caching.models import CachedFile, Kind
from caching.orders import Origin, Placed
from caching.planning.values import Action


@dataclass(frozen=True, slots=True)
class Unwanted:
    """What a clean-up sends back, each with the plan's reason."""

    files: tuple[tuple[CachedFile, str], ...]
    trouble: str = ""
    """What is unknown and why; what an unknown source wanted is not among the files."""


def unwanted() -> Unwanted:
    """What a cycle would restore now: neither what is protected, in its minimum hold or its grace, nor evictions.

    Everybody is asked as for a cycle. Raises BusyError while one runs, ConfigurationError, PlexError,
    StorageAbsentError.
    """
    planned = preview.plan()
    rows, decisions = planned.gathered.rows, planned.plan.of(Action.RESTORE)
    found = tuple((rows[one.file], one.reason) for one in decisions if one.file is not None and one.file in rows)
    return Unwanted(found, planned.trouble)


def clean_up(trigger: str) -> tuple[Placed, str]:
    """Order what nobody wants any more back, and what is unknown; a worker carries it out and looks again what plays.

    Raises what `unwanted` raises, and DryRunError, PausedError.
    """
    orders.require_allowed()
    found = unwanted()
    placed = [
        orders.give_files_back([row], Kind.RESTORE, Origin(trigger), reason, sidecars=False)
        for row, reason in found.files
    ]
    operations, refused = (
        tuple(row for one in placed for row in getattr(one, name)) for name in ("operations", "refused")
    )
    return Placed(operations, refused), found.trouble
