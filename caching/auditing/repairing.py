"""Repairing what an audit found, where it is certain what is right. Files come back by ordinary operations."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from caching import cycle, disk, exclusions, lock, mappings, mover, orders, recovery
from caching.auditing.examining import examine
from caching.auditing.findings import Audited, Finding, Repair
from caching.auditing.verifying import Watch
from caching.models import CachedFile, Kind, Operation, Root, State
from caching.playing import of_plex

log = logging.getLogger(__name__)

TRIGGER = "audit"


@dataclass(frozen=True, slots=True)
class Repaired:
    """An audit with what was done about it. `restores` are findings with the operations that bring their files back."""

    audited: Audited
    restores: tuple[tuple[Finding, Operation], ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that bring files back."""
        return tuple(operation for _, operation in self.restores)


def order_repairs() -> Repaired:
    """Audit and repair; what brings files back is ordered and left to a worker.

    Raises RefusedError, BusyError, StorageAbsentError.
    """
    orders.require_allowed()
    with lock.held(cycle.WORK_LOCK):
        return _repair(examine())


def repair(*, verified: bool, watch: Watch) -> Repaired:
    """Audit, repair, and carry out here what brings files back. Raises also Cancelled."""
    orders.require_allowed()
    with lock.held(cycle.WORK_LOCK):
        mover.require_resting()
        playing = of_plex(mappings.in_force())
        try:
            recovery.recover(playing)
            repaired = _repair(examine(verified=verified, watch=watch))
            try:
                orders.carry_out(repaired.operations, playing)
            finally:
                exclusions.write()
        except OSError as error:
            raise disk.named(error) from error
    return _as_it_ended(repaired)


def _repair(audited: Audited) -> Repaired:
    done: set[Finding] = set()
    if any(one.repair is Repair.LIST for one in audited.findings):
        exclusions.write()
        done |= {one for one in audited.findings if one.repair is Repair.LIST}
    done |= {one for one in audited.findings if one.repair is Repair.UNLINK and _unlink(one)}
    _hold(one for one in audited.findings if one.repair is Repair.HOLD)
    back = [one for one in audited.findings if one.repair in {Repair.RESTORE, Repair.HEAL}]
    CachedFile.objects.filter(pk__in=[one.file for one in back if one.repair is Repair.HEAL]).update(
        original_damaged=True
    )
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


def _hold(findings: Iterable[Finding]) -> None:
    """Keep a file of which no good copy is known from being touched before somebody has looked."""
    for one in findings:
        CachedFile.objects.filter(pk__in=[one.file], conflict="").update(conflict=f"{one.message} {one.cure}")


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
