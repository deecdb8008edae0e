"""Probing a mapping: what its roots can do, and how a merged view shows them. Tried, not believed.

Probe files have private names that the caller has recorded beforehand; `remove_probes` takes them away after a crash.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cacherr.errors import ConfigurationError
from caching.disk import calls
from caching.disk.branches import first_branch
from caching.disk.leases import require_leases
from caching.disk.places import Kind, Place, exchange, make_link, place, private_name, rename_new, unlink_private
from caching.disk.roots import RootDir
from caching.disk.tags import ATTRIBUTE

ROLES = ("tmp", "orig", "rm")


class Ability(StrEnum):
    """What a file system may be able to do. Nothing that is missing is emulated."""

    RENAME = "rename without replacing"
    EXCHANGE = "exchange of names"
    DURABLE = "sync of directories"
    LINK = "hard links"
    ATTRIBUTE = "extended attributes"
    LEASE = "leases, which tell who has a file open"


@dataclass(slots=True)
class Finding:
    """What was found out about a mapping's roots."""

    view: str = "hidden"
    """`union`: Plex's path shows the cache's file; `array`: the array's; `hidden`: it cannot be seen from here."""
    lacking: set[tuple[str, Ability]] = field(default_factory=set)
    """What `array` or `cache` cannot do."""


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
        finding.lacking |= {("cache", ability) for ability in _lacking(on_cache, token)}
        with first_branch(array) as real, place(real, name) as on_disk:
            if on_disk.look().kind is Kind.ABSENT:
                _write(on_disk, b"array")
            finding.lacking |= {("array", ability) for ability in _lacking(on_disk, token)}
    return finding


def _lacking(at: Place, token: str) -> list[Ability]:
    return [ability for ability, works in ABILITIES.items() if not _can(works, at, token)]


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


def _can(works: Callable[[Place, str], None], at: Place, token: str) -> bool:
    try:
        works(at, token)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.ENOLCK, errno.EACCES}:
            raise
        return False
    return True


def _rename(at: Place, token: str) -> None:
    other = at.sibling(private_name(token, "rm"))
    rename_new(at, other)
    calls.renameat2(other.directory, other.name, at.directory, at.name, calls.RENAME_NOREPLACE)


def _exchange(at: Place, token: str) -> None:
    other = at.sibling(private_name(token, "orig"))
    make_link(other, b"nowhere", at)
    try:
        exchange(at, other)
        exchange(at, other)
    finally:
        unlink_private(other)


def _hard_link(at: Place, token: str) -> None:
    other = at.sibling(private_name(token, "orig"))
    os.link(at.name, other.name, src_dir_fd=at.directory, dst_dir_fd=at.directory)
    unlink_private(other)


def _attribute(at: Place, _token: str) -> None:
    fd = os.open(at.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at.directory)
    try:
        os.setxattr(fd, ATTRIBUTE, b"probe")
        os.removexattr(fd, ATTRIBUTE)
    finally:
        os.close(fd)


def _lease(at: Place, _token: str) -> None:
    fd = os.open(at.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at.directory)
    try:
        require_leases(fd)
    except BlockingIOError:
        return  # somebody looks at the probe at this moment: there are leases
    finally:
        os.close(fd)


def _durable(at: Place, _token: str) -> None:
    os.fsync(at.directory)


ABILITIES: dict[Ability, Callable[[Place, str], None]] = {
    Ability.RENAME: _rename,
    Ability.EXCHANGE: _exchange,
    Ability.DURABLE: _durable,
    Ability.LINK: _hard_link,
    Ability.ATTRIBUTE: _attribute,
    Ability.LEASE: _lease,
}


def remove_probes(array: RootDir, cache: RootDir, token: str) -> None:
    """Remove what a probe may have left. The token was recorded, so the names are ours."""
    with first_branch(array) as real:
        for root in (array, cache, real):
            for role in ROLES:
                with place(root, private_name(token, role)) as at:
                    try:
                        unlink_private(at)
                    except OSError:
                        continue  # a root that turned read-only keeps its probe until the next try
