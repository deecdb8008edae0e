"""The cycle: recover, gather, plan, carry out, tell. Doors ask for one; nobody else knows how it is done."""

import logging
import threading
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from cacherr.errors import BusyError, CacherrError
from cacherr.heeding import heeding
from caching import (
    asking,
    changes,
    crew,
    directories,
    disk,
    events,
    exclusions,
    journal,
    lock,
    mappings,
    mover,
    outlook,
    pace,
    pausing,
    proving,
    recognising,
    recovery,
    sparing,
)
from caching.describe import described
from caching.gather import Gathered, Gatherer, require_roots
from caching.models import CachedFile, CachePolicy, Cycle, CycleState, Kind, Operation, PathMapping, Phase, State
from caching.notifying import endings
from caching.planning.plan import make_plan
from caching.planning.values import Action, Decision, Plan
from caching.playing import Playing, of_plex
from caching.queueing import DRY_RUN, StoppedError, claim, is_held, is_stopped, is_working, request, stop
from caching.usage import sampling
from plexusers.wants import Answer, playing_now

log = logging.getLogger(__name__)

__all__ = ["abandon", "decide", "is_working", "request", "run", "run_waiting", "stop", "wait_until_idle"]

# What the working process alone writes while a cycle runs. Never the whole row: `stop_requested` is somebody else's.
PROGRESS_FIELDS = (
    "phase", "items_total", "items_processed", "heartbeat_at",
    "files_cached", "files_restored", "bytes_cached", "failures",
)  # fmt: skip

PHASES = {Kind.CACHE: Phase.CACHING, Kind.RESTORE: Phase.RETENTION, Kind.EVICT: Phase.EVICTION}


def decide(
    usable: Sequence[PathMapping], answers: Sequence[Answer], compare: changes.Compare = changes.nobody_compares
) -> tuple[Gathered, Plan]:
    """What becomes of everything, whoever asks: a cycle, a dry run, a preview. Reads only; StorageAbsentError."""
    gathered = Gatherer(usable, CachePolicy.effective(), compare).gather(answers)
    return gathered, make_plan(gathered.situation)


def run_waiting(*, only_dry: bool = False) -> Cycle | None:
    """Run the cycle that waits, if there is one; with `only_dry` only one that was asked to move no file.

    Raises BusyError, and what ends a cycle early, kept on its row too.
    """
    with lock.held(lock.WORK_LOCK):
        recovery.declare_dead()
        cycle = claim(only_dry=only_dry)
        if cycle is not None:
            _perform(cycle)
        return cycle


def run(trigger: str, *, dry_run: bool = False) -> Cycle:
    """Ask for a cycle and run it here and now. Raises what `request` and `run_waiting` raise."""
    asked = request(trigger, dry_run=dry_run)
    done = run_waiting(only_dry=dry_run)
    if done is None and not dry_run:
        pausing.require_going()
    if done is None or done.pk != asked.pk:
        raise BusyError("Another process took the cycle on.", "Look at its progress on the dashboard.")
    return done


_mine: set[int] = set()
"""The cycles that this process is running: one at the most."""
_changed = threading.Condition()


def wait_until_idle(seconds: float) -> bool:
    """Wait until this process runs no cycle. False when it still does after so many seconds."""
    with _changed:
        return _changed.wait_for(lambda: not _mine, seconds)


def abandon() -> None:
    """The process ends: a cycle of its own that has not noticed yet must not look as if it still ran."""
    rows = Cycle.objects.filter(pk__in=_mine, state=CycleState.RUNNING)
    rows.update(state=CycleState.INTERRUPTED, finished_at=timezone.now(), error="Cut short: Cacherr was stopped.")


def _perform(cycle: Cycle) -> None:
    events.publish(events.cycle_start(cycle))
    _mine.add(cycle.pk)
    try:
        _perform_to_end(cycle)
    finally:
        with _changed:
            _mine.discard(cycle.pk)
            _changed.notify_all()


def _perform_to_end(cycle: Cycle) -> None:
    try:
        _Run(cycle).run()
    except StoppedError:
        _finish_stopped(cycle)
        return
    except mover.MoverRunningError as error:
        _finish(cycle, CycleState.STOPPED, str(error))
        raise
    except CacherrError as error:
        _finish(cycle, CycleState.FAILED, str(error))
        raise
    except OSError as error:
        failure = disk.named(error)
        _finish(cycle, CycleState.FAILED, str(failure))
        raise failure from error
    except Exception as error:  # whatever it was, the row must not look as if the cycle still ran; it goes on its way
        _finish(cycle, CycleState.FAILED, f"Unexpected: {type(error).__name__}. See the log.")
        raise
    if is_stopped(cycle):
        _finish_stopped(cycle)
    else:
        _finish(cycle, CycleState.COMPLETED, cycle.error)


def _finish_stopped(cycle: Cycle) -> None:
    """What the cycle met comes after what somebody who stopped it has said on its row."""
    said = Cycle.objects.values_list("error", flat=True).get(pk=cycle.pk)
    _finish(cycle, CycleState.STOPPED, DRY_RUN if is_held(cycle) else f"{said} {cycle.error}".strip())


def _finish(cycle: Cycle, state: CycleState, error: str) -> None:
    cycle.state, cycle.error, cycle.finished_at = state, error, timezone.now()
    with transaction.atomic():
        cycle.save(update_fields=["state", "error", "finished_at", *PROGRESS_FIELDS])
        endings.tell(cycle)
    events.publish(events.cycle_complete(cycle))


class _Run:
    """One cycle at work."""

    def __init__(self, cycle: Cycle) -> None:
        self.cycle = cycle

    def run(self) -> None:
        """All phases in their order."""
        usable = mappings.usable()
        require_roots(usable)
        if self.cycle.dry_run:
            self._plan(usable, self._ask().answers)
            return
        mover.require_resting()
        recovery.recover(of_plex(usable))
        asked = self._ask()
        usable = [proving.prove(mapping) for mapping in usable]
        with recovery.open_roots(recovery.roots_in_use(usable)) as opened:
            playing = Playing(lambda: playing_now(asked.plex), usable)
            copies = recognising.Copies(playing, self._stopped, tell=self._tell)
            gathered, plan = self._plan(usable, asked.answers, copies.compare)
            outlook.keep_up(plan, gathered.rows, gathered.situation.now)
            operations = self._journal_all(plan, gathered, opened)
            if any(row.kind != Kind.CACHE for row in operations):
                sparing.spare(asking.since(asked.answers), usable)
            self._carry_out(operations, opened, playing)

    def _ask(self) -> asking.Asked:
        with heeding(self._require_going):
            asked = asking.ask(self._phase)
        self.cycle.error = asked.trouble
        return asked

    def _plan(
        self,
        usable: Sequence[PathMapping],
        answers: Sequence[Answer],
        compare: changes.Compare = changes.nobody_compares,
    ) -> tuple[Gathered, Plan]:
        self._phase(Phase.PLAN, 0)
        gathered, plan = decide(usable, answers, compare)
        if self.cycle.items_total:  # copies were compared: that may have taken minutes
            self._phase(Phase.PLAN, 0)
        self.cycle.plan = [described(decision, gathered) for decision in plan.decisions]
        self.cycle.failures = sum(decision.problem for decision in plan.decisions)
        self.cycle.save(update_fields=["plan", "failures"])
        return gathered, plan

    def _journal_all(self, plan: Plan, gathered: Gathered, opened: recovery.OpenRoots) -> list[Operation]:
        """Everything is journaled before anything is carried out."""
        return [row for decision in plan.work if (row := self._journal(decision, gathered, opened)) is not None]

    def _carry_out(self, operations: list[Operation], roots: recovery.OpenRoots, playing: Playing) -> None:
        """What makes room first, then caching, best score first."""
        left = sorted(operations, key=lambda row: row.kind == Kind.CACHE)
        total = len(left)

        def tell() -> None:
            self.cycle.phase = PHASES[Kind(left[0].kind)] if left else self.cycle.phase
            self._tell(total, total - len(left))

        def done(operation: Operation) -> None:
            left.remove(operation)
            self._count(operation)
            tell()

        tell()
        try:
            crew.carry_out_all(operations, roots, playing=playing, stopped=self._stopped, done=done)
        finally:
            directories.remove_idle_directories()
            exclusions.write()
            sampling.take()
        self._tell(total, total)

    def _journal(self, decision: Decision, gathered: Gathered, opened: recovery.OpenRoots) -> Operation | None:
        key = decision.file
        if key is None:
            return None
        if decision.action is Action.CACHE:
            return journal.plan_caching(self.cycle, decision, gathered.mappings[key], gathered.plex_paths[key])
        file = CachedFile.objects.select_related("array", "cache").filter(cache_id=key.cache, path=key.path).first()
        if file is None or not {file.array_id, file.cache_id} <= opened.keys():
            return None  # its storage was absent a moment ago: the next cycle sees to it
        kind = Kind.RESTORE if decision.action is Action.RESTORE else Kind.EVICT
        return journal.plan_return(self.cycle, kind, file, decision.reason)

    def _stopped(self) -> bool:
        return is_stopped(self.cycle)

    def _require_going(self) -> None:
        """Raises StoppedError: nothing is begun yet that had to be finished."""
        if self._stopped():
            raise StoppedError("The cycle was stopped.")

    def _count(self, operation: Operation) -> None:
        if operation.state == State.DONE and operation.kind == Kind.CACHE:
            self.cycle.files_cached += 1
            self.cycle.bytes_cached += operation.bytes_total
        elif operation.state == State.DONE:
            self.cycle.files_restored += 1
        elif operation.outcome not in {mover.BEGUN, pace.MADE_WAY, sparing.WANTED_AGAIN}:
            self.cycle.failures += 1

    def _phase(self, phase: Phase, total: int, processed: int = 0) -> None:
        self.cycle.phase = phase
        self._tell(total, processed)
        self._require_going()

    def _tell(self, total: int, processed: int) -> None:
        self.cycle.items_total, self.cycle.items_processed = total, processed
        self.cycle.heartbeat_at = timezone.now()
        self.cycle.save(update_fields=PROGRESS_FIELDS)
        events.publish(events.cycle_progress(self.cycle))
