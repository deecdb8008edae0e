"""Repairing what an audit found, where it is certain what is right. Files come back by ordinary operations."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from cacherr.errors import RefusedError
from caching import disk, exclusions, lock, mappings, mover, orders, recovery
from caching.auditing.examining import examine
from caching.auditing.findings import Audited, Finding, Repair
from caching.auditing.recording import record
from caching.auditing.verifying import Watch
from caching.models import Audit, CachedFile, Kind, Operation, Root, State
from caching.playing import of_plex

log = logging.getLogger(__name__)

TRIGGER = "audit"


@dataclass(frozen=True, slots=True)
class Repaired:
    """An audit with what was done about it. `restores` are findings with the operations that bring their files back."""

    audited: Audited
    restores: tuple[tuple[Finding, Operation], ...] = ()
    audit: Audit | None = None
    """The audit as it is kept; None when it is not."""

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that bring files back."""
        return tuple(operation for _, operation in self.restores)


def order_repairs(trigger: str, key: str | None = None) -> Repaired:
    """Audit and repair all that is certain, or the one finding of this key; what brings files back is left to a worker.

    The audit is kept. Raises RefusedError, also for a key that is not found any more; BusyError, StorageAbsentError.
    """
    orders.require_allowed()
    with lock.held(lock.WORK_LOCK):
        started, audited = timezone.now(), examine()
        chosen = [one for one in audited.findings if key in {None, one.key}]
        if key is not None and not any(one.repairable for one in chosen):
            record(audited, trigger, started)
            raise RefusedError(
                "This cannot be repaired any more: another audit was made just now.", "Look at what it found."
            )
        repaired = _repair(audited, chosen)
        return replace(repaired, audit=record(repaired.audited, trigger, started))


def repair(*, verified: bool, watch: Watch) -> Repaired:
    """Audit, repair, and carry out here what brings files back. Raises also Cancelled. The audit is not kept."""
    orders.require_allowed()
    with lock.held(lock.WORK_LOCK):
        mover.require_resting()
        playing = of_plex(mappings.in_force())
        try:
            recovery.recover(playing)
            audited = examine(verified=verified, watch=watch)
            repaired = _repair(audited, audited.findings)
            try:
                orders.carry_out(repaired.operations, playing)
            finally:
                exclusions.write()
        except OSError as error:
            raise disk.named(error) from error
    return _as_it_ended(repaired)


def _repair(audited: Audited, chosen: Sequence[Finding]) -> Repaired:
    done: set[Finding] = set()
    if any(one.repair is Repair.LIST for one in chosen):
        exclusions.write()  # it names all files, so it solves this for all
        done |= {one for one in audited.findings if one.repair is Repair.LIST}
    done |= {one for one in chosen if one.repair is Repair.UNLINK and _unlink(one)}
    back = [one for one in chosen if one.repair in {Repair.RESTORE, Repair.HEAL}]
    restores = [(one, row) for one in back for row in _restore(one)]
    done |= {one for one, _ in restores}
    return Repaired(replace(audited, repaired=frozenset(done)), tuple(restores))


def _unlink(finding: Finding) -> bool:
    """Remove a stale temporary; its finding was made under the same lock."""
    if finding.stray is None:
        return False
    root = Root.objects.get(pk=finding.stray.root)
    try:
        with disk.open_root(root.path, root.pk) as opened, disk.place_if_there(opened, finding.stray.path) as at:
            disk.unlink_private(at)
            disk.sync(at)
    except OSError as error:
        log.warning("%s could not be removed: %s", finding.paths[0], disk.named(error))
        return False
    return True


def _restore(finding: Finding) -> Sequence[Operation]:
    """Not its sidecars: they are sound, and come back by themselves when no video needs them."""
    files = list(CachedFile.objects.select_related("array", "cache").filter(pk__in=[finding.file]))
    placed = orders.give_files_back(files, Kind.RESTORE, orders.Origin(TRIGGER), finding.message, sidecars=False)
    return placed.operations


def _as_it_ended(repaired: Repaired) -> Repaired:
    """What an operation could not bring back is still open."""
    for _, operation in repaired.restores:
        operation.refresh_from_db()
    failed = {one for one, operation in repaired.restores if operation.state != State.DONE}
    audited = repaired.audited
    return replace(repaired, audited=replace(audited, repaired=audited.repaired - failed))
