"""What an audit finds, as frozen values."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What can be found."""

    ORPHAN = "orphan"
    MISSING = "missing"
    CHANGED = "changed"
    REAPPEARED = "reappeared"
    RENAMED = "renamed"
    PARKED = "parked"
    STALE = "stale"
    FOREIGN = "foreign"
    MOVER = "mover"
    CONFLICT = "conflict"
    ROT = "rot"
    UNREADABLE = "unreadable"
    ABSENT = "absent"


class Severity(StrEnum):
    """How much it matters: `info` is no fault, and needs nobody to act."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Repair(StrEnum):
    """What a repair does about a finding; nothing where a person has to decide."""

    NONE = ""
    RESTORE = "restore"
    UNLINK = "unlink"
    LIST = "list"
    HEAL = "heal"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Stray:
    """A private name: the root that it is below, and its path there."""

    root: str
    path: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be. `paths` are absolute, as bytes; `cure` is what its reader can do."""

    kind: Kind
    severity: Severity
    paths: tuple[bytes, ...]
    message: str
    cure: str = ""
    repair: Repair = Repair.NONE
    file: int | None = None
    """The cached file's row."""
    stray: Stray | None = None
    """The private name that a repair removes."""

    @property
    def key(self) -> str:
        """Its name, the same in each audit that finds it: a digest of what is found where."""
        return hashlib.blake2b(b"\0".join((self.kind.encode(), *self.paths)), digest_size=8).hexdigest()

    @property
    def repairable(self) -> bool:
        """Whether a repair solves it; being kept from harm does not."""
        return self.repair not in {Repair.NONE, Repair.HOLD}


@dataclass(frozen=True, slots=True)
class Audited:
    """All findings, the worst first, and how much was looked at."""

    findings: tuple[Finding, ...] = ()
    files: int = 0
    verified: int = 0
    repaired: frozenset[Finding] = field(default_factory=frozenset)

    @property
    def left(self) -> tuple[Finding, ...]:
        """What is left for somebody to look at."""
        return tuple(one for one in self.findings if one not in self.repaired and one.severity is not Severity.INFO)


ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """The worst first, then by kind and path."""
    return tuple(sorted(findings, key=lambda one: (ORDER[one.severity], one.kind, one.paths)))
