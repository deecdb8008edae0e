"""Looking around before anything is set up: what is mounted, what a directory is like, where files lie.

Reads names and a few bytes, within bounds: an array is never walked.
"""

import errno
import itertools
import os
import stat
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from caching.disk.directories import mirror
from caching.disk.leases import may_ask
from caching.disk.places import DIRECTORY_FLAGS, Place, RefusedPathError, place
from caching.disk.roots import RootDir, writable

MOUNTS = "/proc/self/mountinfo"
MANY = 400
"""A directory with more entries is a library or worse: what is below it is not looked at."""
ENDS = 65536
"""Bytes read at the beginning and at the end of a file."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a path shows. Sizes and times are left to others."""

    there: bool
    """Whether it is a directory that can be opened."""
    problem: str = ""
    """What the system says when it is not."""
    empty: bool = False
    """Whether there is nothing in it but what Cacherr itself made."""
    read_only: bool = False
    """Whether it is mounted read-only."""
    writable: bool = False
    """Whether this process may write in it."""
    device: str = ""
    """Which file system it is on, until the next reboot."""


def mount_table() -> str:
    """The kernel's table of what is mounted where, for this process; see proc_pid_mountinfo(5)."""
    with open(MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def rotates(device: str) -> bool | None:
    """Whether the disk behind a device number (`8:1`) has a motor; None where the kernel does not tell."""
    for path in (f"/sys/dev/block/{device}/queue/rotational", f"/sys/dev/block/{device}/../queue/rotational"):
        try:
            with open(path, encoding="ascii") as file:
                return file.read().strip() == "1"
        except OSError:
            continue
    return None


def standing(path: str) -> Standing:
    """What a path shows now. Never raises for what is not there."""
    try:
        with _directory(os.fsencode(path)) as fd:
            root = RootDir(path, fd)
            flags = os.fstatvfs(fd).f_flag
            with os.scandir(fd) as entries:
                empty = all(entry.name.startswith(".cacherr") for entry in entries)
            return Standing(
                there=True,
                empty=empty,
                read_only=bool(flags & os.ST_RDONLY),
                writable=writable(root),
                device=str(os.fstat(fd).st_dev),
            )
    except OSError as error:
        return Standing(there=False, problem=error.strerror or type(error).__name__)


def directories(
    base: str, depth: int, most: int, without: Collection[str] = ()
) -> Iterator[tuple[str, frozenset[str]]]:
    """A directory and those below it, the nearest first, each with the names in it; no link is followed.

    At most `most` directories, `depth` levels down, on the same file system, and nothing below hidden or very large
    ones or those of `without`. What cannot be read is left out.
    """
    waiting = deque([(base, 0)])
    device: int | None = None
    told = 0
    while waiting and told < most:
        path, level = waiting.popleft()
        try:
            with _directory(os.fsencode(path)) as fd:
                here = os.fstat(fd).st_dev
                if device not in {None, here}:
                    continue  # another mount is looked at by itself
                device = here
                names, below = _entries(fd)
        except OSError:
            continue
        told += 1
        yield path, names
        if level < depth and len(names) <= MANY:
            paths = (f"{path.rstrip('/')}/{name}" for name in sorted(below))
            waiting.extend((path, level + 1) for path in paths if path not in without)


def _entries(fd: int) -> tuple[frozenset[str], list[str]]:
    names, below = set(), []
    with os.scandir(fd) as entries:
        for entry in entries:
            names.add(entry.name)
            if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
                below.append(entry.name)
    return frozenset(names), below


def owners_in(root: RootDir) -> set[int]:
    """To whom what lies directly in a root belongs, without what is hidden; if there is nothing, the root itself."""
    found = set()
    with os.scandir(root.fd) as entries:
        for entry in itertools.islice(entries, MANY):
            if entry.name.startswith(".") or entry.name == "lost+found" or entry.is_symlink():
                continue
            try:
                found.add(entry.stat(follow_symlinks=False).st_uid)
            except FileNotFoundError:
                continue  # it has gone in the meantime
    return found or {os.fstat(root.fd).st_uid}


def untold_owner(root: RootDir) -> int | None:
    """An owner of files of which the kernel does not tell this process who has them open.

    Root caches everybody's files; another user only its own, so that others' are no matter where it has some.
    """
    owners = owners_in(root)
    others = sorted(owner for owner in owners if not may_ask(owner))
    return others[0] if others and (os.geteuid() == 0 or len(others) == len(owners)) else None


def read_ends(root: RootDir, relative: bytes) -> int:
    """Read the first and the last bytes of a file below a root: how many. Raises OSError, RefusedPathError."""
    with place(root, relative) as at:
        fd = os.open(at.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=at.directory)
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise RefusedPathError("It is not a plain file.", "It is left alone.")
            tail = max(0, status.st_size - ENDS)
            return len(os.pread(fd, ENDS, 0)) + (len(os.pread(fd, ENDS, tail)) if tail else 0)
        finally:
            os.close(fd)


def make_root(base: str, relative: bytes, like: str) -> None:
    """Make a directory below an existing one, parents too, owned like `like`. One that is there is left as it is.

    Raises OSError, RefusedPathError.
    """
    with _directory(os.fsencode(base)) as fd, _directory(os.fsencode(like)) as twin:
        root = RootDir(base, fd)
        parts = relative.split(b"/")
        for depth in range(1, len(parts) + 1):
            with place(root, b"/".join(parts[:depth])) as at:
                _make(at, twin)


def _make(at: Place, twin: int) -> None:
    try:
        os.mkdir(at.name, 0o700, dir_fd=at.directory)
    except OSError as error:
        if error.errno == errno.EEXIST:
            return
        raise
    mirror(at.directory, at.name, twin, b".")
    os.fsync(at.directory)


@contextmanager
def _directory(path: bytes) -> Iterator[int]:
    fd = os.open(path, DIRECTORY_FLAGS & ~os.O_NOFOLLOW)
    try:
        yield fd
    finally:
        os.close(fd)
