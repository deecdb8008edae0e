"""The steps of caching a file, for every placement and mode.

Each step looks at the disk first, so that running it again after a crash goes on where the crash happened. Order is
everything here: the row that names a step is committed before the step's first side effect.
"""

import logging
from typing import NoReturn

from django.conf import settings

from caching import disk, journal, limits, open_files
from caching.bench import AbortedError, Bench, ConflictError
from caching.directories import remove_parents
from caching.models import CachePolicy, Mode, State

log = logging.getLogger(__name__)


def copy(bench: Bench, progress: disk.Progress) -> None:
    """PLANNED to VERIFIED: a complete, durable, verified copy under a private name."""
    operation = bench.operation
    if bench.copy.look().kind is not disk.Kind.ABSENT:
        raise AbortedError("A file that is not Cacherr's stands at the cached copy's place.", "Move it away.")
    moving, policy = operation.mode == Mode.MOVE, CachePolicy.effective()
    if moving:
        _require_movable(bench)
    copied = disk.copy_verified(
        bench.original,
        bench.temporary,
        settings.COPY_CHUNK,
        progress,
        exact=moving,
        rest=policy.settle_seconds,
        keep_free=_keep_free(bench, policy),
    )
    journal.advance(
        operation,
        State.VERIFIED,
        source_print=copied.source_print,
        target_print=copied.target_print,
        hash=copied.hash,
        bytes_total=copied.size,
        bytes_done=copied.size,
        original_name=bench.parked.name if operation.leaves_name else b"",
        link_target=bench.link_target if operation.is_linked else b"",
    )


def _keep_free(bench: Bench, policy: CachePolicy) -> int:
    """The planner's rule, asked again: other programs may have filled the cache since the plan. In bytes."""
    total = disk.space(bench.cache).total if bench.cache is not None else 0
    return limits.stays_free(policy, total)


def _require_movable(bench: Bench) -> None:
    look = bench.original.look()
    if look.links > 1:
        raise AbortedError(f"The file has {look.links} hard links: moving it would free nothing and break them.")
    if look.kind is disk.Kind.FILE and disk.in_use(bench.original) is disk.Use.UNKNOWN:
        problem = open_files.untold_of(bench.operation.array, look.owner)
        raise AbortedError(f"The file is not moved. {problem.message}", f"{problem.cure} {open_files.OR_COPY}")


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


def park(bench: Bench) -> None:
    """PUBLISHED to SWAPPED: the original leaves its name; a symlink takes it where the placement needs one."""
    operation = bench.operation
    if not _is_parked(bench):
        if _was_cut_short(bench):
            _give_back(bench)
        elif operation.is_linked:
            _exchange_with_link(bench)
        else:
            _take(bench)
    disk.tag(bench.parked, operation.token, operation.relative, operation.hash)
    disk.sync(bench.original)
    journal.advance(operation, State.SWAPPED)


def _is_parked(bench: Bench) -> bool:
    if not bench.parked.look().is_file(bench.operation.source_print):
        return False
    name = bench.original.look()
    if bench.operation.is_linked:
        return name.is_link(bytes(bench.operation.link_target))
    return name.kind is disk.Kind.ABSENT


def _was_cut_short(bench: Bench) -> bool:
    """A crash came after something that is not the original was taken and before it was given back."""
    name = bench.original.look()
    vacant = name.is_link(bytes(bench.operation.link_target)) or name.kind is disk.Kind.ABSENT
    return vacant and bench.parked.look().kind is disk.Kind.FILE


def _take(bench: Bench) -> None:
    """Take first, then look at what came out; give it back when it is not what was copied."""
    try:
        disk.rename_new(bench.original, bench.parked)
    except FileNotFoundError as error:
        raise AbortedError("The original was removed while it was copied.") from error
    except FileExistsError as error:
        raise ConflictError("What stands at the original's parking place is not Cacherr's.") from error
    if not _is_right(bench):
        _give_back(bench)


def _exchange_with_link(bench: Bench) -> None:
    """The same where a link takes the name: taking and giving are one step."""
    target, parked = bytes(bench.operation.link_target), bench.parked.look()
    if parked.kind is disk.Kind.ABSENT:
        disk.make_link(bench.parked, target, bench.original)
    elif not parked.is_link(target):
        raise ConflictError("What stands at the original's parking place is not Cacherr's.")
    try:
        disk.exchange(bench.parked, bench.original)
    except FileNotFoundError as error:
        raise AbortedError("The original was removed while it was copied.") from error
    if not _is_right(bench):
        _give_back(bench)


def _give_back(bench: Bench) -> NoReturn:
    """What was taken is not what was copied, or the copy is not what was made: the name is its again."""
    _return_name(bench)
    raise AbortedError("The original was replaced at the last moment.", "It is tried again in the next cycle.")


def _return_name(bench: Bench) -> None:
    """What is parked gets the name back; never at the cost of what another program put there meanwhile."""
    target = bytes(bench.operation.link_target)
    try:
        if not bench.original.look().is_link(target):
            disk.rename_new(bench.parked, bench.original)
            return
        disk.exchange(bench.parked, bench.original)
        if bench.parked.look().is_link(target):
            return
        disk.exchange(bench.parked, bench.original)  # the name was given away at this moment: the newest file keeps it
    except FileExistsError:
        pass
    raise ConflictError("The original is parked and its name was taken by another file. Every version is kept.")


def _is_right(bench: Bench) -> bool:
    """Whether what was parked is what was copied, and the copy is what we made of it."""
    operation = bench.operation
    return bench.parked.look().is_file(operation.source_print) and bench.copy.look().is_file(operation.target_print)


def drop_original(bench: Bench) -> None:
    """SWAPPED, mode move: the parked original goes, once the copy is certain and nobody has the original open."""
    operation, parked = bench.operation, bench.parked.look()
    if not bench.copy.look().is_file(operation.target_print):
        raise ConflictError("The cached copy is not what was made. The original is kept beside its place.")
    if parked.kind is disk.Kind.ABSENT:
        journal.note(operation, original_name=b"")
        return
    if not parked.is_file(operation.source_print):
        raise ConflictError("The parked original was replaced by another file. Both versions are kept.")
    if parked.links > 1 or bench.require_unused(bench.parked) is disk.Use.UNKNOWN:
        # Somebody linked it meanwhile, or nobody can tell any more who writes it: it stays, parked. Behind a link it
        # always is; on a union its row must say so.
        log.warning("%s: its original is kept beside its place.", operation)
        journal.note(operation, mode=Mode.COPY, park_originals=not operation.is_linked)
        return
    disk.unlink_private(bench.parked)
    disk.sync(bench.original)
    journal.note(operation, original_name=b"")


def undo(bench: Bench) -> None:
    """Put everything back as it was before the operation: original first, then the copy, then private names.

    Raises ConflictError when something is in the way that is not ours.
    """
    unpark(bench)
    _withdraw(bench)
    disk.unlink_private(bench.temporary)
    disk.sync(bench.copy)
    if bench.cache is not None:
        remove_parents(bench.operation, bench.operation.cache_id, bench.cache)


def unpark(bench: Bench) -> None:
    """The original gets its name back, wherever it is now. Raises ConflictError."""
    operation, target = bench.operation, bytes(bench.operation.link_target)
    parked = bench.parked.look()
    if parked.is_file(operation.source_print):
        disk.untag(bench.parked)
        _return_name(bench)
        disk.sync(bench.original)
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
