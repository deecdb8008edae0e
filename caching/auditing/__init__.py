"""The audit: rows, cache and array compared, and what of it can be repaired without asking anybody."""

from caching.auditing.examining import examine
from caching.auditing.findings import Audited, Finding, Kind, Repair, Severity
from caching.auditing.remembering import look, remember
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
    "examine",
    "look",
    "order_repairs",
    "remember",
    "repair",
]
