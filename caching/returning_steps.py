"""The steps of restoring and evicting, for every placement, mode and way.

Up to SWAPPED everything can be put back; from there on it only goes forward, and a failed check keeps both versions.
"""

import os

from django.conf import settings

from caching import damage, disk, journal, manifest, renamed
from caching.bench import AbortedError, Bench, BusyFileError, ConflictError
from caching.directories import remove_parents
from caching.models import AUTOMATIC, CachePolicy, State, Way
from caching.ways import Choice, GoneError, choose

TAKEN = "Another program has just taken the name."
NAME_TAKEN = "Its cache disk is gone, and another file has its name; the original is kept parked."
CURE_OF_TAKEN = "the name that you want, or delete it, then run `cacherr rescue` again."
DAMAGED = "The original was found damaged before its cached copy was removed. Both are kept."
REPLACED = "The cached copy was replaced by another program at this moment."


def is_copied(bench: Bench) -> bool:
    """Whether the file will be copied back, as far as the disks show it now. Raises ConflictError."""
    try:
        return _chosen(bench).way == Way.COPIED
    except GoneError:
        return False


def _chosen(bench: Bench) -> Choice:
    """By what is known of damage now: an audit may have found out since the operation was planned."""
    journal.know_damage(bench.operation)
    return choose(bench)


def verify(bench: Bench, progress: disk.Progress) -> None:
    """PLANNED to VERIFIED: the way is chosen, nobody uses the copy, and what has to be copied back is there, durable.

    Raises GoneError when every version was deleted by another program.
    """
    operation, choice = bench.operation, _chosen(bench)
    if operation.is_rescue and choice.way == Way.REPLACED and choice.drops_original:
        raise ConflictError(NAME_TAKEN, f"Look at both: give {_named(bench)} {CURE_OF_TAKEN}")
    copy = bench.copy.look()
    if copy.kind is not disk.Kind.ABSENT:
        _require_unused(bench)
    changes = {
        "way": choice.way,
        "target_print": copy.print if choice.takes_copy else "",
        "stale_print": operation.source_print if choice.drops_original else "",
    }
    if choice.way == Way.COPIED:
        disk.unlink_private(bench.returned)
        mine = copy.is_file(operation.target_print)  # then the array could hold all its attributes once
        rest = 0 if mine else CachePolicy.effective().settle_seconds  # another program may still be writing its own
        made = disk.copy_verified(bench.copy, bench.returned, settings.COPY_CHUNK, progress, exact=mine, rest=rest)
        if mine and operation.hash not in {"", made.hash}:
            _require_ordered(bench, choice)
        changes |= {"target_print": made.source_print, "source_print": made.target_print, "hash": made.hash}
    elif choice.way == Way.REPLACED:
        changes |= {"source_print": _settled(bench), "hash": ""}
    journal.advance(operation, State.VERIFIED, **changes)


def _require_ordered(bench: Bench, choice: Choice) -> None:
    """A damaged copy replaces no original, and without one it comes back only where a person says so."""
    if choice.drops_original:
        problem = damage.BOTH, damage.CURE_OF_BOTH
    elif bench.operation.trigger == AUTOMATIC:
        problem = damage.ONLY, damage.CURE_OF_ONLY
    else:
        return
    disk.unlink_private(bench.returned)
    disk.sync(bench.returned)
    _note_damaged_copy(bench)
    raise ConflictError(*problem)


def _note_damaged_copy(bench: Bench) -> None:
    file = journal.note_damaged_copy(bench.operation)
    if file is not None and bench.cache is not None:
        manifest.note_damage(file, bench.cache)


def _named(bench: Bench) -> str:
    """The parked original for people."""
    directory = os.path.dirname(bench.operation.on_array)
    return renamed.shown(bench.array.path, os.path.join(directory, bench.parked.name))


def _require_unused(bench: Bench) -> None:
    try:
        bench.require_unused(bench.copy)
    except BusyFileError as error:
        raise AbortedError(error.message, "It is tried again later.") from error


def _settled(bench: Bench) -> str:
    """The fingerprint of another program's file that has the name now, made durable; nobody may still write it."""
    print_ = disk.settle(bench.original, CachePolicy.effective().settle_seconds)
    if print_ is None:
        raise AbortedError("The new file is still being written.", "It is tried again in the next cycle.")
    return print_


def swap(bench: Bench) -> None:
    """VERIFIED to SWAPPED: the name on the array stands for what it shall stand for."""
    operation = bench.operation
    gives_name = operation.way in {Way.BACK, Way.COPIED}
    has_name = gives_name and bench.original.look().is_file(operation.source_print)
    is_kept = operation.way == Way.IN_PLACE or (operation.way == Way.BACK and not has_name)
    if is_kept and _is_copy_better(bench):  # the good copy must not make way for an original that is damaged
        raise AbortedError("An audit found the original damaged at this moment.", "It is tried again.")
    if gives_name:
        if not has_name:
            _give_name(bench)
        _require_right(bench)
    elif operation.way == Way.REPLACED:
        _require_here(bench)
    disk.sync(bench.original)
    journal.advance(operation, State.SWAPPED)


def _require_here(bench: Bench) -> None:
    """The copy must not be taken from a link that has another name now."""
    if bench.cache is not None and renamed.is_elsewhere(bench.operation, bench.array):
        raise AbortedError("It was renamed at this moment.", "It is tried again under its new name.")


def _ready(bench: Bench) -> disk.Place:
    """Where the file waits that gets the name."""
    return bench.parked if bench.operation.way == Way.BACK else bench.returned


def _give_name(bench: Bench) -> None:
    ready = _ready(bench)
    waiting = ready.look()
    if waiting.kind is disk.Kind.ABSENT:
        raise AbortedError("Another program removed what was to get the name.", "It is tried again.")
    if not waiting.is_file(bench.operation.source_print):
        raise ConflictError("What was to get its name back was changed.")
    vacant = bench.original.look().kind is disk.Kind.ABSENT
    if vacant:
        _require_here(bench)
    disk.untag(ready)
    if not vacant:
        disk.exchange(ready, bench.original)
        return
    try:
        disk.rename_new(ready, bench.original)
    except FileExistsError as error:
        raise AbortedError(TAKEN, "It is tried again.") from error


def _require_right(bench: Bench) -> None:
    """What was taken must be our link or the original that a newer file replaces, and the copy unchanged."""
    ready = _ready(bench)
    if not (ready.look().kind is disk.Kind.ABSENT or _is_ours(bench, ready)):
        _exchange_back(bench, ready)
        raise AbortedError(TAKEN, "It is tried again.")
    if bench.cache is None:
        return  # its disk is gone: what is on the array is all there is
    if bench.operation.target_print and not bench.copy.look().is_file(bench.operation.target_print):
        raise AbortedError(REPLACED, "It is tried again.")


def _is_ours(bench: Bench, ready: disk.Place) -> bool:
    """Whether what came out of an exchange is our link, or the old original that a newer file replaces."""
    came_out = ready.look()
    return came_out.is_link(bytes(bench.operation.link_target)) or came_out.is_file(bench.operation.stale_print)


def _exchange_back(bench: Bench, ready: disk.Place) -> None:
    """Give a foreign file the name that was taken from it."""
    disk.exchange(ready, bench.original)
    if not ready.look().is_file(bench.operation.source_print):
        disk.exchange(ready, bench.original)  # the name was given away once more: the newest file keeps it
        raise ConflictError("The name was taken twice by other programs. Every version is kept.")


def undo(bench: Bench) -> None:
    """Before SWAPPED is journaled: everything as it was, as long as the copy behind the name is there.

    Raises ConflictError when something is in the way that is not ours.
    """
    operation = bench.operation
    if operation.state == State.PLANNED:
        disk.unlink_private(bench.returned)
    else:
        _undo_verified(bench)
    remove_parents(operation, operation.array_id, bench.array)


def _undo_verified(bench: Bench) -> None:
    operation = bench.operation
    if operation.way in {Way.BACK, Way.COPIED}:
        _take_name_back(bench)
    if operation.way == Way.COPIED and bench.returned.look().is_file(operation.source_print):
        disk.unlink_private(bench.returned)
    disk.sync(bench.original)


def _take_name_back(bench: Bench) -> None:
    ready = _ready(bench)
    name, waiting = bench.original.look(), ready.look()
    known = bench.operation.source_print
    if not name.is_file(known):
        _return_foreign(bench, ready)
    elif bench.copy.look().kind is disk.Kind.ABSENT:
        return  # the name must not lead to nothing
    elif waiting.kind is disk.Kind.ABSENT:
        disk.rename_new(bench.original, ready)
    else:
        disk.exchange(ready, bench.original)  # our link gets the name again, or the foreign file that was taken
    _return_foreign(bench, ready)


def _return_foreign(bench: Bench, ready: disk.Place) -> None:
    """What was taken for what was put there gets its name again, be it foreign or the old original.

    Raises ConflictError when a newer file has the name.
    """
    operation = bench.operation
    name, waiting = bench.original.look(), ready.look()
    if waiting.kind is not disk.Kind.FILE or waiting.is_file(operation.source_print):
        return
    if name.kind is disk.Kind.ABSENT:
        disk.rename_new(ready, bench.original)
    elif name.is_link(bytes(operation.link_target)):
        disk.exchange(ready, bench.original)
    else:
        raise ConflictError("The file that was taken cannot get its name back: another has it. Every version is kept.")


def remove(bench: Bench) -> None:
    """SWAPPED to DONE: the copy goes, then our link, then what a newer file replaced; all by private names only."""
    operation = bench.operation
    if not bench.original.look().is_file(operation.source_print):
        raise ConflictError("The original is not what was put back. Both versions are kept.")
    if operation.target_print:
        _require_needless(bench)
        _take_copy(bench)
    for at in (bench.parked, bench.returned):
        if at.look().is_link(bytes(operation.link_target)):
            disk.unlink_private(at)
    disk.unlink_private(bench.removal)
    disk.sync(bench.copy)
    _drop_stale(bench)
    disk.sync(bench.original)
    if bench.cache is not None:
        remove_parents(operation, operation.cache_id, bench.cache)
    journal.finish_returned(operation)


def _require_needless(bench: Bench) -> None:
    """A copy waits here while somebody has it open, and an audit may read the original meanwhile."""
    if bench.operation.way in {Way.IN_PLACE, Way.BACK} and _is_copy_better(bench):
        raise ConflictError(DAMAGED, "Restore it to have the original made again from the copy.")


def _is_copy_better(bench: Bench) -> bool:
    """Whether an audit found the original damaged, since it was chosen, while the copy is good and still there."""
    operation = bench.operation
    journal.know_damage(operation)
    is_found = operation.original_damaged and not operation.copy_damaged
    return is_found and bench.copy.look().is_file(operation.target_print)


def forget(bench: Bench, outcome: str) -> None:
    """Every version was deleted by another program: what is left of ours beside it goes, and the row ends."""
    operation = bench.operation
    if bench.parked.look().is_link(bytes(operation.link_target)):
        disk.unlink_private(bench.parked)
    disk.sync(bench.original)
    remove_parents(operation, operation.array_id, bench.array)
    if bench.cache is not None:
        remove_parents(operation, operation.cache_id, bench.cache)
    journal.finish_returned(operation, outcome)


def _drop_stale(bench: Bench) -> None:
    """The old original leaves last, after the newer file is complete and durable under its name."""
    for at in (bench.parked, bench.returned):
        if at.look().is_file(bench.operation.stale_print):
            bench.require_unused(at)
            disk.unlink_private(at)


def _take_copy(bench: Bench) -> None:
    """Take the copy out of sight and make sure that it is ours before it may be unlinked; else give it back.

    Until then everything can still be put back: a new file at the copy's place is dealt with by the next attempt.
    """
    known = bench.operation.target_print
    look = bench.copy.look()
    if look.kind is not disk.Kind.ABSENT and bench.removal.look().kind is disk.Kind.ABSENT:
        if not look.is_file(known):
            raise AbortedError(REPLACED, "It is tried again.")
        bench.require_unused(bench.copy)
        disk.rename_new(bench.copy, bench.removal)
    taken = bench.removal.look()
    if taken.kind is not disk.Kind.ABSENT and not taken.is_file(known):
        try:
            disk.rename_new(bench.removal, bench.copy)
        except FileExistsError as error:
            raise ConflictError("The cached copy was replaced twice. Every version is kept.") from error
        raise AbortedError(REPLACED, "It is tried again.")
