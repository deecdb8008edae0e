"""The steps of caching a file, for placements union and symlink in mode copy.

Each step looks at the disk first, so that running it again after a crash goes on where the crash happened. Order is
everything here: the row that names a step is committed before the step's first side effect.
"""

from django.conf import settings

from caching import disk, journal
from caching.bench import AbortedError, Bench, ConflictError, remove_parents
from caching.models import Placement, State


def copy(bench: Bench, progress: disk.Progress) -> None:
    """PLANNED to VERIFIED: a complete, durable, verified copy under a private name."""
    if bench.copy.look().kind is not disk.Kind.ABSENT:
        raise AbortedError("A file that is not Cacherr's stands at the cached copy's place.", "Move it away.")
    copied = disk.copy_verified(bench.original, bench.temporary, settings.COPY_CHUNK, progress)
    parked = bench.parked.name if bench.operation.placement == Placement.SYMLINK else b""
    journal.advance(
        bench.operation,
        State.VERIFIED,
        source_print=copied.source_print,
        target_print=copied.target_print,
        hash=copied.hash,
        bytes_total=copied.size,
        bytes_done=copied.size,
        original_name=parked,
        link_target=bench.link_target if parked else b"",
    )


def publish(bench: Bench) -> None:
    """VERIFIED to PUBLISHED: the copy gets its public name, unless the original changed meanwhile."""
    operation = bench.operation
    if bench.temporary.look().is_file(operation.target_print):
        try:
            disk.rename_new(bench.temporary, bench.copy)
        except FileExistsError as error:
            raise AbortedError("A file that is not Cacherr's appeared at the cached copy's place.") from error
    elif not bench.copy.look().is_file(operation.target_print):
        raise AbortedError("The finished copy is not there any more.")
    disk.sync(bench.copy)
    _require_original(bench)
    journal.advance(operation, State.PUBLISHED)


def _require_original(bench: Bench) -> None:
    """The original, under its own name or parked, is still what was copied."""
    known = bench.operation.source_print
    if not (bench.original.look().is_file(known) or bench.parked.look().is_file(known)):
        raise AbortedError("The original was replaced while it was copied.", "It is tried again in the next cycle.")


def swap(bench: Bench) -> None:
    """PUBLISHED to SWAPPED: a symlink takes the original's name, the original is parked beside it."""
    operation = bench.operation
    original, parked = bench.original.look(), bench.parked.look()
    target = bytes(operation.link_target)
    if not (original.is_link(target) and parked.is_file(operation.source_print)):
        if parked.kind is disk.Kind.ABSENT:
            disk.make_link(bench.parked, target, bench.original)
        elif not parked.is_link(target):
            raise ConflictError("What stands at the original's parking place is not Cacherr's.")
        _exchange(bench)
    disk.sync(bench.original)
    journal.advance(operation, State.SWAPPED)


def _exchange(bench: Bench) -> None:
    """Take first, then look at what came out; give it back when it is not what was copied."""
    try:
        disk.exchange(bench.parked, bench.original)
    except FileNotFoundError as error:
        raise AbortedError("The original was removed while it was copied.") from error
    ours = bench.parked.look().is_file(bench.operation.source_print)
    if not (ours and bench.copy.look().is_file(bench.operation.target_print)):
        disk.exchange(bench.parked, bench.original)
        raise AbortedError("The original was replaced at the last moment.", "It is tried again in the next cycle.")


def undo(bench: Bench) -> None:
    """Put everything back as it was before the operation: original first, then the copy, then private names.

    Raises ConflictError when something is in the way that is not ours.
    """
    _unswap(bench)
    _withdraw(bench)
    disk.unlink_private(bench.temporary)
    disk.sync(bench.copy)
    remove_parents(bench.operation, bench.cache)


def _unswap(bench: Bench) -> None:
    operation, target = bench.operation, bytes(bench.operation.link_target)
    parked = bench.parked.look()
    if parked.is_file(operation.source_print):
        if bench.original.look().is_link(target):
            disk.exchange(bench.parked, bench.original)
        else:
            raise ConflictError("The original is parked and its name was taken by another file.")
        parked = bench.parked.look()
    if parked.is_link(target):
        disk.unlink_private(bench.parked)
        disk.sync(bench.original)


def _withdraw(bench: Bench) -> None:
    known = bench.operation.target_print
    if bench.copy.look().is_file(known):
        disk.rename_new(bench.copy, bench.removal)
    taken = bench.removal.look()
    if taken.is_file(known):
        disk.unlink_private(bench.removal)
    elif taken.kind is not disk.Kind.ABSENT:
        disk.rename_new(bench.removal, bench.copy)
        raise ConflictError("The cached copy was replaced by another file.")
