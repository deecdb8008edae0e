"""The audit: rows, cache and array compared, and what of it can be repaired without asking anybody."""

from caching.auditing.examining import examine
from caching.auditing.findings import Audited, Finding, Kind, Repair, Severity
from caching.auditing.recording import audit, described, latest, record
from caching.auditing.repairing import TRIGGER, Repaired, order_repairs, repair
from caching.auditing.verifying import Watch

__all__ = [
    "TRIGGER",
    "Audited",
    "Finding",
    "Kind",
    "Repair",
    "Repaired",
    "Severity",
    "Watch",
    "audit",
    "described",
    "examine",
    "latest",
    "order_repairs",
    "record",
    "repair",
]
