"""Places: a name in an opened directory, and the few things that may be done to it."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from cacherr.errors import CacherrError
from caching.disk import calls
from caching.disk.roots import RootDir

PRIVATE_PREFIX = b".cacherr."
ADOPTED_SUFFIX = b".plexcached"
"""Names under which PlexCache-D parks originals. They are private too once a row names one as a file's original."""
NOWHERE = -1
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
    links: int = 1
    """How many names a file has: hard links."""
    changed: int = 0
    """When anything of it last changed (ctime), in seconds since 1970 UTC."""
    owner: int = 0
    """The number of the user to whom a file belongs."""

    @classmethod
    def of_file(cls, status: os.stat_result) -> "Look":
        """The look of a plain file with this status."""
        return cls(
            Kind.FILE,
            print=str(Fingerprint.of(status)),
            size=status.st_size,
            links=status.st_nlink,
            changed=int(status.st_ctime),
            owner=status.st_uid,
        )

    def is_file(self, fingerprint: str) -> bool:
        """Whether this is the very file that the journal knows."""
        return self.kind is Kind.FILE and bool(fingerprint) and self.print == fingerprint

    def may_be_copy_of(self, fingerprint: str) -> bool:
        """Whether it is another file, but of that size and time: the same bytes on another disk, perhaps."""
        if self.kind is not Kind.FILE or not fingerprint or self.print == fingerprint:
            return False
        return self.print.split(":")[1:] == fingerprint.split(":")[1:]

    def is_link(self, target: bytes) -> bool:
        """Whether this is the link that we made."""
        return self.kind is Kind.LINK and bool(target) and self.target == target


@dataclass(frozen=True, slots=True)
class Place:
    """A name in an opened directory. Where the directory is not there (`NOWHERE`), every name in it is absent."""

    directory: int
    name: bytes

    def sibling(self, name: bytes) -> "Place":
        """Another name in the same directory."""
        return Place(self.directory, name)

    def look(self) -> Look:
        """See what stands here, without following a link."""
        if self.directory == NOWHERE:
            return Look(Kind.ABSENT)
        try:
            status = os.stat(self.name, dir_fd=self.directory, follow_symlinks=False)
        except FileNotFoundError:
            return Look(Kind.ABSENT)
        if stat.S_ISREG(status.st_mode):
            return Look.of_file(status)
        if stat.S_ISLNK(status.st_mode):
            return Look(Kind.LINK, target=os.readlink(self.name, dir_fd=self.directory))
        return Look(Kind.OTHER)


def private_name(token: str, role: str) -> bytes:
    """A name of ours for an operation: short, so that a neighbour's name of 255 bytes is no problem."""
    return PRIVATE_PREFIX + f"{token}.{role}".encode()


def is_private(name: bytes) -> bool:
    """Whether a name has the form of our private names. Says nothing about whose it is."""
    return name.startswith(PRIVATE_PREFIX)


def is_snapshots(name: bytes) -> bool:
    """Whether a directory is where snapper, NetApp, ZFS, Synology or QNAP keep what was: no file of now is in it."""
    return name in {b".snapshots", b".snapshot", b".zfs", b"#snapshot", b"@Recently-Snapshot"}


@contextmanager
def place(root: RootDir, relative: bytes) -> Iterator[Place]:
    """The place of a path below a root. Raises FileNotFoundError without its directory, RefusedPathError."""
    *parents, name = split(relative)
    fd = _descend(root, parents, relative)
    try:
        yield Place(fd, name)
    finally:
        os.close(fd)


@contextmanager
def place_if_there(root: RootDir | None, relative: bytes) -> Iterator[Place]:
    """The place of a path below a root, also where its directory or the whole root is missing: then it is absent.

    Raises RefusedPathError.
    """
    with ExitStack() as stack:
        at = Place(NOWHERE, split(relative)[-1])
        if root is not None:
            try:
                at = stack.enter_context(place(root, relative))
            except FileNotFoundError:
                pass  # then it is nowhere
        yield at


def _descend(root: RootDir, parents: Sequence[bytes], relative: bytes) -> int:
    """Open the innermost of nested directories, no symlink followed: by the kernel at once, or one by one."""
    try:
        return calls.open_beneath(root.fd, b"/".join(parents) or b".")
    except OSError as error:
        _refuse_links(error, relative)
        if error.errno not in {errno.ENOSYS, errno.EPERM, errno.EINVAL, errno.EAGAIN}:
            raise
    fd = os.dup(root.fd)
    for part in parents:
        try:
            below = os.open(part, DIRECTORY_FLAGS, dir_fd=fd)
        except OSError as error:
            _refuse_links(error, relative)
            raise
        finally:
            os.close(fd)
        fd = below
    return fd


def split(relative: bytes) -> list[bytes]:
    """The components of a relative path. Raises RefusedPathError when one could lead outside."""
    parts = relative.split(b"/")
    if b"\0" in relative or any(part in {b"", b".", b".."} for part in parts):
        raise RefusedPathError("The path leads outside its mapping or has an empty part.", "It is left alone.")
    return parts


def _refuse_links(error: OSError, relative: bytes) -> None:
    if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.EXDEV}:
        shown = relative.decode("utf-8", "backslashreplace")
        raise RefusedPathError(
            f"A directory in {shown} is a link or no directory.", "Make it one again; until then it is left alone."
        ) from error


def rename_new(old: Place, new: Place) -> None:
    """Give a file a new name that nothing has yet. Raises FileExistsError when something has it."""
    require_directory(old, new)
    calls.renameat2(old.directory, old.name, new.directory, new.name, calls.RENAME_NOREPLACE)


def exchange(one: Place, other: Place) -> None:
    """Let two names swap what they stand for, in one step: neither is missing for an instant."""
    require_directory(one, other)
    calls.renameat2(one.directory, one.name, other.directory, other.name, calls.RENAME_EXCHANGE)


def require_directory(*places: Place) -> None:
    """Raises FileNotFoundError where the directory is not there; the system would call it a bad file descriptor."""
    for at in places:
        if at.directory == NOWHERE:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fsdecode(at.name))


def make_link(at: Place, target: bytes, like: Place) -> None:
    """Make a symlink at a private name, owned like the file whose name it will take."""
    _require_private(at)
    require_directory(at)
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
    if at.directory == NOWHERE:
        return
    try:
        os.unlink(at.name, dir_fd=at.directory)
    except FileNotFoundError:
        return


def _require_private(at: Place) -> None:
    if not (is_private(at.name) or at.name.endswith(ADOPTED_SUFFIX)):
        raise RefusedPathError(
            f"{at.name!r} is not a private name of Cacherr.", "This is a mistake in Cacherr: report it."
        )


def sync(at: Place) -> None:
    """Make the names of the place's directory durable."""
    if at.directory != NOWHERE:
        os.fsync(at.directory)
