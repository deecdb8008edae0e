"""Places: a name in an opened directory, and the few things that may be done to it."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from cacherr.errors import CacherrError
from caching.disk import calls
from caching.disk.roots import RootDir

PRIVATE_PREFIX = b".cacherr."
DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class RefusedPathError(CacherrError):
    """A path that Cacherr does not follow: it leaves its root, or something in it is not what it should be."""


class Fingerprint(NamedTuple):
    """What tells one content of a name from another: inode, size in bytes, mtime in nanoseconds."""

    inode: int
    size: int
    mtime_ns: int

    def __str__(self) -> str:
        return f"{self.inode}:{self.size}:{self.mtime_ns}"

    @classmethod
    def of(cls, status: os.stat_result) -> "Fingerprint":
        """The fingerprint of a file's status."""
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)


class Kind(StrEnum):
    """What stands at a place."""

    ABSENT = "absent"
    FILE = "file"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Look:
    """What a place shows at one moment."""

    kind: Kind
    print: str = ""
    """The fingerprint of a file."""
    target: bytes = b""
    """What a link points to."""
    size: int = 0

    def is_file(self, fingerprint: str) -> bool:
        """Whether this is the very file that the journal knows."""
        return self.kind is Kind.FILE and bool(fingerprint) and self.print == fingerprint

    def is_link(self, target: bytes) -> bool:
        """Whether this is the link that we made."""
        return self.kind is Kind.LINK and bool(target) and self.target == target


@dataclass(frozen=True, slots=True)
class Place:
    """A name in an opened directory."""

    directory: int
    name: bytes

    def sibling(self, name: bytes) -> "Place":
        """Another name in the same directory."""
        return Place(self.directory, name)

    def look(self) -> Look:
        """See what stands here, without following a link."""
        try:
            status = os.stat(self.name, dir_fd=self.directory, follow_symlinks=False)
        except FileNotFoundError:
            return Look(Kind.ABSENT)
        if stat.S_ISREG(status.st_mode):
            return Look(Kind.FILE, print=str(Fingerprint.of(status)), size=status.st_size)
        if stat.S_ISLNK(status.st_mode):
            return Look(Kind.LINK, target=os.readlink(self.name, dir_fd=self.directory))
        return Look(Kind.OTHER)


def private_name(token: str, role: str) -> bytes:
    """A name of ours for an operation: short, so that a neighbour's name of 255 bytes is no problem."""
    return PRIVATE_PREFIX + f"{token}.{role}".encode()


def is_private(name: bytes) -> bool:
    """Whether a name has the form of our private names. Says nothing about whose it is."""
    return name.startswith(PRIVATE_PREFIX)


@contextmanager
def place(root: RootDir, relative: bytes) -> Iterator[Place]:
    """The place of a path below a root. Its directory must exist. Raises RefusedPathError."""
    *parents, name = split(relative)
    fd = os.dup(root.fd)
    try:
        for part in parents:
            below = _step(fd, part, relative)
            os.close(fd)
            fd = below
        yield Place(fd, name)
    finally:
        os.close(fd)


def split(relative: bytes) -> list[bytes]:
    """The components of a relative path. Raises RefusedPathError when one could lead outside."""
    parts = relative.split(b"/")
    if b"\0" in relative or any(part in {b"", b".", b".."} for part in parts):
        raise RefusedPathError("The path leads outside its mapping or has an empty part.", "It is left alone.")
    return parts


def _step(fd: int, part: bytes, relative: bytes) -> int:
    try:
        return os.open(part, DIRECTORY_FLAGS, dir_fd=fd)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            shown = relative.decode("utf-8", "backslashreplace")
            raise RefusedPathError(f"A directory in {shown} is a link or no directory.", "It is left alone.") from error
        raise


def rename_new(old: Place, new: Place) -> None:
    """Give a file a new name that nothing has yet. Raises FileExistsError when something has it."""
    calls.renameat2(old.directory, old.name, new.directory, new.name, calls.RENAME_NOREPLACE)


def exchange(one: Place, other: Place) -> None:
    """Let two names swap what they stand for, in one step: neither is missing for an instant."""
    calls.renameat2(one.directory, one.name, other.directory, other.name, calls.RENAME_EXCHANGE)


def make_link(at: Place, target: bytes, like: Place) -> None:
    """Make a symlink at a private name, owned like the file whose name it will take."""
    _require_private(at)
    os.symlink(target, at.name, dir_fd=at.directory)
    owner = os.stat(like.name, dir_fd=like.directory, follow_symlinks=False)
    mine = os.stat(at.name, dir_fd=at.directory, follow_symlinks=False)
    if (owner.st_uid, owner.st_gid) != (mine.st_uid, mine.st_gid):
        try:
            os.chown(at.name, owner.st_uid, owner.st_gid, dir_fd=at.directory, follow_symlinks=False)
        except PermissionError:
            pass  # a link's owner decides nothing about reading through it


def unlink_private(at: Place) -> None:
    """Remove a private name; absent is fine. A public name is refused."""
    _require_private(at)
    try:
        os.unlink(at.name, dir_fd=at.directory)
    except FileNotFoundError:
        return


def _require_private(at: Place) -> None:
    if not is_private(at.name):
        raise RefusedPathError(
            f"{at.name!r} is not a private name of Cacherr.", "This is a mistake in Cacherr: report it."
        )


def sync(at: Place) -> None:
    """Make the names of the place's directory durable."""
    os.fsync(at.directory)


def in_use(at: Place) -> bool:
    """Whether any process, in any container, has the file open: a write lease is refused then.

    Where leases are not supported or not allowed the answer is no: other guards remain.
    """
    fd = os.open(at.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=at.directory)
    try:
        fcntl.fcntl(fd, calls.F_SETLEASE, calls.F_WRLCK)
    except OSError as error:
        return error.errno in {errno.EAGAIN, errno.EBUSY}
    else:
        fcntl.fcntl(fd, calls.F_SETLEASE, calls.F_UNLCK)
        return False
    finally:
        os.close(fd)
