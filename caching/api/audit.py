"""The audit. Checksums are compared by the command only: reading everything takes hours."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from cacherr.envelope import Envelope, ok
from caching import auditing, nudge
from caching.api.operations import OperationData, described
from caching.auditing import Audited, Finding, Kind, Severity

router = Router(tags=["maintenance"])


class FindingData(Schema):
    """Something that is not as it should be; bytes of names that are no text are escaped."""

    kind: Kind
    severity: Severity
    paths: list[str]
    message: str
    cure: str
    repairable: bool
    repaired: bool
    file_id: int | None


class AuditData(Schema):
    """What an audit found; `left` is how much is left for somebody to look at."""

    files: int
    left: int
    findings: list[FindingData]


class RepairData(AuditData):
    """The same with the operations that bring files back."""

    operations: list[OperationData]


@router.get("", response=Envelope[AuditData])
def get_audit(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """Compare rows, cache and array now. Nothing is changed; the dashboard tells what was found."""
    return ok(_audited(auditing.look()))


@router.post("repair", response={202: Envelope[RepairData]})
def repair(request: HttpRequest) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Repair what is certain; files come back by operations that wait for a worker. 409 while somebody works."""
    done = auditing.order_repairs()
    auditing.remember(done.audited)
    nudge.run_orders()
    operations = [described(row) for row in done.operations]
    return Status(202, ok(_audited(done.audited) | {"operations": operations}, "Repairs are ordered."))


def _audited(audited: Audited) -> dict[str, Any]:
    findings = [_finding(one, repaired=one in audited.repaired) for one in audited.findings]
    return {"files": audited.files, "left": len(audited.left), "findings": findings}


def _finding(one: Finding, *, repaired: bool) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "severity": one.severity,
        "paths": [path.decode("utf-8", "backslashreplace") for path in one.paths],
        "message": one.message,
        "cure": one.cure,
        "repairable": one.repairable,
        "repaired": repaired,
        "file_id": one.file,
    }
