"""Carrying operations out, one state at a time, and picking up what a crash left. The two are the same loop."""

import logging
from collections.abc import Mapping

from cacherr.errors import CacherrError
from caching import caching_steps, disk, journal, returning_steps
from caching.bench import AbortedError, Bench, BusyFileError, ConflictError, bench, make_parents, remove_parents
from caching.models import Kind, Operation, Placement, State
from caching.progress import Progress

log = logging.getLogger(__name__)

Roots = Mapping[str, disk.RootDir]
"""The opened, marker-checked roots by their ids."""

INTERRUPTED = "Cut short before the copy was complete; everything is as it was."


def carry_out(operation: Operation, roots: Roots, progress: Progress) -> None:
    """Perform a planned operation to its end. What goes wrong is kept on its row; nothing is raised for it.

    Raises StorageAbsentError and other errors of the whole cycle.
    """
    journal.claim(operation)
    progress.begin()
    try:
        _run(operation, roots, progress)
    finally:
        progress.end()


def recover(operation: Operation, roots: Roots) -> None:
    """Finish or undo an operation that another process left unfinished, by what the disk shows."""
    progress = Progress(operation)
    if operation.state == State.PLANNED:
        _give_up(operation, roots, AbortedError(INTERRUPTED))
    else:
        _run(operation, roots, progress)
    progress.end()


def _run(operation: Operation, roots: Roots, progress: Progress) -> None:
    try:
        _advance_to_end(operation, roots, progress)
    except BusyFileError as error:
        log.info("%s waits: %s", operation, error)
    except ConflictError as error:
        _conflict(operation, error)
    except disk.Cancelled:
        _give_up(operation, roots, AbortedError("Cancelled; everything is as it was."))
    except (CacherrError, OSError) as error:
        if operation.state == State.SWAPPED:
            # The point of no return is passed and nothing is lost: the next recovery goes on from here.
            log.warning("%s could not be finished yet: %s", operation, error)
            return
        _give_up(operation, roots, error)


def _advance_to_end(operation: Operation, roots: Roots, progress: Progress) -> None:
    array, cache = roots[operation.array_id], roots[operation.cache_id]
    if operation.kind == Kind.CACHE and operation.state == State.PLANNED:
        make_parents(operation, array, cache)
    if operation.state == State.SWAPPED and returning_steps.is_removed(operation, cache):
        returning_steps.finish(operation, cache)
        return
    with bench(operation, array, cache) as places:
        while operation.is_live:
            if operation.kind == Kind.CACHE:
                _step_of_caching(places, progress)
            else:
                _step_of_returning(places)


def _step_of_caching(places: Bench, progress: Progress) -> None:
    operation = places.operation
    if operation.state == State.PLANNED:
        caching_steps.copy(places, progress.copied)
    elif operation.state == State.VERIFIED:
        caching_steps.publish(places)
    elif operation.state == State.PUBLISHED and operation.placement == Placement.SYMLINK:
        caching_steps.swap(places)
    else:
        journal.finish_cached(operation)


def _step_of_returning(places: Bench) -> None:
    steps = {
        State.PLANNED: returning_steps.verify,
        State.VERIFIED: returning_steps.swap,
        State.SWAPPED: returning_steps.remove,
    }
    steps[State(places.operation.state)](places)


def _give_up(operation: Operation, roots: Roots, error: Exception) -> None:
    """Undo what was begun and say why."""
    undo = caching_steps.undo if operation.kind == Kind.CACHE else returning_steps.undo
    try:
        with bench(operation, roots[operation.array_id], roots[operation.cache_id]) as places:
            undo(places)
    except FileNotFoundError:
        # A directory on the way was not made yet, or is gone: nothing of ours is in it, only those above it remain.
        remove_parents(operation, roots[operation.cache_id])
    except (ConflictError, disk.RefusedPathError) as problem:
        if operation.state != State.PLANNED:
            _conflict(operation, problem)
            return
    except OSError as failure:
        log.warning("%s could not be undone yet: %s", operation, failure)
        return
    outcome = _sentence(error)
    journal.abort(operation, outcome)
    log.warning("%s: %s", operation, outcome)


def _conflict(operation: Operation, error: CacherrError) -> None:
    journal.conflict(operation, str(error))
    log.warning("%s: %s", operation, error)


def _sentence(error: Exception) -> str:
    return str(disk.named(error) if isinstance(error, OSError) else error)
