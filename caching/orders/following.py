"""What can be done about an operation: cancel it, undo it, try it again. Writes rows; touches no file."""

from cacherr.errors import RefusedError
from caching import events, journal, mappings
from caching.models import CachedFile, Kind, Operation, PathMapping, State
from caching.orders.placing import Origin, Placed, cache_wishes, give_files_back, require_allowed
from caching.orders.wishes import Wishes, file_item
from caching.targets import Refusal

CANCELLED = "Cancelled before it began."


def cancel(operation: Operation) -> bool:
    """End an operation that waits, or ask one at work to stop, which it does within a second.

    True when it has ended already. Raises RefusedError when it was over before.
    """
    if journal.cancel(operation, CANCELLED):
        operation.refresh_from_db()
        events.publish(events.operation_complete(operation))
        return True
    if not Operation.objects.filter(pk=operation.pk, state__in=_STOPPABLE).update(cancel_requested=True):
        operation.refresh_from_db()
        raise RefusedError(_why_not_cancelled(operation))
    return False


_STOPPABLE = (State.PLANNED, State.VERIFIED, State.PUBLISHED)


def _why_not_cancelled(operation: Operation) -> str:
    if operation.state == State.SWAPPED:
        return "It is past the point where it could be undone, and about to end."
    return f"It is over already: {operation.get_state_display()}."


def undo(operation: Operation, trigger: str = "undo") -> Placed:
    """Order the opposite of an operation that was done. Raises RefusedError, StorageAbsentError."""
    require_allowed()
    if operation.state != State.DONE:
        raise RefusedError(_why_not_undone(operation))
    reason = f"undoes operation {operation.pk}"
    if operation.kind == Kind.CACHE:
        return _required(_return(operation, Kind.RESTORE, Origin(trigger, operation), reason))
    return _required(_cache(operation, Origin(trigger, operation), reason))


def _why_not_undone(operation: Operation) -> str:
    if operation.is_live:
        return "It is not finished yet: it can be cancelled."
    if operation.state == State.CONFLICT:
        return "It ended in a conflict: look at both versions, then try it again."
    return "It was not done, so there is nothing to undo."


def retry(operation: Operation, trigger: str = "retry") -> Placed:
    """Order an operation again that was aborted or met a conflict. Raises RefusedError, StorageAbsentError."""
    require_allowed()
    if operation.state not in {State.ABORTED, State.CONFLICT}:
        raise RefusedError(
            "It is not finished yet." if operation.is_live else "It was done: there is nothing to retry."
        )
    if operation.followed_by.exclude(state__in=(State.ABORTED, State.CONFLICT)).exists():
        raise RefusedError("It was tried again already.")
    reason = f"tries operation {operation.pk} again"
    if operation.kind == Kind.CACHE:
        return _required(_cache(operation, Origin(trigger, operation), reason))
    return _required(_return(operation, Kind(operation.kind), Origin(trigger, operation), reason))


def _return(operation: Operation, kind: Kind, origin: Origin, reason: str) -> Placed:
    file = journal.cached_file(operation).select_related("array", "cache").first()
    if file is None:
        raise RefusedError("The file is not cached any more.")
    return give_files_back([file], kind, origin, reason)


def _cache(operation: Operation, origin: Origin, reason: str) -> Placed:
    if CachedFile.objects.filter(cache=operation.cache, path_key=operation.path_key).exists():
        raise RefusedError("The file is cached already.")
    usable = [row for row in mappings.usable() if row.is_proved]
    mapping = _mapping_of(operation, usable)
    item = file_item(mapping, operation.relative, title=operation.title, rating_key=operation.rating_key)
    wishes = Wishes()
    wishes.add(item, operation.file_name)
    return cache_wishes(wishes, usable, origin, reason)


def _mapping_of(operation: Operation, usable: list[PathMapping]) -> PathMapping:
    roots = (operation.array_id, operation.cache_id)
    found = next((row for row in usable if (row.array_id, row.cache_id) == roots), None)
    if found is None:
        raise RefusedError("Its path mapping is not in force any more.", "Enable and prove it, then try again.")
    return found


def _required(placed: Placed) -> Placed:
    """Refused as a whole when nothing of it can be done. Raises RefusedError."""
    if not placed.operations:
        reasons = placed.refused or (Refusal("", "There is nothing to do."),)
        raise RefusedError("; ".join(f"{one.reason[:1].upper()}{one.reason[1:]}" for one in reasons))
    return placed
