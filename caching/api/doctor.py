"""The doctor: what the command of this name answers."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from cacherr.envelope import Envelope, ok
from caching import doctor

router = Router(tags=["maintenance"])


class DiagnosisData(Schema):
    """One thing that was looked at."""

    check: str
    level: doctor.Level
    message: str
    cure: str
    exit_code: int


class DoctorData(Schema):
    """Everything that was looked at."""

    healthy: bool
    """Whether there is neither an error nor a warning."""
    exit_code: int
    """What the command would end with: that of the first error, 1 for warnings, else 0."""
    findings: list[DiagnosisData]


@router.get("", response=Envelope[DoctorData])
def get_doctor(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """Look for what is wrong with settings, storage, Plex and path mappings. Asks Plex, and may wake the array."""
    findings = doctor.examine()
    code = doctor.worst(findings)
    return ok({"healthy": code == 0, "exit_code": code, "findings": [asdict(one) for one in findings]})
