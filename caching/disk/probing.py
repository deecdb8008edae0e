"""Probing a mapping: what its roots can do, and how a merged view shows them. Tried, not believed.

Probe files have private names that the caller has recorded beforehand; `remove_probes` takes them away after a crash.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from cacherr.errors import ConfigurationError
from caching.disk import calls
from caching.disk.places import Kind, Place, exchange, make_link, place, private_name, rename_new, unlink_private
from caching.disk.roots import RootDir

ROLES = ("tmp", "orig", "rm")


@dataclass(slots=True)
class Finding:
    """What was found out about a mapping's roots."""

    view: str = "hidden"
    """`union`: Plex's path shows the cache's file; `array`: the array's; `hidden`: it cannot be seen from here."""
    missing: list[str] = field(default_factory=list)
    """Abilities that the symlink placement needs and a root does not have."""


def probe(array: RootDir, cache: RootDir, plex_prefix: str, token: str) -> Finding:
    """Write probe files on both roots and look at them from everywhere.

    Raises ConfigurationError when the roots are views of each other or cannot be written to.
    """
    try:
        return _probe(array, cache, plex_prefix, token)
    except PermissionError as error:
        raise ConfigurationError(
            f"Cacherr may not write in {array.path} or {cache.path}.",
            "Run it as the files' owner (PUID and PGID), and mount both directories writable.",
        ) from error
    except OSError as error:
        if error.errno == errno.EROFS:
            raise ConfigurationError(
                f"{array.path} or {cache.path} is mounted read-only.", "Mount both directories writable."
            ) from error
        raise
    finally:
        remove_probes(array, cache, token)


def _probe(array: RootDir, cache: RootDir, plex_prefix: str, token: str) -> Finding:
    name = private_name(token, "tmp")
    with place(array, name) as on_array, place(cache, name) as on_cache:
        _write(on_cache, b"cache")
        if on_array.look().kind is not Kind.ABSENT:
            raise ConfigurationError(
                f"{array.path} shows what is written to {cache.path}: it is a merged view, not the array itself.",
                "Name the array without the cache, on Unraid /mnt/user0/… or a disk's own path.",
            )
        _write(on_array, b"array")
        finding = Finding(view=_view(plex_prefix, name))
        _ability(finding, "replacing-free rename on the cache", lambda: _rename_works(on_cache, token))
        _ability(finding, "exchange of names on the array", lambda: _exchange_works(on_array, token))
    return finding


def _write(at: Place, content: bytes) -> None:
    fd = os.open(at.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644, dir_fd=at.directory)
    try:
        os.write(fd, content)
    finally:
        os.close(fd)


def _view(plex_prefix: str, name: bytes) -> str:
    try:
        with open(os.path.join(os.fsencode(plex_prefix), name), "rb") as file:
            content = file.read(16)
    except OSError:
        return "hidden"
    return {b"cache": "union", b"array": "array"}.get(content, "hidden")


def _ability(finding: Finding, label: str, works: Callable[[], None]) -> None:
    try:
        works()
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}:
            raise
        finding.missing.append(label)


def _rename_works(at: Place, token: str) -> None:
    other = at.sibling(private_name(token, "rm"))
    rename_new(at, other)
    calls.renameat2(other.directory, other.name, at.directory, at.name, calls.RENAME_NOREPLACE)


def _exchange_works(at: Place, token: str) -> None:
    other = at.sibling(private_name(token, "orig"))
    make_link(other, b"nowhere", at)
    exchange(at, other)
    exchange(at, other)


def remove_probes(array: RootDir, cache: RootDir, token: str) -> None:
    """Remove what a probe may have left. The token was recorded, so the names are ours."""
    for root in (array, cache):
        for role in ROLES:
            with place(root, private_name(token, role)) as at:
                try:
                    unlink_private(at)
                except OSError:
                    continue  # a root that turned read-only keeps its probe until the next try
