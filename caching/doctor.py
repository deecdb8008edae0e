"""The doctor: looks at everything that can be wrong, and has a cure for each finding."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from django.core import checks

from cacherr.errors import CacherrError, ConfigurationError, PlexSignInError
from caching import disk, mappings
from caching.gather import look_at
from caching.models import PathMapping
from caching.paths import locate
from caching.planning.sizes import readable
from plexusers.models import PlexUser
from plexusers.plex import Plex
from plexusers.server import connect

SAMPLES = 3

Level = Literal["ok", "warning", "error"]


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
    for mapping in usable:
        findings += _storage(mapping)
    plex: list[Plex] = []
    findings += _guarded("plex", lambda: plex.append(connect()), "Plex answers and accepts the token")
    findings += _users()
    if plex and usable:
        findings += _guarded("paths", lambda: _prove_paths(plex[0], usable), "Plex's files were found on the array")
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
    for message in checks.run_checks(tags=["environment"]):
        level: Level = "error" if message.level >= checks.ERROR else "warning"
        yield Finding("settings", level, message.msg, message.hint or "", ConfigurationError.exit_code)


def _guarded(name: str, look: Callable[[], object], good: str) -> list[Finding]:
    try:
        look()
    except CacherrError as error:
        return [Finding(name, "error", error.message, error.cure, error.exit_code)]
    return [Finding(name, "ok", good)]


def _storage(mapping: PathMapping) -> Iterator[Finding]:
    proved = mapping.is_proved
    for path, root_id in ((mapping.array_root, mapping.array_id), (mapping.cache_root, mapping.cache_id)):
        try:
            with disk.open_root(path, root_id if proved else None) as root:
                room = disk.space(root)
                writable = disk.writable(root)
        except CacherrError as error:
            yield Finding("storage", "error", error.message, error.cure, error.exit_code)
            continue
        if not writable:
            cure = "Mount it writable and run Cacherr as the files' owner (PUID and PGID)."
            yield Finding("storage", "error", f"{path} cannot be written to.", cure, ConfigurationError.exit_code)
        else:
            yield Finding("storage", "ok", f"{path}: {readable(room.free)} of {readable(room.total)} free")
    if proved:
        yield Finding("placement", "ok", f"{mapping}: {mapping.proved_placement} ({mapping.proof})")
        yield from _abilities(mapping)
    else:
        yield Finding("placement", "ok", f"{mapping}: not proved yet; the first cycle or the admin's Prove does that")


def _abilities(mapping: PathMapping) -> Iterator[Finding]:
    """What the file systems cannot do; what is needed was asked for when the mapping was proved."""
    for root in (mapping.array, mapping.cache):
        if root is not None and not root.can(disk.Ability.LEASE):
            cure = (
                "Name a disk's or pool's own path, on Unraid with /mnt as a whole mounted. Plex's sessions still count."
            )
            yield Finding("open files", "warning", f"{root} cannot tell who has a file open or writes it.", cure)


def _prove_paths(plex: Plex, usable: Sequence[PathMapping]) -> None:
    """Find real files of Plex on the array: same place, same size. Raises ConfigurationError."""
    uncovered = [
        location
        for section in plex.sections()
        if section.kind in {"movie", "show"}
        for location in section.locations
        if locate(f"{location}/x", usable) is None
    ]
    if uncovered:
        raise ConfigurationError(
            f"No path mapping covers {', '.join(uncovered)}.",
            "Add a path mapping whose Plex prefix is a beginning of it.",
        )
    for file in [file for item in plex.on_deck() for file in item.files][:SAMPLES]:
        found = locate(file.path, usable)
        if found is not None:
            _prove_file(file.path, file.size, *found)


def _prove_file(plex_path: str, size: int, mapping: PathMapping, relative: bytes) -> None:
    where = f"{mapping.array_root}/{os.fsdecode(relative)}"
    try:
        look = look_at(mapping.array_root, None, relative)
    except FileNotFoundError:
        look = disk.Look(disk.Kind.ABSENT)
    if look.kind is disk.Kind.ABSENT:
        raise ConfigurationError(
            f"Plex's file {plex_path} is not at {where}.", f"Correct the array root of the path mapping {mapping}."
        )
    if look.kind is disk.Kind.FILE and size and look.size != size:
        raise ConfigurationError(
            f"{where} has {look.size} bytes, but Plex says {size}: it is another file.",
            f"Correct the path mapping {mapping}, or scan the library in Plex.",
        )
