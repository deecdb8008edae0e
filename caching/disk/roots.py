"""Roots: opened once, checked by their marker, and locked while somebody works on them."""

import errno
import fcntl
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from cacherr.errors import BusyError, StorageAbsentError

MARKER = b".cacherr-root"


@dataclass(frozen=True, slots=True)
class RootDir:
    """An opened root. `fd` is a descriptor of the directory, valid inside `open_root`."""

    path: str
    fd: int


@dataclass(frozen=True, slots=True)
class Space:
    """Room on a file system, in bytes. `free` is what a user without privileges can still fill."""

    total: int
    free: int
    file_system: str = ""
    """Which file system it is, until the next reboot: roots on the same one share its room."""


@contextmanager
def open_root(path: str, root_id: str | None) -> Iterator[RootDir]:
    """Open a root and check that it is the storage it was proved to be.

    `root_id` None: the root was never proved and has no marker yet. Raises StorageAbsentError.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StorageAbsentError(
            f"{path} is not there ({error.strerror}).", "Mount it, or correct its path."
        ) from error
    try:
        root = RootDir(path, fd)
        if root_id is not None:
            _require_marker(root, root_id)
        yield root
    finally:
        os.close(fd)


def _require_marker(root: RootDir, root_id: str) -> None:
    found = read_marker(root)
    if found is None:
        raise StorageAbsentError(
            f"{root.path} has lost its marker {MARKER.decode()}: its disk is probably not mounted.",
            "Mount the disk. If the directory was really replaced by a new one, prove the path mapping again.",
        )
    if found != root_id:
        raise StorageAbsentError(
            f"What is mounted at {root.path} is another storage than the one that was proved.",
            "Mount the right disk, or prove the path mapping again.",
        )


def read_marker(root: RootDir) -> str | None:
    """The root's id from its marker; None when there is none or it cannot be read as one."""
    try:
        fd = os.open(MARKER, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=root.fd)
    except OSError:
        return None
    with os.fdopen(fd, "rb") as file:
        try:
            value = json.loads(file.read(4096)).get("id")
        except (ValueError, AttributeError):
            return None
    return value if isinstance(value, str) and value else None


def mark(root: RootDir) -> str:
    """The root's id; makes the marker when there is none. A marker that is there is never written over."""
    found = read_marker(root)
    if found is not None:
        return found
    root_id = uuid.uuid4().hex
    temporary = b".cacherr-root.%s" % os.urandom(4).hex().encode()
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644, dir_fd=root.fd)
    with os.fdopen(fd, "w") as file:
        json.dump({"id": root_id, "about": "Cacherr knows this storage by this file. Leave it in place."}, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, MARKER, src_dir_fd=root.fd, dst_dir_fd=root.fd)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}:
            raise
        os.rename(temporary, MARKER, src_dir_fd=root.fd, dst_dir_fd=root.fd)
        temporary = b""
    if temporary:
        os.unlink(temporary, dir_fd=root.fd)
    os.fsync(root.fd)
    made = read_marker(root)
    if made is None:
        raise StorageAbsentError(
            f"The marker {MARKER.decode()} in {root.path} cannot be read.", "Remove it, then try again."
        )
    return made


def space(root: RootDir) -> Space:
    """Total and free bytes of the file system that the root is on."""
    numbers = os.fstatvfs(root.fd)
    total, free = numbers.f_blocks * numbers.f_frsize, numbers.f_bavail * numbers.f_frsize
    return Space(total, free, str(os.fstat(root.fd).st_dev))


def writable(root: RootDir) -> bool:
    """Whether this process may write in the root, without trying it."""
    mounted_writable = not os.fstatvfs(root.fd).f_flag & os.ST_RDONLY
    return mounted_writable and os.access(".", os.W_OK | os.X_OK, dir_fd=root.fd, effective_ids=True)


@contextmanager
def lock_roots(roots: Sequence[RootDir]) -> Iterator[None]:
    """Hold the roots' markers locked, so that a second instance, even with a database of its own, keeps off.

    The kernel lets go of the locks when this process dies. Raises BusyError when another process holds one.
    """
    with ExitStack() as stack:
        for root in roots:
            fd = os.open(MARKER, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=root.fd)
            stack.callback(os.close, fd)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise BusyError(
                    f"Another instance of Cacherr is working on {root.path}.", "Wait until it is done."
                ) from error
        yield
