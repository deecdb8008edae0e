"""The steps of restoring and evicting, for placements union and symlink in mode copy.

Up to SWAPPED everything can be put back; from there on it only goes forward, and a failed check keeps both versions.
"""

from caching import disk, journal
from caching.bench import AbortedError, Bench, BusyFileError, ConflictError, remove_parents
from caching.models import Kind, Operation, Placement, State


def verify(bench: Bench) -> None:
    """PLANNED to VERIFIED: copy and original are what the journal says, and nobody is using the copy."""
    operation = bench.operation
    _require_copy(bench)
    if operation.placement == Placement.SYMLINK:
        if not bench.original.look().is_link(bytes(operation.link_target)):
            raise ConflictError("The original's name was given to another file while it was cached.")
        if not bench.parked.look().is_file(operation.source_print):
            raise ConflictError("The parked original is not there, or was changed.")
    elif not bench.original.look().is_file(operation.source_print):
        raise ConflictError("The original on the array is not there, or was changed.")
    if disk.in_use(bench.copy):
        raise AbortedError("Somebody has the cached copy open.", "It is tried again in the next cycle.")
    journal.advance(operation, State.VERIFIED)


def _require_copy(bench: Bench) -> None:
    look = bench.copy.look()
    if look.kind is disk.Kind.ABSENT:
        raise ConflictError("The cached copy has vanished.")
    if not look.is_file(bench.operation.target_print):
        raise ConflictError("The cached copy was replaced by another file.")


def swap(bench: Bench) -> None:
    """VERIFIED to SWAPPED: the original has its own name again."""
    operation, target = bench.operation, bytes(bench.operation.link_target)
    if operation.placement == Placement.SYMLINK:
        back = bench.original.look().is_file(operation.source_print) and bench.parked.look().is_link(target)
        if not back:
            _exchange(bench, target)
        disk.sync(bench.original)
    journal.advance(operation, State.SWAPPED)


def _exchange(bench: Bench, target: bytes) -> None:
    """Take first, then look: what came out must be our link, and the copy unchanged; else give it back."""
    try:
        disk.exchange(bench.parked, bench.original)
    except FileNotFoundError as error:
        raise ConflictError("The parked original or the link to the copy is not there any more.") from error
    if not (bench.parked.look().is_link(target) and bench.copy.look().is_file(bench.operation.target_print)):
        disk.exchange(bench.parked, bench.original)
        raise ConflictError("Link or cached copy were replaced by another file.")


def undo(bench: Bench) -> None:
    """Before SWAPPED is journaled: let the link have the name again, as long as the copy behind it is there."""
    operation, target = bench.operation, bytes(bench.operation.link_target)
    swapped = bench.original.look().is_file(operation.source_print) and bench.parked.look().is_link(target)
    if swapped and bench.copy.look().is_file(operation.target_print):
        disk.exchange(bench.parked, bench.original)
        disk.sync(bench.original)


def remove(bench: Bench) -> None:
    """SWAPPED to DONE: our link goes, then the copy, both by private names only."""
    operation = bench.operation
    if bench.parked.look().is_link(bytes(operation.link_target)):
        disk.unlink_private(bench.parked)
        disk.sync(bench.original)
    if not bench.original.look().is_file(operation.source_print):
        raise ConflictError("The original is not what was put back. Both versions are kept.")
    _take(bench)
    disk.unlink_private(bench.removal)
    disk.sync(bench.copy)
    finish(operation, bench.cache)


def is_removed(operation: Operation, cache: disk.RootDir) -> bool:
    """Whether even the directory of the cached copy is gone: a crash came between its removal and the row's end."""
    return operation.kind != Kind.CACHE and bool(disk.missing_directories(cache, operation.relative))


def finish(operation: Operation, cache: disk.RootDir) -> None:
    """The copy is gone: so are the directories that were made for it, and the row ends."""
    remove_parents(operation, cache)
    journal.finish_returned(operation)


def _take(bench: Bench) -> None:
    """Take the copy out of sight and make sure that it is ours before it may be unlinked."""
    known = bench.operation.target_print
    look = bench.copy.look()
    if look.kind is not disk.Kind.ABSENT and bench.removal.look().kind is disk.Kind.ABSENT:
        if not look.is_file(known):
            raise ConflictError("The cached copy was replaced by another file. Both versions are kept.")
        if disk.in_use(bench.copy):
            raise BusyFileError("Somebody has the cached copy open.", "It is removed when it is closed.")
        disk.rename_new(bench.copy, bench.removal)
    taken = bench.removal.look()
    if taken.kind is not disk.Kind.ABSENT and not taken.is_file(known):
        disk.rename_new(bench.removal, bench.copy)
        raise ConflictError("The cached copy was replaced at the last moment. Both versions are kept.")
