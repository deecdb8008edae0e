"""Giving a copy what its source has beside its bytes."""

import errno
import os

from caching.disk.copy_failures import CopyFailedError
from caching.disk.tags import ATTRIBUTE

ACL = "system.posix_acl_access"
NO_ATTRIBUTES = frozenset({errno.EOPNOTSUPP, errno.ENOSYS})
NOT_HELD = NO_ATTRIBUTES | {
    errno.EPERM, errno.EACCES, errno.ENODATA, errno.ENOSPC, errno.E2BIG, errno.ERANGE, errno.EINVAL,
}  # fmt: skip
"""Why a file system does not take an attribute: it does not know its kind, or has no room for it."""


def copy_metadata(reader: int, writer: int, status: os.stat_result, *, exact: bool = False) -> None:
    """Give an open file the owner, extended attributes and ACL, mode and times of another one.

    `status` is the source's. In this order because a change of the owner takes away capabilities and set-user-id, an
    ACL rewrites the mode, and all of them touch the times. Every byte must have been written: writing takes away
    capabilities too. An attribute that cannot be held is left out, unless the copy shall be `exact` because the source
    will go. Raises CopyFailedError when the owner, or with `exact` an attribute, cannot be given; OSError.
    """
    _give_owner(writer, status)
    _give_attributes(reader, writer, exact)
    os.fchmod(writer, status.st_mode & 0o7777)
    os.utime(writer, ns=(status.st_atime_ns, status.st_mtime_ns))


def _give_owner(writer: int, status: os.stat_result) -> None:
    try:
        os.fchown(writer, status.st_uid, status.st_gid)
    except OSError as error:
        mine = os.fstat(writer)
        if (mine.st_uid, mine.st_gid) == (status.st_uid, status.st_gid):
            return
        if error.errno not in {errno.EPERM, errno.EACCES}:
            raise
        raise CopyFailedError(
            f"The copy cannot be given the file's owner ({status.st_uid}:{status.st_gid}).",
            "Run Cacherr as that user (PUID and PGID), or as root.",
        ) from error


def _give_attributes(reader: int, writer: int, exact: bool) -> None:
    names = _attributes(reader)
    for name in names:
        if name == ATTRIBUTE:
            continue
        try:
            os.setxattr(writer, name, os.getxattr(reader, name))
        except OSError as error:
            if error.errno not in NOT_HELD:
                raise
            if exact and error.errno != errno.ENODATA:  # it went away in this moment
                raise CopyFailedError(
                    f"The copy cannot hold the file's attribute {name} ({error.strerror}).",
                    "Use mode copy, which keeps the original, or a file system that can.",
                ) from error
    if ACL not in names:
        _remove_inherited_acl(writer)


def _attributes(reader: int) -> list[str]:
    try:
        return os.listxattr(reader)
    except OSError as error:
        if error.errno in NO_ATTRIBUTES:
            return []
        raise


def _remove_inherited_acl(writer: int) -> None:
    """A directory's default ACL is given to every file made in it; the source has none."""
    try:
        os.removexattr(writer, ACL)
    except OSError as error:
        if error.errno not in NOT_HELD:
            raise
