"""Unraid's views of its disks: work on the disk that really has a file, never through the view.

`/mnt/user0/SHARE` shows the directories `/mnt/disk1/SHARE`, `/mnt/disk2/SHARE`, … as one. Through it, names cannot be
exchanged, and a rename may replace what it should not.
"""

import glob
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from caching.disk.directories import missing_directories
from caching.disk.places import Kind, RefusedPathError, place, place_if_there, sync
from caching.disk.roots import RootDir, space

VIEW = re.compile(r"/mnt/user0/(?P<share>.+)")
DISKS = "/mnt/disk[0-9]*"


def branches(root: RootDir) -> list[str]:
    """The directories that a root is a view of; none when it is no such view, or the disks cannot be seen from here."""
    found = VIEW.fullmatch(root.path)
    if found is None:
        return []
    below = (os.path.join(disk, found["share"]) for disk in sorted(glob.glob(DISKS)))
    return [path for path in below if os.path.isdir(path)]


@contextmanager
def real_root(root: RootDir, relative: bytes, names: Sequence[bytes]) -> Iterator[RootDir]:
    """The directory of the one disk that has any of these names beside `relative`; the root itself when it is no view.

    When none has, the disk with the file's directory, and of several the one with most room: a file that comes back is
    written there. Raises RefusedPathError when several disks have one: which is shown cannot be known from here.
    """
    with ExitStack() as stack:
        opened = [stack.enter_context(_opened(path)) for path in branches(root)]
        having = [branch for branch in opened if _has(branch, relative, names)]
        if len(having) > 1:
            places = " and ".join(branch.path for branch in having)
            raise RefusedPathError(f"The file is on several disks: {places}.", "Keep one of them.")
        fitting = having or [branch for branch in opened if not missing_directories(branch, relative)]
        yield max(fitting, key=lambda branch: space(branch).free) if fitting else root


def sync_on_disk(root: RootDir, relative: bytes) -> None:
    """Make the directories above a file durable on the disk that has them, if they were made through a view."""
    with real_root(root, relative, ()) as real:
        if real is root:
            return
        above = relative
        while b"/" in above:
            with place(real, above) as at:
                sync(at)
            above = os.path.dirname(above)
        os.fsync(real.fd)


@contextmanager
def first_branch(root: RootDir) -> Iterator[RootDir]:
    """A directory whose file system stands for all disks behind a view; the root itself when it is no view."""
    with ExitStack() as stack:
        paths = branches(root)
        yield stack.enter_context(_opened(paths[0])) if paths else root


@contextmanager
def _opened(path: str) -> Iterator[RootDir]:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield RootDir(path, fd)
    finally:
        os.close(fd)


def _has(branch: RootDir, relative: bytes, names: Sequence[bytes]) -> bool:
    with place_if_there(branch, relative) as at:
        return any(at.sibling(name).look().kind is not Kind.ABSENT for name in names)
