"""The audit. Checksums are compared by the command and on schedule only: reading everything takes hours."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import BaseModel, ConfigDict, Field

from cacherr.envelope import Envelope, Page, Window, ok
from caching import auditing, nudge
from caching.api.operations import OperationData, described
from caching.auditing import Kind, Severity
from caching.models import Audit

router = Router(tags=["maintenance"])


class FindingData(Schema):
    """Something that is not as it should be; bytes of names that are no text are escaped."""

    key: str
    """Its name, the same in each audit that finds it."""
    kind: Kind
    severity: Severity
    paths: list[str]
    message: str
    cure: str
    repairable: bool
    repaired: bool
    file_id: int | None


class AuditSummary(Schema):
    """An audit in numbers. Times in UTC."""

    id: int
    trigger: str
    started_at: datetime
    finished_at: datetime
    files: int
    verified: int
    """How many files were read and their checksums compared."""
    errors: int
    warnings: int
    notes: int
    repaired: int
    left: int
    """How much is left for somebody to look at."""


class AuditData(AuditSummary):
    """What an audit found."""

    findings: list[FindingData]
    not_kept: int
    """How many further findings were only counted."""


class RepairData(AuditData):
    """The same with the operations that bring files back."""

    operations: list[OperationData]


class RepairAsked(BaseModel):
    """What is to be repaired."""

    model_config = ConfigDict(extra="forbid")

    finding: str | None = Field(None, max_length=64, description="The key of one finding; null: all that is certain.")


@router.get("", response=Envelope[AuditData | None])
def get_audit(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """The latest audit; null when none was run yet. Looks at no disk."""
    row = auditing.latest()
    return ok(_audit(row)) if row else ok(None, "No audit was run yet.")


@router.post("", response=Envelope[AuditData])
def post_audit(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Compare rows, cache and array now, and keep what was found. Changes no file; may wake the array's disks."""
    return ok(_audit(auditing.audit("api")))


@router.get("history", response=Envelope[Page[AuditSummary]])
def get_history(request: HttpRequest, asked: Query[Window]) -> dict[str, Any]:  # noqa: ARG001
    """The audits that were run, the latest first."""
    return ok(asked.page(Audit.objects.defer("findings").order_by("-pk"), _summary))


@router.get("history/{int:audit_id}", response=Envelope[AuditData])
def get_one(request: HttpRequest, audit_id: int) -> dict[str, Any]:  # noqa: ARG001
    """An earlier audit with its findings."""
    return ok(_audit(get_object_or_404(Audit, pk=audit_id)))


@router.post("repair", response={202: Envelope[RepairData]})
def repair(request: HttpRequest, body: RepairAsked | None = None) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Audit, and repair all that is certain or one finding; files come back by operations that wait for a worker.

    409 while somebody works, and for a finding that is not there any more.
    """
    done = auditing.order_repairs("api", body.finding if body else None)
    nudge.run_orders()
    operations = [described(row) for row in done.operations]
    told = _audit(done.audit) if done.audit else {}
    return Status(202, ok(told | {"operations": operations}, "Repairs are ordered."))


def _audit(row: Audit) -> dict[str, Any]:
    return _summary(row) | {"findings": row.findings, "not_kept": row.not_kept}


def _summary(row: Audit) -> dict[str, Any]:
    return {name: getattr(row, name) for name in AuditSummary.model_fields}
