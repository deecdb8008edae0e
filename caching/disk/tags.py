"""An extended attribute on parked originals, which says whose they are even when the database and manifest are lost."""

import errno
import json
import os
from dataclasses import dataclass

from caching.disk.places import NOWHERE, Place

ATTRIBUTE = "user.cacherr"
IMPOSSIBLE = {
    errno.EOPNOTSUPP, errno.EPERM, errno.EACCES, errno.ENOSPC, errno.EDQUOT, errno.E2BIG, errno.ENODATA, errno.ENOENT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tag:
    """Whose a parked original is: the operation's token, its path below the root, the hash of its content."""

    token: str
    path: bytes
    hash: str


def tag(at: Place, token: str, path: bytes, hash_: str) -> None:
    """Tag a parked original, where the file system can. It is help for a rebuild and never needed otherwise."""
    value = json.dumps({"token": token, "path": os.fsdecode(path), "hash": hash_}).encode()
    fd = os.open(at.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=at.directory)
    try:
        os.setxattr(fd, ATTRIBUTE, value)
    except OSError as error:
        if error.errno not in IMPOSSIBLE:
            raise
    finally:
        os.close(fd)


def untag(at: Place) -> None:
    """Remove the tag before the file gets its public name again."""
    if at.directory == NOWHERE:
        return
    fd = os.open(at.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=at.directory)
    try:
        os.removexattr(fd, ATTRIBUTE)
    except OSError as error:
        if error.errno not in IMPOSSIBLE:
            raise
    finally:
        os.close(fd)


def read_tag(at: Place) -> Tag | None:
    """The tag of a file; None when it has none that can be read."""
    try:
        fd = os.open(at.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=at.directory)
        try:
            value = json.loads(os.getxattr(fd, ATTRIBUTE))
        finally:
            os.close(fd)
        return Tag(value["token"], os.fsencode(value["path"]), value["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
