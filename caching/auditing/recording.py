"""Keeping audits: what was found as plain values, the latest hundred of them."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from caching.auditing.examining import examine
from caching.auditing.findings import Audited, Finding, Severity
from caching.auditing.verifying import Watch
from caching.models import Audit

KEPT = 100
"""So many audits are kept."""
MOST = 500
"""So many findings of an audit are kept, the worst; the others are counted."""


def audit(trigger: str, *, verified: bool = False, watch: Watch = lambda _file, _done: None) -> Audit:
    """Look at everything and keep what was found. Changes no file. Raises StorageFailedError, and what `watch` does."""
    started = timezone.now()
    return record(examine(verified=verified, watch=watch), trigger, started)


def record(audited: Audited, trigger: str, started: datetime) -> Audit:
    """Keep an audit that began then; the oldest goes when there are too many."""
    counts = {severity: sum(one.severity is severity for one in audited.findings) for severity in Severity}
    row = Audit.objects.create(
        trigger=trigger, started_at=started, finished_at=max(timezone.now(), started), files=audited.files,
        verified=audited.verified, errors=counts[Severity.ERROR], warnings=counts[Severity.WARNING],
        notes=counts[Severity.INFO], repaired=len(audited.repaired),
        findings=[described(one, repaired=one in audited.repaired) for one in audited.findings[:MOST]],
    )  # fmt: skip
    old = Audit.objects.order_by("-pk").values_list("pk", flat=True)[KEPT:]
    Audit.objects.filter(pk__in=list(old)).delete()
    return row


def latest() -> Audit | None:
    """The latest audit; None when none was run yet."""
    return Audit.objects.order_by("-pk").first()


def described(one: Finding, *, repaired: bool) -> dict[str, Any]:
    """A finding for programs and pages; bytes of names that are no text are escaped."""
    return {
        "key": one.key,
        "kind": one.kind.value,
        "severity": one.severity.value,
        "paths": [path.decode("utf-8", "backslashreplace") for path in one.paths],
        "message": one.message,
        "cure": one.cure,
        "repairable": one.repairable,
        "repaired": repaired,
        "file_id": one.file,
    }
