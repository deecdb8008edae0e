"""Asking the kernel, by a lease taken and given back at once, whether anybody, in any container, has a file open.

It answers only where the file system has leases (network and FUSE file systems have none) and where the asking user
owns the file or has the capability LEASE. Being root does not suffice: Docker gives root no such capability.
"""

import errno
import fcntl
import os
import signal
import time
from enum import StrEnum
from functools import lru_cache


class Use(StrEnum):
    """What the kernel says of who has a file open. Unknown is never nobody."""

    NOBODY = "nobody"
    SOMEBODY = "somebody"
    UNKNOWN = "unknown"


def who_writes(descriptor: int) -> Use:
    """Who has the file open for writing. `descriptor` is open for reading only."""
    return _asked(descriptor, fcntl.F_RDLCK)


def who_uses(descriptor: int) -> Use:
    """Who has the file open at all, beside this one descriptor."""
    return _asked(descriptor, fcntl.F_WRLCK)


def _asked(descriptor: int, lease: int) -> Use:
    try:
        _take_and_give_back(descriptor, lease)
    except OSError as error:
        return Use.SOMEBODY if error.errno in {errno.EAGAIN, errno.EBUSY} else Use.UNKNOWN
    return Use.NOBODY


def require_leases(descriptor: int) -> None:
    """Try whether the kernel gives leases on this file at all. Raises OSError."""
    _take_and_give_back(descriptor, fcntl.F_WRLCK)


def _take_and_give_back(descriptor: int, lease: int) -> None:
    # Who opens the file in this instant breaks the lease; the kernel then sends SIGIO, which kills a process that
    # does not expect it. SIGURG is ignored unless somebody asked for it.
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, lease)
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def may_ask(owner: int) -> bool:
    """Whether the kernel tells this process who has the files of a user open, where the file system has leases."""
    asking = os.geteuid()
    return owner == asking or _is_told_of(owner, asking)


@lru_cache(maxsize=64)
def _is_told_of(owner: int, asking: int) -> bool:  # noqa: ARG001 - what is remembered holds for who asks
    """Tried on a file in memory that is given to that user.

    The list of capabilities does not say it: one that holds in a user namespace only does not count. Who may not give
    files away cannot cache those of others either.
    """
    try:
        descriptor = os.memfd_create("cacherr", os.MFD_CLOEXEC)
    except OSError:
        return False
    try:
        os.fchown(descriptor, owner, -1)
        return who_uses(descriptor) is not Use.UNKNOWN  # some kernels count another user of a file in memory
    except OSError:
        return False
    finally:
        os.close(descriptor)


def forget_who_is_told() -> None:
    """Try anew from now on: this process has other rights than before."""
    _is_told_of.cache_clear()


def may_be_written(descriptor: int, changed: float, rest_seconds: int) -> bool:
    """Whether somebody may still be writing a file: where the kernel does not tell it, only its rest does.

    `changed` is its ctime in seconds since 1970 UTC.
    """
    use = who_writes(descriptor)
    return has_just_changed(changed, rest_seconds) if use is Use.UNKNOWN else use is Use.SOMEBODY


def has_just_changed(changed: float, rest_seconds: int) -> bool:
    """Whether a file that changed at this time (seconds since 1970 UTC) was not at rest for so long."""
    return time.time() - changed < rest_seconds
