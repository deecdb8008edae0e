"""The doctor: looks at everything that can be wrong, and has a cure for each finding."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from django.core import checks

from cacherr.errors import CacherrError, ConfigurationError, PlexSignInError, StorageAbsentError
from caching import absences, detecting, disk, mappings, open_files, recovery
from caching.detecting import Asked
from caching.models import Mode, PathMapping
from caching.planning.sizes import readable
from plexusers.models import PlexUser

Level = Literal["ok", "note", "warning", "error"]
"""A note is safe, but hardly meant; it does not count for the exit code."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    level: Level
    message: str
    cure: str = ""
    exit_code: int = 0


def examine() -> list[Finding]:
    """Look at settings, storage, Plex and their agreement. Changes nothing."""
    findings = list(_settings())
    usable: list[PathMapping] = []
    findings += _guarded("mappings", lambda: usable.extend(mappings.usable()), "path mappings are set up")
    asked = detecting.ask()
    for mapping in usable:
        findings += _mapping(mapping, asked)
    findings += _left_out(usable)
    if asked.error:
        findings.append(Finding("plex", "error", asked.error.message, asked.error.cure, asked.error.exit_code))
    else:
        findings.append(Finding("plex", "ok", "Plex answers and accepts the token"))
    findings += _users()
    if asked.locations and usable:
        findings += _guarded("paths", lambda: _require_covered(asked), "every library has a path mapping")
    return findings


def worst(findings: Sequence[Finding]) -> int:
    """The exit code: that of the first error, 1 for warnings, else 0."""
    errors = [finding.exit_code or 1 for finding in findings if finding.level == "error"]
    return errors[0] if errors else int(any(finding.level == "warning" for finding in findings))


def _users() -> Iterator[Finding]:
    """Whoever counts and cannot be asked. Reads rows only: the last cycle has asked."""
    for user in PlexUser.objects.filter(enabled=True, gone_at=None).exclude(token_problem=""):
        yield Finding("users", "warning", f"{user}: {user.token_problem}", exit_code=PlexSignInError.exit_code)


def _settings() -> Iterator[Finding]:
    for message in checks.run_checks(tags=["environment", "agreement"]):
        level: Level = "error" if message.level >= checks.ERROR else "warning"
        yield Finding("settings", level, message.msg, message.hint or "", ConfigurationError.exit_code)


def _guarded(name: str, look: Callable[[], object], good: str) -> list[Finding]:
    try:
        look()
    except CacherrError as error:
        return [Finding(name, "error", error.message, error.cure, error.exit_code)]
    return [Finding(name, "ok", good)]


def _mapping(mapping: PathMapping, asked: Asked) -> Iterator[Finding]:
    found = detecting.examine(mapping, asked)
    for one in found:
        yield Finding("mapping", one.level, f"{mapping}: {one.message}", one.cure, one.exit_code)
    if not any(one.exit_code == StorageAbsentError.exit_code for one in found):
        yield from _storage(mapping)
    if mapping.is_proved:
        yield Finding("placement", "ok", f"{mapping}: {mapping.proved_placement} ({mapping.proof})")
        yield from _abilities(mapping)
    else:
        yield Finding("placement", "ok", f"{mapping}: not proved yet; the first cycle or the admin's Prove does that")


def _storage(mapping: PathMapping) -> Iterator[Finding]:
    """Whether each root is the storage that was proved, and how much room it has."""
    for path, root_id in ((mapping.array_root, mapping.array_id), (mapping.cache_root, mapping.cache_id)):
        try:
            with disk.open_root(path, root_id if mapping.is_proved else None) as root:
                room = disk.space(root)
        except CacherrError as error:
            yield Finding("storage", "error", error.message, error.cure, error.exit_code)
        else:
            yield Finding("storage", "ok", f"{path}: {readable(room.free)} of {readable(room.total)} free")


def _left_out(usable: Sequence[PathMapping]) -> Iterator[Finding]:
    """Storage with cached files that is absent, although no mapping in force needs it."""
    for error in absences.left_out(recovery.known_roots(usable), usable).values():
        message = f"{error.message} No path mapping in force uses it, and what is cached there has to wait."
        yield Finding("storage", "warning", message, error.cure, error.exit_code)


def _abilities(mapping: PathMapping) -> Iterator[Finding]:
    """What cannot be told; what is needed otherwise was asked for when the mapping was proved."""
    for root in filter(None, (mapping.array, mapping.cache)):
        problem = open_files.untold_in(root)
        if problem and root == mapping.array and mapping.mode == Mode.MOVE:
            cure = f"{problem.cure} {open_files.OR_COPY}"
            message = f"{mapping}: {problem.message} Nothing of it is moved."
            yield Finding("open files", "error", message, cure, ConfigurationError.exit_code)
        elif problem:
            yield Finding("open files", "warning", problem.message, f"{problem.cure} Plex's sessions still count.")


def _require_covered(asked: Asked) -> None:
    """Every library has its path mapping. Raises ConfigurationError."""
    uncovered = detecting.uncovered(asked)
    if uncovered:
        raise ConfigurationError(
            f"No path mapping covers {', '.join(uncovered)}.",
            "Add a path mapping whose Plex prefix is a beginning of it.",
        )
