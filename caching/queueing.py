"""Cycles that are asked for: rows, of which one waits at the most, until somebody who holds the lock begins it."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from cacherr.errors import BusyError, CacherrError
from caching import beginning, lock, pace, pausing, stopping
from caching.models import CachePolicy, Cycle, CycleState

DRY_RUN = "Dry run was switched on: what was not begun by then was left as it is."
"""Why a cycle that moved files was stopped."""


def request(trigger: str, *, dry_run: bool = False) -> Cycle:
    """Ask for a cycle: a row that waits to be run. One that waits already is answered instead of a second one.

    A dry run that waits becomes a cycle that moves files when somebody asks for one, for that shows its plan as well.

    Raises BusyError while a cycle is running and, for a dry run, while one that moves files waits; if it would move
    files, also PausedError while Cacherr is paused, and NotBegunError for one that nobody ordered before setup is
    finished.
    """
    if not (dry_run or CachePolicy.effective().dry_run):
        pausing.require_going()
        beginning.require_begun(trigger)
    if Cycle.objects.filter(state=CycleState.RUNNING).exists() and is_working():
        raise BusyError("A cycle is running already.", "Wait until it is done, or stop it.")
    try:
        with transaction.atomic():
            return Cycle.objects.create(trigger=trigger, dry_run=dry_run)
    except IntegrityError:
        return _join(trigger, dry_run=dry_run) or request(trigger, dry_run=dry_run)


def _join(trigger: str, *, dry_run: bool) -> Cycle | None:
    """The cycle that waits, made one that moves files if that is asked; None when none waits any more."""
    waiting = Cycle.objects.filter(state=CycleState.QUEUED).first()
    if waiting is None or waiting.dry_run == dry_run:
        return waiting
    if dry_run:
        raise BusyError(
            "A cycle that moves files waits already.", "Let it end or stop it, then ask for the dry run again."
        )
    dry = Cycle.objects.filter(pk=waiting.pk, state=CycleState.QUEUED, dry_run=True)
    if dry.update(dry_run=False, trigger=trigger) != 1:
        return None  # it was begun, stopped or made to move files just now
    waiting.refresh_from_db()
    return waiting


def is_working() -> bool:
    """Whether a process of this installation is at work now."""
    return lock.is_held(lock.WORK_LOCK)


def stop() -> bool:
    """Stop the running cycle and forget a waiting one. False when there was none.

    It ends within a second or, while people are asked, after the request at hand.
    """
    waiting = Cycle.objects.filter(state=CycleState.QUEUED)
    forgotten = waiting.update(state=CycleState.STOPPED, finished_at=timezone.now())
    return bool(Cycle.objects.filter(state=CycleState.RUNNING).update(stop_requested=True) + forgotten)


def make_way() -> None:
    """Stop the running cycle for a rescue, which its row says; one that waits goes on waiting."""
    running = Cycle.objects.filter(state=CycleState.RUNNING, stop_requested=False)
    running.update(stop_requested=True, error=f"{lock.RESCUE_FIRST} The next cycle goes on.")


class StoppedError(CacherrError):
    """Somebody stopped the cycle, or this process ends, before anything was planned."""


def is_stopped(cycle: Cycle) -> bool:
    """Whether a running cycle shall end."""
    return stopping.requested() or is_held(cycle) or Cycle.objects.filter(pk=cycle.pk, stop_requested=True).exists()


def is_held(cycle: Cycle) -> bool:
    """Whether dry run was switched on under a cycle that moves files. The answer is at most a second old.

    The cycle ends rather than waits: dry run may stay on for weeks, and shows its plan by a cycle of its own.
    """
    return not cycle.dry_run and pace.SHARED.conditions().dry_run


def claim(*, only_dry: bool) -> Cycle | None:
    """Begin the cycle that waits, if there is one that may run now. The caller holds the lock."""
    while cycle := Cycle.objects.filter(state=CycleState.QUEUED).first():
        now, policy = timezone.now(), CachePolicy.effective()
        dry_run = cycle.dry_run or policy.dry_run
        if (policy.paused and not dry_run) or (only_dry and not cycle.dry_run):
            return None  # it goes on waiting
        changes = {"state": CycleState.RUNNING, "started_at": now, "heartbeat_at": now, "dry_run": dry_run}
        # As it was read: somebody may just have asked that it moves files.
        as_read = Cycle.objects.filter(pk=cycle.pk, state=CycleState.QUEUED, dry_run=cycle.dry_run)
        if as_read.update(**changes) == 1:
            cycle.refresh_from_db()
            pace.SHARED.look_again()  # what is a second old may say otherwise of dry run
            return cycle
    return None
