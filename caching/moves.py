"""Carrying operations out, one state at a time, and picking up what a crash left. The two are the same loop."""

import logging
from collections.abc import Mapping

from cacherr.errors import CacherrError
from caching import caching_steps, disk, journal, manifest, recognising, renamed, returning_steps
from caching.bench import AbortedError, Bench, BusyFileError, ConflictError, bench
from caching.directories import make_parents
from caching.models import Kind, Mode, Operation, State, Way
from caching.playing import NOBODY, Playing
from caching.progress import MadeWayError, Progress
from caching.ways import GoneError

log = logging.getLogger(__name__)

Roots = Mapping[str, disk.RootDir]
"""The opened, marker-checked roots by their ids. A rescue needs its array only."""

CANCELLED = "Cancelled; everything is as it was."
INTERRUPTED = "Cut short before the copy was complete; everything is as it was."
GONE = "It was deleted by another program while it was cached."


def carry_out(operation: Operation, roots: Roots, progress: Progress, playing: Playing) -> None:
    """Perform a planned operation to its end. What goes wrong is kept on its row; nothing is raised for it.

    Raises LostOperationError when another process has it.
    """
    journal.claim(operation)
    progress.begin()
    try:
        _run(operation, roots, progress, playing)
    finally:
        progress.end()


def recover(operation: Operation, roots: Roots, playing: Playing) -> None:
    """Finish or undo an operation that another process left unfinished, by what the disk shows."""
    progress = Progress(operation)
    if operation.state == State.PLANNED:
        _finish_following(operation, roots)
        _give_up(operation, roots, AbortedError(INTERRUPTED), playing)
    else:
        _run(operation, roots, progress, playing)
    progress.end()


def _finish_following(operation: Operation, roots: Roots) -> None:
    if operation.kind == Kind.CACHE:
        return
    try:
        renamed.finish(operation, roots[operation.array_id])
    except (CacherrError, OSError) as error:
        log.warning("%s: its new name could not be noted yet: %s", operation, _sentence(error))


def _run(operation: Operation, roots: Roots, progress: Progress, playing: Playing) -> None:
    try:
        _advance_to_end(operation, roots, progress, playing)
    except journal.LostOperationError as error:
        log.warning("%s", error)
    except BusyFileError as error:
        log.info("%s waits: %s", operation, error)
    except ConflictError as error:
        _conflict(operation, error)
    except MadeWayError as error:
        _make_way(operation, roots, error, playing)
    except disk.Cancelled as error:
        why = str(error) or CANCELLED
        _give_up(operation, roots, AbortedError(why), playing)
    except AbortedError as error:
        _give_up(operation, roots, error, playing)
    except (CacherrError, OSError) as error:
        if operation.state == State.SWAPPED:
            # The point of no return is passed and nothing is lost: the next recovery goes on from here.
            log.warning("%s could not be finished yet: %s", operation, _sentence(error))
            return
        _give_up(operation, roots, error, playing)


def _advance_to_end(operation: Operation, roots: Roots, progress: Progress, playing: Playing) -> None:
    array, cache = roots[operation.array_id], _cache_of(operation, roots)
    if operation.state == State.PLANNED and operation.kind != Kind.CACHE:
        renamed.follow(operation, array, cache, lambda: progress.copied(0))
        with bench(operation, array, cache, playing) as places:
            recognising.recognise(places, progress.copied)
    if operation.state == State.PLANNED and cache is not None:
        _make_directories(operation, array, cache, playing)
    while operation.is_live:
        with bench(operation, array, cache, playing) as places:
            if operation.state in {State.PLANNED, State.VERIFIED}:
                manifest.record(places)
            if operation.kind == Kind.CACHE:
                _step_of_caching(places, progress)
            else:
                _step_of_returning(places, progress)
            if not operation.is_live:
                manifest.close(places)


def _make_directories(operation: Operation, array: disk.RootDir, cache: disk.RootDir, playing: Playing) -> None:
    """Before the places are opened: the directories that the new copy needs, on the side where it will be."""
    if operation.kind == Kind.CACHE:
        make_parents(operation, cache, like=array)
    elif disk.missing_directories(array, operation.on_array):
        with bench(operation, array, cache, playing) as places:
            is_copied = returning_steps.is_copied(places)
        if is_copied:
            make_parents(operation, array, like=cache)


def _cache_of(operation: Operation, roots: Roots) -> disk.RootDir | None:
    return None if operation.is_rescue else roots[operation.cache_id]


def _step_of_caching(places: Bench, progress: Progress) -> None:
    operation = places.operation
    if operation.state == State.PLANNED:
        caching_steps.copy(places, progress.copied)
    elif operation.state == State.VERIFIED:
        caching_steps.publish(places)
    elif operation.state == State.PUBLISHED and operation.leaves_name:
        caching_steps.park(places)
    elif operation.state == State.SWAPPED and operation.mode == Mode.MOVE:
        caching_steps.drop_original(places)
        journal.finish_cached(operation)
    else:
        journal.finish_cached(operation)


def _step_of_returning(places: Bench, progress: Progress) -> None:
    if places.operation.state == State.PLANNED:
        try:
            returning_steps.verify(places, progress.copied)
        except GoneError:
            returning_steps.forget(places, GONE)
    elif places.operation.state == State.VERIFIED:
        returning_steps.swap(places)
    else:
        returning_steps.remove(places)


def let_go(operation: Operation, roots: Roots) -> None:
    """Deal with an operation whose cache is gone before the original has its name; what follows is a rescue.

    What fails is kept on its row or tried again; the other files do not wait for it. Raises LostOperationError.
    """
    step = _let_go_of_caching if operation.kind == Kind.CACHE else _let_go_of_returning
    try:
        with bench(operation, roots[operation.array_id], None, NOBODY) as places:
            step(places)
    except ConflictError as error:
        _conflict(operation, error)
    except (disk.RefusedPathError, OSError) as error:
        log.warning("%s could not be undone yet: %s", operation, _sentence(error))


def _let_go_of_caching(places: Bench) -> None:
    caching_steps.unpark(places)
    journal.advance(places.operation, State.VERIFIED)  # should the disk come back, it is parked again


def _let_go_of_returning(places: Bench) -> None:
    """A file that was copied back is complete, and nothing else may be left of it: it gets the name."""
    if not (places.operation.way == Way.COPIED and _has_got_its_name(places)):
        returning_steps.undo(places)
        journal.abort(places.operation, "Its cache disk is gone.")


def _has_got_its_name(places: Bench) -> bool:
    try:
        returning_steps.swap(places)
    except AbortedError as error:
        log.warning("%s: %s", places.operation, error)
        return False
    return True


def _make_way(operation: Operation, roots: Roots, error: MadeWayError, playing: Playing) -> None:
    """Undo what was begun. An order waits again, for nobody would order it anew; a cycle's is planned anew."""
    if not operation.is_ordered or operation.state != State.PLANNED:
        _give_up(operation, roots, error, playing)
        return
    try:
        _undo(operation, roots, playing)
        if journal.put_back(operation):
            log.info("%s waits: %s", operation, error)
            return
    except journal.LostOperationError as lost:
        log.warning("%s", lost)
        return
    except (ConflictError, disk.RefusedPathError, OSError) as failure:
        log.warning("%s cannot wait: %s", operation, _sentence(failure))
    _give_up(operation, roots, AbortedError(CANCELLED), playing)


def _undo(operation: Operation, roots: Roots, playing: Playing) -> None:
    undo = caching_steps.undo if operation.kind == Kind.CACHE else returning_steps.undo
    with bench(operation, roots[operation.array_id], _cache_of(operation, roots), playing) as places:
        undo(places)
        manifest.close(places)


def _give_up(operation: Operation, roots: Roots, error: Exception, playing: Playing) -> None:
    """Undo what was begun and say why."""
    try:
        _undo(operation, roots, playing)
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
